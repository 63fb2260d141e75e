//! Everything bound, then everything served, then everything put away.
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use netobs_core::time::Timestamp;
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic_health::{ServingStatus, server::HealthReporter};
use tracing::info;

use super::{
    Question, ServeError, Settings,
    app::App,
    feed::Feed,
    flow_service::Service,
    grpc::Services,
    http,
    listen::{self, Door, Reception},
    metrics::Sources,
    seats::Seats,
    tls::TlsKeeper,
};

/// Connections that were accepted and not yet begun to be served.
const WAITING_ROOM: usize = 16;
/// How long streams may take to end.
const FAREWELL: Duration = Duration::from_secs(3);
/// How late health may be.
const LOOK: Duration = Duration::from_secs(1);
/// Health is told of everything, and of the service by its name.
const HEALTH_OF: [&str; 2] = ["", "netobs.v1.FlowService"];

pub(crate) struct Server {
    doors: Vec<Door>,
    http: Option<TcpListener>,
    services: Services,
    health: HealthReporter,
    sources: Arc<Sources>,
    addresses: Vec<String>,
}

impl Server {
    /// Opens everything that is listened on; nobody is answered yet.
    pub(crate) async fn bind(
        settings: &Settings,
        feed: Feed,
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
            feed,
            seats: Seats::new(settings.most_subscribers),
            app: App(questions),
            tls,
        };
        let service = Service {
            feed: sources.feed.clone(),
            seats: sources.seats.clone(),
            app: sources.app.clone(),
            listeners,
        };
        let (health, health_service) = tonic_health::server::health_reporter();
        Ok(Self {
            doors,
            http,
            services: Services::new(service, health_service)?,
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
        let Self {
            doors,
            http,
            services,
            health,
            sources,
            ..
        } = self;
        let stopping = watch::Sender::new(false);
        let mut tasks = JoinSet::new();
        let (sender, connections) = mpsc::channel(WAITING_ROOM);
        let reception = Reception::new(sender);
        for door in doors {
            tasks.spawn(listen::accept(door, reception.clone()));
        }
        drop(reception);
        if let Some(listener) = http {
            tasks.spawn(http::serve(listener, Arc::clone(&sources)));
        }
        if let Some(tls) = sources.tls.clone() {
            tasks.spawn(async move { tls.follow_files().await });
        }
        set_health(&health, false).await;
        tasks.spawn(tell_health(health.clone(), sources.app.clone()));
        let mut stopped = stopping.subscribe();
        let stopped = async move {
            // An error means that the sender is gone, which is as good.
            let _ = stopped.wait_for(|stopping| *stopping).await;
        };
        let mut grpc = JoinSet::new();
        grpc.spawn(services.serve(ReceiverStream::new(connections), stopped));
        stop.await;
        sources.feed.close();
        stopping.send_replace(true);
        if timeout(FAREWELL, grpc.join_next()).await.is_err() {
            info!("subscribers that did not take what was left for them were let go");
        }
        tasks.shutdown().await;
        set_health(&health, false).await;
    }
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
