//! Which processors a task runs on.

use crate::sys;
use anyhow::{Context as _, Result};
use std::thread;

/// Does something on a thread that stays on the processor with the highest number, which the others may use too.
pub fn on_one_processor<T: Send>(task: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let processors = thread::available_parallelism().context("count the processors")?.get();
    let pinned = || {
        sys::thread::pin(processors - 1).context("stay on one processor")?;
        task()
    };
    thread::scope(|scope| match scope.spawn(pinned).join() {
        Ok(answer) => answer,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}
