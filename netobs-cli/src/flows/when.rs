//! Moments as people write them.
use std::str::FromStr;

use anyhow::{Error, Result, anyhow};
use jiff::{
    SignedDuration, Span, SpanRelativeTo, Timestamp, Zoned,
    civil::{DateTime, Time},
    tz::TimeZone,
};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum When {
    Ago(SignedDuration),
    At(Timestamp),
    /// In the zone in which times are shown.
    Civil(DateTime),
    /// Today.
    Clock(Time),
}

/// The present, where the reader is.
pub(crate) struct Now(Zoned);

impl When {
    pub(crate) fn nanos(&self, now: &Now) -> Result<i64> {
        let zone = now.0.time_zone().clone();
        let at = match self {
            Self::Ago(duration) => now.0.timestamp().checked_sub(*duration)?,
            Self::At(at) => *at,
            Self::Civil(at) => at.to_zoned(zone)?.timestamp(),
            Self::Clock(time) => now.0.date().to_datetime(*time).to_zoned(zone)?.timestamp(),
        };
        Ok(i64::try_from(at.as_nanosecond())?)
    }
}

impl Now {
    pub(crate) fn of(zone: &TimeZone) -> Self {
        Self::at(Timestamp::now(), zone)
    }

    pub(crate) fn at(now: Timestamp, zone: &TimeZone) -> Self {
        Self(now.to_zoned(zone.clone()))
    }
}

impl FromStr for When {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // A duration can be written like a time of day, too.
        let is_clock = text.contains(':') && !text.contains('-');
        let clock = is_clock.then(|| text.parse().ok()).flatten();
        let ago = || {
            let span: Span = text.parse().ok()?;
            let ago = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
            (!ago.is_negative()).then_some(ago)
        };
        let parsed = clock
            .map(Self::Clock)
            .or_else(|| ago().map(Self::Ago))
            .or_else(|| text.parse().map(Self::At).ok())
            .or_else(|| text.parse().map(Self::Civil).ok());
        parsed
            .ok_or_else(|| anyhow!("a moment is like 5m (ago), 10:01:58, 2026-11-20T10:01:58 or 2026-11-20T10:01:58Z"))
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz;

    use super::*;

    #[test]
    fn moments_are_read_in_each_way_they_are_written() {
        let now = Now::at("2026-11-20T12:00:00Z".parse().unwrap(), &TimeZone::fixed(tz::offset(1)));
        let when = |text: &str| {
            let nanos = text.parse::<When>().unwrap().nanos(&now).unwrap();
            Timestamp::from_nanosecond(nanos.into()).unwrap().to_string()
        };
        for (text, at) in [
            ("5m", "2026-11-20T11:55:00Z"),
            ("1h30m", "2026-11-20T10:30:00Z"),
            ("90s", "2026-11-20T11:58:30Z"),
            ("7d", "2026-11-13T12:00:00Z"),
            ("2w", "2026-11-06T12:00:00Z"),
            ("2026-11-20T10:01:58Z", "2026-11-20T10:01:58Z"),
            ("2026-11-20T10:01:58+02:00", "2026-11-20T08:01:58Z"),
            ("2026-11-20T10:01:58", "2026-11-20T09:01:58Z"),
            ("2026-11-20 10:01", "2026-11-20T09:01:00Z"),
            ("10:01:58", "2026-11-20T09:01:58Z"),
            ("10:01", "2026-11-20T09:01:00Z"),
        ] {
            assert_eq!(when(text), at, "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_told_with_what_would_be_one() {
        for text in ["", "soon", "-5m", "25:00", "5", "2026-13-01T00:00:00Z"] {
            let error = text.parse::<When>().unwrap_err();
            assert!(error.to_string().contains("5m (ago)"), "{text}");
        }
    }
}
