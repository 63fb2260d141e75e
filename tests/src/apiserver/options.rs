//! The options of a list or a watch, checked as the real server checks them.

use super::StreamingLists;
use super::call::{Call, Objects, Query};
use super::object::Key;
use super::refusal::Refusal;
use super::selector::Selector;
use k8s_openapi::ByteString;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) selector: Selector,
    pub(crate) limit: Option<usize>,
    pub(crate) rest: Option<Rest>,
    pub(crate) version: Option<u64>,
    pub(crate) is_exact: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) bookmarks: bool,
    pub(crate) initial_events: bool,
}

/// Where a list goes on, as a `continue` token tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rest {
    /// Nothing if the list need not be consistent any more.
    pub(crate) version: Option<u64>,
    pub(crate) after: Key,
}

impl Options {
    pub(crate) fn read(objects: &Objects, call: &Call, streaming_lists: StreamingLists) -> Result<Self, Refusal> {
        let query = &call.query;
        if query.is_set("watch") {
            check_watch(query, streaming_lists)?;
        } else {
            check_list(query)?;
        }
        let text = |key: &str| query.get(key).unwrap_or_default();
        let selector = Selector::parse(
            &objects.kind,
            objects.namespace.as_deref(),
            text("labelSelector"),
            text("fieldSelector"),
        )?;
        let limit = query.number("limit")?.filter(|limit| *limit > 0);
        Ok(Self {
            selector: match &objects.name {
                Some(name) => selector.named(name),
                None => selector,
            },
            limit: limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
            rest: query.get("continue").map(Rest::read).transpose()?,
            version: query.number("resourceVersion")?.filter(|version| *version > 0),
            is_exact: text("resourceVersionMatch") == "Exact",
            timeout: query.number("timeoutSeconds")?.map(Duration::from_secs),
            bookmarks: query.is_set("allowWatchBookmarks"),
            initial_events: match query.get("sendInitialEvents") {
                Some(_) => query.is_set("sendInitialEvents"),
                None => matches!(text("resourceVersion"), "" | "0"),
            },
        })
    }
}

impl Rest {
    pub(crate) fn token(&self) -> String {
        let version = self.version.map_or(json!(-1), |version| json!(version));
        let start = format!("{}/{}\0", self.after.namespace, self.after.name);
        let token = json!({"v": "meta.k8s.io/v1", "rv": version, "start": start});
        let encoded = serde_json::to_value(ByteString(token.to_string().into_bytes()));
        encoded
            .ok()
            .and_then(|token| Some(token.as_str()?.to_owned()))
            .unwrap_or_default()
    }

    fn read(token: &str) -> Result<Self, Refusal> {
        let read = || {
            let bytes: ByteString = serde_json::from_value(json!(token)).ok()?;
            let token: Value = serde_json::from_slice(&bytes.0).ok()?;
            let (namespace, name) = token["start"].as_str()?.strip_suffix('\0')?.split_once('/')?;
            Some(Self {
                version: token["rv"].as_u64(),
                after: Key::new(namespace, name),
            })
        };
        read().ok_or_else(|| Refusal::bad_request("invalid continue token: continue key is not valid"))
    }
}

fn check_watch(query: &Query, streaming_lists: StreamingLists) -> Result<(), Refusal> {
    let wanted = query.get("resourceVersionMatch");
    if query.get("sendInitialEvents").is_none() {
        let forbidden = || {
            let why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            Err(Refusal::forbidden_option("resourceVersionMatch", why))
        };
        return if wanted.is_some() { forbidden() } else { Ok(()) };
    }
    if streaming_lists == StreamingLists::Refused {
        let why = "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
        return Err(Refusal::forbidden_option("sendInitialEvents", why));
    }
    if wanted != Some("NotOlderThan") {
        let why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        return Err(Refusal::forbidden_option("resourceVersionMatch", why));
    }
    Ok(())
}

fn check_list(query: &Query) -> Result<(), Refusal> {
    if query.get("sendInitialEvents").is_some() {
        let why = "sendInitialEvents is forbidden for list";
        return Err(Refusal::forbidden_option("sendInitialEvents", why));
    }
    let Some(wanted) = query.get("resourceVersionMatch") else {
        return Ok(());
    };
    let why = match (query.get("resourceVersion"), query.get("continue"), wanted) {
        (None, _, _) => "resourceVersionMatch is forbidden unless resourceVersion is provided",
        (_, Some(_), _) => "resourceVersionMatch is forbidden when continue is provided",
        (Some("0"), None, "Exact") => "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
        (Some(_), None, _) => return Ok(()),
    };
    Err(Refusal::forbidden_option("resourceVersionMatch", why))
}
