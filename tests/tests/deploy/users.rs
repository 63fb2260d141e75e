//! The roles for people who run `netobs`: bound as their comment says, they are enough, and no more than that.

use super::rendered::overlay;
use super::scene::{findings, rights_of_agent, run, said, stage, with_kubeconfig};
use super::tools::{KUBECTL, deploy, output, program};
use anyhow::{Context as _, Result, ensure};
use netobs_tests::apiserver::Rights;
use netobs_tests::demo::{NODE, Programs, Stage};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const SOMEBODY: &str = "somebody";
/// What asks agents alone, in words.
const OF_AGENTS: [&str; 5] = [
    "causes",
    "flows --last 5",
    "status",
    "inventory",
    "explain --from ops-utils/backup-6f7d8b5c9b-9mzfd --to prod-a/api-7d4b9c6f58-k2x8p --port 8080/tcp",
];

struct Scene {
    stage: Stage,
    programs: Programs,
}

#[test]
fn one_role_is_enough_to_ask_agents_and_with_the_other_the_cluster_is_looked_at_as_well() -> Result<()> {
    let mut scene = Scene::begin()?;
    let (user, view) = (bound("netobs-user")?, bound("netobs-view")?);
    let kubeconfig = scene.stage.server().invite(SOMEBODY)?;
    scene.stage.begin_traffic();
    scene.stage.server().confine(SOMEBODY, user.clone());
    for command in OF_AGENTS {
        scene.run(&kubeconfig, command, &[0, 1])?;
    }
    let left_out = findings(&scene.run(&kubeconfig, "check -o json", &[0, 1])?, "cluster")?;
    ensure!(
        left_out
            .iter()
            .any(|says| says.contains("cannot list resource \"nodes\"")),
        "{left_out:?}"
    );

    let asked_before = scene.stage.server().requests().len();
    let all = user.and(&view);
    scene.stage.server().confine(SOMEBODY, all.clone());
    let output = scene.run(&kubeconfig, "check -o json", &[0, 1])?;
    assert_eq!(findings(&output, "cluster")?, [""; 0], "{}", said(&output));
    scene.run(&kubeconfig, "preview --watch prod-a/allow-prod --for 1s", &[0, 1])?;
    let asked = scene.stage.server().requests().split_off(asked_before);
    let asked: Vec<_> = asked.into_iter().filter(|asked| asked.user == SOMEBODY).collect();
    ensure!(asked.iter().all(|asked| asked.status != Some(403)), "{asked:#?}");
    let needless = all
        .grants()
        .filter(|grant| !asked.iter().any(|asked| grant.is_for(asked)));
    let needless: Vec<_> = needless.map(ToString::to_string).collect();
    assert_eq!(needless, [""; 0], "nobody asks for it");
    scene.stage.strike()
}

#[test]
fn without_one_of_its_rights_the_first_role_reaches_no_agent_and_netobs_says_which_is_missing() -> Result<()> {
    let scene = Scene::begin()?;
    let user = bound("netobs-user")?;
    let kubeconfig = scene.stage.server().invite(SOMEBODY)?;
    assert_eq!(user.grants().count(), 3);
    for grant in user.grants() {
        ensure!(
            grant.namespace.as_deref() == Some("netobs"),
            "{grant} is not of the agents' namespace alone"
        );
        scene.stage.server().confine(SOMEBODY, user.without(grant));
        let output = scene.run(&kubeconfig, "causes", &[3])?;
        let says = match grant.resource.as_str() {
            "pods" => "this user may not list pods in namespace netobs",
            _ => "it takes the rights to get and create pods/portforward",
        };
        ensure!(said(&output).contains(says), "without {grant}: {}", said(&output));
    }
    scene.stage.strike()
}

impl Scene {
    /// With a pod that is the agent's, whose port is the one of the node.
    fn begin() -> Result<Self> {
        let programs = Programs::find()?;
        let stage = stage(&rights_of_agent()?, &programs)?;
        stage
            .server()
            .apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "netobs"}}))?;
        let template = &super::pod::daemon_set(&overlay("default")?)?["spec"]["template"].clone();
        let mut metadata = template["metadata"].clone();
        (metadata["namespace"], metadata["name"]) = ("netobs".into(), "netobs-agent-x7k2p".into());
        let mut spec = template["spec"].clone();
        spec["nodeName"] = NODE.into();
        let address = stage.node().addresses().v4.to_string();
        stage.server().apply(&json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec,
            "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
        }))?;
        Ok(Self { stage, programs })
    }

    fn run(&self, kubeconfig: &Path, command: &str, exits: &[i32]) -> Result<Output> {
        let words: Vec<_> = command.split(' ').collect();
        run(
            &mut with_kubeconfig(&self.stage, &self.programs, kubeconfig, &words)?,
            exits,
        )
    }
}

/// What SOMEBODY has by a role that is bound by the command its comment tells.
fn bound(role: &str) -> Result<Rights> {
    let text = fs::read_to_string(deploy("kustomize/base/roles-for-users.yaml"))?;
    let told = text.lines().filter_map(|line| line.strip_prefix("#   kubectl "));
    let mut commands = told.filter(|command| command.contains(&format!("role={role} ")));
    let command = commands
        .next()
        .with_context(|| format!("nobody says how to bind {role}"))?;
    let mut kubectl = Command::new(program(KUBECTL)?);
    kubectl
        .args(command.split(' '))
        .args(["--dry-run=client", "--output=json"]);
    let binding: Value = serde_json::from_str(&output(kubectl.env("KUBECONFIG", "/dev/null"))?)?;
    let mut objects = overlay("default")?;
    objects.push(binding);
    let rights = Rights::of(&json!({"kind": "User", "name": SOMEBODY}), &objects)?;
    ensure!(rights.grants().count() > 0, "{command} gives nothing");
    Ok(rights)
}
