//! What the API server answers to a list and to a watch, taken apart into objects.
use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::{
    name::version,
    raw::{field, items},
};

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<'a> {
    pub objects: Vec<&'a [u8]>,
    /// From where a watch goes on after the list.
    pub version: String,
    /// What to ask the next part with, if this is not the last.
    pub next: Option<String>,
}

/// One line of a watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    Added(&'a [u8]),
    Modified(&'a [u8]),
    Deleted(&'a [u8]),
    /// Nothing changed up to here.
    Bookmark {
        version: String,
        /// All objects there were when the watch began have been told.
        all_told: bool,
    },
    Refused(Refusal),
}

/// Why the API server does not do what was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    pub code: u16,
    /// In one word, such as `Expired`.
    pub reason: String,
    pub message: String,
    pub retry_after: Option<Duration>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ListMetadata {
    #[serde(rename = "resourceVersion")]
    version: String,
    #[serde(rename = "continue")]
    next: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    code: u16,
    reason: Option<String>,
    message: Option<String>,
    details: Option<Details>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Details {
    retry_after_seconds: Option<u64>,
}

/// `None` if it is no list, or cut.
pub fn page(text: &[u8]) -> Option<Page<'_>> {
    let metadata: ListMetadata = serde_json::from_slice(field(text, "metadata")?).ok()?;
    let objects = match field(text, "items")? {
        b"null" => Vec::new(),
        list => items(list)?,
    };
    Some(Page {
        objects,
        version: metadata.version,
        next: metadata.next.filter(|next| !next.is_empty()),
    })
}

/// `None` if it is no line of a watch, or cut.
pub fn line(text: &[u8]) -> Option<Line<'_>> {
    let (kind, object) = (field(text, "type")?, field(text, "object")?);
    Some(match kind {
        b"\"ADDED\"" => Line::Added(object),
        b"\"MODIFIED\"" => Line::Modified(object),
        b"\"DELETED\"" => Line::Deleted(object),
        b"\"BOOKMARK\"" => Line::Bookmark {
            version: version(object)?,
            all_told: all_told(object),
        },
        b"\"ERROR\"" => Line::Refused(refusal(object)?),
        _ => return None,
    })
}

/// What stands in the body of an answer that is no success.
pub fn refusal(text: &[u8]) -> Option<Refusal> {
    let status: Status = serde_json::from_slice(text).ok()?;
    Some(Refusal {
        code: status.code,
        reason: status.reason.unwrap_or_default(),
        message: status.message.unwrap_or_default(),
        retry_after: status
            .details
            .and_then(|details| details.retry_after_seconds)
            .map(Duration::from_secs),
    })
}

fn all_told(bookmark: &[u8]) -> bool {
    let annotations = field(bookmark, "metadata").and_then(|metadata| field(metadata, "annotations"));
    let annotations: BTreeMap<String, String> = annotations
        .and_then(|text| serde_json::from_slice(text).ok())
        .unwrap_or_default();
    annotations
        .get("k8s.io/initial-events-end")
        .is_some_and(|value| value == "true")
}
