//! A node with two pods between which something is to happen.

use anyhow::Result;
use netobs_tests::node::{Family, Node};
use netobs_tests::packet::Ends;
use netobs_tests::pod::Pod;
use netobs_tests::rules::{Count, Hook};

pub(super) struct Scene {
    pub(super) node: Node,
    pub(super) a: Pod,
    pub(super) b: Pod,
}

/// A routed node, then a bridged one.
pub(super) fn each_network(test: impl Fn(&Scene) -> Result<()>) -> Result<()> {
    test(&Scene::on(Node::routed()?)?)?;
    test(&Scene::on(Node::bridged()?)?)
}

impl Scene {
    pub(super) fn routed() -> Result<Self> {
        Self::on(Node::routed()?)
    }

    pub(super) fn on(node: Node) -> Result<Self> {
        let mut pods = node.pods(&["a", "b"])?.into_iter();
        let (Some(a), Some(b)) = (pods.next(), pods.next()) else {
            anyhow::bail!("two names give two pods")
        };
        Ok(Self { node, a, b })
    }

    pub(super) fn ends(&self, family: Family) -> Ends {
        Ends {
            source: self.a.address(family),
            destination: self.b.address(family),
        }
    }

    /// Counts what matches in both directions at a hook; the word after the addresses is the same for both.
    pub(super) fn count_both(&self, name: &str, family: Family, hook: Hook, matches: &str) -> Result<()> {
        let (ip, ends) = (family.nft(), self.ends(family));
        let rule = |from, to| format!("{ip} saddr {from} {ip} daddr {to} {matches}");
        self.node
            .count(&format!("{name}_there"), hook, &rule(ends.source, ends.destination))?;
        self.node
            .count(&format!("{name}_back"), hook, &rule(ends.destination, ends.source))
    }

    /// What was counted, from a to b and from b to a.
    pub(super) fn counted_both(&self, name: &str) -> Result<(Count, Count)> {
        Ok((
            self.node.counted(&format!("{name}_there"))?,
            self.node.counted(&format!("{name}_back"))?,
        ))
    }
}
