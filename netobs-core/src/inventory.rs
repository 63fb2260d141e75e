//! Who talks to whom, at which port, for how long already: what is left of flows after they are gone.
pub use self::{
    edge::{CauseSummary, Edge, EdgeKey, Example, ExampleEnd, Examples, MOST_EXAMPLES, Place, Verdicts},
    listing::{About, Forgotten, Listing},
    mark::{By, Mark, Marks},
    portrait::{MOST_PODS, Portrait, PortraitKey, SeenPod},
    watch::{Span, Watch, Watched},
};

mod edge;
mod listing;
mod mark;
mod portrait;
mod watch;
