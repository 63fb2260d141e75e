//! Answers to POST, PUT, PATCH and DELETE.

use super::call::{Call, Objects, Verb};
use super::kind::Kind;
use super::merge::merge;
use super::object::Object;
use super::refusal::Refusal;
use super::store::{Expected, State};
use serde_json::{Value, json};
use std::sync::Arc;

const APPLY: &str = "application/apply-patch+yaml";

pub(crate) fn write(state: &mut State, objects: &Objects, call: &Call, body: &[u8]) -> Result<(u16, Value), Refusal> {
    let stored = match (call.verb, &objects.name) {
        (Verb::Create, None) => return Ok((201, show(objects, &create(state, objects, read(body)?)?))),
        (Verb::Update, Some(name)) => update(state, objects, name, read(body)?)?,
        (Verb::Patch, Some(name)) => return patch(state, objects, call, name, read(body)?),
        (Verb::Delete, Some(name)) => return delete(state, objects, name),
        (_, _) => return Err(Refusal::no_such_method()),
    };
    Ok((200, show(objects, &stored)))
}

fn create(state: &mut State, objects: &Objects, mut object: Value) -> Result<Arc<Object>, Refusal> {
    place(objects, &mut object)?;
    if objects.kind.has_status {
        object.as_object_mut().and_then(|object| object.remove("status"));
    }
    check(&objects.kind, &object)?;
    state.put(objects.id, object, Expected::Nothing)
}

fn update(state: &mut State, objects: &Objects, name: &str, mut object: Value) -> Result<Arc<Object>, Refusal> {
    place(objects, &mut object)?;
    if let Some(given) = object["metadata"]["name"].as_str().filter(|given| *given != name) {
        return Err(Refusal::bad_request(format!(
            "the name of the object ({given}) does not match the name on the URL ({name})"
        )));
    }
    object["metadata"]["name"] = json!(name);
    let old = state.found(objects.id, &objects.key(name))?.value(&objects.kind);
    let object = only_its_part(objects, old, object)?;
    check(&objects.kind, &object)?;
    state.put(objects.id, object, Expected::Something)
}

fn patch(state: &mut State, objects: &Objects, call: &Call, name: &str, patch: Value) -> Result<(u16, Value), Refusal> {
    let content_type = call.content_type.split(';').next().unwrap_or_default();
    let is_apply = content_type == APPLY;
    if !is_apply
        && !matches!(
            content_type,
            "application/merge-patch+json" | "application/strategic-merge-patch+json"
        )
    {
        return Err(Refusal::unsupported_media_type());
    }
    if is_apply && call.query.get("fieldManager").is_none() {
        return Err(Refusal::no_field_manager());
    }
    let Some(old) = state.get(objects.id, &objects.key(name)) else {
        let missing = Refusal::not_found(&objects.kind, name);
        return if is_apply {
            create_named(state, objects, name, patch)
        } else {
            Err(missing)
        };
    };
    let mut object = old.value(&objects.kind);
    merge(&mut object, &patch);
    Ok((200, show(objects, &update(state, objects, name, object)?)))
}

fn create_named(state: &mut State, objects: &Objects, name: &str, mut object: Value) -> Result<(u16, Value), Refusal> {
    object["metadata"]["name"] = json!(name);
    Ok((201, show(objects, &create(state, objects, object)?)))
}

fn delete(state: &mut State, objects: &Objects, name: &str) -> Result<(u16, Value), Refusal> {
    let last = state.remove(objects.id, &objects.key(name))?;
    let last = last.value(&objects.kind);
    if matches!(objects.kind.qualified().as_str(), "pods" | "namespaces") {
        return Ok((200, last));
    }
    let mut details = json!({"name": name, "kind": objects.kind.plural, "uid": last["metadata"]["uid"]});
    if !objects.kind.group.is_empty() {
        details["group"] = json!(objects.kind.group);
    }
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
    Ok((200, status))
}

/// `…/status` writes the status and nothing else, anything else all but that.
fn only_its_part(objects: &Objects, mut old: Value, mut new: Value) -> Result<Value, Refusal> {
    match objects.part.as_deref() {
        None if objects.kind.has_status => {
            new["status"] = old["status"].take();
            Ok(new)
        }
        None => Ok(new),
        Some("status") => {
            old["status"] = new["status"].take();
            old["metadata"]["resourceVersion"] = new["metadata"]["resourceVersion"].take();
            Ok(old)
        }
        Some(_) => Err(Refusal::no_such_resource()),
    }
}

/// What the address says and the object leaves out; they must not disagree.
fn place(objects: &Objects, object: &mut Value) -> Result<(), Refusal> {
    let kind = &objects.kind;
    let text = |field: &str, wanted: &str| object[field].as_str().unwrap_or(wanted).to_owned();
    let api_version = kind.api_version();
    let given = (text("kind", &kind.kind), text("apiVersion", &api_version));
    if given != (kind.kind.clone(), api_version.clone()) {
        return Err(Refusal::bad_request(format!(
            "{} in version {:?} cannot be handled as a {}",
            given.0, given.1, kind.kind
        )));
    }
    object["kind"] = json!(kind.kind);
    object["apiVersion"] = json!(api_version);
    let Some(namespace) = &objects.namespace else {
        return Ok(());
    };
    if object["metadata"]["namespace"]
        .as_str()
        .is_some_and(|given| given != namespace)
    {
        return Err(Refusal::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    object["metadata"]["namespace"] = json!(namespace);
    Ok(())
}

/// An event lives where its object does, or in `default`.
fn check(kind: &Kind, object: &Value) -> Result<(), Refusal> {
    if kind.qualified() != "events" {
        return Ok(());
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (event, involved) = (
        text(&object["metadata"]["namespace"]),
        text(&object["involvedObject"]["namespace"]),
    );
    let is_right = if involved.is_empty() {
        event == "default"
    } else {
        event == involved
    };
    if is_right {
        return Ok(());
    }
    Err(Refusal::invalid(
        kind,
        &text(&object["metadata"]["name"]),
        "involvedObject.namespace",
        &format!("Invalid value: {involved:?}: does not match event.namespace"),
    ))
}

fn read(body: &[u8]) -> Result<Value, Refusal> {
    let object: Value = serde_json::from_slice(body)
        .map_err(|error| Refusal::bad_request(format!("the object provided is unrecognized: {error}")))?;
    if object.is_object() {
        Ok(object)
    } else {
        Err(Refusal::bad_request("the object provided is unrecognized"))
    }
}

fn show(objects: &Objects, object: &Arc<Object>) -> Value {
    object.value(&objects.kind)
}
