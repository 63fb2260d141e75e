//! A node with two pods that talk, the API server that knows them, and the agent between both.

use super::subscriber::Subscriber;
use anyhow::{Context as _, Result, ensure};
use netobs_api::client::{Connection, Server, Tls};
use netobs_api::v1;
use netobs_tests::apiserver::{ApiServer, Cluster, Real, Settings, StreamingLists};
use netobs_tests::node::{Family, Node};
use netobs_tests::pod::Pod;
use netobs_tests::process::Agent;
use serde_json::{Value, json};
use std::env;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// A busy machine is slow, and the agent leaves a server that fails alone for up to half a minute.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
const NODE: &str = "node-a";

pub(super) struct Scene<S = ApiServer> {
    pub(super) server: S,
    pub(super) web: Pod,
    pub(super) db: Pod,
    pub(super) node: Node,
    agent: Agent,
    socket: PathBuf,
    runtime: Runtime,
}

/// On the double, and on a real server where there is one.
pub(super) fn on_each(double: fn(Scene) -> Result<()>, real: fn(Scene<Real>) -> Result<()>) -> Result<()> {
    Scene::begin()?.map_or(Ok(()), double)?;
    Scene::begin()?.map_or(Ok(()), real)
}

impl Scene {
    /// With pods `web` of `prod-a` and `db` of `prod-b`, all of which the agent knows.
    pub(super) fn start() -> Result<Self> {
        let scene = Self::start_with(StreamingLists::Served, |_| {})?;
        scene.wait_until("it is ready", |status| status.ready)?;
        Ok(scene)
    }

    /// As it is right after its start, with a server to which something was done before.
    pub(super) fn start_with(streaming_lists: StreamingLists, prepare: impl FnOnce(&ApiServer)) -> Result<Self> {
        let node = Node::routed()?;
        let server = ApiServer::start_with(Settings {
            place: Some((*node).clone()),
            streaming_lists,
            ..Settings::default()
        })?;
        prepare(&server);
        Self::of(node, server)
    }
}

impl<S: Cluster> Scene<S> {
    /// As [`Scene::start`]; nothing where there can be no such server.
    fn begin() -> Result<Option<Self>> {
        let node = Node::routed()?;
        let Some(server) = S::begin(&node)? else {
            return Ok(None);
        };
        let scene = Self::of(node, server)?;
        scene.wait_until("it is ready", |status| status.ready)?;
        Ok(Some(scene))
    }

    fn of(node: Node, server: S) -> Result<Self> {
        let mut pods = node.pods(&["web", "db"])?.into_iter();
        let (Some(web), Some(db)) = (pods.next(), pods.next()) else {
            anyhow::bail!("two names give two pods")
        };
        fill(&server, &node, &web, &db)?;
        let socket = socket();
        Ok(Self {
            agent: start_agent(&node, &server.kubeconfig(), &socket)?,
            server,
            web,
            db,
            node,
            socket,
            runtime: Builder::new_multi_thread().worker_threads(1).enable_all().build()?,
        })
    }

    pub(super) fn status(&self) -> Result<v1::GetStatusResponse> {
        self.runtime.block_on(async {
            let mut connection = self.connect().await?;
            let answer = connection.client.get_status(v1::GetStatusRequest {}).await?;
            Ok(answer.into_inner())
        })
    }

    /// Waits until the agent's status is as it should be.
    pub(super) fn wait_until(&self, what: &str, is_so: impl Fn(&v1::GetStatusResponse) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.status();
            if status.as_ref().is_ok_and(&is_so) {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "not within {PATIENCE:?}: {what}; {status:#?}"
            );
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// All flows from now on.
    pub(super) fn subscribe(&self) -> Result<Subscriber> {
        let stream = self.runtime.block_on(async {
            let mut connection = self.connect().await?;
            let request = v1::SubscribeRequest {
                follow: true,
                ..v1::SubscribeRequest::default()
            };
            anyhow::Ok(connection.client.subscribe(request).await?.into_inner())
        })?;
        Ok(Subscriber::follow(&self.runtime, stream))
    }

    /// Ends the agent, which must not have been started anew, and must not have complained of itself.
    pub(super) fn stop(self) -> Result<()> {
        let ended = self.agent.stop(PATIENCE)?;
        ensure!(ended.status.success(), "{}: {}", ended.status, ended.stderr);
        ensure!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        Ok(())
    }

    async fn connect(&self) -> Result<Connection> {
        let server: Server = format!("unix://{}", self.socket.display()).parse()?;
        Ok(Connection::open(&server, &Tls::default(), PATIENCE).await?)
    }
}

pub(super) fn watch<'a>(status: &'a v1::GetStatusResponse, kind: &str) -> Option<&'a v1::WatchStatus> {
    let cluster = status.cluster.as_ref()?;
    cluster.watches.iter().find(|watch| watch.kind == kind)
}

/// Whether a kind is known and nothing is wrong with it.
pub(super) fn is_well(status: &v1::GetStatusResponse, kind: &str) -> bool {
    watch(status, kind).is_some_and(|watch| watch.listed && watch.error.is_empty())
}

pub(super) fn pod(namespace: &str, name: &str, address: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": namespace, "name": name, "labels": {"app": name, "tier": "first"}},
        "spec": {"nodeName": NODE, "containers": [{"name": "main", "image": "registry.example/main"}]},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    })
}

fn fill(server: &impl Cluster, node: &Node, web: &Pod, db: &Pod) -> Result<()> {
    let address = |pod: &Pod| pod.address(Family::V4).to_string();
    let node_address = node.addresses().of(Family::V4).to_string();
    server.apply(&json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE},
        "status": {"addresses": [{"type": "InternalIP", "address": node_address}]},
    }))?;
    for namespace in ["prod-a", "prod-b", "ops"] {
        let labels = json!({"env": namespace});
        server.apply(
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}),
        )?;
    }
    server.apply(&pod("prod-a", "web", &address(web)))?;
    server.apply(&pod("prod-b", "db", &address(db))).map(drop)
}

fn start_agent(node: &Node, kubeconfig: &Path, socket: &Path) -> Result<Agent> {
    let program =
        env::var("NETOBS_AGENT").context("NETOBS_AGENT names no agent: run these tests with `cargo xtask test lab`")?;
    let mut command = node.command(&program)?;
    command.arg("--kubeconfig").arg(kubeconfig);
    command.arg("--socket").arg(socket);
    command.args(["--node-name", NODE, "--listen", "none", "--http", "none"]);
    let agent = Agent::start(&mut command)?;
    agent.wait_for_error(PATIENCE, "attached interfaces=")?;
    Ok(agent)
}

fn socket() -> PathBuf {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    env::temp_dir().join(format!("netobs-cluster-{}-{number}.sock", std::process::id()))
}
