//! Arguments about the inventory.
use std::path::PathBuf;

use clap::Args;

#[derive(Args, Debug)]
#[command(next_help_heading = "Inventory")]
pub(crate) struct InventoryArgs {
    /// Keep the inventory of who talks to whom in this directory, so that it outlives the agent; in memory alone if not given.
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,

    /// Edges kept; when there are more, the least useful are let go, and counted.
    #[arg(long, default_value_t = 65_536, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) inventory_edges: u32,

    /// Days after which an edge that was not seen again is let go.
    #[arg(long, default_value_t = 35, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) inventory_days: u32,
}
