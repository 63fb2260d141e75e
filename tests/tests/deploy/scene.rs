//! The story's stage with an API server that gives no more rights than roles do.

use super::rendered::overlay;
use anyhow::{Context as _, Result, ensure};
use netobs_api::client::{Connection, Server, Tls};
use netobs_api::v1;
use netobs_tests::apiserver::{ApiServer, Kind, Rights, Settings, StreamingLists};
use netobs_tests::demo::{Asker, NODE, Programs, Scenario, Stage};
use netobs_tests::node::Node;
use netobs_tests::process::Agent;
use serde_json::{Value, json};
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Builder;

pub(super) const PATIENCE: Duration = Duration::from_secs(40);
pub(super) const AGENT: &str = "system:serviceaccount:netobs:netobs-agent";

/// Kinds of policies besides NetworkPolicy: group, version, kind, plural, whether in namespaces.
const DIALECTS: [(&str, &str, &str, &str, bool); 9] = [
    (
        "policy.networking.k8s.io",
        "v1alpha1",
        "AdminNetworkPolicy",
        "adminnetworkpolicies",
        false,
    ),
    (
        "policy.networking.k8s.io",
        "v1alpha1",
        "BaselineAdminNetworkPolicy",
        "baselineadminnetworkpolicies",
        false,
    ),
    (
        "policy.networking.k8s.io",
        "v1alpha1",
        "ClusterNetworkPolicy",
        "clusternetworkpolicies",
        false,
    ),
    ("cilium.io", "v2", "CiliumNetworkPolicy", "ciliumnetworkpolicies", true),
    (
        "cilium.io",
        "v2",
        "CiliumClusterwideNetworkPolicy",
        "ciliumclusterwidenetworkpolicies",
        false,
    ),
    ("crd.projectcalico.org", "v1", "NetworkPolicy", "networkpolicies", true),
    (
        "crd.projectcalico.org",
        "v1",
        "GlobalNetworkPolicy",
        "globalnetworkpolicies",
        false,
    ),
    ("crd.antrea.io", "v1beta1", "NetworkPolicy", "networkpolicies", true),
    (
        "crd.antrea.io",
        "v1beta1",
        "ClusterNetworkPolicy",
        "clusternetworkpolicies",
        false,
    ),
];

/// One more agent on the stage's node.
pub(super) struct Twin {
    pub(super) agent: Agent,
    pub(super) socket: PathBuf,
}

/// What the rendered roles give to the agent.
pub(super) fn rights_of_agent() -> Result<Rights> {
    let account = json!({"kind": "ServiceAccount", "name": "netobs-agent", "namespace": "netobs"});
    let rights = Rights::of(&account, &overlay("default")?)?;
    ensure!(rights.grants().count() > 10, "{rights:?}");
    Ok(rights)
}

/// A server that knows no lists as streams, so that agents both list and watch, serves all kinds of policies, and gives
/// the agent no more than this.
pub(super) fn stage(rights: &Rights, programs: &Programs) -> Result<Stage> {
    Stage::set_with(Scenario::MissingLabel, programs.clone(), |node: &Node| {
        let server = ApiServer::start_with(Settings {
            place: Some((**node).clone()),
            streaming_lists: StreamingLists::Refused,
            ..Settings::default()
        })?;
        for (group, version, kind, plural, namespaced) in DIALECTS {
            server.serve(Kind {
                group: group.to_owned(),
                version: version.to_owned(),
                kind: kind.to_owned(),
                plural: plural.to_owned(),
                namespaced,
                has_status: false,
            });
        }
        server.confine(AGENT, rights.clone());
        Ok(server)
    })
}

impl Twin {
    pub(super) fn start(stage: &Stage, programs: &Programs, kubeconfig: &Path, arguments: &[&str]) -> Result<Self> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let socket = env::temp_dir().join(format!("netobs-twin-{}-{number}.sock", std::process::id()));
        let mut command = stage.node().command(&programs.agent.display().to_string())?;
        command.arg("--kubeconfig").arg(kubeconfig).arg("--socket").arg(&socket);
        command.args(["--listen", "none", "--lag", "1", "--log", "warn"]);
        for (option, usual) in [("--node-name", NODE), ("--http", "none")] {
            if !arguments.contains(&option) {
                command.args([option, usual]);
            }
        }
        let agent = Agent::start(command.args(arguments))?;
        Ok(Self { agent, socket })
    }

    pub(super) fn asker(&self) -> Result<Asker> {
        Asker::connect(&self.socket, PATIENCE)
    }

    /// Whether it is ready or not.
    pub(super) fn status(&self) -> Result<v1::GetStatusResponse> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let server = Server::Unix(self.socket.clone());
            let mut connection = Connection::open(&server, &Tls::default(), PATIENCE).await?;
            let answer = connection.client.get_status(v1::GetStatusRequest {}).await?;
            Ok(answer.into_inner())
        })
    }

    pub(super) fn stop(self) -> Result<()> {
        let ended = self.agent.stop(PATIENCE)?;
        ensure!(ended.status.success(), "{}: {}", ended.status, ended.stderr);
        ensure!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        // All kinds ask at the same time, and that the server has no lists as streams is no trouble of any.
        ensure!(!ended.stderr.contains("sendInitialEvents"), "{}", ended.stderr);
        Ok(())
    }
}

/// `netobs` as it runs in the agent's pod: beside its socket, with its account.
pub(super) fn in_pod(stage: &Stage, programs: &Programs, kubeconfig: &Path, words: &[&str]) -> Result<Command> {
    let mut command = with_kubeconfig(stage, programs, kubeconfig, words)?;
    command
        .arg("--server")
        .arg(format!("unix://{}", stage.socket().display()));
    Ok(command)
}

/// `netobs` of whoever has this kubeconfig.
pub(super) fn with_kubeconfig(
    stage: &Stage,
    programs: &Programs,
    kubeconfig: &Path,
    words: &[&str],
) -> Result<Command> {
    let mut command = stage.node().command(&programs.cli.display().to_string())?;
    command.args(words).arg("--kubeconfig").arg(kubeconfig);
    Ok(command)
}

/// Runs it; an error if it exits with none of these.
pub(super) fn run(command: &mut Command, exits: &[i32]) -> Result<Output> {
    let output = command.output()?;
    let code = output.status.code().context("it exits")?;
    ensure!(
        exits.contains(&code),
        "{command:?}: {code}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output)
}

pub(super) fn wait_until(what: &str, is_so: impl Fn() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !is_so()? {
        ensure!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

pub(super) fn said(output: &Output) -> String {
    let both = [&output.stdout, &output.stderr];
    both.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

/// What `netobs check -o json` found about a topic.
pub(super) fn findings(output: &Output, topic: &str) -> Result<Vec<String>> {
    let answer: Value = serde_json::from_slice(&output.stdout).with_context(|| said(output))?;
    let findings = answer["findings"].as_array().context("findings")?;
    let of_topic = findings.iter().filter(|one| one["topic"] == topic);
    Ok(of_topic
        .filter_map(|one| one["says"].as_str().map(ToOwned::to_owned))
        .collect())
}
