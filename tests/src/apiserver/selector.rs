//! Label and field selectors, as they stand in a query.

use super::kind::Kind;
use super::object::Object;
use super::refusal::Refusal;

/// Which objects of a kind are asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    pub(crate) namespace: Option<String>,
    labels: Vec<Requirement>,
    fields: Vec<Requirement>,
}

#[derive(Clone, Debug)]
struct Requirement {
    key: String,
    wanted: Wanted,
}

#[derive(Clone, Debug)]
enum Wanted {
    Equal(String),
    /// Also true where there is nothing.
    NotEqual(String),
    There,
    NotThere,
    In(Vec<String>),
    NotIn(Vec<String>),
}

impl Selector {
    pub(crate) fn parse(kind: &Kind, namespace: Option<&str>, labels: &str, fields: &str) -> Result<Self, Refusal> {
        let fields = parse_all(fields)?;
        let is_known =
            |key: &str| matches!(key, "metadata.name" | "metadata.namespace") || kind.selectable().contains(&key);
        if let Some(unknown) = fields.iter().find(|field| !is_known(&field.key)) {
            return Err(Refusal::bad_request(format!(
                "field label not supported: {}",
                unknown.key
            )));
        }
        Ok(Self {
            namespace: namespace.map(str::to_owned),
            labels: parse_all(labels)?,
            fields,
        })
    }

    /// Only the object of that name, as a field selector would have it.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.fields.push(Requirement {
            key: "metadata.name".to_owned(),
            wanted: Wanted::Equal(name.to_owned()),
        });
        self
    }

    pub(crate) fn takes(&self, object: &Object) -> bool {
        let in_namespace = self
            .namespace
            .as_ref()
            .is_none_or(|wanted| *wanted == object.key.namespace);
        let labelled = |wanted: &Requirement| wanted.wanted.is_met_by(object.label(&wanted.key));
        let has_field = |wanted: &Requirement| wanted.wanted.is_met_by(Some(field(object, &wanted.key)));
        in_namespace && self.labels.iter().all(labelled) && self.fields.iter().all(has_field)
    }

    /// Whether anything but the namespace matters.
    pub(crate) fn is_narrow(&self) -> bool {
        !self.labels.is_empty() || !self.fields.is_empty()
    }
}

impl Wanted {
    fn is_met_by(&self, found: Option<&str>) -> bool {
        match self {
            Self::Equal(wanted) => found == Some(wanted),
            Self::NotEqual(wanted) => found != Some(wanted),
            Self::There => found.is_some(),
            Self::NotThere => found.is_none(),
            Self::In(wanted) => found.is_some_and(|found| wanted.iter().any(|one| one == found)),
            Self::NotIn(wanted) => found.is_none_or(|found| wanted.iter().all(|one| one != found)),
        }
    }
}

/// A field that is not there is empty.
fn field<'a>(object: &'a Object, key: &str) -> &'a str {
    match key {
        "metadata.name" => &object.key.name,
        "metadata.namespace" => &object.key.namespace,
        _ => {
            let found = object.fields.iter().find(|(known, _)| *known == key);
            found.map_or("", |(_, value)| value)
        }
    }
}

fn parse_all(text: &str) -> Result<Vec<Requirement>, Refusal> {
    split(text)
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(parse)
        .collect()
}

/// At the commas that stand in no brackets.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    let parts = text.split(move |letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    });
    parts.map(str::trim).collect()
}

fn parse(text: &str) -> Result<Requirement, Refusal> {
    let requirement = |key: &str, wanted| {
        Ok(Requirement {
            key: key.trim().to_owned(),
            wanted,
        })
    };
    let words = |list: &str| {
        let inner = list.trim().trim_start_matches('(').trim_end_matches(')');
        inner.split(',').map(|word| word.trim().to_owned()).collect::<Vec<_>>()
    };
    if let Some((key, list)) = text.split_once(" notin ") {
        return requirement(key, Wanted::NotIn(words(list)));
    }
    if let Some((key, list)) = text.split_once(" in ") {
        return requirement(key, Wanted::In(words(list)));
    }
    if let Some((key, value)) = text.split_once("!=") {
        return requirement(key, Wanted::NotEqual(value.trim().to_owned()));
    }
    if let Some((key, value)) = text.split_once('=') {
        return requirement(key, Wanted::Equal(value.trim_start_matches('=').trim().to_owned()));
    }
    if text.contains(char::is_whitespace) {
        return Err(Refusal::bad_request(format!("unable to parse requirement: {text:?}")));
    }
    match text.strip_prefix('!') {
        Some(key) => requirement(key, Wanted::NotThere),
        None => requirement(text, Wanted::There),
    }
}
