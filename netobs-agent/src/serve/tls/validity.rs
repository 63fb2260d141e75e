//! From when to when a certificate is valid, the one thing in it that is not told by using it.
use std::path::Path;

use jiff::{civil, tz::TimeZone};
use netobs_core::time::Timestamp;

use super::TlsError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    begins: jiff::Timestamp,
    ends: jiff::Timestamp,
}

/// Tags of DER as X.509 uses them.
const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

impl Validity {
    /// `None` if it is no X.509 certificate.
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        let certificate = expect(certificate, SEQUENCE)?.0;
        let mut rest = expect(certificate, SEQUENCE)?.0;
        if let Some((_, after)) = expect(rest, VERSION) {
            rest = after;
        }
        // Its serial number, how it is signed, and by whom.
        for tag in [INTEGER, SEQUENCE, SEQUENCE] {
            rest = expect(rest, tag)?.1;
        }
        let validity = expect(rest, SEQUENCE)?.0;
        let (begins, rest) = time(validity)?;
        let (ends, _) = time(rest)?;
        Some(Self { begins, ends })
    }

    pub(super) fn ends(self) -> Timestamp {
        Timestamp(u64::try_from(self.ends.as_nanosecond()).unwrap_or(u64::MAX))
    }

    pub(super) fn check(self, path: &Path, now: Timestamp) -> Result<(), TlsError> {
        let path = path.to_owned();
        let now = i128::from(now.0);
        if now > self.ends.as_nanosecond() {
            return Err(TlsError::Expired { path, ended: self.ends });
        }
        if now < self.begins.as_nanosecond() {
            let begins = self.begins;
            return Err(TlsError::NotYet { path, begins });
        }
        Ok(())
    }
}

/// What the first value holds if it has this tag, and what comes after it.
fn expect(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, inside, after) = value(bytes)?;
    (tag == wanted).then_some((inside, after))
}

fn value(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, length], rest) = bytes.split_first_chunk()?;
    let long = usize::from(length & 0x7f);
    let (length, rest) = if length < 0x80 {
        (long, rest)
    } else {
        let (digits, rest) = rest.split_at_checked(long)?;
        (number(digits)?, rest)
    };
    let (inside, after) = rest.split_at_checked(length)?;
    Some((tag, inside, after))
}

fn number(digits: &[u8]) -> Option<usize> {
    let mut digits = digits.iter();
    digits.try_fold(0_usize, |number, digit| {
        number.checked_mul(256)?.checked_add(usize::from(*digit))
    })
}

/// `YYMMDDHHMMSSZ` until 2049, `YYYYMMDDHHMMSSZ` from then on.
fn time(bytes: &[u8]) -> Option<(jiff::Timestamp, &[u8])> {
    let (tag, text, after) = value(bytes)?;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i16 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let part = |index: usize| rest.get(index * 2..index * 2 + 2)?.parse::<i8>().ok();
    let time = civil::DateTime::new(year, part(0)?, part(1)?, part(2)?, part(3)?, part(4)?, 0).ok()?;
    let time = time.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some((time, after))
}
