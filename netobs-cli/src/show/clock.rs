//! Times in the reader's zone.
use std::time::Duration;

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};

/// Since when, in nanoseconds since 1970, as messages carry it.
pub(crate) type Nanos = i64;

#[derive(Clone)]
pub(crate) struct Clock {
    zone: TimeZone,
    today: Date,
}

impl Clock {
    pub(crate) fn new(zone: TimeZone, now: Timestamp) -> Self {
        let today = now.to_zoned(zone.clone()).date();
        Self { zone, today }
    }

    pub(crate) const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Fine enough to tell flows apart: `10:01:58.123`, with the date where it is not today's.
    pub(crate) fn fine(&self, at: Nanos) -> String {
        self.write(at, "%H:%M:%S%.3f", "%Y-%m-%d %H:%M:%S%.3f")
    }

    pub(crate) fn moment(&self, at: Nanos) -> String {
        self.write(at, "%H:%M:%S", "%Y-%m-%d %H:%M:%S")
    }

    /// From one moment to another; the date is told once if it is the same.
    pub(crate) fn span(&self, from: Nanos, to: Nanos) -> String {
        let (first, last) = (self.moment(from), self.moment(to));
        if first == last {
            return first;
        }
        let same_day = self.zoned(from).date() == self.zoned(to).date();
        let last = if same_day {
            self.zoned(to).strftime("%H:%M:%S").to_string()
        } else {
            last
        };
        format!("{first} to {last}")
    }

    fn write(&self, at: Nanos, today: &str, else_when: &str) -> String {
        let at = self.zoned(at);
        let format = if at.date() == self.today { today } else { else_when };
        at.strftime(format).to_string()
    }

    fn zoned(&self, at: Nanos) -> Zoned {
        let at = Timestamp::from_nanosecond(at.into()).unwrap_or_default();
        at.to_zoned(self.zone.clone())
    }
}

pub(crate) fn nanos(at: netobs_core::time::Timestamp) -> Nanos {
    Nanos::try_from(at.0).unwrap_or(Nanos::MAX)
}

/// How long, in the unit a person would choose.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 if !duration.is_zero() => format!("{} ms", duration.as_millis()),
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// How long before `now`; clocks of two machines may differ.
pub(crate) fn age(now: Nanos, then: Nanos) -> String {
    duration(Duration::from_secs(
        u64::try_from(now.saturating_sub(then) / 1_000_000_000).unwrap_or(0),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Nanos = 1_795_168_918_123_456_789;

    fn clock(zone: TimeZone) -> Clock {
        Clock::new(zone, Timestamp::from_second(1_795_176_000).unwrap())
    }

    #[test]
    fn times_are_of_the_readers_zone_and_have_a_date_if_it_is_not_todays() {
        let utc = clock(TimeZone::UTC);
        assert_eq!(utc.fine(TEN), "10:01:58.123");
        assert_eq!(utc.moment(TEN - 86_400_000_000_000), "2026-11-19 10:01:58");
        let east = clock(TimeZone::fixed(jiff::tz::offset(9)));
        assert_eq!(east.fine(TEN), "19:01:58.123");
    }

    #[test]
    fn a_span_tells_the_date_only_where_it_must() {
        let utc = clock(TimeZone::UTC);
        assert_eq!(utc.span(TEN, TEN), "10:01:58");
        assert_eq!(utc.span(TEN, TEN + 4_000_000_000), "10:01:58 to 10:02:02");
        let yesterday = TEN - 86_400_000_000_000;
        assert_eq!(
            utc.span(yesterday, yesterday + 1_000_000_000),
            "2026-11-19 10:01:58 to 10:01:59"
        );
        assert_eq!(utc.span(yesterday, TEN), "2026-11-19 10:01:58 to 10:01:58");
    }

    #[test]
    fn ages_have_the_unit_a_person_would_choose() {
        let ages = [0, 1, 119, 120, 7_199, 7_200, 172_800].map(|seconds| age(seconds * 1_000_000_000, 0));
        assert_eq!(ages, ["0 s", "1 s", "119 s", "2 min", "119 min", "2 h", "2 d"]);
        assert_eq!(age(0, 5_000_000_000), "0 s");
    }
}
