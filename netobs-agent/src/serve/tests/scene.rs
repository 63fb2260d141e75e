//! A server with an app that answers, and what it tells.
use std::{
    collections::BTreeMap,
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use netobs_api::v1::{self, flow_service_client::FlowServiceClient};
use netobs_core::{
    change::{Namespace, Phase as PodPhase, Pod, PodUid},
    directory::Owner,
    engine::{ExplainedFlow, Judgement, Reasons},
    enrich::EnrichedFlow,
    event::{Count, Protocol, ReasonId, TcpFlags, Tuple},
    flow::{Evidence, Flow, FlowId, InitiatorEvidence, Phase, Verdict},
    labels::{Interner, Labels},
    time::Timestamp,
    workload::{Owned, Workload},
};
use tokio::{
    sync::{Mutex as Turn, OwnedMutexGuard, mpsc, oneshot},
    task::JoinSet,
};
use tonic::transport::{Channel, Endpoint};

use crate::serve::{Feed, NotFound, Question, Screen, Server, Settings, Sides, Snapshot};

pub(in crate::serve) const NETFILTER_DROP: ReasonId = ReasonId(12);

/// A folder of its own, gone with it.
pub(in crate::serve) struct Folder(PathBuf);

impl Folder {
    pub(in crate::serve) fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("netobs-serve-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(in crate::serve) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(in crate::serve) fn write(&self, name: &str, contents: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, contents).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(in crate::serve) struct Scene {
    pub(in crate::serve) feed: Feed,
    pub(in crate::serve) outside: Feed,
    pub(in crate::serve) addresses: Vec<String>,
    pub(in crate::serve) snapshot: Arc<Mutex<Snapshot>>,
    pub(in crate::serve) folder: Folder,
    busy: Arc<Turn<()>>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinSet<()>,
    app: JoinSet<()>,
}

impl Scene {
    pub(in crate::serve) async fn start() -> Self {
        Self::with(1024, |_, _| {}).await
    }

    /// With a history of so many flows, on a socket and where else the settings say.
    pub(in crate::serve) async fn with(history: usize, change: impl FnOnce(&mut Settings, &Folder)) -> Self {
        Self::behind(None, history, change).await
    }

    /// What comes from outside comes through the screen, if there is one.
    pub(in crate::serve) async fn behind(
        screen: Option<Screen>,
        history: usize,
        change: impl FnOnce(&mut Settings, &Folder),
    ) -> Self {
        let folder = Folder::new();
        let mut settings = settings(&folder.path("netobs.sock"));
        change(&mut settings, &folder);
        let feed = feed(history);
        let (questions, asked) = mpsc::channel(16);
        let outside = screen.as_ref().map_or_else(|| feed.clone(), |_| self::feed(history));
        let feeds = Sides {
            inside: feed.clone(),
            outside: outside.clone(),
        };
        let server = Server::bind(&settings, feeds, screen, questions).await.unwrap();
        let addresses = server.addresses();
        let snapshot = Arc::new(Mutex::new(snapshot()));
        let (stop, stopped) = oneshot::channel();
        let (mut running, mut app) = (JoinSet::new(), JoinSet::new());
        running.spawn(server.run(async {
            let _ = stopped.await;
        }));
        let busy = Arc::default();
        app.spawn(answer(asked, Arc::clone(&snapshot), Arc::clone(&busy)));
        Self {
            feed,
            outside,
            addresses,
            snapshot,
            folder,
            busy,
            stop: Some(stop),
            server: running,
            app,
        }
    }

    pub(in crate::serve) fn socket(&self) -> PathBuf {
        self.folder.path("netobs.sock")
    }

    pub(in crate::serve) async fn channel(&self) -> Channel {
        connect(&self.socket()).await
    }

    pub(in crate::serve) async fn client(&self) -> FlowServiceClient<Channel> {
        FlowServiceClient::new(self.channel().await)
    }

    /// The address of the first listener with this beginning.
    pub(in crate::serve) fn address(&self, beginning: &str) -> String {
        let found = self
            .addresses
            .iter()
            .find_map(|address| address.strip_prefix(beginning));
        found.unwrap().trim_end_matches("/metrics").to_owned()
    }

    pub(in crate::serve) fn tell(&self, flows: impl IntoIterator<Item = ExplainedFlow>) {
        for flow in flows {
            self.feed.flow(Arc::new(flow));
        }
        self.feed.wake();
    }

    /// It answers nobody until this is dropped.
    pub(in crate::serve) async fn app_is_busy(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.busy).lock_owned().await
    }

    pub(in crate::serve) fn kill_app(&mut self) {
        self.app.abort_all();
    }

    pub(in crate::serve) fn ask_to_stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    pub(in crate::serve) async fn stopped(&mut self) {
        self.server.join_next().await.unwrap().unwrap();
    }
}

pub(in crate::serve) fn settings(socket: &Path) -> Settings {
    Settings {
        socket: Some(socket.to_owned()),
        socket_group: None,
        listen: Vec::new(),
        plain: Vec::new(),
        tls: None,
        http: None,
        most_subscribers: 128,
    }
}

pub(in crate::serve) fn feed(history: usize) -> Feed {
    let reasons: Reasons = [(NETFILTER_DROP, "NETFILTER_DROP".into())].into_iter().collect();
    Feed::new("node-1", history, Arc::new(reasons))
}

pub(in crate::serve) async fn connect(socket: &Path) -> Channel {
    let endpoint = Endpoint::from_shared(format!("unix://{}", socket.display())).unwrap();
    endpoint.connect().await.unwrap()
}

async fn answer(mut asked: mpsc::Receiver<Question>, snapshot: Arc<Mutex<Snapshot>>, busy: Arc<Turn<()>>) {
    while let Some(question) = asked.recv().await {
        drop(busy.lock().await);
        match question {
            Question::Inventory { reply } => {
                let _ = reply.send(super::inventory::snapshot());
            }
            Question::Snapshot { reply } => {
                let _ = reply.send(snapshot.lock().unwrap().clone());
            }
            Question::Explain { question, reply, .. } => {
                let answer = if question.port == 1 {
                    Err(NotFound("there is no pod a/b".to_owned()))
                } else {
                    Ok(v1::ExplainResponse {
                        text: format!("{question:?}"),
                        ..v1::ExplainResponse::default()
                    })
                };
                let _ = reply.send(answer);
            }
        }
    }
}

pub(in crate::serve) fn snapshot() -> Snapshot {
    Snapshot {
        node_name: "node-1".to_owned(),
        kernel_release: "6.1.0".to_owned(),
        started: at(100),
        now: at(200),
        unwatched: None,
        not_ready: Vec::new(),
        attach_by: "tcx",
        interfaces: 3,
        abilities: Vec::new(),
        losses: vec![("tap", 4)],
        skipped: vec![("arp", 5)],
        cluster: None,
        flows_kept: 6,
        foreign: 7,
        drops: BTreeMap::new(),
        causes: Vec::new(),
        causes_merged: 0,
        causes_not_kept: 0,
    }
}

pub(in crate::serve) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

/// From pod a/one to pod b/two, last seen at as many seconds as its number.
pub(in crate::serve) fn flow(number: u64) -> ExplainedFlow {
    let tuple = Tuple {
        source: "10.0.0.1".parse().unwrap(),
        destination: "10.0.0.2".parse().unwrap(),
        source_port: 40_000,
        destination_port: 443,
        protocol: Protocol::Tcp,
        fragment: false,
    };
    let flow = Flow {
        id: FlowId(number),
        tuple,
        initiator: InitiatorEvidence::Request,
        source_interface: None,
        destination_interface: None,
        forward: Count { packets: 3, bytes: 300 },
        reply: Count::ZERO,
        forward_flags: TcpFlags(TcpFlags::SYN),
        reply_flags: TcpFlags::default(),
        verdict: Verdict::Forwarded,
        evidence: Evidence::Delivered,
        drops: Vec::new(),
        further_drops: Count::ZERO,
        source_ports_merged: false,
        first: at(number),
        last: at(number),
    };
    ExplainedFlow {
        phase: Phase::Updated,
        enriched: EnrichedFlow {
            source: pod("a", "one", tuple.source),
            destination: pod("b", "two", tuple.destination),
            flow,
            service: None,
            twin: None,
        },
        outcome: None,
        judgement: Judgement::Plain,
        explanation: None,
        causes: Vec::new(),
    }
}

pub(in crate::serve) fn dropped(number: u64) -> ExplainedFlow {
    let mut explained = flow(number);
    explained.enriched.flow.verdict = Verdict::Dropped;
    explained.enriched.flow.evidence = Evidence::KernelReason;
    explained
}

fn pod(namespace: &str, name: &str, address: IpAddr) -> Owner {
    let labels = Labels::of([("app", name), ("team", "platform"), ("version", "v1")]);
    let owned = Owned {
        pod: name,
        labels: &labels,
        owner: None,
    };
    let pod = Pod {
        uid: PodUid(name.into()),
        namespace: namespace.into(),
        name: name.into(),
        workload: Workload::of(owned, &mut Interner::default()),
        labels,
        annotations: Labels::default(),
        addresses: [address].into(),
        node: Some("node-1".into()),
        host_network: false,
        phase: PodPhase::Running,
        terminating: false,
        started: None,
        ports: Arc::default(),
    };
    let namespace = Namespace {
        name: namespace.into(),
        labels: Labels::of([("env", "prod"), ("kubernetes.io/metadata.name", namespace)]),
        annotations: Labels::default(),
    };
    Owner::Pod {
        pod: Arc::new(pod),
        namespace: Some(Arc::new(namespace)),
    }
}
