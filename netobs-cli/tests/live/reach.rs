//! What a user is told of an agent that cannot be asked.
use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

use tonic::{Code, Status};

use super::{
    agent::{Agent, Script},
    program::{NOBODY, command, netobs},
};

/// Serves one connection, in the way given.
fn serve(with: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || with(listener.accept().unwrap().0));
    server
}

fn refusing(code: Code, message: &str) -> Agent {
    Agent::start(Script {
        refusal: Some(Status::new(code, message)),
        ..Script::default()
    })
}

#[test]
fn nobody_at_an_address_is_told_with_what_to_look_at() {
    let server = format!("http://{NOBODY}");
    netobs(&["status", "--server", &server]).failed(3, &[&server, "refused the connection", "--listen"]);
}

#[test]
fn who_does_not_answer_is_not_waited_for_longer_than_was_said() {
    for command in ["status", "causes", "flows"] {
        let server = serve(|stream| {
            let _ = (&stream).read_to_end(&mut Vec::new());
        });
        let ran = netobs(&[command, "--server", &server, "--timeout", "300ms"]);
        ran.failed(3, &[&server, "did not answer within 0.3 s", "--timeout"]);
    }
}

#[test]
fn a_server_of_another_kind_is_told_apart() {
    let http1 = serve(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    netobs(&["status", "--server", &http1]).failed(3, &["speaks HTTP/1 and not gRPC", "metrics"]);
    let silent = serve(drop);
    netobs(&["status", "--server", &silent]).failed(3, &["closed the connection without a word", "https://"]);
}

#[test]
fn something_that_speaks_grpc_and_is_no_netobs_is_told_with_the_versions_to_compare() {
    let agent = refusing(Code::Unimplemented, "");
    netobs(&["causes", "--server", &agent.server()]).failed(3, &["knows no netobs.v1.FlowService", "netobs --version"]);
}

#[test]
fn what_the_agent_says_of_a_question_is_said_plainly() {
    let bad = refusing(Code::InvalidArgument, "include[0].ports: 0 is no port");
    let ran = netobs(&["flows", "--server", &bad.server()]);
    ran.failed(2, &[]);
    assert_eq!(ran.err, "netobs: include[0].ports: 0 is no port\n");
    let full = refusing(Code::ResourceExhausted, "128 subscribers are served already");
    let ran = netobs(&["flows", "--server", &full.server()]);
    ran.failed(3, &["128 subscribers are served already", &full.server()]);
}

#[test]
fn what_came_before_a_connection_was_lost_is_shown() {
    let agent = Agent::start(Script {
        flows: vec![super::messages::flow("node-a", "web", 1)],
        end: Some(Status::unavailable("the agent ends")),
        ..Script::default()
    });
    let ran = netobs(&["flows", "--server", &agent.server()]);
    assert_eq!(ran.code, Some(3));
    assert!(ran.out.contains("a/web:40000 -> a/server:80"), "{ran:?}");
    assert!(ran.err.contains("the agent ends"), "{ran:?}");
}

#[test]
fn the_environment_names_a_server_and_the_command_line_another() {
    let agent = Agent::start(Script::default());
    let mut by_environment = command(&["flows"]);
    by_environment.env("NETOBS_SERVER", agent.server());
    assert_eq!(super::program::Running::start(by_environment).end().code, Some(0));
    let mut other = command(&["flows", "--server", "/nonexistent/a.sock"]);
    other.env("NETOBS_SERVER", agent.server());
    let ran = super::program::Running::start(other).end();
    ran.failed(3, &["/nonexistent/a.sock does not exist"]);
}

#[test]
fn what_is_no_server_is_bad_input() {
    netobs(&["status", "--server", "127.0.0.1:4250"]).failed(2, &["write http://127.0.0.1:4250"]);
    netobs(&["status", "--timeout", "soon"]).failed(2, &["500ms, 10s or 1m"]);
}
