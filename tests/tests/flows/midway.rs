//! Connections that are older than the agent.

use super::scene::Scene;
use anyhow::Result;
use netobs_tests::node::Family;
use netobs_tests::observer::{Flow, Observer, PATIENCE};
use netobs_tests::rules::Hook;
use netobs_tests::traffic::tcp::{Connection, Towards};
use serde_json::Value;

/// A connection to this port that was open before the agent was started, and on which then data went this way first.
fn seen_midway(scene: &Scene, family: Family, port: u16, first: Towards) -> Result<(Connection, Flow)> {
    let connection = Connection::open(&scene.a, &scene.b, scene.b.socket_address(family, port))?;
    connection.send(Towards::Server, 3000)?;
    let name = format!("{}_{port}", family.nft());
    scene.count_both(
        &name,
        family,
        Hook::Forward,
        &format!("tcp sport . tcp dport {{ {} }}", both_ways(&connection)),
    )?;
    let before = connection.counts()?.client_counts;
    let observer = Observer::start(&scene.node)?;
    connection.send(first, 5000)?;
    connection.send(Towards::Client, 2000)?;
    let after = connection.counts()?.client_counts;
    let is_told = |line: &Value| ["source", "destination"].iter().any(|end| line[end]["port"] == port);
    observer.agent().wait_for(PATIENCE, is_told)?;
    let flow = observer.stop()?.take_of_port("tcp", scene.b.address(family), port)?;
    let (there, back) = scene.counted_both(&name)?;
    let from_client = flow.source().ip == scene.a.address(family);
    let expected = if from_client { (there, back) } else { (back, there) };
    assert_eq!((flow.sent(), flow.replied()), expected, "{flow:?}");
    assert_eq!(there.packets, u64::from(after.segments_out - before.segments_out));
    assert_eq!(back.packets, u64::from(after.segments_in - before.segments_in));
    Ok((connection, flow))
}

fn both_ways(connection: &Connection) -> String {
    let (client, server) = (connection.client_address().port(), connection.server_address().port());
    format!("{client} . {server}, {server} . {client}")
}

#[test]
fn the_client_is_known_by_its_port_whoever_speaks_first() -> Result<()> {
    let scene = Scene::routed()?;
    for family in Family::BOTH {
        for (port, first) in [(80, Towards::Client), (81, Towards::Server)] {
            let (connection, flow) = seen_midway(&scene, family, port, first)?;
            assert!(connection.client_address().port() >= 32_768, "a client's port");
            assert_eq!(flow.source().port, Some(connection.client_address().port()), "{flow:?}");
            assert_eq!(flow.source().interface.as_deref(), Some(scene.a.host_interface()));
            assert_eq!(flow.destination().port, Some(port), "{flow:?}");
            assert_eq!((flow.initiator_by(), flow.verdict()), ("ports", "forwarded"));
        }
    }
    Ok(())
}

#[test]
fn between_two_ports_of_clients_it_says_that_it_only_knows_the_first_packet() -> Result<()> {
    let scene = Scene::routed()?;
    for (port, first) in [(40_001, Towards::Server), (40_002, Towards::Client)] {
        let (connection, flow) = seen_midway(&scene, Family::V4, port, first)?;
        let speaker = match first {
            Towards::Server => connection.client_address(),
            Towards::Client => connection.server_address(),
        };
        assert_eq!(
            (flow.source().ip, flow.source().port),
            (speaker.ip(), Some(speaker.port()))
        );
        assert_eq!(flow.initiator_by(), "first_packet", "{flow:?}");
    }
    Ok(())
}

#[test]
fn between_two_ports_of_clients_the_kernels_tracking_knows_who_began() -> Result<()> {
    let scene = Scene::routed()?;
    scene.node.count("tracked", Hook::Forward, "ct state established")?;
    for (port, first) in [(40_003, Towards::Client), (40_004, Towards::Server)] {
        for family in Family::BOTH {
            let (connection, flow) = seen_midway(&scene, family, port, first)?;
            assert_eq!(flow.source().port, Some(connection.client_address().port()), "{flow:?}");
            assert_eq!(flow.initiator_by(), "tracking", "{flow:?}");
        }
    }
    assert!(scene.node.counted("tracked")?.packets > 0, "the kernel did track");
    Ok(())
}
