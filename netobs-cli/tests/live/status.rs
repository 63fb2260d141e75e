//! `netobs status` of one agent.
use netobs_api::v1::GetStatusResponse;

use super::{
    agent::{Agent, Script},
    messages::status,
    program::netobs,
};

fn agent(ready: bool) -> Agent {
    Agent::start(Script {
        status: status("node-a", ready),
        ..Script::default()
    })
}

#[test]
fn an_agent_that_is_ready_is_success_and_one_that_is_not_is_none() {
    let ready = agent(true);
    assert!(
        netobs(&["status", "--server", &ready.server()])
            .succeeded()
            .contains("node-a: ready")
    );
    let not_ready = agent(false);
    let ran = netobs(&["status", "--server", &not_ready.server()]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""));
    assert!(ran.out.contains("not ready: no BTF"), "{ran:?}");
}

#[test]
fn json_can_be_read_by_others() {
    let agent = agent(true);
    let out = netobs(&["status", "--server", &agent.server(), "-o", "json"]);
    let read: GetStatusResponse = serde_json::from_str(out.succeeded()).unwrap();
    assert_eq!(read, status("node-a", true));
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let agent = agent(true);
    let colours = |more: &[&str]| {
        let server = agent.server();
        let ran = netobs(&[&["status", "--server", &server], more].concat());
        ran.succeeded().contains('\x1b')
    };
    assert!(!colours(&[]));
    assert!(!colours(&["--color", "never"]));
    assert!(colours(&["--color", "always"]));
}
