//! `netobs explain` of what an agent knows.
use expect_test::expect;
use netobs_api::v1::{ExplainResponse, Explanation, Outcome};
use tonic::Status;

use super::{
    agent::{Agent, Script},
    program::{Ran, netobs},
};

fn agent(outcome: Outcome) -> Agent {
    Agent::start(Script {
        explanation: ExplainResponse {
            explanation: Some(Explanation {
                outcome: outcome.into(),
                ..Explanation::default()
            }),
            text: "the whole answer\n".to_owned(),
            ..ExplainResponse::default()
        },
        ..Script::default()
    })
}

fn explain(agent: &Agent, more: &[&str]) -> Ran {
    let server = agent.server();
    let question = ["--from", "ops/job", "--to", "10.0.0.1", "--port", "53/udp"];
    netobs(&[&["explain", "--server", &server], question.as_slice(), more].concat())
}

#[test]
fn without_manifests_an_agent_is_asked() {
    for (outcome, code) in [
        (Outcome::Admits, 0),
        (Outcome::NotApplicable, 0),
        (Outcome::DoesNotAdmit, 1),
        (Outcome::Undecidable, 1),
    ] {
        let agent = agent(outcome);
        let ran = explain(&agent, &[]);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (Some(code), "the whole answer\n"),
            "{ran:?}"
        );
        let asked = serde_json::to_string(&agent.asked().explanations).unwrap();
        expect![[r#"[{"source":{"pod":{"namespace":"ops","name":"job"}},"destination":{"address":"10.0.0.1"},"protocol":"PROTOCOL_UDP","port":53}]"#]].assert_eq(&asked);
    }
}

#[test]
fn json_is_the_contracts_own() {
    let ran = explain(&agent(Outcome::Admits), &["-o", "json"]);
    let read: ExplainResponse = serde_json::from_str(ran.succeeded()).unwrap();
    assert_eq!(read.text, "the whole answer\n");
}

#[test]
fn a_pod_that_is_not_known_is_bad_input_and_an_agent_that_is_not_ready_is_not() {
    let refusing = |status| {
        Agent::start(Script {
            refusal: Some(status),
            ..Script::default()
        })
    };
    let ran = explain(&refusing(Status::not_found("no pod ops/job")), &[]);
    ran.failed(2, &["netobs: no pod ops/job\n"]);
    let ran = explain(&refusing(Status::unavailable("pods were not listed yet")), &[]);
    ran.failed(3, &["pods were not listed yet"]);
}

#[test]
fn ends_that_are_neither_pods_nor_addresses_are_told_with_what_they_can_be() {
    let ran = netobs(&["explain", "--from", "job", "--to", "a/b", "--port", "80"]);
    ran.failed(2, &["--from", "NAMESPACE/POD"]);
}
