//! Lists of values, as long as they may be.
use netobs_core::filter::{MOST_VALUES, MOST_VALUES_TOGETHER};

use super::{BadFilter, place::Place, value};
use crate::words::Word;

/// How many more values a request may have.
pub(super) struct Room {
    left: usize,
}

impl Room {
    pub(super) const fn new() -> Self {
        Self {
            left: MOST_VALUES_TOGETHER,
        }
    }

    /// Reads each value of a field.
    pub(super) fn read<T, R>(
        &mut self,
        place: Place<'_>,
        values: &[T],
        read: impl Fn(&Place<'_>, &T) -> Result<R, BadFilter>,
    ) -> Result<Vec<R>, BadFilter> {
        self.take(&place, values.len())?;
        let values = values.iter().enumerate();
        values.map(|(index, value)| read(&place.at(index), value)).collect()
    }

    pub(super) fn texts<R>(
        &mut self,
        place: Place<'_>,
        texts: &[String],
        read: fn(&Place<'_>, &str) -> Result<R, BadFilter>,
    ) -> Result<Vec<R>, BadFilter> {
        self.read(place, texts, |place, text| read(place, text))
    }

    pub(super) fn words<W: Word>(&mut self, place: Place<'_>, numbers: &[i32]) -> Result<Vec<W::Meaning>, BadFilter> {
        self.read(place, numbers, |place, number| value::word::<W>(place, *number))
    }

    pub(super) fn take(&mut self, place: &Place<'_>, values: usize) -> Result<(), BadFilter> {
        if values > MOST_VALUES {
            let wanted = format!("a field may have up to {MOST_VALUES}; make them more general, or ask twice");
            return Err(BadFilter::number(
                place,
                &format_args!("a list of {values} values"),
                wanted,
            ));
        }
        let Some(left) = self.left.checked_sub(values) else {
            let wanted = format!(
                "all filters together may have up to {MOST_VALUES_TOGETHER} values; make them more general, or ask twice"
            );
            return Err(BadFilter::number(place, &format_args!("{values} values more"), wanted));
        };
        self.left = left;
        Ok(())
    }
}
