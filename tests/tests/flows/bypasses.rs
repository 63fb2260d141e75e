//! CNIs that route in eBPF hand packets to a pod past the node's end of its veth, where our tap for them is.

use super::scene::Scene;
use anyhow::Result;
use netobs_tests::foreign::{Chain, Direction, Fate, Matching, TcProgram};
use netobs_tests::netns::Netns;
use netobs_tests::node::{Family, UPLINK};
use netobs_tests::observer::{Flow, Observed, Observer};
use netobs_tests::traffic::tcp::{self, Answer, Exchange};
use netobs_tests::traffic::udp;
use std::net::SocketAddr;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(5);
const SERVED: u16 = 7000;
const CLOSED: u16 = 7001;

/// What comes in there for b's ports goes to b as `bpf_redirect_peer` takes it.
fn past_bs_veth(scene: &Scene, interface: &str) -> Result<[TcProgram; 2]> {
    let past = |port| {
        let (matching, fate) = (Matching::DestinationPort(port), Fate::PastVeth(scene.b.host_ifindex()));
        TcProgram::attach(
            &scene.node,
            interface,
            Direction::Ingress,
            Chain::TcxLast,
            matching,
            fate,
        )
    };
    Ok([past(SERVED)?, past(CLOSED)?])
}

/// A datagram there and one back; the answer is who asked.
fn ask(client: &Netns, server: &Netns, at: SocketAddr) -> Result<SocketAddr> {
    let question = udp::Receiver::bind(server, at)?;
    let asker = udp::Sender::connected(client, at)?;
    asker.send(1, 10)?;
    assert_eq!(question.receive(1)?.packets, 1);
    drop(question);
    let from = asker.local()?;
    drop(asker);
    let answer = udp::Receiver::bind(client, from)?;
    udp::Sender::bound(server, at, from)?.send(1, 20)?;
    assert_eq!(answer.receive(1)?.packets, 1);
    Ok(from)
}

/// What a client of b did, whose packets a program took past b's veth.
struct Client {
    exchange: Exchange,
    asked_from: SocketAddr,
    refused: SocketAddr,
}

impl Client {
    fn of_b(scene: &Scene, client: &Netns, family: Family) -> Result<Self> {
        let (served, closed) = (
            scene.b.socket_address(family, SERVED),
            scene.b.socket_address(family, CLOSED),
        );
        let exchange = tcp::exchange(client, &scene.b, served, 10_000, 30_000)?;
        let asked_from = ask(client, &scene.b, served)?;
        let refused = tcp::attempt(client, closed, SOON)?;
        assert_eq!(refused.answer, Answer::Refused);
        Ok(Self {
            exchange,
            asked_from,
            refused: refused.local,
        })
    }
}

fn told<'a>(observed: &'a Observed, protocol: &str, client: SocketAddr, scene: &Scene) -> Result<&'a Flow> {
    let flow = observed.of_port(protocol, client.ip(), client.port())?;
    assert_eq!(
        (flow.source().ip, flow.source().port),
        (client.ip(), Some(client.port()))
    );
    let by = flow.destination().interface;
    assert_eq!(by.as_deref(), Some(scene.b.host_interface()), "{flow:?}");
    Ok(flow)
}

#[test]
fn what_a_pod_sends_past_the_veth_of_another_is_told_whole() -> Result<()> {
    let scene = Scene::routed()?;
    let [served, closed] = past_bs_veth(&scene, scene.a.host_interface())?;
    let observer = Observer::start(&scene.node)?;
    let clients = Family::BOTH.map(|family| Client::of_b(&scene, &scene.a, family));
    let observed = observer.stop()?;
    let mut sent = 0;
    for client in clients {
        let client = client?;
        let flow = told(&observed, "tcp", client.exchange.client, &scene)?;
        assert_eq!(
            flow.sent().packets,
            u64::from(client.exchange.client_counts.segments_out)
        );
        assert_eq!(
            flow.replied().packets,
            u64::from(client.exchange.client_counts.segments_in)
        );
        assert_eq!((flow.initiator_by(), flow.evidence()), ("request", "replied"));
        assert_eq!((flow.verdict(), flow.drops().len()), ("forwarded", 0), "{flow:?}");
        let asked = told(&observed, "udp", client.asked_from, &scene)?;
        assert_eq!((asked.sent().packets, asked.replied().packets), (1, 1));
        assert_eq!(asked.verdict(), "forwarded", "{asked:?}");
        let refused = told(&observed, "tcp", client.refused, &scene)?;
        assert_eq!((refused.sent().packets, refused.replied().packets), (1, 1));
        sent += flow.sent().packets + asked.sent().packets;
    }
    assert_eq!(
        (served.matched()?, closed.matched()?),
        (sent, 2),
        "nothing came another way"
    );
    Ok(())
}

#[test]
fn of_what_comes_from_the_network_past_a_veth_the_answers_say_who_asked() -> Result<()> {
    let scene = Scene::routed()?;
    let [served, closed] = past_bs_veth(&scene, UPLINK)?;
    let observer = Observer::start(&scene.node)?;
    let clients = Family::BOTH.map(|family| Client::of_b(&scene, scene.node.outside(), family));
    let observed = observer.stop()?;
    let mut passed = 0;
    for client in clients {
        let client = client?;
        let flow = told(&observed, "tcp", client.exchange.client, &scene)?;
        assert_eq!(flow.sent().packets, 0, "no tap was on the way");
        assert_eq!(
            flow.replied().packets,
            u64::from(client.exchange.client_counts.segments_in)
        );
        assert_eq!((flow.initiator_by(), flow.evidence()), ("answer", "replied"));
        assert_eq!((flow.verdict(), flow.drops().len()), ("forwarded", 0), "{flow:?}");
        let asked = told(&observed, "udp", client.asked_from, &scene)?;
        assert_eq!((asked.sent().packets, asked.replied().packets), (0, 1));
        assert_eq!(
            (asked.initiator_by(), asked.verdict()),
            ("ports", "forwarded"),
            "{asked:?}"
        );
        let refused = told(&observed, "tcp", client.refused, &scene)?;
        let drops: Vec<_> = refused
            .drops()
            .into_iter()
            .map(|drop| (drop.reason, drop.place))
            .collect();
        assert_eq!(drops, [("NO_SOCKET".to_owned(), "inside".to_owned())], "{refused:?}");
        passed += u64::from(client.exchange.client_counts.segments_out) + 1;
    }
    assert_eq!(
        (served.matched()?, closed.matched()?),
        (passed, 2),
        "nothing came another way"
    );
    Ok(())
}
