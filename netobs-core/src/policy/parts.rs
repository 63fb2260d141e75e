//! The parts of a block of addresses that policies tell from each other.
use std::{collections::BTreeSet, net::IpAddr};

use super::{Cidr, Direction, Peer, Peers, Policy};

/// Of more parts than these none is looked at.
const MOST: usize = 1_024;

/// The first address of each part, for these policies; none if nothing in them divides the block, or too much does.
pub(crate) fn of<'p>(block: Cidr, policies: impl Iterator<Item = &'p Policy>) -> Vec<IpAddr> {
    let mut firsts = BTreeSet::from([block.network()]);
    let inside = policies
        .flat_map(blocks)
        .filter(|part| *part != block && block.covers(*part));
    for part in inside {
        firsts.insert(part.network());
        firsts.extend(part.after().filter(|after| block.contains(*after)));
        if firsts.len() > MOST {
            return Vec::new();
        }
    }
    if firsts.len() == 1 {
        return Vec::new();
    }
    firsts.into_iter().collect()
}

fn blocks(policy: &Policy) -> impl Iterator<Item = Cidr> {
    let rules = [Direction::Ingress, Direction::Egress].into_iter();
    let rules = rules.filter_map(|direction| policy.rules(direction));
    let peers = rules.flat_map(|rules| &rules.rules).flat_map(|rule| match &rule.peers {
        Peers::Any => &[][..],
        Peers::Of(peers) => peers,
    });
    let blocks = peers.filter_map(|peer| match peer {
        Peer::Block(block) => Some(block),
        Peer::Pods { .. } | Peer::Never => None,
    });
    blocks.flat_map(|block| std::iter::once(block.cidr).chain(block.except.iter().copied()))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::*;
    use crate::{
        directory::facts,
        event::Protocol,
        fixtures::{brought, pod, policy},
        policy::{Action, Connection, Endpoint, IpBlock, Outcome, PolicySet, Ports, Rule},
    };

    fn parts(block: &str, told_apart: &[&str]) -> Vec<String> {
        let peer = |text: &&str| {
            Peer::Block(IpBlock {
                cidr: text.parse().unwrap(),
                except: Vec::new(),
            })
        };
        let rule = Rule {
            action: Action::Allow,
            peers: Peers::Of(told_apart.iter().map(peer).collect()),
            ports: Ports::All,
        };
        let policy = brought(&policy("shop/p", Some(vec![rule]), None));
        let firsts = of(block.parse().unwrap(), [policy].iter());
        firsts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_block_has_a_part_for_each_block_in_it_and_for_what_is_between() {
        let told_apart = ["203.0.113.7/32", "203.0.113.128/25", "203.0.113.9/32"];
        assert_eq!(
            parts("203.0.113.0/24", &told_apart),
            [
                "203.0.113.0",
                "203.0.113.7",
                "203.0.113.8",
                "203.0.113.9",
                "203.0.113.10",
                "203.0.113.128"
            ]
        );
        assert_eq!(parts("2001:db8::/32", &["2001:db8::7/128"]).len(), 3);
        assert_eq!(parts("0.0.0.0/0", &["255.0.0.0/8"]), ["0.0.0.0", "255.0.0.0"]);
    }

    proptest! {
        #[test]
        fn a_block_is_judged_as_each_of_its_addresses_is(
            admitted in vec((0_u8..16, 26_u8..=32, option::of((0_u8..16, 28_u8..=32))), 0..5),
        ) {
            let cidr = |(last, prefix)| Cidr::new([203, 0, 113, last].into(), prefix).unwrap();
            let peer = |(last, prefix, except): (u8, u8, Option<_>)| Peer::Block(IpBlock {
                cidr: cidr((last, prefix)),
                except: except.map(cidr).into_iter().collect(),
            });
            let rule = Rule {
                action: Action::Allow,
                peers: Peers::Of(admitted.into_iter().map(peer).collect()),
                ports: Ports::All,
            };
            let set: PolicySet = [brought(&policy("shop/p", Some(vec![rule]), None))].into_iter().collect();
            let web = facts(&pod("shop/web", "10.0.0.1", "app=web"), None);
            let outcome = |source| {
                let connection = Connection::between(source, Endpoint::Pod(&web), Protocol::Tcp, 80);
                set.decide(&connection, Direction::Ingress).outcome()
            };
            let each: BTreeSet<_> = (0..16).map(|last| outcome(Endpoint::World([203, 0, 113, last].into()))).collect();
            let whole = outcome(Endpoint::Block(cidr((0, 28))));
            match each.first() {
                Some(first) if each.len() == 1 => prop_assert_eq!(whole, *first),
                _ => prop_assert_eq!(whole, Outcome::Undecidable),
            }
        }
    }

    #[test]
    fn what_is_around_a_block_or_beside_it_divides_nothing() {
        for told_apart in ["203.0.113.0/24", "203.0.0.0/16", "198.51.100.0/24", "::/0"] {
            assert!(parts("203.0.113.0/24", &[told_apart]).is_empty());
        }
    }
}
