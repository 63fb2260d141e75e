//! `netobs causes` of one agent.
use netobs_api::v1::{CauseState, WatchCausesResponse};

use super::{
    agent::{Agent, News, Script},
    messages::cause,
    program::{Running, command, netobs},
};

fn agent(causes: Vec<netobs_api::v1::Cause>) -> Agent {
    Agent::start(Script {
        node: "node-a",
        causes,
        ..Script::default()
    })
}

#[test]
fn a_cause_is_found_and_one_that_is_mended_is_not() {
    let agent = agent(vec![cause(CauseState::Active, 312)]);
    let ran = netobs(&["causes", "--server", &agent.server()]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""));
    assert!(ran.out.starts_with("namespace ops-utils has no label env\n"), "{ran:?}");
    assert!(
        ran.out.contains("kubectl label namespace ops-utils env=prod"),
        "{ran:?}"
    );
    let mended = self::agent(vec![cause(CauseState::Mended, 312)]);
    assert!(
        netobs(&["causes", "--all", "--server", &mended.server()])
            .succeeded()
            .contains("mended at")
    );
}

#[test]
fn no_cause_is_success_and_said_beside_the_output() {
    let agent = agent(vec![]);
    let ran = netobs(&["causes", "--server", &agent.server()]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""));
    assert!(ran.err.contains("no causes"), "{ran:?}");
}

#[test]
fn what_is_asked_for_is_asked_of_the_agent() {
    let agent = agent(vec![]);
    let ask = |more: &[&str]| {
        let server = agent.server();
        netobs(&[&["causes", "--server", &server], more].concat());
        serde_json::to_string(agent.asked().causes.last().unwrap()).unwrap()
    };
    assert_eq!(
        ask(&[]),
        r#"{"filter":{"states":["CAUSE_STATE_ACTIVE","CAUSE_STATE_DRIFTED"]}}"#
    );
    assert_eq!(
        ask(&[
            "--all",
            "-n",
            "a,b",
            "--kind",
            "label,no-rule",
            "--since",
            "1970-01-01T00:00:01Z"
        ]),
        r#"{"filter":{"kinds":["CAUSE_KIND_LABEL","CAUSE_KIND_NO_RULE"],"namespaces":["a","b"],"sinceUnixNanos":"1000000000"}}"#
    );
    netobs(&["causes", "--kind", "labels"]).failed(2, &["a similar value exists: 'label'"]);
}

#[test]
fn json_is_the_contracts_own_a_line_each() {
    let agent = agent(vec![cause(CauseState::Active, 1), cause(CauseState::Active, 2)]);
    let ran = netobs(&["causes", "--server", &agent.server(), "-o", "json"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""));
    for line in ran.out.lines() {
        let read: WatchCausesResponse = serde_json::from_str(line).unwrap();
        assert_eq!(read.node_name, "node-a");
    }
    assert_eq!(ran.out.lines().count(), 2);
}

#[test]
fn followed_causes_are_told_as_they_come_and_are_mended() {
    let agent = agent(vec![]);
    let running = Running::start(command(&["causes", "-f", "--server", &agent.server()]));
    assert_eq!(running.note(), "netobs: no causes so far; waiting for some");
    agent.tell(News::Cause(Box::new(cause(CauseState::Active, 1))));
    assert_eq!(running.line(), "namespace ops-utils has no label env");
    agent.tell(News::Cause(Box::new(cause(CauseState::Mended, 1))));
    let mended = std::iter::repeat_with(|| running.line()).find(|line| line.starts_with("  mended at"));
    assert!(mended.is_some());
    running.interrupt();
    let ran = running.end();
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
}
