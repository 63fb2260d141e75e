//! Writes YAML as a person would: in block style, quoted only where it must be, with comments where they belong.
use std::fmt::Write;

mod scalar;

/// What stands after a key or a dash.
#[derive(Clone, Debug)]
pub(crate) enum Yaml {
    Text(String),
    /// A number or a truth value.
    Literal(String),
    /// Text of several lines.
    Block(String),
    /// Texts in one line.
    Words(Vec<String>),
    Map(Map),
    List(Vec<Item>),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Map(Vec<Field>);

#[derive(Clone, Debug)]
struct Field {
    notes: Vec<String>,
    key: String,
    value: Yaml,
}

#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) notes: Vec<String>,
    pub(crate) value: Yaml,
    /// It is there for whoever reads it, and not for the machine.
    pub(crate) is_comment: bool,
}

impl Map {
    #[must_use]
    pub(crate) fn with(self, key: &str, value: impl Into<Yaml>) -> Self {
        self.noted(Vec::new(), key, value)
    }

    #[must_use]
    pub(crate) fn noted(mut self, notes: Vec<String>, key: &str, value: impl Into<Yaml>) -> Self {
        self.0.push(Field {
            notes,
            key: key.to_owned(),
            value: value.into(),
        });
        self
    }
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Yaml {
    fn from(value: bool) -> Self {
        Self::Literal(value.to_string())
    }
}

impl From<u16> for Yaml {
    fn from(value: u16) -> Self {
        Self::Literal(value.to_string())
    }
}

impl From<Map> for Yaml {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl From<Vec<Item>> for Yaml {
    fn from(items: Vec<Item>) -> Self {
        Self::List(items)
    }
}

impl<T: Into<Yaml>> From<T> for Item {
    fn from(value: T) -> Self {
        Self {
            notes: Vec::new(),
            value: value.into(),
            is_comment: false,
        }
    }
}

/// One document, with lines of comment before it.
pub(crate) fn document(notes: &[String], object: &Map) -> String {
    let mut text = String::new();
    for line in comments(notes).into_iter().chain(map_lines(object)) {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn comments(notes: &[String]) -> Vec<String> {
    let lines = notes.iter().flat_map(|note| {
        // What is quoted in a comment must not end it.
        let shown = |line: &str| line.replace(scalar::is_hidden, " ");
        note.split('\n').map(shown).collect::<Vec<_>>()
    });
    lines.map(|line| format!("# {line}")).collect()
}

fn map_lines(map: &Map) -> Vec<String> {
    let mut lines = Vec::new();
    for Field { notes, key, value } in &map.0 {
        lines.extend(comments(notes));
        let key = scalar::text(key);
        match value {
            Yaml::Map(inner) if !inner.0.is_empty() => {
                lines.push(format!("{key}:"));
                lines.extend(indented(map_lines(inner)));
            }
            Yaml::List(items) if !items.is_empty() => {
                let empty = if items.iter().all(|item| item.is_comment) {
                    " []"
                } else {
                    ""
                };
                lines.push(format!("{key}:{empty}"));
                lines.extend(indented(items.iter().flat_map(item_lines)));
            }
            Yaml::Block(block) => {
                lines.push(format!("{key}: |-"));
                lines.extend(indented(block.lines().map(str::to_owned)));
            }
            Yaml::Map(_) | Yaml::List(_) | Yaml::Text(_) | Yaml::Literal(_) | Yaml::Words(_) => {
                lines.push(format!("{key}: {}", in_line(value)));
            }
        }
    }
    lines
}

fn item_lines(item: &Item) -> Vec<String> {
    let inner = match &item.value {
        Yaml::Map(map) if !map.0.is_empty() => map_lines(map),
        Yaml::Map(_) | Yaml::List(_) | Yaml::Text(_) | Yaml::Literal(_) | Yaml::Words(_) | Yaml::Block(_) => {
            vec![in_line(&item.value)]
        }
    };
    let dashed = inner.into_iter().enumerate().map(|(index, line)| {
        let lead = if index == 0 { "- " } else { "  " };
        let mark = if item.is_comment { "# " } else { "" };
        format!("{mark}{lead}{line}")
    });
    comments(&item.notes).into_iter().chain(dashed).collect()
}

fn indented(lines: impl IntoIterator<Item = String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("  {line}"))
}

fn in_line(value: &Yaml) -> String {
    match value {
        Yaml::Text(text) | Yaml::Block(text) => scalar::text(text),
        Yaml::Literal(literal) => literal.clone(),
        Yaml::Words(words) => {
            let words: Vec<_> = words.iter().map(|word| scalar::word(word)).collect();
            format!("[{}]", words.join(", "))
        }
        Yaml::Map(_) => "{}".to_owned(),
        Yaml::List(_) => "[]".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;
    use expect_test::expect;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_is_what_a_person_would_write() {
        let off = Item {
            notes: vec!["seen once".to_owned()],
            value: Map::default().with("port", 443).into(),
            is_comment: true,
        };
        let map = Map::default()
            .noted(vec!["who it is for".to_owned()], "selector", Map::default())
            .with("types", Yaml::Words(vec!["Ingress".to_owned(), "no".to_owned()]))
            .with(
                "ports",
                vec![Map::default().with("port", "http").with("end", 8).into(), off],
            )
            .with("rego", Yaml::Block("a {\n  b\n}".to_owned()))
            .with("enabled", true);
        expect![[r#"
            # first
            # second
            # who it is for
            selector: {}
            types: [Ingress, "no"]
            ports:
              - port: http
                end: 8
              # seen once
              # - port: 443
            rego: |-
              a {
                b
              }
            enabled: true
        "#]]
        .assert_eq(&document(&["first\nsecond".to_owned()], &map));
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_as_it_was(key in "\\PC{0,12}", value in "(?s).{0,24}", note in "(?s).{0,12}") {
            // What reads YAML here takes it for a merge, quoted or not, and nothing in Kubernetes has such a key.
            prop_assume!(key != "<<");
            let map = Map::default().noted(vec![note], &key, Yaml::List(vec![value.as_str().into()]));
            let text = document(&[], &map);
            let (documents, error) = yaml::parse(&text);
            prop_assert_eq!(error, None, "{}", text);
            prop_assert_eq!(documents, [serde_json::json!({ (key): [value] })], "{}", text);
        }
    }
}
