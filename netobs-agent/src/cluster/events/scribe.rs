//! Writes Events to the API server.
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use hyper::Method;
use netobs_core::render::utc;
use serde_json::{Value, json};
use tracing::{debug, info, warn};

use super::{
    draft::{Draft, hash},
    ledger::Job,
};
use crate::cluster::{
    access::Access,
    fault::Fault,
    request::{self, Question},
    resource::encoded,
};

const PATIENCE: Duration = Duration::from_secs(10);
const COMPONENT: &str = "netobs-agent";

pub(super) struct Scribe {
    access: Arc<Access>,
    node: String,
    is_denied: AtomicBool,
    /// That Events are without the UID of their object was said.
    is_nameless: AtomicBool,
}

impl Scribe {
    pub(super) const fn new(access: Arc<Access>, node: String) -> Self {
        Self {
            access,
            node,
            is_denied: AtomicBool::new(false),
            is_nameless: AtomicBool::new(false),
        }
    }

    /// Events are kept for an hour or so: one that we wrote may be gone, and one that we did not write be there from
    /// before we were started.
    pub(super) async fn write(&self, job: &Job) -> Result<(), Fault> {
        let draft = &job.draft;
        let result = if job.again {
            match self.update(draft).await {
                Err(fault) if fault.is_not_found() => self.create(draft).await,
                other => other,
            }
        } else {
            match self.create(draft).await {
                Err(fault) if fault.is_conflict() => self.update(draft).await,
                other => other,
            }
        };
        if result.as_ref().is_err_and(Fault::is_unauthorized)
            && let Err(error) = self.access.renew().await
        {
            warn!("{error}");
        }
        result
    }

    pub(super) fn tell_trouble(&self, result: &Result<(), Fault>) {
        match result {
            Ok(()) if self.is_denied.swap(false, Relaxed) => info!("Events can be written now"),
            Ok(()) => {}
            Err(fault) if fault.is_denied() => self.tell_denied(fault),
            Err(fault) => debug!(%fault, "an Event was not written, and will be tried again"),
        }
    }

    fn tell_denied(&self, fault: &Fault) {
        if !self.is_denied.swap(true, Relaxed) {
            warn!(
                "Events may not be written: {fault}; the agent's ClusterRole needs the verbs create and patch on events \
                 (apiGroup \"\"), or start the agent with --no-events. Causes are told everywhere else"
            );
        }
    }

    fn tell_nameless(&self, kind: &str, fault: &Fault) {
        if fault.is_denied() && !self.is_nameless.swap(true, Relaxed) {
            warn!(
                "an Event does not name the UID of its {kind}, and `kubectl events --for` does not find it: {fault}; the agent's \
                 ClusterRole needs the verb get on namespaces and networkpolicies"
            );
        }
    }

    async fn create(&self, draft: &Draft) -> Result<(), Fault> {
        let uid = match &draft.regarding.uid {
            Some(uid) => Some(uid.to_string()),
            None => self.uid(draft).await,
        };
        let path = format!("/api/v1/namespaces/{}/events", encoded(namespace(draft)));
        self.send(Method::POST, &path, "application/json", &event(draft, &self.node, uid))
            .await
    }

    async fn update(&self, draft: &Draft) -> Result<(), Fault> {
        let (namespace, name) = (encoded(namespace(draft)), encoded(&name(draft, &self.node)));
        let path = format!("/api/v1/namespaces/{namespace}/events/{name}");
        let change = json!({
            "message": draft.note,
            "count": count(draft),
            "lastTimestamp": utc(draft.last),
        });
        self.send(Method::PATCH, &path, "application/merge-patch+json", &change)
            .await
    }

    async fn send(&self, method: Method, path: &str, kind: &'static str, content: &Value) -> Result<(), Fault> {
        let question = Question {
            method,
            path,
            content: Some((kind, content.to_string().into_bytes())),
            patience: PATIENCE,
        };
        request::ask(&self.access.client(), question).await?.whole().await?;
        Ok(())
    }

    /// Without it, `kubectl` does not find an Event by its object. Where it cannot be had, the Event is still one.
    async fn uid(&self, draft: &Draft) -> Option<String> {
        let regarding = &draft.regarding;
        let name = encoded(&regarding.name);
        let path = match &regarding.namespace {
            None => format!("/api/v1/namespaces/{name}"),
            Some(namespace) => {
                let namespace = encoded(namespace);
                format!("/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies/{name}")
            }
        };
        let answer = request::ask(&self.access.client(), Question::get(&path, PATIENCE)).await;
        let answer = answer.inspect_err(|fault| self.tell_nameless(regarding.kind, fault));
        let text = answer.ok()?.whole().await.ok()?;
        netobs_k8s::watched::name(&text)?.uid
    }
}

/// Events of objects that are in no namespace are in this one.
fn namespace(draft: &Draft) -> &str {
    draft.regarding.namespace.as_deref().unwrap_or("default")
}

/// One for each cause and node, so that nodes do not write over each other's counts.
fn name(draft: &Draft, node: &str) -> String {
    const MOST_OF_OBJECT: usize = 200;
    let object = &draft.regarding.name;
    let object = object
        .get(..MOST_OF_OBJECT)
        .unwrap_or(object)
        .trim_end_matches(['.', '-']);
    let hash = hash(&format!("{node} {:x}", draft.about));
    let mended = if draft.is_warning { "" } else { "-mended" };
    format!("{object}.netobs-{hash:016x}{mended}")
}

fn count(draft: &Draft) -> i32 {
    i32::try_from(draft.count).unwrap_or(i32::MAX)
}

fn event(draft: &Draft, node: &str, uid: Option<String>) -> Value {
    let regarding = &draft.regarding;
    let mut object = json!({
        "apiVersion": regarding.version,
        "kind": regarding.kind,
        "name": regarding.name.as_str(),
    });
    if let Some(namespace) = &regarding.namespace {
        object["namespace"] = namespace.as_str().into();
    }
    if let Some(uid) = uid {
        object["uid"] = uid.into();
    }
    json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": namespace(draft), "name": name(draft, node)},
        "involvedObject": object,
        "type": if draft.is_warning { "Warning" } else { "Normal" },
        "reason": draft.reason,
        "action": draft.action,
        "message": draft.note,
        "count": count(draft),
        "firstTimestamp": utc(draft.first),
        "lastTimestamp": utc(draft.last),
        "source": {"component": COMPONENT, "host": node},
        "reportingComponent": COMPONENT,
        "reportingInstance": node,
    })
}
