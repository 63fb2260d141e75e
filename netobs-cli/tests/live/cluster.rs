//! All agents of a cluster, through its API server.
use std::net::SocketAddr;

use netobs_api::v1::CauseState;

use super::{
    agent::{Agent, News, Script},
    apiserver::{ApiServer, Kubeconfig, Pod},
    authority::{Authority, Valid},
    messages::{cause, flow, status},
    program::{NOBODY, Running, command, netobs},
};

fn agent(node: &'static str, seconds: &[i64]) -> Agent {
    Agent::start(Script {
        node,
        flows: seconds
            .iter()
            .map(|second| flow(node, &format!("{node}-{second}"), *second))
            .collect(),
        causes: vec![cause(CauseState::Active, 100)],
        status: status(node, true),
        ..Script::default()
    })
}

fn pod(node: &'static str, agent: SocketAddr) -> Pod {
    Pod {
        node,
        phase: "Running",
        agent,
    }
}

fn dead() -> SocketAddr {
    NOBODY.parse().unwrap()
}

/// Which pods' flows are in the output, in its order.
fn sources(out: &str) -> Vec<&str> {
    let names = out
        .lines()
        .filter_map(|line| line.split("  a/").nth(1)?.split(':').next());
    names.collect()
}

#[test]
fn flows_of_all_nodes_are_one_stream_by_time() {
    let (a, b) = (agent("node-a", &[1, 4, 5]), agent("node-b", &[2, 3, 6]));
    let server = ApiServer::start("merge", vec![pod("node-a", a.address), pod("node-b", b.address)], false);
    let ran = netobs(&["flows", "--all", "--kubeconfig", &server.kubeconfig()]);
    let all = ["node-a-1", "node-b-2", "node-b-3", "node-a-4", "node-a-5", "node-b-6"];
    assert_eq!(sources(ran.succeeded()), all);
    let ran = netobs(&["flows", "--last", "2", "--kubeconfig", &server.kubeconfig()]);
    assert_eq!(sources(ran.succeeded()), ["node-a-5", "node-b-6"]);
}

#[test]
fn followed_flows_of_all_nodes_are_shown_as_they_come() {
    let (a, b) = (agent("node-a", &[]), agent("node-b", &[]));
    let server = ApiServer::start(
        "follow",
        vec![pod("node-a", a.address), pod("node-b", b.address)],
        false,
    );
    let running = Running::start(command(&["flows", "-f", "--kubeconfig", &server.kubeconfig()]));
    for (agent, node, second) in [(&a, "node-a", 1), (&b, "node-b", 2), (&a, "node-a", 3)] {
        let news = News::Flow(Box::new(flow(node, &format!("{node}-{second}"), second)));
        while agent.tell(news.clone()) == 0 {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        assert_eq!(sources(&running.line()), [format!("{node}-{second}")]);
    }
    running.interrupt();
    assert_eq!(running.end().code, Some(0));
}

#[test]
fn the_same_cause_on_two_nodes_is_one() {
    let (a, b) = (agent("node-a", &[]), agent("node-b", &[]));
    let server = ApiServer::start(
        "causes",
        vec![pod("node-a", a.address), pod("node-b", b.address)],
        false,
    );
    let ran = netobs(&["causes", "--kubeconfig", &server.kubeconfig()]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""));
    assert_eq!(
        ran.out.matches("namespace ops-utils has no label env").count(),
        1,
        "{ran:?}"
    );
    assert!(ran.out.contains("200 packets dropped"), "{ran:?}");
    assert!(ran.out.contains("seen on node-a, node-b"), "{ran:?}");
}

#[test]
fn an_agent_that_does_not_answer_is_named_and_the_others_are_shown() {
    let a = agent("node-a", &[1]);
    let pods = vec![pod("node-a", a.address), pod("node-b", dead())];
    let server = ApiServer::start("dead", pods, false);
    for (question, shown) in [
        (["flows", "--all"].as_slice(), "node-a-1"),
        (&["causes"], "100 packets dropped"),
        (&["status"], "node-a"),
    ] {
        let ran = netobs(&[question, &["--kubeconfig", &server.kubeconfig()]].concat());
        assert!(ran.out.contains(shown), "{question:?}: {ran:?}");
        assert!(
            ran.err.contains("netobs: the agent on node node-b: ") && ran.err.contains("--agent-port"),
            "{question:?}: {ran:?}"
        );
        let code = if question == ["causes"] { 1 } else { 3 };
        assert_eq!(ran.code, Some(code), "{question:?}: {ran:?}");
    }
}

#[test]
fn an_agent_that_is_slow_holds_up_nobody() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let a = agent("node-a", &[1]);
    let pods = vec![pod("node-a", a.address), pod("node-b", silent.local_addr().unwrap())];
    let server = ApiServer::start("slow", pods, false);
    let arguments = [
        "flows",
        "--all",
        "--timeout",
        "20s",
        "--kubeconfig",
        &server.kubeconfig(),
    ];
    let running = Running::start(command(&arguments));
    assert_eq!(sources(&running.line()), ["node-a-1"]);
    assert!(running.note().contains("the agent on node node-b is slow"));
    drop(silent);
    drop(server);
    let ran = running.end();
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.err.contains("the agent on node node-b: "), "{ran:?}");
}

#[test]
fn an_agent_that_cannot_be_followed_is_named_and_tried_again() {
    let a = agent("node-a", &[1]);
    let pods = vec![pod("node-a", a.address), pod("node-b", dead())];
    let server = ApiServer::start("retry", pods, false);
    let running = Running::start(command(&["flows", "-f", "--kubeconfig", &server.kubeconfig()]));
    assert_eq!(sources(&running.line()), ["node-a-1"]);
    let note = running.note();
    assert!(
        note.contains("the agent on node node-b: ") && note.ends_with("; trying again"),
        "{note}"
    );
    running.interrupt();
    assert_eq!(running.end().code, Some(0));
}

#[test]
fn an_agent_on_a_node_that_joins_is_followed_from_then_on() {
    let a = agent("node-a", &[1]);
    let server = ApiServer::start("joins", vec![pod("node-a", a.address)], false);
    let running = Running::start(command(&["flows", "-f", "--kubeconfig", &server.kubeconfig()]));
    assert_eq!(sources(&running.line()), ["node-a-1"]);
    let b = agent("node-b", &[2]);
    server.add(pod("node-b", b.address));
    assert_eq!(running.note(), "netobs: the agent on node node-b joined");
    assert_eq!(sources(&running.line()), ["node-b-2"]);
    running.interrupt();
    assert_eq!(running.end().code, Some(0));
}

#[test]
fn an_agent_that_does_not_run_is_named() {
    let a = agent("node-a", &[]);
    let pending = Pod {
        phase: "Pending",
        ..pod("node-b", dead())
    };
    let server = ApiServer::start("pending", vec![pod("node-a", a.address), pending], false);
    let ran = netobs(&["status", "--kubeconfig", &server.kubeconfig()]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.err.contains("the agent on node node-b does not run"), "{ran:?}");
}

#[test]
fn a_cluster_without_agents_is_told_with_where_was_looked() {
    let server = ApiServer::start("none", vec![], false);
    let ran = netobs(&["causes", "--kubeconfig", &server.kubeconfig()]);
    ran.failed(
        3,
        &[
            "no agent runs in namespace netobs",
            "app.kubernetes.io/name=netobs-agent",
            "--agent-namespace",
        ],
    );
}

#[test]
fn what_the_api_server_forbids_is_told_with_the_right_that_is_missing() {
    let server = ApiServer::start("forbids", vec![], true);
    let ran = netobs(&["causes", "--kubeconfig", &server.kubeconfig()]);
    ran.failed(3, &["may not list pods in namespace netobs", "pods/portforward"]);
}

#[test]
fn any_agent_explains() {
    let a = agent("node-b", &[]);
    let pods = vec![pod("node-a", dead()), pod("node-b", a.address)];
    let server = ApiServer::start("explain", pods, false);
    let question = [
        "explain",
        "--from",
        "a/b",
        "--to",
        "a/c",
        "--port",
        "80",
        "--kubeconfig",
        &server.kubeconfig(),
    ];
    assert!(netobs(&question).err.contains("the agent on node node-a: "));
    assert_eq!(a.asked().explanations.len(), 1);
}

#[test]
fn a_kubeconfig_that_does_not_parse_is_named() {
    let kubeconfig = Kubeconfig::holding("bad", "clusters: [");
    let path = kubeconfig.path();
    netobs(&["causes", "--kubeconfig", &path]).failed(2, &[&path, "cannot be used"]);
    netobs(&["causes", "--kubeconfig", "/nonexistent"]).failed(2, &["/nonexistent"]);
    let server = ApiServer::start("context", vec![], false);
    let ran = netobs(&["causes", "--kubeconfig", &server.kubeconfig(), "--context", "other"]);
    ran.failed(2, &[&server.kubeconfig(), "kubectl config get-contexts"]);
}

#[test]
fn an_api_server_that_is_not_there_is_told() {
    let kubeconfig = Kubeconfig::of("gone", dead());
    let ran = netobs(&["causes", "--kubeconfig", &kubeconfig.path(), "--timeout", "3s"]);
    ran.failed(3, &["API server"]);
}

#[test]
fn agents_that_speak_tls_are_spoken_to_with_it_through_the_api_server() {
    const NAME: &str = "netobs-agent.netobs.svc";
    let (authority, clients) = (Authority::new("forwarded"), Authority::new("forwarded-clients"));
    let script = || Script {
        status: status("node-a", true),
        ..Script::default()
    };
    let usual = Agent::with_tls(script(), authority.server(NAME, Valid::Now, Some(&clients)));
    let other = Agent::with_tls(script(), authority.server("other.example", Valid::Now, None));
    let (ca, (cert, key)) = (authority.file("ca.pem"), clients.client(Valid::Now));
    let ask = |agent: SocketAddr, more: &[&str]| {
        let server = ApiServer::start("tls", vec![pod("node-a", agent)], false);
        netobs(&[&["status", "--kubeconfig", &server.kubeconfig()], more].concat())
    };
    let client = ["--tls-ca", &ca, "--tls-cert", &cert, "--tls-key", &key];
    assert!(ask(usual.address, &client).succeeded().contains("node-a"));
    ask(usual.address, &client[..2]).failed(3, &["wants a client certificate", "pod netobs/agent-node-a"]);
    ask(usual.address, &[]).failed(3, &["it speaks TLS", "--tls-ca"]);
    ask(other.address, &client[..2]).failed(3, &[NAME, "other.example", "--tls-name"]);
    let named = [client[0], client[1], "--tls-name", "other.example"];
    assert!(ask(other.address, &named).succeeded().contains("node-a"));
    let plain = agent("node-a", &[]);
    ask(plain.address, &client[..2]).failed(3, &["does not speak TLS", "leave --tls-ca"]);
    ask(dead(), &client[..2]).failed(3, &["does the agent listen on that port", "--agent-port"]);
}
