//! Reads selectors as `kubectl -l` takes them: `env=prod,tier in (a,b),!legacy`.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a grammar refuses whatever word it does not name"
)]

use std::{
    error::Error,
    fmt::{self, Display, Formatter},
    str::FromStr,
};

use super::{Operator, Requirement, Selector, Symbol, check_key, check_value};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SelectorError {
    /// A word other than the ones a selector can have at this place.
    Unexpected {
        expected: &'static str,
        found: String,
    },
    BadKey {
        key: String,
        reason: &'static str,
    },
    BadValue {
        key: String,
        value: String,
        reason: &'static str,
    },
    /// `>` and `<`, which only node selectors have.
    Comparison {
        key: String,
    },
}

impl Error for SelectorError {}

impl Display for SelectorError {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unexpected { expected, found } => {
                write!(
                    out,
                    "expected {expected} but found {found}; a selector looks like `env=prod,tier in (a,b),!x`"
                )
            }
            Self::BadKey { key, reason } => write!(out, "{key:?} cannot be a label key: {reason}"),
            Self::BadValue { key, value, reason } => {
                write!(out, "{value:?} cannot be a value of label {key}: {reason}")
            }
            Self::Comparison { key } => {
                write!(
                    out,
                    "`{key} > …` and `{key} < …` compare numbers, which label selectors cannot; list the values"
                )
            }
        }
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let mut words = Words { rest: text };
        let mut requirements = Vec::new();
        if words.peek() == Word::End {
            return Ok(Self::everything());
        }
        loop {
            requirements.push(requirement(&mut words)?);
            match words.next() {
                Word::End => return Ok(Self { requirements }),
                Word::Sign(",") => {}
                word => return Err(unexpected("a comma or the end", word)),
            }
        }
    }
}

fn requirement(words: &mut Words<'_>) -> Result<Requirement, SelectorError> {
    if words.peek() == Word::Sign("!") {
        words.next();
        let key = key(words)?;
        return Ok(Requirement {
            key,
            operator: Operator::DoesNotExist,
            values: Vec::new(),
        });
    }
    let key = key(words)?;
    let (operator, values) = match words.peek() {
        Word::End | Word::Sign(",") => (Operator::Exists, Vec::new()),
        Word::Sign(sign @ ("=" | "==" | "!=")) => {
            words.next();
            (
                if sign == "!=" { Operator::NotIn } else { Operator::In },
                vec![value(words, &key)?],
            )
        }
        Word::Text(word @ ("in" | "notin")) => {
            words.next();
            (
                if word == "in" { Operator::In } else { Operator::NotIn },
                values(words, &key)?,
            )
        }
        Word::Sign(">" | "<") => return Err(SelectorError::Comparison { key: key.to_string() }),
        word => return Err(unexpected("`=`, `!=`, `in`, `notin`, a comma or the end", word)),
    };
    Ok(Requirement { key, operator, values })
}

fn key(words: &mut Words<'_>) -> Result<Symbol, SelectorError> {
    match words.next() {
        Word::Text(key) => match check_key(key) {
            Ok(()) => Ok(Symbol::from(key)),
            Err(reason) => Err(SelectorError::BadKey {
                key: key.to_owned(),
                reason,
            }),
        },
        word => Err(unexpected("a label key", word)),
    }
}

/// One value; nothing before a comma, a bracket or the end is the empty value.
fn value(words: &mut Words<'_>, key: &Symbol) -> Result<Symbol, SelectorError> {
    match words.peek() {
        Word::End | Word::Sign("," | ")") => Ok(Symbol::from("")),
        Word::Text(value) => {
            words.next();
            match check_value(value) {
                Ok(()) => Ok(Symbol::from(value)),
                Err(reason) => Err(SelectorError::BadValue {
                    key: key.to_string(),
                    value: value.to_owned(),
                    reason,
                }),
            }
        }
        word => Err(unexpected("a value", word)),
    }
}

fn values(words: &mut Words<'_>, key: &Symbol) -> Result<Vec<Symbol>, SelectorError> {
    match words.next() {
        Word::Sign("(") => {}
        word => return Err(unexpected("`(`", word)),
    }
    let mut values = Vec::new();
    loop {
        values.push(value(words, key)?);
        match words.next() {
            Word::Sign(")") => break,
            Word::Sign(",") => {}
            word => return Err(unexpected("a comma or `)`", word)),
        }
    }
    values.sort();
    values.dedup();
    Ok(values)
}

fn unexpected(expected: &'static str, found: Word<'_>) -> SelectorError {
    let found = match found {
        Word::End => "the end".to_owned(),
        Word::Sign(text) | Word::Text(text) => format!("{text:?}"),
    };
    SelectorError::Unexpected { expected, found }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word<'a> {
    Sign(&'a str),
    Text(&'a str),
    End,
}

struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Word<'a> {
        Words { rest: self.rest }.next()
    }

    fn next(&mut self) -> Word<'a> {
        let text = self.rest.trim_start();
        let signs = ["==", "!=", "=", "!", ",", "(", ")", ">", "<"];
        if let Some(sign) = signs.into_iter().find(|sign| text.starts_with(sign)) {
            self.rest = &text[sign.len()..];
            return Word::Sign(sign);
        }
        let ends = |character: char| character.is_whitespace() || "=!,()<>".contains(character);
        let (word, rest) = text.split_at(text.find(ends).unwrap_or(text.len()));
        self.rest = rest;
        if word.is_empty() { Word::End } else { Word::Text(word) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn everything_kubectl_takes_is_read() {
        for (text, canonical) in [
            ("", ""),
            ("  ", ""),
            ("env=prod", "env=prod"),
            ("env==prod, tier != db", "env=prod,tier!=db"),
            ("tier in (b, a,b),!legacy,env", "tier in (a,b),!legacy,env"),
            ("tier notin(a)", "tier!=a"),
            ("env=", "env="),
            ("env=,app", "env=,app"),
            ("env in ()", "env="),
            ("in in (in)", "in=in"),
            ("! x", "!x"),
            (
                "kubernetes.io/metadata.name=ops-utils",
                "kubernetes.io/metadata.name=ops-utils",
            ),
        ] {
            assert_eq!(text.parse::<Selector>().unwrap().to_string(), canonical, "{text:?}");
        }
    }

    #[test]
    fn an_error_names_what_is_wrong() {
        for (text, part) in [
            (",", "expected a label key but found \",\""),
            ("env=prod,", "expected a label key but found the end"),
            ("env prod", "but found \"prod\""),
            ("env in (a", "expected a comma or `)` but found the end"),
            ("env in a", "expected `(` but found \"a\""),
            ("a/b/c", "\"a/b/c\" cannot be a label key"),
            ("env=-x", "\"-x\" cannot be a value of label env"),
            ("size>3", "compare numbers"),
            ("!env=prod", "expected a comma or the end but found \"=\""),
        ] {
            let error = text.parse::<Selector>().unwrap_err().to_string();
            assert!(error.contains(part), "{text:?}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_is_written_the_same(text in "[a-c=!,() ><in./é]{0,24}") {
            if let Ok(selector) = text.parse::<Selector>() {
                prop_assert_eq!(selector.to_string().parse::<Selector>(), Ok(selector));
            }
        }
    }
}
