//! The keys of labels whose values are hidden.
use std::{
    error::Error,
    fmt::{self, Display, Formatter},
    str::FromStr,
};

/// Keys, each whole or, with a `*` at its end, the beginning of many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(Vec<Pattern>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    beginning: Box<str>,
    is_whole: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadKeys(String);

impl Keys {
    pub fn have(&self, key: &str) -> bool {
        self.0.iter().any(|pattern| pattern.is(key))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As they were given.
    pub fn words(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(ToString::to_string)
    }
}

impl FromIterator<Self> for Keys {
    fn from_iter<I: IntoIterator<Item = Self>>(all: I) -> Self {
        Self(all.into_iter().flat_map(|keys| keys.0).collect())
    }
}

impl FromStr for Keys {
    type Err = BadKeys;

    fn from_str(text: &str) -> Result<Self, BadKeys> {
        let (beginning, is_whole) = text
            .strip_suffix('*')
            .map_or((text, true), |beginning| (beginning, false));
        let odd = |character: char| !(character.is_ascii_alphanumeric() || "-_./".contains(character));
        if text.is_empty() || beginning.contains(odd) {
            return Err(BadKeys(text.to_owned()));
        }
        Ok(Self(vec![Pattern {
            beginning: beginning.into(),
            is_whole,
        }]))
    }
}

impl Pattern {
    fn is(&self, key: &str) -> bool {
        if self.is_whole {
            *self.beginning == *key
        } else {
            key.starts_with(&*self.beginning)
        }
    }
}

impl Display for Pattern {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let star = if self.is_whole { "" } else { "*" };
        write!(out, "{}{star}", self.beginning)
    }
}

impl Error for BadKeys {}

impl Display for BadKeys {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{:?} is no key of a label: give one key, such as example.com/owner, or the beginning of many with a * at its \
             end, such as example.com/*; * alone is all keys",
            self.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(texts: &[&str]) -> Keys {
        texts.iter().map(|text| text.parse::<Keys>().unwrap()).collect()
    }

    #[test]
    fn a_key_is_meant_whole_and_a_star_means_all_that_begin_so() {
        let some = keys(&["owner", "example.com/*"]);
        assert!(some.have("owner") && some.have("example.com/team") && some.have("example.com/"));
        assert!(!some.have("owners") && !some.have("own") && !some.have("example.org/team"));
        assert!(keys(&["*"]).have("anything/at-all"));
        assert!(!keys(&[]).have(""));
    }

    #[test]
    fn what_is_no_key_is_refused_and_the_error_shows_how() {
        for text in ["", "owner=anna", "a*b", "**", "a,b", "!owner"] {
            let error = text.parse::<Keys>().unwrap_err().to_string();
            assert!(
                error.contains("is no key") && error.contains("example.com/*"),
                "{text:?}: {error}"
            );
        }
    }

    #[test]
    fn keys_are_written_as_they_were_given() {
        let written: Vec<_> = keys(&["owner", "example.com/*", "*"]).words().collect();
        assert_eq!(written, ["owner", "example.com/*", "*"]);
    }
}
