//! `netobs flows` of one agent's history.
use netobs_api::v1::SubscribeResponse;

use super::{
    agent::{Agent, Script},
    messages::{flow, lost},
    program::netobs,
};

fn agent() -> Agent {
    Agent::start(Script {
        flows: vec![flow("node-a", "web", 1), lost("node-a", 3), flow("node-a", "job", 2)],
        ..Script::default()
    })
}

#[test]
fn history_is_shown_in_the_agents_order_with_its_losses() {
    let agent = agent();
    let ran = netobs(&["flows", "--server", &agent.server()]);
    assert_eq!(
        ran.succeeded(),
        "1970-01-01 00:00:01.000  a/web:40000 -> a/server:80  TCP  FORWARDED\n\
         -- node-a: 3 flows lost: told faster than they were taken --\n\
         1970-01-01 00:00:02.000  a/job:40000 -> a/server:80  TCP  FORWARDED\n"
    );
}

#[test]
fn json_can_be_read_back() {
    let agent = agent();
    let ran = netobs(&["flows", "--server", &agent.server(), "-o", "json"]);
    let read: Vec<SubscribeResponse> = ran
        .succeeded()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        read,
        [flow("node-a", "web", 1), lost("node-a", 3), flow("node-a", "job", 2)]
    );
}

#[test]
fn the_zone_is_the_readers_unless_utc_is_asked_for() {
    let agent = agent();
    let server = agent.server();
    let first = |more: &[&str]| {
        let mut command = super::program::command(&[&["flows", "--server", &server], more].concat());
        command.env("TZ", "<+05>-5");
        super::program::Running::start(command).end().out[..23].to_owned()
    };
    assert_eq!(first(&[]), "1970-01-01 05:00:01.000");
    assert_eq!(first(&["--utc"]), "1970-01-01 00:00:01.000");
}

#[test]
fn a_reader_that_has_read_enough_ends_it_quietly() {
    let many = (0..5_000).map(|second| flow("node-a", "web", second));
    let agent = Agent::start(Script {
        flows: many.collect(),
        ..Script::default()
    });
    let server = agent.server();
    let mut running = super::program::Running::start(super::program::command(&["flows", "--all", "--server", &server]));
    running.line();
    running.stop_reading();
    let ran = running.end();
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
}
