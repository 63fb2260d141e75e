//! Everything bound, then everything served, then everything put away.
use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use netobs_core::time::Timestamp;
use tokio::{
    net::TcpListener,
    select,
    sync::{Mutex, Semaphore, mpsc, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport;
use tonic_health::{ServingStatus, server::HealthReporter};
use tracing::{error, info};

use super::{
    Question, ServeError, Settings,
    app::App,
    feed::Feed,
    flow_service::{MOST_COPIES, Service},
    grpc::{Pulse, Services},
    http,
    listen::{self, Door, Reception},
    metrics::Sources,
    seats::Seats,
    sides::{Screen, Sides},
    tls::TlsKeeper,
    visitors::{Bounds, Visitors},
};

const BOUNDS: Bounds = Bounds {
    most: 512,
    most_of_one: 256,
    first_call: Duration::from_secs(10),
    idle: Duration::from_secs(300),
    answer: Duration::from_secs(120),
};
/// Connections that were accepted and not yet begun to be served.
const WAITING_ROOM: usize = 16;
/// How long streams may take to end.
const FAREWELL: Duration = Duration::from_secs(3);
const PULSE: Pulse = Pulse {
    ask_every: Duration::from_secs(30),
    answer_within: Duration::from_secs(10),
};
/// How late health may be.
const LOOK: Duration = Duration::from_secs(1);
/// Health is told of everything, and of the service by its name.
const HEALTH_OF: [&str; 2] = ["", "netobs.v1.FlowService"];

pub(crate) struct Server {
    doors: Vec<Door>,
    http: Option<TcpListener>,
    services: Services,
    feeds: Sides<Feed>,
    health: HealthReporter,
    sources: Arc<Sources>,
    addresses: Vec<String>,
}

impl Server {
    /// Opens everything that is listened on; nobody is answered yet.
    pub(crate) async fn bind(
        settings: &Settings,
        feeds: Sides<Feed>,
        screen: Option<Screen>,
        questions: mpsc::Sender<Question>,
    ) -> Result<Self, ServeError> {
        let tls = settings.tls.as_ref().map(|files| TlsKeeper::load(files, now));
        let tls = tls.transpose()?.map(Arc::new);
        let http = match settings.http {
            Some(address) => Some(listen::bind(address, "--http").await?),
            None => None,
        };
        let doors = listen::open(settings, tls.as_ref()).await?;
        let http_address = http.as_ref().and_then(|listener| listener.local_addr().ok());
        let mut addresses: Vec<_> = doors.iter().map(Door::address).collect();
        let listeners = addresses.clone();
        addresses.extend(http_address.map(|address| format!("http://{address}/metrics")));
        let sources = Sources {
            feed: feeds.inside.clone(),
            seats: Seats::new(settings.most_subscribers),
            app: App(questions),
            tls,
            screen: screen.map(Arc::new),
            grpc_visitors: Visitors::new(BOUNDS),
            http_visitors: Visitors::new(http::BOUNDS),
            page: Mutex::default(),
        };
        let service = |feed: &Feed, screen: Option<&Arc<Screen>>| Service {
            feed: feed.clone(),
            seats: sources.seats.clone(),
            app: sources.app.clone(),
            listeners: listeners.clone(),
            screen: screen.cloned(),
            copies: Arc::new(Semaphore::new(MOST_COPIES)),
        };
        let services = Sides {
            inside: service(&feeds.inside, None),
            outside: service(&feeds.outside, sources.screen.as_ref()),
        };
        let (health, health_service) = tonic_health::server::health_reporter();
        Ok(Self {
            doors,
            http,
            services: Services::new(services, health_service)?,
            feeds,
            health,
            sources: Arc::new(sources),
            addresses,
        })
    }

    /// What is listened on, as a client would name it.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.addresses.clone()
    }

    /// Serves until `stop`, then lets streams end for a while and leaves nothing behind.
    pub(crate) async fn run(self, stop: impl Future<Output = ()> + Send + 'static) {
        let (feeds, health) = (self.feeds.clone(), self.health.clone());
        set_health(&health, false).await;
        let stopping = watch::Sender::new(false);
        let (mut grpc, mut beside) = self.begin(stopping.subscribe());
        until(stop, &mut grpc).await;
        feeds.inside.close();
        feeds.outside.close();
        stopping.send_replace(true);
        set_health(&health, false).await;
        if timeout(FAREWELL, grpc.join_next()).await.is_err() {
            info!("subscribers that did not take what was left for them were let go");
        }
        beside.shutdown().await;
    }

    fn begin(self, stopping: watch::Receiver<bool>) -> (Grpc, JoinSet<()>) {
        let (mut grpc, mut beside) = (Grpc::new(), JoinSet::new());
        let (sender, connections) = mpsc::channel(WAITING_ROOM);
        let visitors = self.sources.grpc_visitors.clone();
        let reception = Reception::new(sender, visitors.clone());
        let is_open = !self.doors.is_empty();
        for door in self.doors {
            beside.spawn(listen::accept(door, reception.clone()));
        }
        let connections = ReceiverStream::new(connections);
        // Where nobody can come in, it would end at once.
        if is_open {
            grpc.spawn(self.services.serve(connections, PULSE, is_true(stopping)));
        }
        beside.spawn(async move { visitors.see_off().await });
        beside.spawn(tell_health(self.health, self.sources.app.clone()));
        if let Some(tls) = self.sources.tls.clone() {
            beside.spawn(async move { tls.follow_files().await });
        }
        if let Some(listener) = self.http {
            beside.spawn(http::serve(listener, self.sources));
        }
        (grpc, beside)
    }
}

type Grpc = JoinSet<Result<(), transport::Error>>;

/// Whatever else goes on, goes on should gRPC end before its time.
async fn until(stop: impl Future<Output = ()>, grpc: &mut Grpc) {
    let mut stop = pin!(stop);
    select! {
        () = &mut stop => {}
        Some(ended) = grpc.join_next() => {
            error!(
                ?ended,
                "gRPC is not served any more, by a fault of the agent's own: start it again, and report this line"
            );
            stop.await;
        }
    }
}

async fn is_true(mut flag: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is as good.
    let _ = flag.wait_for(|flag| *flag).await;
}

async fn tell_health(health: HealthReporter, app: App) {
    let mut told = None;
    loop {
        let ready = app.snapshot().await.is_ok_and(|snapshot| snapshot.not_ready.is_empty());
        if told != Some(ready) {
            set_health(&health, ready).await;
            told = Some(ready);
        }
        sleep(LOOK).await;
    }
}

async fn set_health(health: &HealthReporter, ready: bool) {
    let status = if ready {
        ServingStatus::Serving
    } else {
        ServingStatus::NotServing
    };
    for service in HEALTH_OF {
        health.set_service_status(service, status).await;
    }
}

fn now() -> Timestamp {
    Timestamp::default().plus(SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default())
}
