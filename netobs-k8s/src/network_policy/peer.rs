//! The peers of a rule.
use k8s_openapi::api::networking::v1::{IPBlock, NetworkPolicyPeer};
use netobs_core::{
    labels::Selector,
    policy::{Cidr, IpBlock, Namespaces, Peer, Peers},
};

use super::Reader;
use crate::selector;

impl Reader<'_> {
    /// No list and an empty list both mean everybody.
    pub(super) fn peers(&mut self, list: Option<&[NetworkPolicyPeer]>, field: &str) -> Peers {
        match list.unwrap_or_default() {
            [] => Peers::Any,
            list => Peers::Of(
                list.iter()
                    .enumerate()
                    .map(|(index, peer)| self.peer(peer, &format!("{field}[{index}]")))
                    .collect(),
            ),
        }
    }

    fn peer(&mut self, peer: &NetworkPolicyPeer, field: &str) -> Peer {
        match (&peer.ip_block, &peer.namespace_selector, &peer.pod_selector) {
            (None, None, None) => {
                self.problems.error(
                    field,
                    "a peer needs ipBlock, namespaceSelector or podSelector; for everybody leave the list out, \
                     for all pods write namespaceSelector: {}",
                );
                Peer::Never
            }
            (Some(block), None, None) => self.block(block, &format!("{field}.ipBlock")),
            (Some(_), _, _) => {
                self.problems
                    .error(field, "ipBlock cannot stand beside selectors; make two items of them");
                Peer::Never
            }
            (None, namespaces, pods) => {
                let mut convert = |selector, name: &str| {
                    selector::convert(selector, &format!("{field}.{name}"), self.problems, self.interner)
                };
                let namespaces = match namespaces {
                    Some(namespaces) => Namespaces::Matching(convert(namespaces, "namespaceSelector")),
                    None => Namespaces::Named(self.namespace.clone()),
                };
                let pods = pods
                    .as_ref()
                    .map_or_else(Selector::everything, |pods| convert(pods, "podSelector"));
                Peer::Pods { namespaces, pods }
            }
        }
    }

    fn block(&mut self, block: &IPBlock, field: &str) -> Peer {
        let cidr = self.cidr(&block.cidr, &format!("{field}.cidr"));
        let mut except = Vec::new();
        for (index, text) in block.except.iter().flatten().enumerate() {
            let field = format!("{field}.except[{index}]");
            let Some(one) = self.cidr(text, &field) else {
                return Peer::Never;
            };
            if let Some(cidr) = cidr
                && (!cidr.covers(one) || cidr == one)
            {
                self.problems
                    .error(field, format!("{text} is not a smaller block within {}", block.cidr));
            }
            except.push(one);
        }
        cidr.map_or(Peer::Never, |cidr| Peer::Block(IpBlock { cidr, except }))
    }

    fn cidr(&mut self, text: &str, field: &str) -> Option<Cidr> {
        match text.parse() {
            Ok(cidr) => Some(cidr),
            Err(error) => {
                self.problems.error(field, format!("{error}"));
                None
            }
        }
    }
}
