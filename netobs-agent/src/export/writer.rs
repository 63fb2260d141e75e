//! Writing blocks in a thread, so that a reader who is slow or gone never holds up anybody but itself.
use std::{
    io::{self, Write},
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tracing::warn;

/// Blocks that may wait to be written.
const WAITING: usize = 32;
/// How often a writer that is waited for is looked after.
const PAUSE: Duration = Duration::from_millis(5);

pub(super) struct Writer {
    blocks: Option<SyncSender<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(output: impl Write + Send + 'static, begin: fn()) -> io::Result<Self> {
        let (blocks, waiting) = sync_channel(WAITING);
        let thread = thread::Builder::new().name("export".into()).spawn(move || {
            begin();
            write_all(output, &waiting);
        })?;
        Ok(Self {
            blocks: Some(blocks),
            thread: Some(thread),
        })
    }

    /// Takes the block and returns an empty one, or returns the block itself if there is no room for it.
    pub(super) fn take(&self, block: Vec<u8>) -> Vec<u8> {
        let Some(blocks) = &self.blocks else { return Vec::new() };
        match blocks.try_send(block) {
            Ok(()) => Vec::new(),
            Err(TrySendError::Full(block)) => block,
            // Nobody reads: said once by the thread, before it ended.
            Err(TrySendError::Disconnected(_)) => Vec::new(),
        }
    }

    /// Whether it is worth trying again.
    pub(super) fn wait_for_room(&self) -> bool {
        thread::sleep(PAUSE);
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Whether all was written, or could not be, which was said then.
    pub(super) fn finish(&mut self, deadline: Instant) -> bool {
        self.blocks = None;
        let Some(thread) = self.thread.take() else { return true };
        while !thread.is_finished() && Instant::now() < deadline {
            thread::sleep(PAUSE);
        }
        thread.is_finished()
    }
}

fn write_all(mut output: impl Write, waiting: &Receiver<Vec<u8>>) {
    while let Ok(block) = waiting.recv() {
        if let Err(error) = output.write_all(&block).and_then(|()| output.flush()) {
            warn!(
                %error,
                "standard output takes no more flows; nothing is exported from here on: whoever read it is gone, so start \
                 the agent again with a reader that stays"
            );
            return;
        }
    }
}
