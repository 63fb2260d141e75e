//! Answers to GET and LIST.

use super::call::Objects;
use super::damage::Damage;
use super::options::{Options, Rest};
use super::refusal::Refusal;
use super::store::{Page, State, Wanted};
use bytes::Bytes;
use serde_json::json;

pub(crate) fn get(state: &State, objects: &Objects, name: &str, damage: Option<Damage>) -> Result<Bytes, Refusal> {
    let key = objects.key(name);
    let object = state.found(objects.id, &key)?;
    let mut bytes = Vec::new();
    match damage {
        Some(damage) => damage.done_to(object).write(&objects.kind, &mut bytes),
        None => object.write(&objects.kind, &mut bytes),
    }
    Ok(bytes.into())
}

pub(crate) fn list(
    state: &State,
    objects: &Objects,
    options: &Options,
    damage: Option<Damage>,
) -> Result<Bytes, Refusal> {
    let page = page(state, objects, options)?;
    Ok(write(objects, &page, damage).into())
}

fn page(state: &State, objects: &Objects, options: &Options) -> Result<Page, Refusal> {
    let newest = state.version();
    let mut wanted = Wanted {
        limit: options.limit,
        ..Wanted::default()
    };
    if let Some(rest) = &options.rest {
        wanted.at = rest.version;
        wanted.after = Some(rest.after.clone());
    } else if let Some(version) = options.version {
        if version > newest {
            return Err(Refusal::too_large(version, newest));
        }
        wanted.at = options.is_exact.then_some(version);
    }
    let page = state.page(objects.id, &options.selector, &wanted);
    page.map_err(|refusal| match &options.rest {
        Some(rest) => Refusal::continue_too_old(
            Rest {
                version: None,
                after: rest.after.clone(),
            }
            .token(),
        ),
        None => refusal,
    })
}

fn write(objects: &Objects, page: &Page, mut damage: Option<Damage>) -> Vec<u8> {
    let kind = &objects.kind;
    let mut metadata = json!({"resourceVersion": page.version.to_string()});
    if let Some(next) = &page.next {
        let rest = Rest {
            version: Some(page.version),
            after: next.clone(),
        };
        metadata["continue"] = json!(rest.token());
        if let Some(left) = page.left {
            metadata["remainingItemCount"] = json!(left);
        }
    }
    let (name, api_version) = (&kind.kind, kind.api_version());
    let head = format!(r#"{{"kind":"{name}List","apiVersion":"{api_version}","metadata":{metadata},"items":["#);
    let mut bytes = head.into_bytes();
    bytes.reserve(page.objects.iter().map(|object| object.body.len() + 1).sum());
    for (place, object) in page.objects.iter().enumerate() {
        if place > 0 {
            bytes.push(b',');
        }
        match damage.take() {
            Some(damage) => bytes.extend_from_slice(&damage.done_to(object).body),
            None => bytes.extend_from_slice(&object.body),
        }
    }
    bytes.extend_from_slice(b"]}\n");
    bytes
}
