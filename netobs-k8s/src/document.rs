//! Splits a file into documents, each of which stands or falls alone.
use serde_json::Value;

use crate::{
    finding::{Finding, Place},
    yaml,
};

#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub place: Place,
    pub value: Value,
}

/// The documents of a file in YAML or JSON, and what could not be read of it. Empty documents are left out.
pub fn split(file: &str, content: &[u8]) -> (Vec<Document>, Vec<Finding>) {
    let place = Place {
        file: file.to_owned(),
        ..Place::default()
    };
    let text = match std::str::from_utf8(content) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            let line = content[..error.valid_up_to()]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count()
                + 1;
            let problem = "this is not text in UTF-8; save it as UTF-8";
            return (
                Vec::new(),
                vec![Finding::error(
                    Place {
                        line: Some(line),
                        ..place
                    },
                    problem,
                )],
            );
        }
    };
    if text.trim_start().starts_with('{')
        && let Some(documents) = json(&place, text)
    {
        return documents;
    }
    yaml_documents(&place, text)
}

/// `None` if it is YAML that merely begins like JSON.
fn json(place: &Place, text: &str) -> Option<(Vec<Document>, Vec<Finding>)> {
    let mut documents = Vec::new();
    for (index, value) in serde_json::Deserializer::from_str(text).into_iter().enumerate() {
        let mut place = Place {
            document: Some(index + 1),
            ..place.clone()
        };
        match value {
            Ok(value) => documents.push(Document { place, value }),
            Err(error) if looks_like_json(text) => {
                place.line = Some(error.line());
                return Some((
                    documents,
                    vec![Finding::error(place, format!("this is not JSON: {error}"))],
                ));
            }
            Err(_) => return None,
        }
    }
    Some((documents, Vec::new()))
}

fn looks_like_json(text: &str) -> bool {
    text.trim_start()
        .trim_start_matches('{')
        .trim_start()
        .starts_with(['"', '}'])
}

fn yaml_documents(place: &Place, text: &str) -> (Vec<Document>, Vec<Finding>) {
    let mut documents = Vec::new();
    let mut findings = Vec::new();
    let mut number = 0;
    for (first_line, part) in parts(text) {
        let (values, error) = yaml::parse(part);
        for value in values {
            number += 1;
            if !value.is_null() {
                documents.push(Document {
                    place: Place {
                        document: Some(number),
                        ..place.clone()
                    },
                    value,
                });
            }
        }
        if let Some(error) = error {
            number += 1;
            let line = Some(first_line + error.line - 1);
            findings.push(Finding::error(
                Place {
                    document: Some(number),
                    line,
                    ..place.clone()
                },
                error.problem,
            ));
        }
    }
    (documents, findings)
}

/// The text between lines of `---`, each with the number of its first line, so that one broken document breaks no other.
fn parts(text: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let (mut start, mut first_line) = (0, 1);
    let mut offset = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let after = line.strip_prefix("---");
        if after.is_some_and(|after| after.is_empty() || after.starts_with(char::is_whitespace)) && offset > start {
            parts.push((first_line, &text[start..offset]));
            (start, first_line) = (offset, index + 1);
        }
        offset += line.len();
    }
    parts.push((first_line, &text[start..]));
    let has_content = |line: &str| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#') && line != "---"
    };
    parts.retain(|(_, part)| part.lines().any(has_content));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn values(text: &str) -> Vec<Value> {
        let (documents, findings) = split("f", text.as_bytes());
        assert_eq!(findings, vec![]);
        documents.into_iter().map(|document| document.value).collect()
    }

    #[test]
    fn documents_are_split_and_empty_ones_left_out() {
        let text = "# first\n---\na: 1\n---\n# nothing\n--- # again\n---\nb: |\n  text\n  --- not a line of its own\n";
        assert_eq!(
            values(text),
            vec![json!({"a": 1}), json!({"b": "text\n--- not a line of its own\n"})]
        );
        assert_eq!(values(""), Vec::<Value>::new());
        assert_eq!(
            values("\u{feff}a: 1\r\n---\r\nb: 2\r\n"),
            vec![json!({"a": 1}), json!({"b": 2})]
        );
    }

    #[test]
    fn json_is_read_one_after_another_and_flow_yaml_too() {
        assert_eq!(values("{\"a\": 1}\n{\"b\": 2}"), vec![json!({"a": 1}), json!({"b": 2})]);
        assert_eq!(values("{a: 1}"), vec![json!({"a": 1})]);
    }

    #[test]
    fn a_broken_document_breaks_no_other_and_its_line_is_that_of_the_file() {
        let (documents, findings) = split("f.yaml", b"a: 1\n---\nb: [\n---\nc: 3\n");
        assert_eq!(documents.len(), 2);
        let place = &findings[0].place;
        assert_eq!(
            (findings.len(), place.document, place.file.as_str()),
            (1, Some(2), "f.yaml")
        );
        assert!(matches!(place.line, Some(3 | 4)), "{place:?}");
    }

    #[test]
    fn a_cut_file_is_told_with_the_line_of_the_cut() {
        let (_, findings) = split("f.json", b"{\"kind\": \"List\",\n \"items\": [");
        assert_eq!(findings[0].place.line, Some(2));
        assert!(findings[0].problem.contains("EOF"));
    }

    #[test]
    fn other_encodings_are_refused() {
        let (_, findings) = split("f", b"a: 1\nb: \xff\xfe\n");
        assert_eq!(findings[0].place.line, Some(2));
        assert!(findings[0].problem.contains("UTF-8"));
    }
}
