//! `netobs flows -f`: at once, over losses of the connection, until it is interrupted.
use netobs_api::v1::SubscribeRequest;

use super::{
    agent::{Agent, News, Script},
    messages::{SECOND, flow},
    program::{Running, command},
};

fn follow(agent: &Agent, more: &[&str]) -> Running {
    let server = agent.server();
    Running::start(command(&[&["flows", "-f", "--server", &server], more].concat()))
}

/// Waits until somebody follows.
fn tell(agent: &Agent, name: &str, second: i64) {
    let news = News::Flow(Box::new(flow("node-a", name, second)));
    let told = std::iter::repeat_with(|| {
        std::thread::sleep(std::time::Duration::from_millis(10));
        agent.tell(news.clone())
    });
    assert!(told.take(3000).any(|followers| followers > 0), "nobody follows");
}

#[test]
fn each_flow_is_shown_when_it_comes_and_an_interrupt_is_a_good_end() {
    let agent = Agent::start(Script::default());
    let running = follow(&agent, &[]);
    for (second, name) in [(1, "web"), (2, "job")] {
        tell(&agent, name, second);
        assert!(running.line().contains(&format!("a/{name}:40000")));
    }
    running.interrupt();
    let ran = running.end();
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "", ""));
}

#[test]
fn a_connection_that_was_lost_is_made_again_and_what_came_meanwhile_is_asked_for() {
    let agent = Agent::start(Script::default());
    let running = follow(&agent, &["--last", "5"]);
    tell(&agent, "web", 7);
    running.line();
    agent.tell(News::End);
    assert!(running.note().contains("trying again"));
    assert!(running.note().contains("is back"));
    tell(&agent, "job", 8);
    assert!(running.line().contains("a/job:40000"));
    let asked = agent.asked().flows;
    let first = SubscribeRequest {
        last: Some(5),
        follow: true,
        ..SubscribeRequest::default()
    };
    let again = SubscribeRequest {
        since_unix_nanos: Some(7 * SECOND + 1),
        last: None,
        ..first.clone()
    };
    assert_eq!(asked, [first, again]);
}

#[test]
fn an_agent_that_was_never_there_is_not_waited_for() {
    let running = Running::start(command(&["flows", "-f", "--server", "/nonexistent/netobs.sock"]));
    running.end().failed(3, &["does not exist"]);
}
