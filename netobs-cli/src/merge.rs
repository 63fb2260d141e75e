//! Puts what several agents tell into one order, by time, without waiting long for any of them.
use std::time::{Duration, Instant};

#[cfg(test)]
mod tests;

/// What one source said first of what was not yet taken; each source's own order stays.
pub(crate) struct Merge<T> {
    slots: Vec<Slot<T>>,
    window: Duration,
}

struct Slot<T> {
    head: Option<Head<T>>,
    ended: bool,
    /// Since when there was nothing of it to take.
    silent: Instant,
    /// Of the latest; what has no time comes right after what came before it.
    time: i64,
    passed_over: bool,
}

struct Head<T> {
    item: T,
    arrived: Instant,
}

impl<T> Merge<T> {
    pub(crate) fn new(sources: usize, window: Duration, now: Instant) -> Self {
        Self {
            slots: (0..sources).map(|_| Slot::new(now)).collect(),
            window,
        }
    }

    /// One more source, which comes after the others.
    pub(crate) fn add(&mut self, now: Instant) {
        self.slots.push(Slot::new(now));
    }

    /// Of which sources something can be put.
    pub(crate) fn wanting(&self) -> impl Iterator<Item = usize> {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.is_awaited())
            .map(|(source, _)| source)
    }

    pub(crate) fn put(&mut self, source: usize, time: Option<i64>, item: T, arrived: Instant) {
        if let Some(slot) = self.slots.get_mut(source) {
            slot.time = time.unwrap_or(slot.time).max(slot.time);
            slot.head = Some(Head { item, arrived });
        }
    }

    pub(crate) fn end(&mut self, source: usize) {
        if let Some(slot) = self.slots.get_mut(source) {
            slot.ended = true;
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.slots.iter().all(|slot| slot.ended && slot.head.is_none())
    }

    /// The earliest, unless something earlier may still come; `wall` is the time of day, in nanoseconds since 1970.
    pub(crate) fn take(&mut self, now: Instant, wall: i64) -> Option<T> {
        if self.ready_at(now, wall)? > now {
            return None;
        }
        for slot in &mut self.slots {
            slot.passed_over |= slot.is_awaited();
        }
        let slot = self.earliest()?;
        let slot = self.slots.get_mut(slot)?;
        slot.silent = now;
        slot.head.take().map(|head| head.item)
    }

    /// When the earliest may be taken though not all sources have said something later.
    pub(crate) fn ready_at(&self, now: Instant, wall: i64) -> Option<Instant> {
        let slot = self.slots.get(self.earliest()?)?;
        let head = slot.head.as_ref()?;
        let silences = self
            .slots
            .iter()
            .filter(|slot| slot.is_awaited())
            .map(|slot| slot.silent + self.window);
        let Some(silent) = silences.max() else {
            return Some(now);
        };
        // What happened long ago is history that one source has and the other does not.
        let age = Duration::from_nanos(u64::try_from(wall.saturating_sub(slot.time)).unwrap_or(0));
        let old = now + self.window.saturating_sub(age);
        Some(silent.max(old.min(head.arrived + self.window)))
    }

    /// Sources that were not waited for any longer.
    pub(crate) fn passed_over(&self) -> impl Iterator<Item = usize> {
        self.slots
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.passed_over)
            .map(|(source, _)| source)
    }

    fn earliest(&self) -> Option<usize> {
        let heads = self.slots.iter().enumerate().filter(|(_, slot)| slot.head.is_some());
        heads.min_by_key(|(_, slot)| slot.time).map(|(source, _)| source)
    }
}

impl<T> Slot<T> {
    const fn new(now: Instant) -> Self {
        Self {
            head: None,
            ended: false,
            silent: now,
            time: i64::MIN,
            passed_over: false,
        }
    }

    const fn is_awaited(&self) -> bool {
        !self.ended && self.head.is_none()
    }
}
