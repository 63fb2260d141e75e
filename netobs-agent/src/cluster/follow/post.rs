//! Where changes go, and the one store of strings that all kinds share.
use std::sync::{Arc, Mutex, PoisonError};

use netobs_core::labels::Interner;
use tokio::sync::mpsc;

use super::Heard;

/// Fewer strings are not worth a sweep.
const LEAST: usize = 4_096;

#[derive(Clone)]
pub(super) struct Post {
    changes: mpsc::Sender<Heard>,
    strings: Arc<Mutex<Strings>>,
}

#[derive(Default)]
struct Strings {
    interner: Interner,
    /// How many were left by the last sweep.
    kept: usize,
}

impl Post {
    pub(super) fn new(changes: mpsc::Sender<Heard>) -> Self {
        Self {
            changes,
            strings: Arc::default(),
        }
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&mut Interner) -> T) -> T {
        let mut strings = self.strings.lock().unwrap_or_else(PoisonError::into_inner);
        let read = read(&mut strings.interner);
        strings.sweep_if_worth_it();
        read
    }

    /// Waits while nobody takes changes, so that none is lost.
    pub(super) async fn tell(&self, heard: Heard) {
        // Without a receiver everything here is dropped with the future that called us.
        let _ = self.changes.send(heard).await;
    }
}

impl Strings {
    fn sweep_if_worth_it(&mut self) {
        let (symbols, labels) = self.interner.len();
        if symbols + labels > self.kept * 2 + LEAST {
            self.interner.sweep();
            let (symbols, labels) = self.interner.len();
            self.kept = symbols + labels;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_that_nobody_holds_do_not_pile_up() {
        let post = Post::new(mpsc::channel(1).0);
        let kept: Vec<_> = (0..100)
            .map(|number| post.read(|interner| interner.symbol(&format!("kept-{number}"))))
            .collect();
        for number in 0..50_000 {
            post.read(|interner| interner.symbol(&format!("gone-{number}")));
        }
        let strings = post.strings.lock().unwrap();
        assert!(strings.interner.len().0 <= LEAST + 2 * kept.len() + 1);
        drop(strings);
        assert!(post.read(|interner| interner.symbol("kept-7")).is_same(&kept[7]));
    }
}
