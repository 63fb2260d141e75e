//! Answers to what only the engine knows.
use std::{net::IpAddr, sync::Arc};

use netobs_api::{v1, wire};
use netobs_core::{
    directory::{Interval, Owner, Question as Asked},
    engine::Engine,
    enrich::Seen,
    inventory::About,
    policy::Connection,
    redact::Redactor,
    render,
    time::Timestamp,
};

use super::snapshot::Identity;
use crate::serve::{EndRef, ExplainQuestion, InventorySnapshot, NotFound};

/// An end as it was found; `address` only where it was asked for by that.
struct Found {
    owner: Owner,
    address: Option<IpAddr>,
    port: u16,
}

/// What policies say now of a connection that need not have happened.
pub(super) fn explain(
    engine: &Engine,
    question: &ExplainQuestion,
    now: Timestamp,
    redactor: Option<&mut Redactor>,
) -> Result<v1::ExplainResponse, NotFound> {
    let mut source = find(engine, &question.source, question, now)?;
    let mut destination = behind_service(engine, find(engine, &question.destination, question, now)?, question)?;
    let (mut explanation, mut suggestions) = between(&source, &destination, question, |connection| {
        let explanation = engine.explain(connection);
        let surroundings = engine.surroundings();
        let suggestions = engine.policies().suggest(connection, &explanation, &surroundings);
        (Arc::new(explanation), suggestions)
    });
    if let Some(redactor) = redactor {
        explanation = redactor.explanation(&explanation);
        suggestions = redactor.suggestions(&suggestions);
        source.redact(redactor);
        destination.redact(redactor);
    }
    Ok(between(&source, &destination, question, |connection| {
        v1::ExplainResponse {
            explanation: Some(wire::explanation(&explanation, connection)),
            suggestions: suggestions.iter().map(wire::suggestion).collect(),
            text: render::explanation(connection, &explanation, &suggestions),
        }
    }))
}

fn between<R>(
    source: &Found,
    destination: &Found,
    question: &ExplainQuestion,
    ask: impl FnOnce(&Connection<'_>) -> R,
) -> R {
    let (from, to) = (source.seen(), destination.seen());
    ask(&Connection {
        source: from.endpoint(),
        destination: to.endpoint(),
        protocol: question.protocol,
        port: Some(destination.port),
        source_address: source.address,
        destination_address: destination.address,
    })
}

/// The inventory as it is now.
pub(super) fn inventory(engine: &Engine, identity: &Identity, now: Timestamp) -> InventorySnapshot {
    let inventory = engine.inventory();
    let about = About {
        node_name: identity.node_name.clone(),
        at: now,
        watched: inventory.watch().whole(),
        forgotten: inventory.forgotten(),
        kept: inventory.edges().len() as u64,
        room: inventory.extent().edges as u64,
    };
    InventorySnapshot {
        about,
        watch: inventory.watch().clone(),
        edges: inventory.edges().cloned().collect(),
        portraits: inventory.portraits().cloned().collect(),
    }
}

fn find(engine: &Engine, end: &EndRef, question: &ExplainQuestion, now: Timestamp) -> Result<Found, NotFound> {
    let (owner, address) = match end {
        EndRef::Pod { namespace, name } => (pod(engine, namespace, name)?, None),
        EndRef::Address(address) => {
            let owner = engine.directory().owner(Asked {
                address: *address,
                port: question.port,
                protocol: question.protocol,
                during: Interval { first: now, last: now },
                interface: None,
            });
            (owner, Some(*address))
        }
    };
    Ok(Found {
        owner,
        address,
        port: question.port,
    })
}

/// The pod of that name, or the first pod of the workload of that name.
fn pod(engine: &Engine, namespace: &str, name: &str) -> Result<Owner, NotFound> {
    let directory = engine.directory();
    let of_workload = || {
        let pods = directory.pods_in(namespace).filter(|pod| pod.workload.name == *name);
        pods.min_by(|one, other| one.name.cmp(&other.name))
    };
    let Some(pod) = directory.pod_named(namespace, name).or_else(of_workload) else {
        let there: Vec<_> = directory
            .pods_in(namespace)
            .take(5)
            .map(|pod| pod.name.as_str())
            .collect();
        let hint = if !engine.is_ready() {
            "the agent has not yet heard of all pods; ask again when `netobs status` says that it is ready".to_owned()
        } else if there.is_empty() {
            format!("there are no pods in namespace {namespace} at all")
        } else {
            format!("namespace {namespace} has {}", there.join(", "))
        };
        return Err(NotFound(format!(
            "there is no pod or workload {namespace}/{name}; {hint}"
        )));
    };
    Ok(Owner::Pod {
        pod: Arc::clone(pod),
        namespace: directory.namespace(&pod.namespace).cloned(),
    })
}

/// Policies are about the pods behind a service; one of them stands for all.
fn behind_service(engine: &Engine, end: Found, question: &ExplainQuestion) -> Result<Found, NotFound> {
    let Owner::Service(service) = &end.owner else {
        return Ok(end);
    };
    let mut behind = engine.directory().backends(service, end.port, question.protocol);
    let (owner, address, port) = behind.next().ok_or_else(|| {
        NotFound(format!(
            "{}/{} is a service without a ready endpoint for port {}, so there is no pod that policies could speak of; \
             see `kubectl get endpointslices -n {}`",
            service.name.namespace, service.name.name, end.port, service.name.namespace
        ))
    })?;
    Ok(Found {
        owner,
        address: Some(address),
        port,
    })
}

impl Found {
    fn redact(&mut self, redactor: &mut Redactor) {
        self.owner = redactor.owner(&self.owner);
        self.address = self.address.map(|address| redactor.address(address));
    }

    fn seen(&self) -> Seen<'_> {
        let own = self.owner.pod().and_then(|pod| pod.addresses.first().copied());
        let address = self.address.or(own).unwrap_or(IpAddr::from([0, 0, 0, 0]));
        Seen::new(&self.owner, address)
    }
}
