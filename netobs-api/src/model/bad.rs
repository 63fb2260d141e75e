//! A request that says something that cannot be meant.
use std::fmt::Display;

use thiserror::Error;

use super::place::Place;

/// What is wrong, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field} is {value}: {wanted}")]
pub struct BadFilter {
    /// As in `include[0].source[1].addresses[0]`.
    pub field: String,
    pub value: String,
    pub wanted: String,
}

impl BadFilter {
    pub(super) fn number(place: &Place<'_>, value: &dyn Display, wanted: impl Into<String>) -> Self {
        Self {
            field: place.to_string(),
            value: value.to_string(),
            wanted: wanted.into(),
        }
    }

    pub(super) fn text(place: &Place<'_>, value: &str, wanted: impl Into<String>) -> Self {
        const MOST_SHOWN: usize = 100;
        let shown: String = value.chars().take(MOST_SHOWN).collect();
        let more = if shown.len() < value.len() { "…" } else { "" };
        Self {
            field: place.to_string(),
            value: format!("{shown:?}{more}"),
            wanted: wanted.into(),
        }
    }

    pub(super) fn missing(place: &Place<'_>, wanted: impl Into<String>) -> Self {
        Self {
            field: place.to_string(),
            value: "not set".to_owned(),
            wanted: wanted.into(),
        }
    }
}
