//! Drops by rules of nftables, at each hook, of the node and of a pod.

use super::scene::{Scene, each_network};
use super::truth::{assert_dropped, host, spray, while_traced};
use anyhow::Result;
use netobs_tests::node::{BRIDGE, Family, Network};
use netobs_tests::observer::Observer;
use netobs_tests::rules::{Hook, Refusal};
use netobs_tests::traffic::tcp::{self, Answer};
use std::net::SocketAddr;
use std::time::Duration;

const SOON: Duration = Duration::from_millis(100);
const NETFILTER_DROP: &str = "NETFILTER_DROP";

/// The interface a packet from a to b is at when a hook of the node sees it.
fn interface_at(scene: &Scene, hook: Hook) -> Option<String> {
    match (scene.node.network(), hook) {
        (Network::Bridged, Hook::Forward) => host(&scene.b),
        (Network::Bridged, _) => Some(BRIDGE.to_owned()),
        (Network::Routed, _) => host(&scene.a),
    }
}

#[test]
fn drops_on_the_way_between_pods_are_told_with_hook_and_count() -> Result<()> {
    each_network(|scene| {
        for (hook, port) in [(Hook::Prerouting, 1001), (Hook::Forward, 1002)] {
            scene.node.refuse(Refusal::Drop, hook, &format!("udp dport {port}"))?;
        }
        let observer = Observer::start(&scene.node)?;
        let ((), traced) = while_traced(|| {
            for (port, family) in [1001, 1002]
                .into_iter()
                .flat_map(|port| Family::BOTH.map(|family| (port, family)))
            {
                spray(&scene.a, scene.b.socket_address(family, port))?;
            }
            Ok(())
        })?;
        let observed = observer.stop()?;
        for (hook, port) in [(Hook::Prerouting, 1001), (Hook::Forward, 1002)] {
            for family in Family::BOTH {
                let flow = observed.of_port("udp", scene.b.address(family), port)?;
                let drop = assert_dropped(flow, NETFILTER_DROP, &traced);
                assert_eq!(drop.place, "node", "{drop:?}");
                assert_eq!(drop.interface, interface_at(scene, hook), "{hook:?} {drop:?}");
                assert_eq!(drop.arrived_by, host(&scene.a), "{drop:?}");
                assert_eq!(flow.source().interface, host(&scene.a), "{flow:?}");
                assert_eq!(flow.sent(), drop.count, "the tap saw them all: {flow:?}");
            }
        }
        Ok(())
    })
}

#[test]
fn drops_of_what_a_pod_asks_the_node_are_told() -> Result<()> {
    each_network(|scene| {
        scene.node.refuse(Refusal::Drop, Hook::Input, "udp dport 10250")?;
        let observer = Observer::start(&scene.node)?;
        let kubelet = |family| SocketAddr::new(scene.node.addresses().of(family), 10_250);
        let ((), traced) = while_traced(|| {
            Family::BOTH
                .into_iter()
                .try_for_each(|family| spray(&scene.a, kubelet(family)))
        })?;
        let observed = observer.stop()?;
        for family in Family::BOTH {
            let flow = observed.of_port("udp", kubelet(family).ip(), 10_250)?;
            let drop = assert_dropped(flow, NETFILTER_DROP, &traced);
            assert_eq!(drop.place, "node");
            assert_eq!(
                (&drop.interface, &drop.arrived_by),
                (&interface_at(scene, Hook::Input), &interface_at(scene, Hook::Input))
            );
            assert_eq!(
                (flow.source().ip, flow.source().interface),
                (scene.a.address(family), host(&scene.a))
            );
        }
        Ok(())
    })
}

#[test]
fn drops_of_what_the_node_itself_sends_are_told() -> Result<()> {
    each_network(|scene| {
        scene.node.refuse(Refusal::Drop, Hook::Output, "udp dport 8081")?;
        let observer = Observer::start(&scene.node)?;
        let to = |family| scene.a.socket_address(family, 8081);
        let ((), traced) = while_traced(|| {
            Family::BOTH
                .into_iter()
                .try_for_each(|family| spray(&scene.node, to(family)))
        })?;
        let observed = observer.stop()?;
        let out = match scene.node.network() {
            Network::Routed => host(&scene.a),
            Network::Bridged => Some(BRIDGE.to_owned()),
        };
        for family in Family::BOTH {
            let flow = observed.of_port("udp", scene.a.address(family), 8081)?;
            let drop = assert_dropped(flow, NETFILTER_DROP, &traced);
            assert_eq!((drop.place.as_str(), &drop.arrived_by), ("node", &None), "{drop:?}");
            assert_eq!(drop.interface, out, "{drop:?}");
            assert_eq!(flow.destination().ip, scene.a.address(family));
            assert_eq!(flow.sent().packets, 0, "none came as far as a tap: {flow:?}");
        }
        Ok(())
    })
}

#[test]
fn drops_inside_of_a_pod_are_told_with_its_namespace() -> Result<()> {
    each_network(|scene| {
        scene.b.refuse(Refusal::Drop, Hook::Input, "udp dport { 1003, 1004 }")?;
        let observer = Observer::start(&scene.node)?;
        let ((), traced) = while_traced(|| {
            Family::BOTH.into_iter().try_for_each(|family| {
                spray(&scene.a, scene.b.socket_address(family, 1003))?;
                spray(&scene.node, scene.b.socket_address(family, 1004))
            })
        })?;
        let observed = observer.stop()?;
        for (family, port) in Family::BOTH
            .into_iter()
            .flat_map(|family| [(family, 1003), (family, 1004)])
        {
            let flow = observed.of_port("udp", scene.b.address(family), port)?;
            let drop = assert_dropped(flow, NETFILTER_DROP, &traced);
            assert_eq!(
                (drop.place.as_str(), drop.namespace),
                ("inside", Some(scene.b.inode()?))
            );
            assert_eq!(drop.interface_index, Some(scene.b.ifindex().into()), "{drop:?}");
            assert_eq!(drop.interface, None, "a number of another namespace has no name here");
            assert_eq!(
                (flow.destination().interface, flow.sent()),
                (host(&scene.b), drop.count)
            );
        }
        Ok(())
    })
}

#[test]
fn a_rejection_is_a_drop_though_the_node_answers_for_the_pod() -> Result<()> {
    each_network(|scene| {
        scene
            .node
            .refuse(Refusal::RejectWithReset, Hook::Forward, "tcp dport 82")?;
        scene
            .node
            .refuse(Refusal::RejectWithIcmp, Hook::Forward, "tcp dport 83")?;
        let observer = Observer::start(&scene.node)?;
        let mut told = Vec::new();
        for family in Family::BOTH {
            for port in [82, 83] {
                let attempt = tcp::attempt(&scene.a, scene.b.socket_address(family, port), 20 * SOON)?;
                assert_eq!(attempt.answer == Answer::Refused, port == 82, "{attempt:?}");
                told.push((family, port, attempt));
            }
        }
        let observed = observer.stop()?;
        for (family, port, attempt) in told {
            let flow = observed.of_port("tcp", scene.b.address(family), port)?;
            let drops = flow.drops();
            assert_eq!(drops.len(), 1, "{flow:?}");
            assert_eq!(
                (drops[0].reason.as_str(), drops[0].of.as_str()),
                (NETFILTER_DROP, "sent")
            );
            assert_eq!(drops[0].count, flow.sent());
            assert_eq!(flow.sent().packets, u64::from(attempt.syns));
            assert_eq!(flow.source().port, Some(attempt.local.port()));
            assert_eq!(flow.verdict(), "dropped", "{flow:?}");
            assert_eq!(
                flow.replied().packets,
                u64::from(port == 82),
                "a RST and nothing else: {flow:?}"
            );
        }
        Ok(())
    })
}

#[test]
fn a_silent_drop_of_a_probe_is_told_with_its_syns() -> Result<()> {
    each_network(|scene| {
        scene.node.refuse(Refusal::Drop, Hook::Output, "tcp dport 8081")?;
        scene.b.refuse(Refusal::Drop, Hook::Input, "tcp dport 8082")?;
        let observer = Observer::start(&scene.node)?;
        let mut told = Vec::new();
        for family in Family::BOTH {
            for pod in [(&scene.a, 8081), (&scene.b, 8082)] {
                let attempt = tcp::attempt(&scene.node, pod.0.socket_address(family, pod.1), SOON)?;
                assert_eq!(attempt.answer, Answer::Silence);
                told.push((pod.0.address(family), pod.1, attempt));
            }
        }
        let observed = observer.stop()?;
        for (pod, port, attempt) in told {
            let flow = observed.of_port("tcp", pod, port)?;
            let [drop] = &flow.drops()[..] else {
                panic!("one drop: {flow:?}")
            };
            assert_eq!(
                (drop.reason.as_str(), drop.count.packets),
                (NETFILTER_DROP, u64::from(attempt.syns))
            );
            assert_eq!(drop.place, if port == 8081 { "node" } else { "inside" });
            assert_eq!(
                (flow.source().port, flow.verdict()),
                (Some(attempt.local.port()), "dropped")
            );
        }
        Ok(())
    })
}
