//! Reads one YAML document into the value that `kubectl` would send, within bounds.
use std::{borrow::Cow, collections::HashMap};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use serde_json::{Map, Number, Value};

/// Kubernetes' own objects are less than twenty deep.
const DEEPEST: usize = 100;
/// How many values aliases may add to a document: a few lines could otherwise stand for billions.
const MOST_BY_ALIAS: usize = 100_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct YamlError {
    /// Counted from 1, within the text that was given.
    pub(crate) line: usize,
    pub(crate) problem: String,
}

/// The documents of a text; after an error there are no more.
pub(crate) fn parse(text: &str) -> (Vec<Value>, Option<YamlError>) {
    let mut reader = Reader::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let read = match event {
            Ok((event, span)) => reader.take(event).map_err(|problem| YamlError {
                line: span.start.line(),
                problem,
            }),
            Err(error) => Err(of_scanner(&error)),
        };
        if let Err(error) = read {
            return (reader.documents, Some(error));
        }
    }
    (reader.documents, None)
}

fn of_scanner(error: &ScanError) -> YamlError {
    YamlError {
        line: error.marker().line(),
        problem: format!("this is not YAML: {}", error.info()),
    }
}

#[derive(Default)]
struct Reader {
    documents: Vec<Value>,
    open: Vec<Open>,
    by_anchor: HashMap<usize, (Value, usize)>,
    added_by_alias: usize,
}

/// A collection whose end has not come.
struct Open {
    anchor: usize,
    content: Content,
    /// How many values are in it.
    size: usize,
}

enum Content {
    List(Vec<Value>),
    Fields {
        fields: Map<String, Value>,
        key: Option<String>,
        merged: Vec<Value>,
    },
}

impl Reader {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.by_anchor.clear();
                self.added_by_alias = 0;
                Ok(())
            }
            Event::Alias(anchor) => self.alias(anchor),
            Event::Scalar(text, style, anchor, tag) => {
                let value = if self.wants_key() {
                    Value::String(text.into_owned())
                } else {
                    scalar(text, style, tag)
                };
                self.put(value, anchor, 1)
            }
            Event::SequenceStart(anchor, _) => self.begin(anchor, Content::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.begin(
                anchor,
                Content::Fields {
                    fields: Map::new(),
                    key: None,
                    merged: Vec::new(),
                },
            ),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
        }
    }

    fn wants_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                content: Content::Fields { key: None, .. },
                ..
            })
        )
    }

    fn begin(&mut self, anchor: usize, content: Content) -> Result<(), String> {
        if self.wants_key() {
            return Err("the key of a field must be a text; this one is a list or has fields itself".to_owned());
        }
        if self.open.len() >= DEEPEST {
            return Err(format!(
                "more than {DEEPEST} levels of nesting; no Kubernetes object is that deep"
            ));
        }
        self.open.push(Open {
            anchor,
            content,
            size: 1,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(Open { anchor, content, size }) = self.open.pop() else {
            return Ok(());
        };
        let value = match content {
            Content::List(list) => Value::Array(list),
            Content::Fields { mut fields, merged, .. } => {
                merged.into_iter().for_each(|other| merge(&mut fields, other));
                Value::Object(fields)
            }
        };
        self.put(value, anchor, size)
    }

    fn alias(&mut self, anchor: usize) -> Result<(), String> {
        let Some((value, size)) = self.by_anchor.get(&anchor) else {
            return Err("an alias stands for something that is not complete yet".to_owned());
        };
        self.added_by_alias = self.added_by_alias.saturating_add(*size);
        if self.added_by_alias > MOST_BY_ALIAS {
            return Err(format!(
                "aliases add more than {MOST_BY_ALIAS} values to this document; write it out"
            ));
        }
        let (value, size) = (value.clone(), *size);
        self.put(value, 0, size)
    }

    fn put(&mut self, value: Value, anchor: usize, size: usize) -> Result<(), String> {
        if anchor > 0 {
            // A copy of each: anchors inside anchors would otherwise cost the square of the document.
            self.added_by_alias = self.added_by_alias.saturating_add(size);
            if self.added_by_alias > MOST_BY_ALIAS {
                return Err(format!(
                    "anchors stand for more than {MOST_BY_ALIAS} values in this document"
                ));
            }
            self.by_anchor.insert(anchor, (value.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(value);
            return Ok(());
        };
        open.size = open.size.saturating_add(size);
        match &mut open.content {
            Content::List(list) => list.push(value),
            Content::Fields { fields, key, merged } => match (key.take(), value) {
                (None, Value::String(text)) => *key = Some(text),
                (None, _) => return Err("the key of a field must be a text".to_owned()),
                (Some(key), value) if key == "<<" => merged.push(value),
                (Some(key), _) if fields.contains_key(&key) => {
                    return Err(format!("the field {key:?} is given twice; keep one"));
                }
                (Some(key), value) => {
                    fields.insert(key, value);
                }
            },
        }
        Ok(())
    }
}

/// Adds what is not there yet.
fn merge(fields: &mut Map<String, Value>, other: Value) {
    match other {
        Value::Object(more) => {
            for (key, value) in more {
                fields.entry(key).or_insert(value);
            }
        }
        Value::Array(list) => list
            .into_iter()
            .filter(Value::is_object)
            .for_each(|one| merge(fields, one)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// As `kubectl` reads them, which keeps to YAML 1.1: the API server gets `true` for `yes`, and 8 for `010`.
fn scalar(text: Cow<'_, str>, style: ScalarStyle, tag: Option<Cow<'_, Tag>>) -> Value {
    let is_text = tag.is_some_and(|tag| tag.suffix == "str" || tag.suffix == "binary");
    if style != ScalarStyle::Plain || is_text {
        return Value::String(text.into_owned());
    }
    match &*text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Value::Bool(true),
        "false" | "False" | "FALSE" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Value::Bool(false),
        _ => number(&text).map_or_else(|| Value::String(text.into_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let plain = text.replace('_', "");
    integer(&plain).or_else(|| float(&plain))
}

fn integer(text: &str) -> Option<Number> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let signed = format!("{sign}{digits}");
    let number = i64::from_str_radix(&signed, radix).map(Number::from);
    number
        .or_else(|_| u64::from_str_radix(&signed, radix).map(Number::from))
        .ok()
}

/// Whole numbers stay whole, as they do on their way to the API server.
fn float(text: &str) -> Option<Number> {
    let is_float = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'-' | b'+'));
    let value: f64 = is_float.then(|| text.parse().ok())??;
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return value.to_string().parse::<i64>().ok().map(Number::from);
    }
    Number::from_f64(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(text: &str) -> Value {
        let (documents, error) = parse(text);
        assert_eq!(error, None);
        documents.into_iter().next().unwrap()
    }

    fn problem(text: &str) -> YamlError {
        parse(text).1.unwrap()
    }

    #[test]
    fn scalars_become_what_they_look_like_unless_they_are_quoted() {
        let text =
            "{a: 1, b: '1', c: true, d: ~, e: 1.5, f: v1, g: -3, h: 10.0.0.1, i: !!str 7, j: 18446744073709551615}";
        assert_eq!(
            one(text),
            json!({"a": 1, "b": "1", "c": true, "d": null, "e": 1.5, "f": "v1", "g": -3, "h": "10.0.0.1", "i": "7",
                   "j": 18_446_744_073_709_551_615_u64})
        );
    }

    #[test]
    fn keys_are_texts_even_where_they_look_like_numbers() {
        assert_eq!(one("1: a\ntrue: b"), json!({"1": "a", "true": "b"}));
        assert!(problem("? [a]\n: b").problem.contains("must be a text"));
    }

    #[test]
    fn aliases_and_merges_are_written_out() {
        let text = "base: &b {app: web, env: test}\nother: *b\nprod: {<<: *b, env: prod}";
        let (base, prod) = (
            json!({"app": "web", "env": "test"}),
            json!({"app": "web", "env": "prod"}),
        );
        assert_eq!(one(text), json!({"base": base, "other": base, "prod": prod}));
    }

    #[test]
    fn aliases_that_multiply_are_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}", level - 1);
            text += &format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(", "));
        }
        assert!(problem(&text).problem.contains("100000 values"));
        assert!(problem("a: &a [*a]").problem.contains("not complete"));
    }

    #[test]
    fn deep_nesting_is_refused_at_once() {
        for text in ["[".repeat(1_000_000), "{a: ".repeat(1_000_000), "- ".repeat(1_000_000)] {
            let problem = problem(&text).problem;
            assert!(
                problem.contains("100 levels") || problem.contains("recursion limit"),
                "{problem}"
            );
        }
    }

    #[test]
    fn a_field_given_twice_is_refused_with_its_line() {
        let error = problem("spec: 1\nkind: x\nspec: 2\n");
        assert_eq!(
            (error.line, error.problem.contains("\"spec\" is given twice")),
            (3, true)
        );
    }

    #[test]
    fn what_is_not_yaml_is_refused_with_its_line() {
        let error = problem("kind: Pod\nmetadata: {name: x\n");
        assert!(error.problem.contains("not YAML"), "{error:?}");
        assert!(parse("a: b\n\tc: d").1.is_some());
    }

    #[test]
    fn scalars_are_what_the_api_server_would_get_of_them() {
        assert_eq!(
            one("[yes, No, on, OFF, y, n]"),
            json!([true, false, true, false, true, false])
        );
        assert_eq!(
            one("['yes', 'y', yesterday, !!str on]"),
            json!(["yes", "y", "yesterday", "on"])
        );
        assert_eq!(
            one("[010, 0x50, 0o17, 0b11, 1_000, 080, 1e3, -0x10, 0]"),
            json!([8, 80, 15, 3, 1000, 80, 1000, -16, 0])
        );
        assert_eq!(
            one("[0x, 0xg, 0x-5, 1_a, 2001-01-01]"),
            json!(["0x", "0xg", "0x-5", "1_a", "2001-01-01"])
        );
    }
}
