//! The reflector of `kube` as a client of the double, on a thread of its own.

use anyhow::{Context as _, Result, bail};
use futures::StreamExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::runtime::reflector::{self, Store};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client, Config};
use netobs_tests::apiserver::ApiServer;
use serde_json::Value;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Reflector {
    pods: Store<Pod>,
    _stop: oneshot::Sender<()>,
    _thread: JoinHandle<()>,
}

pub(super) fn runtime() -> Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().context("start a runtime")
}

/// A client as the kubeconfig wants it, which does not wait long.
pub(super) async fn client(server: &ApiServer) -> Result<Client> {
    let file = Kubeconfig::read_from(server.kubeconfig())?;
    let mut config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
    config.read_timeout = Some(Duration::from_secs(3));
    Ok(Client::try_from(config)?)
}

impl Reflector {
    /// Follows the pods; each watch lasts a second.
    pub(super) fn start(server: &ApiServer, config: watcher::Config) -> Result<Self> {
        let (pods, writer) = reflector::store();
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = runtime()?;
        let client = runtime.block_on(client(server))?;
        let watched = watcher(Api::all(client), config.timeout(1)).default_backoff();
        let follow = async move { watched.reflect(writer).for_each(async |_| {}).await };
        let follower = thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = follow => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self {
            pods,
            _stop: stop,
            _thread: follower,
        })
    }

    /// Waits until it sees what is there.
    pub(super) fn wait_until_right(&self, server: &ApiServer) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.seen() != versions(&server.list("pods")) {
            if Instant::now() > deadline {
                bail!("{:?} is seen of {:?}", self.seen(), versions(&server.list("pods")));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn seen(&self) -> Vec<(String, String)> {
        let pods = self.pods.state();
        let mut seen: Vec<_> = pods.iter().map(|pod| version(pod)).collect();
        seen.sort();
        seen
    }
}

fn version(pod: &Pod) -> (String, String) {
    let metadata = &pod.metadata;
    (
        metadata.name.clone().unwrap_or_default(),
        metadata.resource_version.clone().unwrap_or_default(),
    )
}

fn versions(pods: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let version = |pod: &Value| {
        (
            text(&pod["metadata"]["name"]),
            text(&pod["metadata"]["resourceVersion"]),
        )
    };
    let mut versions: Vec<_> = pods.iter().map(version).collect();
    versions.sort();
    versions
}
