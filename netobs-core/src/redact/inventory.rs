//! Edges and portraits of the inventory.
use std::sync::Arc;

use super::{Redactor, is_pseudonym, pseudonym::is_stand_in};
use crate::{
    cause::CauseId,
    inventory::{CauseSummary, Edge, EdgeKey, Example, ExampleEnd, Listing, Place, Portrait, PortraitKey, SeenPod},
    labels::{Labels, Symbol},
};

/// Whether it comes from where something was redacted: what policies would be made of it would be for nobody.
pub fn is_redacted(listing: &Listing) -> bool {
    let is_word = |word: &Symbol| is_pseudonym(word);
    let is_place = |place: &Place| match place {
        Place::Workload { workload, .. } => is_word(&workload.name),
        Place::World(block) => is_stand_in(block.network()),
        Place::Service(_) | Place::Node(_) | Place::Unknown => false,
    };
    let has_labels = |labels: &Labels| labels.iter().any(|(_, value)| is_word(value));
    let in_edges = listing.edges.iter().any(|edge| {
        let examples = edge.examples.iter();
        is_place(&edge.key.source)
            || is_place(&edge.key.destination)
            || examples
                .flat_map(|one| [&one.source, &one.destination])
                .any(|end| is_stand_in(end.address) || end.name.as_ref().is_some_and(is_word))
    });
    let in_portraits = listing.portraits.iter().any(|portrait| {
        let pods = portrait.pods.iter();
        has_labels(&portrait.labels)
            || portrait.namespace_labels.as_ref().is_some_and(has_labels)
            || pods.clone().any(|pod| is_word(&pod.name))
            || pods.flat_map(|pod| pod.addresses.iter()).any(|one| is_stand_in(*one))
    });
    in_edges || in_portraits
}

impl Redactor {
    /// The sentence of its cause was written when it was found, and is redacted nowhere; `headline` has another for it.
    pub fn edge(&self, edge: &Edge, headline: impl FnOnce(CauseId) -> Option<String>) -> Edge {
        let key = EdgeKey {
            source: self.place(&edge.key.source),
            destination: self.place(&edge.key.destination),
            ..*edge.key
        };
        let summary = edge.cause.as_ref().map(|summary| {
            let known = summary.id.and_then(headline);
            CauseSummary {
                id: summary.id,
                kind: summary.kind,
                headline: known.unwrap_or_else(|| UNTOLD.to_owned()).into(),
            }
        });
        let examples = edge.examples.iter();
        Edge {
            examples: examples.map(|one| self.example(one, &edge.key)).collect(),
            key: Arc::new(key),
            cause: summary,
            service: edge.service.clone(),
            sides: edge.sides.clone(),
            ..*edge
        }
    }

    pub fn portrait(&self, portrait: &Portrait) -> Portrait {
        let PortraitKey { namespace, workload } = &portrait.key;
        let pod = |pod: &SeenPod| SeenPod {
            name: self.pod_name(namespace, &pod.name),
            addresses: pod.addresses.iter().map(|one| self.address(*one)).collect(),
            node: pod.node.clone(),
        };
        Portrait {
            key: PortraitKey {
                namespace: namespace.clone(),
                workload: self.workload(namespace, workload),
            },
            labels: self.labels(&portrait.labels),
            namespace_labels: portrait.namespace_labels.as_ref().map(|labels| self.labels(labels)),
            ports: Arc::clone(&portrait.ports),
            last: portrait.last,
            pods: portrait.pods.iter().map(pod).collect(),
        }
    }

    fn place(&self, place: &Place) -> Place {
        match place {
            Place::Workload { namespace, workload } => Place::Workload {
                namespace: namespace.clone(),
                workload: self.workload(namespace, workload),
            },
            Place::World(block) => Place::World(self.block(*block)),
            Place::Service(_) | Place::Node(_) | Place::Unknown => place.clone(),
        }
    }

    fn example(&self, example: &Example, key: &EdgeKey) -> Example {
        let end = |end: &ExampleEnd, place: &Place| ExampleEnd {
            address: self.address(end.address),
            name: end.name.as_ref().map(|name| self.example_name(name, place)),
        };
        Example {
            source: end(&example.source, &key.source),
            destination: end(&example.destination, &key.destination),
            at: example.at,
        }
    }

    /// Of a place that is no workload it may be a pod's name all the same, as of a pod on its node's network.
    fn example_name(&self, name: &Symbol, place: &Place) -> Symbol {
        match place {
            Place::Service(service) if service.name == *name => name.clone(),
            Place::Node(node) if node == name => name.clone(),
            Place::Workload { .. } | Place::Service(_) | Place::Node(_) | Place::World(_) | Place::Unknown => {
                let namespace = place.namespace().map_or("", Symbol::as_str);
                self.pod_name(namespace, name)
            }
        }
    }
}

/// In place of a sentence that may have what is hidden in it.
const UNTOLD: &str = "it is not known any more, and its text may say what is redacted here";
