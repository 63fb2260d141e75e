//! `netobs inventory` of agents, and of the files it writes.
use std::fs;

use netobs_api::v1::{GetInventoryResponse, get_inventory_response::Entry};
use tonic::Status;

use super::{
    agent::{Agent, Script},
    apiserver::{ApiServer, Pod},
    program::{Folder, netobs},
};

const SHOP: &str = include_str!("../inventory/shop.json");

fn shop() -> Vec<GetInventoryResponse> {
    SHOP.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn agent() -> Agent {
    Agent::start(Script {
        node: "node-a",
        inventory: shop(),
        ..Script::default()
    })
}

#[test]
fn what_is_asked_for_is_asked_of_the_agent() {
    let agent = agent();
    let server = agent.server();
    let ran = netobs(&[
        "inventory",
        "--server",
        &server,
        "-n",
        "shop,mesh",
        "--workload",
        "api",
        "--since",
        "1970-01-01T00:00:01Z",
    ]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(
        serde_json::to_string(&agent.asked().inventories).unwrap(),
        r#"[{"namespaces":["shop","mesh"],"workloads":["api"],"sinceUnixNanos":"1000000000"}]"#
    );
}

#[test]
fn what_an_agent_told_can_be_written_and_read_back() {
    let agent = agent();
    let folder = Folder::new("inventory");
    let path = folder.path().join("shop.json");
    let path = path.to_str().unwrap();
    let told = netobs(&[
        "inventory",
        "--server",
        &agent.server(),
        "-o",
        "json",
        "--output-file",
        path,
    ]);
    assert_eq!((told.code, told.out.as_str()), (Some(0), ""), "{told:?}");
    assert_eq!(fs::read_to_string(path).unwrap(), SHOP);
    for shape in ["table", "wide", "csv", "mermaid", "dot", "html"] {
        let live = netobs(&["inventory", "--utc", "--server", &agent.server(), "-o", shape]);
        let read = netobs(&["inventory", "--utc", "--inventory", path, "-o", shape]);
        assert!(!read.out.is_empty() && read.out == live.out, "{shape}");
    }
}

#[test]
fn an_edge_that_two_nodes_saw_is_one() {
    let (one, other) = (agent(), agent());
    let pod = |node, agent: &Agent| Pod {
        node,
        phase: "Running",
        agent: agent.address,
    };
    let pods = vec![pod("node-a", &one), pod("node-b", &other)];
    let server = ApiServer::start("inventory", pods, false);
    let ran = netobs(&["inventory", "--kubeconfig", &server.kubeconfig(), "-o", "json"]);
    assert_eq!(
        (ran.code, ran.out.lines().count()),
        (Some(0), SHOP.lines().count()),
        "{ran:?}"
    );
    assert!(
        ran.out.contains(r#""nodeName":"node-a, node-b, node-a, node-b""#),
        "{ran:?}"
    );
}

#[test]
fn what_one_of_two_agents_cannot_tell_is_said_and_shown_without() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let one = agent();
    let pods = [("node-a", one.address), ("node-b", closed)].map(|(node, agent)| Pod {
        node,
        phase: "Running",
        agent,
    });
    let server = ApiServer::start("inventory-dead", pods.into(), false);
    let ran = netobs(&["inventory", "--kubeconfig", &server.kubeconfig(), "-o", "json"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(3), SHOP));
    assert!(ran.err.contains("node-b"), "{ran:?}");
}

#[test]
fn a_file_is_filtered_as_an_agent_filters() {
    let folder = Folder::new("filtered");
    let path = folder.path().join("shop.json");
    fs::write(&path, SHOP).unwrap();
    let path = path.to_str().unwrap();
    let edges = |more: &[&str]| {
        let ran = netobs(&[&["inventory", "--inventory", path, "-o", "json"], more].concat());
        let entries = ran.out.lines().map(|line| serde_json::from_str(line).unwrap());
        let told: Vec<_> = entries.filter_map(|entry: GetInventoryResponse| entry.entry).collect();
        let edges = told.iter().filter(|entry| matches!(entry, Entry::Edge(_))).count();
        let portraits = told.iter().filter(|entry| matches!(entry, Entry::Portrait(_))).count();
        (edges, portraits)
    };
    assert_eq!(edges(&[]), (14, 4));
    assert_eq!(edges(&["-n", "ops-utils"]), (1, 2));
    assert_eq!(edges(&["-n", "shop", "--workload", "StatefulSet/db"]), (3, 3));
    // Ago is before the file was written, whenever it is read.
    assert_eq!(edges(&["--since", "30s"]), (12, 3));
    assert_eq!(edges(&["--since", "7d"]), (14, 4));
}

#[test]
fn bad_input_is_told_with_file_line_and_field() {
    let folder = Folder::new("bad");
    let path = folder.path().join("bad.json");
    let path = path.to_str().unwrap();
    let out = folder.path().join("out.html");
    let read = |content: &str| {
        fs::write(path, content).unwrap();
        netobs(&[
            "inventory",
            "--inventory",
            path,
            "-o",
            "csv",
            "--output-file",
            out.to_str().unwrap(),
        ])
    };
    let port = SHOP.replacen("\"port\":53", "\"port\":530000", 1);
    read(&port).failed(2, &["bad.json", "line 2", "edge.port", "530000"]);
    read("{\"about\":{}}\n{\"edge\"").failed(2, &["bad.json", "line 2"]);
    read("").failed(2, &["bad.json", "no entry"]);
    read("kind: List\n").failed(2, &["bad.json", "line 1", "netobs inventory -o json"]);
    assert!(!out.exists());
    let missing = folder.path().join("none.json");
    netobs(&["inventory", "--inventory", missing.to_str().unwrap()]).failed(2, &["none.json", "No such file"]);
    netobs(&["inventory", "--inventory", path, "--since", "soon"]).failed(2, &["5m (ago)"]);
    netobs(&["inventory", "--inventory", path, "-o", "svg"]).failed(2, &["mermaid"]);
}

#[test]
fn an_agent_without_an_inventory_says_so_in_its_own_words() {
    let agent = Agent::start(Script {
        node: "node-a",
        refusal: Some(Status::unimplemented("no GetInventory")),
        ..Script::default()
    });
    netobs(&["inventory", "--server", &agent.server()]).failed(3, &["another version"]);
}

#[test]
fn an_inventory_that_breaks_off_is_not_shown_as_whole() {
    let agent = Agent::start(Script {
        node: "node-a",
        inventory: shop(),
        end: Some(Status::unavailable("ending")),
        ..Script::default()
    });
    netobs(&["inventory", "--server", &agent.server()]).failed(3, &["ending"]);
}

#[test]
fn nothing_seen_is_success_and_said_beside_the_output() {
    let agent = Agent::start(Script {
        node: "node-a",
        inventory: shop().into_iter().take(1).collect(),
        ..Script::default()
    });
    let ran = netobs(&["inventory", "--utc", "--server", &agent.server(), "-n", "empty"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""));
    assert!(
        ran.err
            .contains("nothing that was asked for was seen in 7 d since 2026-11-13 12:00:00"),
        "{ran:?}"
    );
}
