//! Records of the ring, checked before they are believed.
#![expect(unsafe_code, reason = "this file meets the kernel")]
use netobs_common::ring::{HINT, Hint, SINGLE_V4, SINGLE_V6, Single};

pub(crate) enum Record {
    Hint(Hint),
    SingleV4(Single<1>),
    SingleV6(Single<4>),
}

impl Record {
    /// `None` for what no program of ours writes.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let kind = u32::from_ne_bytes(bytes.get(..4)?.try_into().ok()?);
        match kind {
            HINT => copy(bytes).map(Self::Hint),
            SINGLE_V4 => copy(bytes).map(Self::SingleV4),
            SINGLE_V6 => copy(bytes).map(Self::SingleV6),
            _ => None,
        }
    }
}

/// A record of plain integers, at any alignment.
trait Plain: Copy {}
impl Plain for Hint {}
impl<const A: usize> Plain for Single<A> {}

fn copy<T: Plain>(bytes: &[u8]) -> Option<T> {
    let bytes = bytes.get(..size_of::<T>())?;
    // SAFETY: `bytes` is as long as T, and every bit pattern is a T, which is made of integers only.
    Some(unsafe { std::ptr::read_unaligned(bytes.as_ptr().cast()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_read_at_any_alignment() {
        let mut bytes = vec![0xff];
        for word in [HINT, 2, 77] {
            bytes.extend(word.to_ne_bytes());
        }
        let Some(Record::Hint(hint)) = Record::parse(&bytes[1..]) else {
            panic!("not a hint")
        };
        assert_eq!(
            hint,
            Hint {
                record: HINT,
                table: 2,
                slot: 77
            }
        );
    }

    #[test]
    fn a_record_that_is_too_short_or_unknown_is_refused() {
        assert!(Record::parse(&HINT.to_ne_bytes()).is_none());
        assert!(Record::parse(&[9; 100]).is_none());
        assert!(Record::parse(&[]).is_none());
    }
}
