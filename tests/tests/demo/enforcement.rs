//! The enforcer admits and refuses as policies say, and follows when they change.

use anyhow::{Context as _, Result};
use netobs_tests::apiserver::ApiServer;
use netobs_tests::enforcer::Enforcer;
use netobs_tests::node::{Family, Node};
use netobs_tests::pod::Pod;
use netobs_tests::traffic::{tcp, udp};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::time::{Duration, Instant};

const SILENCE: Duration = Duration::from_millis(150);
const PATIENCE: Duration = Duration::from_secs(5);

/// A node with a pod in each of two namespaces, and their objects.
struct Scene {
    node: Node,
    server: ApiServer,
    pods: Vec<Pod>,
}

impl Scene {
    fn on(node: Node) -> Result<Self> {
        let pods = node.pods(&["web", "job"])?;
        let server = ApiServer::start()?;
        for (pod, namespace) in pods.iter().zip(["shop", "ops"]) {
            server.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}))?;
            server.apply(&object(pod, namespace))?;
        }
        Ok(Self { node, server, pods })
    }

    fn web(&self) -> &Pod {
        &self.pods[0]
    }

    fn job(&self) -> &Pod {
        &self.pods[1]
    }

    fn policy(&self, namespace: &str, spec: &Value) -> Result<()> {
        self.server.apply(&json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"namespace": namespace, "name": "policy"}, "spec": spec,
        }))?;
        Ok(())
    }

    /// Whether the job reaches this port of the web pod.
    fn reaches(&self, family: Family, port: u16) -> Result<bool> {
        let to = self.web().socket_address(family, port);
        let listener = self.web().run(|| TcpListener::bind(to).context("listen"))?;
        let answer = tcp::attempt(self.job(), to, SILENCE)?.answer;
        drop(listener);
        Ok(answer == tcp::Answer::Connected)
    }
}

fn object(pod: &Pod, namespace: &str) -> Value {
    let addresses = Family::BOTH.map(|family| json!({"ip": pod.address(family).to_string()}));
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": namespace, "name": pod.name(), "labels": {"app": pod.name()}},
        "spec": {"containers": [{"name": "main", "image": "main", "ports": [{"name": "http", "containerPort": 8080}]}]},
        "status": {"phase": "Running", "podIP": addresses[0]["ip"], "podIPs": addresses},
    })
}

fn admits_only_what_a_rule_is_for(node: Node) -> Result<()> {
    let scene = Scene::on(node)?;
    let enforcer = {
        let from = json!([{"namespaceSelector": {"matchLabels": {"env": "prod"}}}]);
        let spec = json!({"podSelector": {}, "ingress": [{"from": from, "ports": [{"port": "http"}]}]});
        scene.policy("shop", &spec)?;
        Enforcer::start(&scene.node, &scene.server)?
    };
    for family in Family::BOTH {
        assert!(!scene.reaches(family, 8080)?, "{family:?}: ops has no label env");
    }
    scene.server.label("namespaces", "", "ops", "env", Some("prod"))?;
    enforcer.wait_until_in_force(&scene.server, PATIENCE)?;
    for family in Family::BOTH {
        assert!(scene.reaches(family, 8080)?, "{family:?}: ops has env=prod");
        assert!(!scene.reaches(family, 8081)?, "{family:?}: 8081 is not http");
    }
    scene.server.label("namespaces", "", "ops", "env", None)?;
    enforcer.wait_until_in_force(&scene.server, PATIENCE)?;
    assert!(!scene.reaches(Family::V4, 8080)?, "ops has lost its label");
    Ok(())
}

#[test]
fn a_routed_node_admits_only_what_a_rule_is_for_and_follows_changes() -> Result<()> {
    admits_only_what_a_rule_is_for(Node::routed()?)
}

#[test]
fn a_bridged_node_admits_only_what_a_rule_is_for_and_follows_changes() -> Result<()> {
    admits_only_what_a_rule_is_for(Node::bridged()?)
}

#[test]
fn egress_is_isolated_by_itself_and_answers_come_through() -> Result<()> {
    let scene = Scene::on(Node::routed()?)?;
    let enforcer = Enforcer::start(&scene.node, &scene.server)?;
    assert!(scene.reaches(Family::V4, 8080)?, "no policy isolates");
    let web = scene.web().address(Family::V4);
    let block = json!({"ipBlock": {"cidr": format!("{web}/32")}});
    let rule = json!({"to": [block], "ports": [{"port": 8000, "endPort": 8080}, {"protocol": "UDP", "port": 53}]});
    scene.policy(
        "ops",
        &json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule]}),
    )?;
    enforcer.wait_until_in_force(&scene.server, PATIENCE)?;
    assert!(scene.reaches(Family::V4, 8080)?);
    assert!(!scene.reaches(Family::V4, 8081)?);
    assert!(!scene.reaches(Family::V6, 8080)?, "the block is of IPv4");
    tcp::exchange(
        scene.job(),
        scene.web(),
        scene.web().socket_address(Family::V4, 8000),
        5000,
        5000,
    )?;
    tcp::exchange(
        scene.web(),
        scene.job(),
        scene.job().socket_address(Family::V4, 9000),
        5000,
        5000,
    )?;
    let at = scene.web().socket_address(Family::V4, 53);
    let receiver = udp::Receiver::bind(scene.web(), at)?;
    udp::Sender::connected(scene.job(), at)?.send(3, 100)?;
    assert_eq!(receiver.receive(3)?.packets, 3);
    Ok(())
}

#[test]
fn its_rules_go_with_it() -> Result<()> {
    let scene = Scene::on(Node::routed()?)?;
    scene.policy("shop", &json!({"podSelector": {}}))?;
    let enforcer = Enforcer::start(&scene.node, &scene.server)?;
    assert!(!scene.reaches(Family::V4, 8080)?);
    drop(enforcer);
    assert!(scene.reaches(Family::V4, 8080)?);
    assert!(!scene.node.output("nft", &["list", "tables"], "")?.contains("policies"));
    Ok(())
}

#[test]
fn it_follows_changes_within_a_tenth_of_a_second() -> Result<()> {
    let scene = Scene::on(Node::routed()?)?;
    scene.policy(
        "shop",
        &json!({"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"env": "prod"}}}]}]}),
    )?;
    let enforcer = Enforcer::start(&scene.node, &scene.server)?;
    let mut took = Vec::new();
    for number in 0..100 {
        let value = if number % 2 == 0 { Some("prod") } else { None };
        let changed = Instant::now();
        scene.server.label("namespaces", "", "ops", "env", value)?;
        enforcer.wait_until_in_force(&scene.server, PATIENCE)?;
        took.push(changed.elapsed());
    }
    took.sort();
    println!("half {:?}, the slowest {:?}", took[50], took[99]);
    assert!(took[50] < Duration::from_millis(100), "{took:?}");
    Ok(())
}

#[test]
fn what_it_cannot_read_is_said_and_the_rules_stay() -> Result<()> {
    let scene = Scene::on(Node::routed()?)?;
    scene.policy("shop", &json!({"podSelector": {}}))?;
    let enforcer = Enforcer::start(&scene.node, &scene.server)?;
    scene.policy(
        "shop",
        &json!({"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0"}}]}]}),
    )?;
    let said = enforcer.wait_until_in_force(&scene.server, SILENCE);
    assert!(said.is_err_and(|error| format!("{error:#}").contains("shop/policy")));
    assert!(!scene.reaches(Family::V4, 8080)?);
    Ok(())
}
