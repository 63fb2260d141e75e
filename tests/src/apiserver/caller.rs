//! Asks a server over the network as any client does, and gives back what it answers as it is.

use crate::netns::Netns;
use anyhow::{Context as _, Result};
use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::header::{ACCEPT, CONTENT_TYPE};
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::Value;
use std::path::PathBuf;

/// Somebody with a kubeconfig, on the loopback of a node.
#[derive(Debug)]
pub struct Caller {
    place: Netns,
    kubeconfig: PathBuf,
}

/// What was answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: String,
}

impl Caller {
    pub fn new(place: Netns, kubeconfig: PathBuf) -> Self {
        Self { place, kubeconfig }
    }

    pub fn get(&self, path: &str) -> Result<Reply> {
        self.ask("GET", path, "", "")
    }

    pub fn post(&self, path: &str, object: &Value) -> Result<Reply> {
        self.ask("POST", path, "application/json", &object.to_string())
    }

    /// All of the answer; a watch has to be told when it is to end.
    pub fn ask(&self, method: &str, path: &str, content_type: &str, content: &str) -> Result<Reply> {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header(ACCEPT, "application/json");
        if !content_type.is_empty() {
            request = request.header(CONTENT_TYPE, content_type);
        }
        let request = request.body(Body::from(content.as_bytes().to_vec()))?;
        self.run(async |client| {
            let (head, body) = client.send(request).await?.into_parts();
            let body = body.collect().await.context("the answer broke off")?.to_bytes();
            Ok(Reply {
                status: head.status.as_u16(),
                body: String::from_utf8_lossy(&body).into_owned(),
            })
        })
        .with_context(|| format!("{method} {path}"))
    }

    /// Inside of the place, with a connection of its own.
    pub(super) fn run<T: Send>(&self, task: impl AsyncFnOnce(Client) -> Result<T> + Send) -> Result<T> {
        self.place.run(|| {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            let runtime = builder.enable_all().build().context("start a runtime")?;
            runtime.block_on(async {
                let file = Kubeconfig::read_from(&self.kubeconfig)?;
                let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
                task(Client::try_from(config)?).await
            })
        })
    }
}

impl Reply {
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| self.body.clone())
    }

    /// The lines of a watch.
    pub fn events(&self) -> Result<Vec<Value>> {
        let lines = self.body.lines();
        lines
            .map(|line| serde_json::from_str(line).with_context(|| line.to_owned()))
            .collect()
    }
}
