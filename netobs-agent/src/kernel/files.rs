//! Room for descriptors: every interface takes two, and clients must not take those away.
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The kernel's default for a process stems from a time of `select`; we may have as many as whoever started us allows.
pub(crate) fn make_room_for_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    // Lowering the distance to one's own bound is always allowed.
    let _ = setrlimit(Resource::Nofile, raised);
}
