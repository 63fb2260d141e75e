//! What a server answers when it refuses: a `metav1.Status`, worded as the real one words it.

use super::kind::Kind;
use serde_json::{Value, json};

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    pub code: u16,
    pub reason: &'static str,
    pub message: String,
    /// `null` if there is nothing to add.
    pub details: Value,
    /// The rest of an expired list may still be had from here.
    pub(crate) inconsistent_continue: Option<String>,
}

impl Refusal {
    pub(crate) fn not_found(kind: &Kind, name: &str) -> Self {
        let message = format!("{} {name:?} not found", kind.qualified());
        Self::new(404, "NotFound", message).about(kind, name)
    }

    /// A resource that is not served.
    pub(crate) fn no_such_resource() -> Self {
        let message = "the server could not find the requested resource";
        Self::new(404, "NotFound", message).with(json!({}))
    }

    pub(crate) fn no_such_method() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(405, "MethodNotAllowed", message).with(json!({}))
    }

    pub(crate) fn already_exists(kind: &Kind, name: &str) -> Self {
        let message = format!("{} {name:?} already exists", kind.qualified());
        Self::new(409, "AlreadyExists", message).about(kind, name)
    }

    pub(crate) fn conflict(kind: &Kind, name: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} {name:?}: the object has been modified; please apply your changes to the latest version and try again",
            kind.qualified()
        );
        Self::new(409, "Conflict", message).about(kind, name)
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(crate) fn unsupported_media_type() -> Self {
        let message = "415: Unsupported Media Type";
        Self::new(415, "UnsupportedMediaType", message).with(json!({}))
    }

    /// A field of the request's options that may not be there.
    pub(crate) fn forbidden_option(field: &str, why: &str) -> Self {
        let message = format!("ListOptions.meta.k8s.io \"\" is invalid: {field}: Forbidden: {why}");
        Self::new(422, "Invalid", message).with(json!({
            "group": "meta.k8s.io",
            "kind": "ListOptions",
            "causes": [{"reason": "FieldValueForbidden", "message": format!("Forbidden: {why}"), "field": field}],
        }))
    }

    /// Whoever applies must say who that is.
    pub(crate) fn no_field_manager() -> Self {
        let why = "Required value: is required for apply patch";
        let message = format!("PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: {why}");
        Self::new(422, "Invalid", message).with(json!({
            "group": "meta.k8s.io",
            "kind": "PatchOptions",
            "causes": [{"reason": "FieldValueRequired", "message": why, "field": "fieldManager"}],
        }))
    }

    /// A field of an object that may not be as it is; `why` begins with the kind of problem.
    pub(crate) fn invalid(kind: &Kind, name: &str, field: &str, why: &str) -> Self {
        let reason = match why.split(':').next() {
            Some("Required value") => "FieldValueRequired",
            _ => "FieldValueInvalid",
        };
        let message = format!("{} {name:?} is invalid: {field}: {why}", kind.kind);
        let mut details = json!({
            "name": name,
            "kind": kind.kind,
            "causes": [{"reason": reason, "message": why, "field": field}],
        });
        if !kind.group.is_empty() {
            details["group"] = json!(kind.group);
        }
        Self::new(422, "Invalid", message).with(details)
    }

    pub(crate) fn too_old(wanted: u64, oldest: u64) -> Self {
        Self::new(410, "Expired", format!("too old resource version: {wanted} ({oldest})"))
    }

    pub(crate) fn continue_too_old(rest: String) -> Self {
        let message = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";
        Self {
            inconsistent_continue: Some(rest),
            ..Self::new(410, "Expired", message)
        }
    }

    pub(crate) fn too_large(wanted: u64, current: u64) -> Self {
        let message = format!("Timeout: Too large resource version: {wanted}, current: {current}");
        Self::new(504, "Timeout", message).with(json!({
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        }))
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// Of a server whose store cannot tell how far it is.
    pub(crate) fn no_progress() -> Self {
        let message = "a watch stream was requested by the client but the required storage feature RequestWatchProgress is disabled";
        Self::new(500, "InternalError", message)
    }

    pub(crate) fn internal(why: &str) -> Self {
        let message = format!("Internal error occurred: {why}");
        Self::new(500, "InternalError", message).with(json!({"causes": [{"message": why}]}))
    }

    pub(crate) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details: Value::Null,
            inconsistent_continue: None,
        }
    }

    pub(crate) fn with(self, details: Value) -> Self {
        Self { details, ..self }
    }

    /// The `Status` object.
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "code": self.code,
        });
        if !self.details.is_null() {
            status["details"] = self.details.clone();
        }
        if let Some(rest) = &self.inconsistent_continue {
            status["metadata"]["continue"] = json!(rest);
        }
        status
    }

    fn about(self, kind: &Kind, name: &str) -> Self {
        let mut details = json!({"name": name, "kind": kind.plural});
        if !kind.group.is_empty() {
            details["group"] = json!(kind.group);
        }
        self.with(details)
    }
}
