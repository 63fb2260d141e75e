//! An agent that watches a cluster and serves what it sees: two pods of one namespace, and whatever traffic they have.

use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use netobs_api::client::{Connection, Server, Tls};
use netobs_api::v1;
use netobs_tests::apiserver::ApiServer;
use netobs_tests::node::{Family, Node};
use netobs_tests::pod::Pod;
use netobs_tests::process::{Process, Usage};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tonic::transport::{Channel, Endpoint};

const NODE: &str = "node-1";
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) struct Served {
    agent: Process,
    socket: PathBuf,
    runtime: Runtime,
    _server: ApiServer,
}

impl Served {
    /// Waits until the agent has attached to all pods and has heard of all objects.
    pub(crate) fn start(node: &Node, pods: &[&Pod], server: ApiServer, arguments: &[&str]) -> Result<Self> {
        let program = env::var_os("NETOBS_AGENT")
            .context("NETOBS_AGENT must say where the agent is; `cargo xtask bench` sets it")?;
        let socket = env::temp_dir().join(format!("netobs-bench-{}.sock", std::process::id()));
        let mut command = node.command(&program.to_string_lossy())?;
        command
            .arg("--kubeconfig")
            .arg(server.kubeconfig())
            .arg("--socket")
            .arg(&socket)
            .args([
                "--node-name",
                NODE,
                "--listen",
                "none",
                "--http",
                "none",
                "--log",
                "warn",
            ])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let agent = Process::start(&mut command)?;
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let served = Self {
            agent,
            socket,
            runtime,
            _server: server,
        };
        served.await_ready(pods.len())?;
        Ok(served)
    }

    pub(crate) fn run<T>(&self, task: impl Future<Output = Result<T>>) -> Result<T> {
        self.runtime.block_on(task)
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    pub(crate) async fn connect(&self) -> Result<Connection> {
        let server: Server = format!("unix://{}", self.socket.display()).parse()?;
        Ok(Connection::open(&server, &Tls::default(), PATIENCE).await?)
    }

    /// With windows as the project's own client has them.
    pub(crate) async fn channel(&self) -> Result<Channel> {
        let endpoint = Endpoint::from_shared(format!("unix://{}", self.socket.display()))?
            .initial_stream_window_size(4 << 20)
            .initial_connection_window_size(8 << 20);
        Ok(endpoint.connect().await?)
    }

    pub(crate) fn status(&self) -> Result<v1::GetStatusResponse> {
        self.run(async {
            let mut connection = self.connect().await?;
            let answer = connection.client.get_status(v1::GetStatusRequest {}).await?;
            Ok(answer.into_inner())
        })
    }

    pub(crate) fn usage(&self) -> Result<Usage> {
        self.agent.usage()
    }

    pub(crate) fn stop(mut self) -> Result<()> {
        let status = self.agent.stop(PATIENCE)?;
        ensure!(status.success(), "the agent ended with {status}");
        Ok(())
    }

    fn await_ready(&self, interfaces: usize) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.status();
            let attached = |status: &v1::GetStatusResponse| {
                let kernel = status.kernel.as_ref();
                kernel.is_some_and(|kernel| kernel.interfaces as usize >= interfaces)
            };
            if status.as_ref().is_ok_and(|status| status.ready && attached(status)) {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "the agent is not ready: {status:?}");
            thread::sleep(PAUSE);
        }
    }
}

/// A server inside of the node's namespace, with the node and these pods.
pub(crate) fn cluster(node: &Node, pods: &[&Pod]) -> Result<ApiServer> {
    let server = node.run(ApiServer::start)?;
    server.apply(&json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE},
        "status": {"addresses": [{"type": "InternalIP", "address": node.addresses().of(Family::V4).to_string()}]},
    }))?;
    server.apply(&json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "shop", "labels": {"env": "prod", "kubernetes.io/metadata.name": "shop"}},
    }))?;
    for pod in pods {
        server.apply(&object(pod))?;
    }
    Ok(server)
}

/// With the labels that pods of a Deployment usually have.
fn object(pod: &Pod) -> Value {
    let (name, address) = (pod.name(), pod.address(Family::V4).to_string());
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "namespace": "shop", "name": format!("{name}-6d4cf56db6-x7x2p"),
            "labels": {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "shop", "pod-template-hash": "6d4cf56db6"},
            "ownerReferences": [{
                "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": format!("{name}-6d4cf56db6"), "uid": name, "controller": true,
            }],
        },
        "spec": {"nodeName": NODE, "containers": []},
        "status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]},
    })
}

/// Where datagrams go to, beginning with that port.
pub(crate) fn target(pod: &Pod, port: u16) -> SocketAddr {
    pod.socket_address(Family::V4, port)
}
