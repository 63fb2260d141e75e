//! The inventory as it is at one time, in the order of its keys.
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use netobs_api::{
    v1::{self, get_inventory_response::Entry},
    wire,
};
use netobs_core::{
    cause::{Cause, CauseId},
    inventory::{About, Edge, Filter, Place, Portrait, Watch},
    labels::Symbol,
    render,
    workload::Workload,
};
use prost::Message as _;
use tokio::{sync::OwnedSemaphorePermit, task::yield_now};
use tonic::Status;

use super::{feed::Feed, seats::Seat, sides::Screen};

/// So many are redacted before others have their turn.
const AT_ONCE: usize = 1_024;

/// All there is, shared with whoever counts on.
#[derive(Debug)]
pub(crate) struct InventorySnapshot {
    pub(crate) about: About,
    pub(crate) watch: Watch,
    /// In no order.
    pub(crate) edges: Vec<Arc<Edge>>,
    pub(crate) portraits: Vec<Arc<Portrait>>,
}

pub(super) type Answers = BoxStream<'static, Result<v1::GetInventoryResponse, Status>>;

/// What it is about, the edges that are wanted, and the workloads in them. Each is encoded when it is its turn.
pub(super) fn answers(
    snapshot: InventorySnapshot,
    filter: &Filter,
    seat: Seat,
    copy: Option<OwnedSemaphorePermit>,
) -> Answers {
    let InventorySnapshot {
        about,
        watch,
        mut edges,
        mut portraits,
    } = snapshot;
    edges.retain(|edge| filter.passes(edge));
    edges.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    let wanted = in_edges(&edges);
    portraits.retain(|one| wanted.contains(&(&one.key.namespace, &one.key.workload)));
    portraits.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    drop(wanted);
    let edges = edges
        .into_iter()
        .map(move |edge| Entry::Edge(wire::edge(&edge, watch.since(edge.first))));
    let portraits = portraits.into_iter().map(|one| Entry::Portrait(wire::portrait(&one)));
    let entries = std::iter::once(Entry::About(wire::about(&about)))
        .chain(edges)
        .chain(portraits);
    let answers = entries.map(move |entry| {
        let _goes_with_the_answer = &copy;
        let answer = v1::GetInventoryResponse { entry: Some(entry) };
        seat.sent(1, answer.encoded_len());
        Ok(answer)
    });
    stream::iter(answers).boxed()
}

/// As it is told outside. It may be long, and there are others to serve meanwhile.
pub(super) async fn redacted(snapshot: InventorySnapshot, screen: &Screen, feed: &Feed) -> InventorySnapshot {
    let noted = feed.causes().into_iter();
    let causes: Known = noted.map(|noted| (noted.cause.id, noted.cause)).collect();
    let mut edges = Vec::with_capacity(snapshot.edges.len());
    for some in snapshot.edges.chunks(AT_ONCE) {
        edges.extend(redacted_edges(some, screen, &causes));
        yield_now().await;
    }
    let mut portraits = Vec::with_capacity(snapshot.portraits.len());
    for some in snapshot.portraits.chunks(AT_ONCE) {
        portraits.extend(redacted_portraits(some, screen));
        yield_now().await;
    }
    InventorySnapshot {
        edges,
        portraits,
        ..snapshot
    }
}

type Known = HashMap<CauseId, Arc<Cause>>;

/// Their causes are told as they are outside.
fn redacted_edges(edges: &[Arc<Edge>], screen: &Screen, causes: &Known) -> Vec<Arc<Edge>> {
    let redactor = screen.redactor();
    let headline = |id| causes.get(&id).map(|cause| render::cause_headline(cause));
    edges
        .iter()
        .map(|edge| Arc::new(redactor.edge(edge, headline)))
        .collect()
}

fn redacted_portraits(portraits: &[Arc<Portrait>], screen: &Screen) -> Vec<Arc<Portrait>> {
    let redactor = screen.redactor();
    portraits.iter().map(|one| Arc::new(redactor.portrait(one))).collect()
}

fn in_edges(edges: &[Arc<Edge>]) -> HashSet<(&Symbol, &Workload)> {
    let ends = edges.iter().flat_map(|edge| [&edge.key.source, &edge.key.destination]);
    ends.filter_map(|place| match place {
        Place::Workload { namespace, workload } => Some((namespace, workload)),
        Place::Service(_) | Place::Node(_) | Place::World(_) | Place::Unknown => None,
    })
    .collect()
}
