//! An API server that lists agents' pods and forwards ports to them.
use std::{
    fs,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use futures::{SinkExt as _, StreamExt as _};
use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, handshake::derive_accept_key, protocol::Role},
};

use super::program::Folder;

const PORT: u16 = 4250;

#[derive(Clone)]
pub(super) struct Pod {
    pub(super) node: &'static str,
    pub(super) phase: &'static str,
    /// Who answers on the agent's port.
    pub(super) agent: SocketAddr,
}

pub(super) struct ApiServer {
    kubeconfig: Kubeconfig,
    pods: Arc<Mutex<Vec<Pod>>>,
    _runtime: Runtime,
}

pub(super) struct Kubeconfig(Folder);

impl ApiServer {
    /// `forbids` listing pods.
    pub(super) fn start(name: &str, pods: Vec<Pod>, forbids: bool) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let pods = Arc::new(Mutex::new(pods));
        let there = Arc::clone(&pods);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let pods = Arc::clone(&there);
                let service = service_fn(move |request| {
                    let answer = answer(request, &pods.lock().unwrap(), forbids);
                    async { Ok::<_, std::convert::Infallible>(answer) }
                });
                let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection.with_upgrades());
            }
        });
        Self {
            kubeconfig: Kubeconfig::of(name, address),
            pods,
            _runtime: runtime,
        }
    }

    pub(super) fn kubeconfig(&self) -> String {
        self.kubeconfig.path()
    }

    pub(super) fn add(&self, pod: Pod) {
        self.pods.lock().unwrap().push(pod);
    }
}

impl Kubeconfig {
    /// Of an API server that may be there or not.
    pub(super) fn of(name: &str, address: SocketAddr) -> Self {
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": format!("http://{address}")}}],
            "users": [{"name": "test", "user": {}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        });
        Self::holding(name, &config.to_string())
    }

    pub(super) fn holding(name: &str, text: &str) -> Self {
        let kubeconfig = Self(Folder::new(&format!("kube-{name}")));
        fs::write(kubeconfig.path(), text).unwrap();
        kubeconfig
    }

    pub(super) fn path(&self) -> String {
        self.0.file("config")
    }
}

fn answer(request: Request<Incoming>, pods: &[Pod], forbids: bool) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    if forbids {
        let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden",
                            "message": "pods is forbidden", "code": 403});
        return body(StatusCode::FORBIDDEN, &status);
    }
    if path == "/api/v1/namespaces/netobs/pods" {
        let listed = pods
            .iter()
            .filter(|_| query.contains("labelSelector=app.kubernetes.io%2Fname%3Dnetobs-agent"));
        let on_node =
            |pod: &&Pod| !query.contains("fieldSelector=") || query.contains(&format!("nodeName%3D{}", pod.node));
        let items: Vec<_> = listed.filter(on_node).map(object).collect();
        return body(
            StatusCode::OK,
            &json!({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items}),
        );
    }
    let named = |pod: &&Pod| path == format!("/api/v1/namespaces/netobs/pods/agent-{}/portforward", pod.node);
    match pods.iter().find(named) {
        Some(pod) => upgrade(request, pod.agent),
        None => body(StatusCode::NOT_FOUND, &json!({})),
    }
}

fn object(pod: &Pod) -> Value {
    json!({
        "metadata": {"namespace": "netobs", "name": format!("agent-{}", pod.node)},
        "spec": {"nodeName": pod.node, "containers": []},
        "status": {"phase": pod.phase},
    })
}

fn body(status: StatusCode, value: &Value) -> Response<Full<Bytes>> {
    let response = Response::builder()
        .status(status)
        .header("content-type", "application/json");
    response.body(Full::from(value.to_string())).unwrap()
}

fn upgrade(mut request: Request<Incoming>, agent: SocketAddr) -> Response<Full<Bytes>> {
    let key = derive_accept_key(request.headers()[SEC_WEBSOCKET_KEY].as_bytes());
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let stream = TokioIo::new(upgraded.await.unwrap());
        forward(
            WebSocketStream::from_raw_socket(stream, Role::Server, None).await,
            agent,
        )
        .await;
    });
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_ACCEPT, key)
        .header(SEC_WEBSOCKET_PROTOCOL, "v4.channel.k8s.io")
        .body(Full::default())
        .unwrap()
}

/// Channel 0 carries bytes, channel 1 errors; both begin with the port's number.
async fn forward(mut socket: WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>, agent: SocketAddr) {
    for channel in [0, 1] {
        let [low, high] = PORT.to_le_bytes();
        let _ = socket.send(Message::binary(vec![channel, low, high])).await;
    }
    let Ok(stream) = TcpStream::connect(agent).await else {
        let _ = socket.send(Message::binary(b"\x01connection refused".to_vec())).await;
        let _ = socket.close(None).await;
        return;
    };
    let (mut from_agent, mut to_agent) = stream.into_split();
    let (mut to_client, mut from_client) = socket.split();
    let answers = async {
        let mut bytes = [0; 4096];
        while let Ok(length @ 1..) = from_agent.read(&mut bytes).await {
            let message = [&[0], &bytes[..length]].concat();
            if to_client.send(Message::binary(message)).await.is_err() {
                return;
            }
        }
        let _ = to_client.close().await;
    };
    // To the client's end, for closing on what it still sends would take from it what the agent said last.
    let questions = async {
        let mut agent_listens = true;
        while let Some(Ok(message)) = from_client.next().await {
            if let Message::Binary(bytes) = message
                && bytes.first() == Some(&0)
                && agent_listens
            {
                agent_listens = to_agent.write_all(&bytes[1..]).await.is_ok();
            }
        }
        let _ = to_agent.shutdown().await;
    };
    futures::join!(answers, questions);
}
