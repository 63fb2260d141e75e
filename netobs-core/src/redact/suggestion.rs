//! What would mend, if it can be told so that nobody runs it by mistake: no API server takes a name or a label that is a
//! pseudonym, but it would take an address.
use super::Redactor;
use crate::{
    policy::{Namespaces, Peer, Peers, Rule, Subject},
    suggest::{Affected, Change, Opening, Suggestion},
};

impl Redactor {
    pub fn suggestions(&self, suggestions: &[Suggestion]) -> Vec<Suggestion> {
        let can_be_told =
            |suggestion: &&Suggestion| !self.hidden.addresses || !suggestion.changes.iter().any(has_address);
        let told = suggestions.iter().filter(can_be_told);
        told.map(|suggestion| self.suggestion(suggestion)).collect()
    }

    fn suggestion(&self, suggestion: &Suggestion) -> Suggestion {
        Suggestion {
            changes: suggestion.changes.iter().map(|one| self.change(one)).collect(),
            opens: suggestion.opens.iter().map(|one| self.opening(one)).collect(),
            closes: suggestion.closes.iter().map(|one| self.opening(one)).collect(),
            isolates: suggestion.isolates.clone(),
            frees: suggestion.frees.clone(),
        }
    }

    fn change(&self, change: &Change) -> Change {
        match change {
            Change::SetLabel {
                object,
                key,
                value,
                before,
            } => Change::SetLabel {
                object: self.object(object),
                key: key.clone(),
                value: self.label_value(key, value),
                before: before.as_ref().map(|before| self.label_value(key, before)),
            },
            Change::RemoveLabel { object, key, before } => Change::RemoveLabel {
                object: self.object(object),
                key: key.clone(),
                before: self.label_value(key, before),
            },
            Change::AddRule {
                policy,
                direction,
                rule,
                first,
            } => Change::AddRule {
                policy: policy.clone(),
                direction: *direction,
                rule: self.rule(rule),
                first: *first,
            },
            Change::AddPort { .. } => change.clone(),
        }
    }

    fn opening(&self, opening: &Opening) -> Opening {
        let peers = match &opening.peers {
            Affected::Pods { some, count } => {
                let some = some.iter();
                Affected::Pods {
                    some: some
                        .map(|(namespace, name)| (namespace.clone(), self.pod_name(namespace, name)))
                        .collect(),
                    count: *count,
                }
            }
            Affected::PeersOfRule { rule } => Affected::PeersOfRule { rule: *rule },
        };
        Opening {
            peers,
            subject: Subject {
                namespaces: self.namespaces(&opening.subject.namespaces),
                pods: self.selector(&opening.subject.pods),
            },
            ..opening.clone()
        }
    }

    fn rule(&self, rule: &Rule) -> Rule {
        let peers = match &rule.peers {
            Peers::Any => Peers::Any,
            Peers::Of(peers) => Peers::Of(peers.iter().map(|peer| self.peer(peer)).collect()),
        };
        Rule { peers, ..rule.clone() }
    }

    fn peer(&self, peer: &Peer) -> Peer {
        match peer {
            Peer::Pods { namespaces, pods } => Peer::Pods {
                namespaces: self.namespaces(namespaces),
                pods: self.selector(pods),
            },
            Peer::Block(block) => Peer::Block(self.ip_block(block)),
            Peer::Never => Peer::Never,
        }
    }

    fn namespaces(&self, namespaces: &Namespaces) -> Namespaces {
        match namespaces {
            Namespaces::Named(name) => Namespaces::Named(name.clone()),
            Namespaces::Matching(selector) => Namespaces::Matching(self.selector(selector)),
        }
    }
}

fn has_address(change: &Change) -> bool {
    match change {
        Change::AddRule {
            rule: Rule {
                peers: Peers::Of(peers),
                ..
            },
            ..
        } => peers.iter().any(|peer| matches!(peer, Peer::Block(_))),
        Change::AddRule { .. } | Change::AddPort { .. } | Change::SetLabel { .. } | Change::RemoveLabel { .. } => false,
    }
}
