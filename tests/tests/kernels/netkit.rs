//! Pods behind netkits instead of veths, as Cilium has them where it is told to.

use super::taps::{release, version};
use anyhow::Result;
use netobs_tests::netns::Netns;
use netobs_tests::node::{Addresses, Family, Node};
use netobs_tests::observer::Observer;
use netobs_tests::rules::Hook;
use netobs_tests::traffic::udp;

const DATAGRAMS: u64 = 50;
const INTERFACE: &str = "nkpod";

/// Netkits came with Linux 6.7, and need not be built in; Debian builds them in.
fn has_netkit() -> Result<bool> {
    let has = Netns::create("probe")?.ip("link add probe type netkit\n").is_ok();
    let must_have = version()? >= (6, 7) && release()?.contains("+deb");
    assert!(has || !must_have, "{} has no netkit", release()?);
    Ok(has)
}

/// The other end is called so by the kernel, and has no neighbours to ask for.
fn pod(node: &Node, Addresses { v4, v6 }: Addresses) -> Result<Netns> {
    let pod = Netns::create("pod")?;
    node.ip(&format!(
        "link add {INTERFACE} type netkit\nlink set nk0 netns {}\nlink set {INTERFACE} up\n\
         route add {v4}/32 dev {INTERFACE}\nroute add {v6}/128 dev {INTERFACE}\n",
        pod.path()
    ))?;
    pod.ip(&format!(
        "link set nk0 name eth0\nlink set eth0 up\n\
         addr add {v4}/32 dev eth0\naddr add {v6}/128 dev eth0 nodad\n\
         route add 0.0.0.0/0 dev eth0\nroute add ::/0 dev eth0\n"
    ))?;
    Ok(pod)
}

#[test]
fn a_pod_behind_a_netkit_is_seen_as_one_behind_a_veth() -> Result<()> {
    if !has_netkit()? {
        return Ok(());
    }
    let node = Node::routed()?;
    let (other, addresses) = (node.pod("other")?, node.unused_addresses());
    let pod = pod(&node, addresses)?;
    let observer = Observer::start(&node)?;
    for family in Family::BOTH {
        let (own, its) = (addresses.of(family), other.address(family));
        for (name, from, to) in [("out", own, its), ("in", its, own)] {
            let ip = family.nft();
            node.count(
                &format!("{ip}_{name}"),
                Hook::Forward,
                &format!("{ip} saddr {from} {ip} daddr {to} udp dport 53"),
            )?;
        }
        for (from, to, address) in [(&pod, &*other, its), (&*other, &pod, own)] {
            let receiver = udp::Receiver::bind(to, (address, 53).into())?;
            udp::Sender::unconnected(from, (address, 53).into())?.send(DATAGRAMS, 100)?;
            assert_eq!(receiver.receive(DATAGRAMS)?.packets, DATAGRAMS);
        }
    }
    let observed = observer.stop()?;
    for family in Family::BOTH {
        let (own, its) = (addresses.of(family), other.address(family));
        for (name, address) in [("out", its), ("in", own)] {
            let flow = observed.of_port("udp", address, 53)?;
            let end = if name == "out" {
                flow.source()
            } else {
                flow.destination()
            };
            assert_eq!((end.ip, end.interface.as_deref()), (own, Some(INTERFACE)), "{flow:?}");
            assert_eq!(
                flow.sent(),
                node.counted(&format!("{}_{name}", family.nft()))?,
                "{flow:?}"
            );
            assert_eq!(flow.verdict(), "forwarded", "{flow:?}");
        }
    }
    Ok(())
}
