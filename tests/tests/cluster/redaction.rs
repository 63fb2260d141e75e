//! What is redacted leaves the node by no way out but the unix socket: not in one byte.

use super::scene::PATIENCE;
use anyhow::{Context as _, Result, bail, ensure};
use netobs_api::client::{Connection, Tls};
use netobs_api::v1;
use netobs_tests::apiserver::{ApiServer, Settings};
use netobs_tests::node::{Family, Node};
use netobs_tests::pod::Pod;
use netobs_tests::process::Agent;
use netobs_tests::rules::{Hook, Refusal};
use netobs_tests::traffic::tcp;
use serde_json::{Value, json};
use std::env;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpStream};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::{Builder, Runtime};
use tonic::Code;

const GRPC: &str = "127.0.0.1:4250";
const HTTP: &str = "127.0.0.1:9450";
const NODE: &str = "node-a";
const PORT: u16 = 5432;
/// Names of pods and values of the label `owner`, of pods, of namespaces, in a policy and as an annotation; and a pod's index.
const WORDS: [&str; 8] = [
    "qclient-anna",
    "qserver-bert",
    "qvalue-anna",
    "qvalue-bert",
    "qvalue-gold",
    "qvalue-ops",
    "qvalue-misspelt",
    "qindex-4711",
];

struct Scene {
    server: ApiServer,
    node: Node,
    client: Pod,
    to: Pod,
    agent: Agent,
    socket: PathBuf,
    runtime: Runtime,
}

impl Scene {
    fn start() -> Result<Self> {
        let node = Node::routed()?;
        let server = ApiServer::start_with(Settings {
            place: Some((*node).clone()),
            ..Settings::default()
        })?;
        let (client, to) = (node.pod("client")?, node.pod("server")?);
        fill(&server, &node, &client, &to)?;
        node.refuse(Refusal::Drop, Hook::Forward, &format!("tcp dport {PORT}"))?;
        let socket = env::temp_dir().join(format!("netobs-redaction-{}.sock", std::process::id()));
        let program = env::var("NETOBS_AGENT")
            .context("NETOBS_AGENT names no agent: run these tests with `cargo xtask test lab`")?;
        let mut command = node.command(&program)?;
        command.arg("--kubeconfig").arg(server.kubeconfig());
        command.arg("--socket").arg(&socket);
        command.args(["--node-name", NODE, "--export", "stdout", "--lag", "0"]);
        command.args(["--listen", GRPC, "--http", HTTP, "--redact", "ips,pod-names"]);
        command.args(["--redact-label", "owner", "--redact-label", "own*"]);
        let agent = Agent::start(&mut command)?;
        agent.wait_for_error(PATIENCE, "attached interfaces=")?;
        Ok(Self {
            server,
            node,
            client,
            to,
            agent,
            socket,
            runtime: Builder::new_multi_thread().worker_threads(1).enable_all().build()?,
        })
    }

    /// Drops in both families, until they are a cause and an Event.
    fn provoke(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            for family in [Family::V4, Family::V6] {
                let at = self.to.socket_address(family, PORT);
                tcp::attempt(&self.client, at, Duration::from_millis(100))?;
                tcp::exchange(&self.client, &self.to, self.to.socket_address(family, 80), 10, 10)?;
            }
            let has_cause = self.agent.lines().iter().any(|line| line["type"] == "cause");
            if has_cause && !self.server.list("events").is_empty() {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "no cause and Event came of it");
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Over TCP from the node's own namespace.
    fn outside(&self) -> Result<(Connection, Noted)> {
        let stream = self.node.run(|| TcpStream::connect(GRPC).context("connect"))?;
        stream.set_nonblocking(true)?;
        self.runtime
            .block_on(async { noting(tokio::net::TcpStream::from_std(stream)?).await })
    }

    fn inside(&self) -> Result<(Connection, Noted)> {
        self.runtime
            .block_on(async { noting(tokio::net::UnixStream::connect(&self.socket).await?).await })
    }

    fn http(&self, path: &str) -> Result<Vec<u8>> {
        let mut stream = self.node.run(|| TcpStream::connect(HTTP).context("connect"))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {HTTP}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    }

    /// As text, and as bytes of the network's order.
    fn needles(&self) -> (Vec<String>, Vec<Vec<u8>>) {
        let ends = [&self.client, &self.to].into_iter();
        let pods = ends.flat_map(|pod| [Family::V4, Family::V6].map(|family| pod.address(family)));
        let node = self.node.addresses().of(Family::V4);
        let addresses: Vec<_> = pods.chain([node]).collect();
        let words = WORDS.iter().map(|word| (*word).to_owned());
        let texts = words.chain(addresses.iter().map(ToString::to_string)).collect();
        let raw = addresses.iter().map(|address| match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        });
        (texts, raw.collect())
    }
}

fn fill(server: &ApiServer, node: &Node, client: &Pod, to: &Pod) -> Result<()> {
    let address = |pod: &Pod, family| pod.address(family).to_string();
    let node_address = node.addresses().of(Family::V4).to_string();
    server.apply(&json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE},
        "status": {"addresses": [{"type": "InternalIP", "address": node_address}]},
    }))?;
    for (name, labels, annotations) in [
        (
            "ops",
            json!({"ownr": "qvalue-misspelt"}),
            json!({"owner": "qvalue-gold"}),
        ),
        ("prod", json!({"owner": "qvalue-ops"}), json!({})),
    ] {
        server.apply(&json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": name, "labels": labels, "annotations": annotations}}))?;
    }
    for (namespace, name, owner, pod) in [
        ("ops", "qclient-anna", "qvalue-anna", client),
        ("prod", "qserver-bert", "qvalue-bert", to),
    ] {
        let (v4, v6) = (address(pod, Family::V4), address(pod, Family::V6));
        server.apply(&json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": namespace, "name": name, "labels": {"owner": owner, "tier": "first", "apps.kubernetes.io/pod-index": "qindex-4711"}},
            "spec": {"nodeName": NODE, "containers": [{"name": "main", "image": "registry.example/main"}]},
            "status": {"phase": "Running", "podIP": v4, "podIPs": [{"ip": v4}, {"ip": v6}]},
        }))?;
    }
    let block = format!("{}/32", node_address);
    server
        .apply(&json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"namespace": "prod", "name": "allow-gold"},
            "spec": {"podSelector": {}, "ingress": [
                {"from": [{"namespaceSelector": {"matchLabels": {"owner": "qvalue-gold"}}}], "ports": [{"port": PORT}]},
                {"from": [{"ipBlock": {"cidr": block}}]},
            ]},
        }))
        .map(drop)
}

/// All that came over a connection.
#[derive(Clone, Default)]
struct Noted(Arc<Mutex<Vec<u8>>>);

impl Noted {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().map(|bytes| bytes.clone()).unwrap_or_default()
    }
}

struct Noting<S> {
    stream: S,
    noted: Noted,
}

/// A client over the stream, with all that is read from it noted down.
async fn noting<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(stream: S) -> Result<(Connection, Noted)> {
    let noted = Noted::default();
    let noting = Noting {
        stream,
        noted: noted.clone(),
    };
    let connection = Connection::over(noting, "the agent", "localhost", &Tls::default()).await?;
    Ok((connection, noted))
}

impl<S: AsyncRead + Unpin> AsyncRead for Noting<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = out.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, out);
        if let Ok(mut noted) = self.noted.0.lock() {
            noted.extend_from_slice(&out.filled()[before..]);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Noting<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, out: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, out)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Everything that can be asked for; how many flows, causes, edges and portraits there were.
async fn ask_for_everything(connection: &mut Connection) -> Result<[usize; 4]> {
    let client = &mut connection.client;
    let (mut flows, mut causes, mut edges, mut portraits) = (0, 0, 0, 0);
    let mut told = client.subscribe(v1::SubscribeRequest::default()).await?.into_inner();
    while let Some(told) = told.message().await? {
        flows += usize::from(matches!(told.message, Some(v1::subscribe_response::Message::Flow(_))));
    }
    let listed = client.list_causes(v1::ListCausesRequest::default()).await?;
    causes += listed.into_inner().causes.len();
    let mut watched = client
        .watch_causes(v1::WatchCausesRequest::default())
        .await?
        .into_inner();
    while let Some(told) = watched.message().await? {
        match told.message {
            Some(v1::watch_causes_response::Message::Cause(_)) => causes += 1,
            _ => break,
        }
    }
    drop(watched);
    let mut inventory = client
        .get_inventory(v1::GetInventoryRequest::default())
        .await?
        .into_inner();
    while let Some(told) = inventory.message().await? {
        match told.entry {
            Some(v1::get_inventory_response::Entry::Edge(_)) => edges += 1,
            Some(v1::get_inventory_response::Entry::Portrait(_)) => portraits += 1,
            Some(v1::get_inventory_response::Entry::About(_)) | None => {}
        }
    }
    client.get_status(v1::GetStatusRequest {}).await?;
    Ok([flows, causes, edges, portraits])
}

fn question(reference: impl Fn(&str, &str) -> v1::EndpointRef) -> v1::ExplainRequest {
    v1::ExplainRequest {
        source: Some(reference("ops", "qclient-anna")),
        destination: Some(reference("prod", "qserver-bert")),
        protocol: v1::Protocol::Tcp.into(),
        port: PORT.into(),
    }
}

fn pod(namespace: &str, name: &str) -> v1::EndpointRef {
    v1::EndpointRef {
        reference: Some(v1::endpoint_ref::Reference::Pod(v1::ObjectRef {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })),
    }
}

/// Whoever tries to find out by asking is refused, and not told more than he said.
async fn probe(connection: &mut Connection, address: IpAddr) -> Result<()> {
    let filters = [
        v1::EndpointFilter {
            pods: vec!["ops/qclient-anna".to_owned()],
            ..v1::EndpointFilter::default()
        },
        v1::EndpointFilter {
            addresses: vec![address.to_string()],
            ..v1::EndpointFilter::default()
        },
        v1::EndpointFilter {
            label_selector: "owner=qvalue-anna".to_owned(),
            ..v1::EndpointFilter::default()
        },
    ];
    for filter in filters {
        let request = v1::SubscribeRequest {
            exclude: vec![v1::Filter {
                either: vec![filter.clone()],
                ..v1::Filter::default()
            }],
            ..v1::SubscribeRequest::default()
        };
        let refused = connection.client.subscribe(request).await;
        let Err(status) = refused else {
            bail!("{filter:?} was not refused")
        };
        ensure!(status.code() == Code::InvalidArgument, "{status:?}");
        ensure!(status.message().contains("redacted here"), "{status:?}");
    }
    let by_address = |_: &str, _: &str| v1::EndpointRef {
        reference: Some(v1::endpoint_ref::Reference::Address(address.to_string())),
    };
    for question in [question(pod), question(by_address)] {
        let Err(status) = connection.client.explain(question).await else {
            bail!("a question was not refused")
        };
        ensure!(status.message().contains("nothing is explained by them"), "{status:?}");
    }
    Ok(())
}

fn found(bytes: &[u8], texts: &[String], raw: &[Vec<u8>]) -> Vec<String> {
    let has = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    let texts = texts.iter().filter(|text| has(text.as_bytes())).cloned();
    let raw = raw.iter().filter(|raw| has(raw)).map(|raw| format!("{raw:?}"));
    texts.chain(raw).collect()
}

#[test]
fn what_is_redacted_is_in_no_byte_that_leaves_the_node_and_in_full_at_the_socket() -> Result<()> {
    let scene = Scene::start()?;
    scene.provoke()?;
    let (texts, raw) = scene.needles();
    let (mut connection, noted) = scene.outside()?;
    let outside = scene.runtime.block_on(ask_for_everything(&mut connection))?;
    assert!(outside.iter().all(|count| *count > 0), "{outside:?}");
    assert_eq!(found(&noted.bytes(), &texts, &raw), [""; 0]);
    assert!(found(&noted.bytes(), &["redacted:".to_owned(), "owner".to_owned()], &[]).len() == 2);
    let address = scene.client.address(Family::V4);
    scene.runtime.block_on(probe(&mut connection, address))?;

    for path in ["/metrics", "/healthz", "/readyz"] {
        let page = scene.http(path)?;
        assert!(!page.is_empty());
        assert_eq!(found(&page, &texts, &raw), [""; 0], "{path}");
    }
    let events = Value::from(scene.server.list("events")).to_string();
    assert!(events.contains("no label owner"), "{events}");
    assert_eq!(found(events.as_bytes(), &texts, &[]), [""; 0], "{events}");

    let (mut connection, noted) = scene.inside()?;
    let inside = scene.runtime.block_on(ask_for_everything(&mut connection))?;
    assert!(inside.iter().all(|count| *count > 0), "{inside:?}");
    let whole = found(&noted.bytes(), &texts, &[]);
    assert_eq!(whole, texts, "at the socket");
    let explained = scene.runtime.block_on(connection.client.explain(question(pod)))?;
    assert!(explained.into_inner().text.contains("ops/qclient-anna"));
    drop(connection);

    let ended = scene.agent.stop(PATIENCE)?;
    ensure!(ended.status.success(), "{}: {}", ended.status, ended.stderr);
    let lines = Value::from(ended.lines).to_string();
    assert!(lines.contains("\"type\":\"cause\"") && lines.contains("\"type\":\"flow\""));
    assert_eq!(found(lines.as_bytes(), &texts, &[]), [""; 0]);
    assert_eq!(found(ended.stderr.as_bytes(), &texts, &[]), [""; 0], "{}", ended.stderr);
    Ok(())
}
