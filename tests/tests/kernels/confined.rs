//! What the agent keeps of its rights, and the system calls its profile names, are enough to attach to pods that come later.

use super::taps::{filters, has_tcx};
use anyhow::{Result, ensure};
use netobs_tests::node::{Family, Node};
use netobs_tests::observer::Observer;
use netobs_tests::process::{Capability, Rights, Seccomp, all_rights, keep_capabilities};
use netobs_tests::traffic::udp;

const DATAGRAMS: u64 = 50;
const FILTERED: u64 = 2;

/// As in the container that the manifests describe.
fn confined(node: &Node) -> Result<Observer> {
    let seccomp = Seccomp::of_the_agent()?;
    Observer::start_with(node, |command| {
        keep_capabilities(command, &[Capability::Bpf, Capability::NetAdmin, Capability::Perfmon]);
        seccomp.confine(command);
    })
}

#[test]
fn confined_as_in_its_container_it_attaches_to_a_pod_that_comes_later() -> Result<()> {
    let node = Node::routed()?;
    let a = node.pod("a")?;
    let observer = confined(&node)?;
    let late = node.pod("late")?;
    observer.wait_for_interface(late.host_interface())?;
    if !has_tcx()? {
        let [from_pod, to_pod] = filters(&node, late.host_interface())?;
        assert_eq!((from_pod.len(), to_pod.len()), (1, 1));
    }
    let rights = all_rights(observer.agent().pid())?;
    let to = a.socket_address(Family::V4, 53);
    let receiver = udp::Receiver::bind(&a, to)?;
    udp::Sender::unconnected(&late, to)?.send(DATAGRAMS, 100)?;
    assert_eq!(receiver.receive(DATAGRAMS)?.packets, DATAGRAMS);
    let pid = observer.agent().pid();
    let flow = observer.stop()?.take_of_port("udp", a.address(Family::V4), 53)?;
    assert_eq!(flow.sent().packets, DATAGRAMS, "{flow:?}");
    for ((thread, name), rights) in rights {
        let net_admin = if thread == pid {
            1 << Capability::NetAdmin as u64
        } else {
            0
        };
        let expected = Rights {
            permitted: net_admin,
            effective: net_admin,
            // Without CAP_SETPCAP nobody can empty it; it is what the container was given, and gives nothing any more.
            bounding: rights.bounding,
            seccomp: FILTERED,
            ..Rights::default()
        };
        ensure!(rights == expected, "thread {name} is {rights:?}");
        let given = [Capability::Bpf, Capability::NetAdmin, Capability::Perfmon];
        let given = given.iter().fold(0, |bits, one| bits | 1 << *one as u64);
        ensure!(rights.bounding & !given == 0, "thread {name} is {rights:?}");
    }
    Ok(())
}
