//! The inventory, as it is asked for.
use std::{sync::Arc, time::Duration};

use netobs_api::{model::Gathering, v1};
use netobs_core::{
    event::{Count, Protocol},
    inventory::{
        About, Edge, EdgeKey, Examples, Forgotten, Listing, Marks, Place, Portrait, PortraitKey, Sides, Span, Verdicts,
        Watch, Watched,
    },
    labels::Labels,
    time::Timestamp,
    workload::{Workload, WorkloadKind},
};
use tokio_stream::StreamExt as _;
use tonic::Code;

use super::scene::Scene;
use crate::serve::InventorySnapshot;

/// Taken after 1,000 s of watching, half of which was before the edges.
pub(super) fn snapshot() -> InventorySnapshot {
    let span = Span {
        from: Timestamp::from_secs(1_000),
        until: Timestamp::from_secs(2_000),
        length: Duration::from_secs(1_000),
    };
    let watch = Watch::resume([span]);
    let names = ["web", "api", "db"];
    InventorySnapshot {
        about: About {
            node_name: "node-1".to_owned(),
            at: Timestamp::from_secs(2_000),
            watched: watch.whole(),
            forgotten: Forgotten {
                for_room: 5,
                ..Forgotten::default()
            },
            kept: 2,
            room: 100,
        },
        watch,
        edges: vec![
            edge("shop", "web", place("shop", "api")),
            edge("shop", "api", place("data", "db")),
        ],
        portraits: names.map(portrait).into(),
    }
}

fn workload(name: &str) -> Workload {
    Workload {
        kind: WorkloadKind::Deployment,
        name: name.into(),
    }
}

fn place(namespace: &str, name: &str) -> Place {
    Place::Workload {
        namespace: namespace.into(),
        workload: workload(name),
    }
}

fn edge(namespace: &str, name: &str, destination: Place) -> Arc<Edge> {
    Arc::new(Edge {
        key: Arc::new(EdgeKey {
            source: place(namespace, name),
            destination,
            protocol: Protocol::Tcp,
            port: Some(8080),
        }),
        service: None,
        first: Timestamp::from_secs(1_500),
        last: Timestamp::from_secs(1_600),
        watched: Watched::default(),
        sides: Sides::default(),
        connections: 3,
        sent: Count::ZERO,
        replied: Count::ZERO,
        verdicts: Verdicts::default(),
        dropped: Count::ZERO,
        cause: None,
        marks: Marks::default(),
        examples: Examples::default(),
    })
}

fn portrait(name: &str) -> Arc<Portrait> {
    Arc::new(Portrait {
        key: PortraitKey {
            namespace: if name == "db" { "data" } else { "shop" }.into(),
            workload: workload(name),
        },
        labels: Labels::default(),
        namespace_labels: None,
        ports: Arc::default(),
        last: Timestamp::from_secs(1_600),
        pods: [].into(),
    })
}

async fn listed(scene: &Scene, request: v1::GetInventoryRequest) -> Listing {
    let mut answers = scene.client().await.get_inventory(request).await.unwrap().into_inner();
    let mut gathering = Gathering::default();
    while let Some(answer) = answers.next().await {
        gathering.take(&answer.unwrap()).unwrap();
    }
    gathering.finish()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_inventory_says_what_there_is_and_how_long_it_was_watched() {
    let scene = Scene::start().await;
    let listing = listed(&scene, v1::GetInventoryRequest::default()).await;
    assert_eq!(listing.about, snapshot().about);
    assert_eq!(listing.edges.len(), 2);
    assert_eq!(listing.edges[0].watched.length, Duration::from_secs(500));
    assert_eq!(listing.portraits.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_leaves_edges_of_others_out_and_the_workloads_in_them() {
    let scene = Scene::start().await;
    let request = v1::GetInventoryRequest {
        namespaces: vec!["data".to_owned()],
        ..v1::GetInventoryRequest::default()
    };
    let listing = listed(&scene, request).await;
    assert_eq!(listing.edges.len(), 1);
    let names = listing.portraits.iter().map(|one| one.key.workload.name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["db", "api"]);
    assert_eq!(listing.about.kept, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_that_cannot_be_meant_is_refused_with_its_field() {
    let scene = Scene::start().await;
    let request = v1::GetInventoryRequest {
        workloads: vec!["web".to_owned(), "Deployment/Web!".to_owned()],
        ..v1::GetInventoryRequest::default()
    };
    let refused = scene.client().await.get_inventory(request).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("workloads[1]"), "{refused}");
}
