//! How long an agent has been watching, without the times at which it was down.
use std::time::Duration;

use crate::time::Timestamp;

/// More spans than these are joined, those with the shortest break between them first.
const MOST_SPANS: usize = 64;
/// An agent that was silent for longer than this was not watching.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// How long something was watched, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Watched {
    pub since: Timestamp,
    /// Less than the time since then by what the agent was down.
    pub length: Duration,
}

/// A time through which an agent watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: Timestamp,
    pub until: Timestamp,
    /// Less than from one to the other where spans had to be joined.
    pub length: Duration,
}

/// All times through which an agent watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// The oldest first; none overlap.
    spans: Vec<Span>,
    /// What was loaded from elsewhere is over: the next time begins a span.
    ended: bool,
}

impl Watch {
    /// As an earlier run left it; what is not in order is left out.
    pub fn resume(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut watch = Self {
            spans: Vec::new(),
            ended: true,
        };
        for span in spans {
            let follows = watch.spans.last().is_none_or(|last| last.until <= span.from);
            if follows && span.from <= span.until {
                let length = span.length.min(span.until - span.from);
                watch.spans.push(Span { length, ..span });
            }
        }
        watch.join_shortest_breaks();
        watch
    }

    /// The agent is watching at that time.
    pub fn tick(&mut self, now: Timestamp) {
        let ended = std::mem::take(&mut self.ended);
        match self.spans.last_mut() {
            // The clock was set back: the time until it comes here again is not counted twice.
            Some(last) if now < last.until => self.ended = ended,
            Some(last) if !ended && now - last.until <= LONGEST_SILENCE => {
                last.length += now - last.until;
                last.until = now;
            }
            Some(_) | None => {
                self.spans.push(Span {
                    from: now,
                    until: now,
                    length: Duration::ZERO,
                });
                self.join_shortest_breaks();
            }
        }
    }

    /// Takes in what an earlier run left. Time that both watched is counted once.
    pub fn join_earlier(&mut self, earlier: Self) {
        self.ended |= self.spans.is_empty() && earlier.ended;
        let mut spans = earlier.spans;
        spans.append(&mut self.spans);
        spans.sort_by_key(|span| span.from);
        for span in spans {
            match self.spans.last_mut() {
                Some(last) if span.from < last.until => {
                    last.until = last.until.max(span.until);
                    last.length = (last.length + span.length).min(last.until - last.from);
                }
                Some(_) | None => self.spans.push(span),
            }
        }
        self.join_shortest_breaks();
    }

    /// Forgets what was over before that time.
    pub fn expire(&mut self, before: Timestamp) {
        self.spans.retain(|span| span.until >= before);
    }

    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// All of it.
    pub fn whole(&self) -> Watched {
        let since = self.spans.first().map_or_else(Timestamp::default, |span| span.from);
        self.since(since)
    }

    /// From that time on. Of a span of joined ones a part is taken for as dense as the whole.
    pub fn since(&self, time: Timestamp) -> Watched {
        let length = self.spans.iter().map(|span| span.length_since(time)).sum();
        Watched { since: time, length }
    }

    fn join_shortest_breaks(&mut self) {
        while self.spans.len() > MOST_SPANS {
            let breaks = self.spans.windows(2).map(|pair| pair[1].from - pair[0].until);
            let Some((shortest, _)) = breaks.enumerate().min_by_key(|(_, length)| *length) else {
                return;
            };
            let later = self.spans.remove(shortest + 1);
            let joined = &mut self.spans[shortest];
            joined.until = later.until;
            joined.length += later.length;
        }
    }
}

impl Span {
    fn length_since(&self, time: Timestamp) -> Duration {
        if time <= self.from {
            return self.length;
        }
        let (part, whole) = (self.until - time, self.until - self.from);
        if whole.is_zero() {
            return Duration::ZERO;
        }
        self.length.mul_f64(part.as_secs_f64() / whole.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::at;

    const fn span(from: u64, until: u64) -> Span {
        Span {
            from: Timestamp::from_secs(from),
            until: Timestamp::from_secs(until),
            length: Duration::from_secs(until - from),
        }
    }

    #[test]
    fn what_the_agent_was_down_is_not_counted_as_watched() {
        let mut watch = Watch::resume([span(1_000, 1_600)]);
        watch.tick(at(2_000));
        watch.tick(at(2_030));
        assert_eq!(watch.whole().length, Duration::from_secs(630));
        assert_eq!(watch.since(at(1_500)).length, Duration::from_secs(130));
        assert_eq!(watch.since(at(2_010)).length, Duration::from_secs(20));
        assert_eq!(watch.since(at(3_000)).length, Duration::ZERO);
    }

    #[test]
    fn a_restart_within_seconds_is_a_break_too() {
        let mut watch = Watch::resume([span(1_000, 1_600)]);
        watch.tick(at(1_605));
        assert_eq!(watch.spans().len(), 2);
        assert_eq!(watch.whole().length, Duration::from_secs(600));
    }

    #[test]
    fn a_long_silence_is_not_watching() {
        let mut watch = Watch::default();
        for time in [0, 50, 100, 400, 450] {
            watch.tick(at(time));
        }
        assert_eq!(watch.spans(), [span(0, 100), span(400, 450)]);
    }

    #[test]
    fn time_that_comes_twice_is_counted_once() {
        let mut watch = Watch::default();
        for time in [0, 50, 20, 40, 60] {
            watch.tick(at(time));
        }
        assert_eq!(watch.spans(), [span(0, 60)]);
    }

    #[test]
    fn spans_are_bounded_and_their_sum_stays() {
        let mut watch = Watch::default();
        for start in 0..500 {
            watch.ended = true;
            watch.tick(at(start * 1_000));
            watch.tick(at(start * 1_000 + 10));
        }
        assert_eq!(watch.spans().len(), MOST_SPANS);
        assert_eq!(watch.whole().length, Duration::from_secs(5_000));
    }

    #[test]
    fn what_an_earlier_run_left_may_come_later_and_is_counted_once() {
        let mut watch = Watch::default();
        for time in [2_000, 2_050] {
            watch.tick(at(time));
        }
        watch.join_earlier(Watch::resume([span(1_000, 1_600), span(1_900, 2_030)]));
        watch.tick(at(2_060));
        assert_eq!(watch.spans(), [span(1_000, 1_600), span(1_900, 2_060)]);
        let mut watch = Watch::default();
        watch.join_earlier(Watch::resume([span(1_000, 1_600)]));
        watch.tick(at(1_605));
        assert_eq!(watch.spans().len(), 2);
    }

    #[test]
    fn spans_that_make_no_sense_are_left_out() {
        let watch = Watch::resume([span(10, 20), span(15, 30), span(40, 50)]);
        assert_eq!(watch.spans(), [span(10, 20), span(40, 50)]);
    }
}
