//! The threads there are: this one, for capture, and those of the rooms, which have no rights at all.
use std::io;

use tokio::runtime::{Builder, Runtime};

use crate::kernel;

/// For all who are served and for the cluster; capture has the main thread for itself.
const ROOMS: usize = 2;

pub(super) struct Threads {
    /// Runs on the thread that waits for it.
    pub(super) capture: Runtime,
    pub(super) rooms: Runtime,
}

impl Threads {
    /// The first that is made: whatever comes later is then without a way to gain a right.
    pub(super) fn new() -> io::Result<Self> {
        kernel::gain_no_rights();
        kernel::make_room_for_files();
        Ok(Self {
            rooms: runtime(Builder::new_multi_thread().worker_threads(ROOMS).thread_name("rooms"))?,
            capture: runtime(Builder::new_current_thread().thread_name("beside-capture"))?,
        })
    }
}

fn runtime(builder: &mut Builder) -> io::Result<Runtime> {
    builder.enable_all().on_thread_start(kernel::give_up_rights).build()
}
