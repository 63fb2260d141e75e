//! The rooms that run beside capture, on threads of their own.
use std::time::Duration;

use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};
use tracing::{info, warn};

use super::{settings, snapshot::Identity};
use crate::{
    args::Args,
    cluster::{Cluster, EventWriter, Heard},
    serve::{Feed, Question, Screen, Server, Sides},
};

/// Changes that may wait to be taken in; whoever has more to tell waits.
const CHANGES: usize = 4_096;
const QUESTIONS: usize = 64;
/// How long those who are served have for their last messages.
const LAST_WORDS: Duration = Duration::from_secs(5);

pub(super) struct Rooms {
    server: JoinHandle<()>,
    stop: oneshot::Sender<()>,
    /// Kept, so that the receivers never see the end of their channels.
    _changes: mpsc::Sender<Heard>,
    _questions: mpsc::Sender<Question>,
}

/// What the app hears from the rooms, and tells them.
pub(super) struct Opened {
    pub(super) cluster: Option<Cluster>,
    pub(super) events: Option<EventWriter>,
    pub(super) changes: mpsc::Receiver<Heard>,
    pub(super) questions: mpsc::Receiver<Question>,
}

impl Rooms {
    /// To be polled on a thread that may read and bind what the settings name; `elsewhere` is where the rooms run then.
    pub(super) async fn open(
        args: &Args,
        identity: &Identity,
        feeds: Sides<Feed>,
        screen: Option<Screen>,
        elsewhere: &Handle,
    ) -> anyhow::Result<(Self, Opened)> {
        let (to_app, changes) = mpsc::channel(CHANGES);
        let (ask, questions) = mpsc::channel(QUESTIONS);
        let (stop, stopped) = oneshot::channel();
        let server = bind(args, feeds, screen, ask.clone()).await?;
        let server = elsewhere.spawn(server.run(async {
            // Fails only where the sender is gone, which means the same.
            let _ = stopped.await;
        }));
        let cluster = connect(args, identity).await?;
        let mut events = None;
        if let Some(cluster) = &cluster {
            elsewhere.spawn(cluster.watch(to_app.clone()));
            let (writer, writing) = cluster.events();
            elsewhere.spawn(writing);
            events = Some(writer);
        }
        let rooms = Self {
            server,
            stop,
            _changes: to_app,
            _questions: ask,
        };
        let opened = Opened {
            cluster,
            events,
            changes,
            questions,
        };
        Ok((rooms, opened))
    }

    pub(super) async fn close(self) {
        let _ = self.stop.send(());
        if timeout(LAST_WORDS, self.server).await.is_err() {
            warn!(
                "some subscribers did not take their last messages in time and were cut off: they are slow or gone, and \
                 subscribe again when the agent is back"
            );
        }
    }
}

async fn bind(
    args: &Args,
    feeds: Sides<Feed>,
    screen: Option<Screen>,
    ask: mpsc::Sender<Question>,
) -> anyhow::Result<Server> {
    let server = Server::bind(&settings::serve(args), feeds, screen, ask).await?;
    for address in server.addresses() {
        info!(address, "serving");
    }
    Ok(server)
}

async fn connect(args: &Args, identity: &Identity) -> anyhow::Result<Option<Cluster>> {
    let Some(settings) = settings::cluster(args, &identity.node_name) else {
        return Ok(None);
    };
    let cluster = Cluster::connect(&settings).await?;
    if cluster.is_none() {
        warn!(
            "this is no pod and --kubeconfig is not given: there is no cluster to ask, and flows carry no labels; \
             --no-cluster says that this is meant"
        );
    }
    Ok(cluster)
}
