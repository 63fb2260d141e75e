//! Messages as people read them.
pub(crate) use self::{
    clock::{Clock, age, duration, nanos},
    paint::{Colour, Paint},
    table::{Cell, Table},
};

mod clock;
pub(crate) mod endpoint;
mod paint;
mod table;
pub(crate) mod words;

/// How things are shown, whatever they are.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) paint: Paint,
    pub(crate) clock: Clock,
}

#[cfg(test)]
impl View {
    /// Without colours, in UTC, at noon of the day of the tests' messages.
    pub(crate) fn plain() -> Self {
        let noon = jiff::Timestamp::from_second(1_795_176_000).unwrap();
        Self {
            paint: Paint::new(false),
            clock: Clock::new(jiff::tz::TimeZone::UTC, noon),
        }
    }
}

/// What others wrote, without what would steer a terminal.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect()
}

/// The same of several lines, none of which has a colour.
pub(crate) fn clean_lines(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\n' | '\t' => character,
            control if control.is_control() => ' ',
            other => other,
        })
        .collect()
}

pub(crate) fn plural(count: u64, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}
