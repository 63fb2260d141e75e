//! A real API server, where `KUBEBUILDER_ASSETS` names the folder of `etcd` and `kube-apiserver`, as controller projects
//! have it.

mod client;
mod launch;

use super::cluster::Cluster;
use super::door::bound;
use super::kind::Kinds;
use super::pass::{Certified, Pass};
use crate::netns::Netns;
use crate::process::Process;
use anyhow::{Context as _, Result};
use client::Client;
use launch::Launch;
use serde_json::Value;
use std::env;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use tokio::net::TcpSocket;

const ASSETS: &str = "KUBEBUILDER_ASSETS";

/// A running `kube-apiserver` with an `etcd` of its own, both killed when this goes.
#[derive(Debug)]
pub struct Real {
    server: Option<Process>,
    launch: Launch,
    client: Client,
    pass: Pass,
    _etcd: Process,
    _ports: Ports,
}

/// Ports that stay ours: these sockets are bound and do not listen, which does not keep others that share from it.
#[derive(Debug)]
struct Ports {
    api: TcpSocket,
    etcd: TcpSocket,
    peers: TcpSocket,
}

impl Real {
    /// Waits until it is ready; nothing if no folder is named.
    pub fn start(place: &Netns) -> Result<Option<Self>> {
        let Some(assets) = env::var_os(ASSETS) else {
            return Ok(None);
        };
        let ports = Ports {
            api: free(place)?,
            etcd: free(place)?,
            peers: free(place)?,
        };
        let address = ports.api.local_addr()?;
        let (pass, certified) = (Pass::issue(true)?, Certified::new()?);
        pass.write_kubeconfig(address, Some(&certified.authority_pem))?;
        let launch = Launch {
            place: place.clone(),
            assets: PathBuf::from(assets),
            folder: pass.folder().to_owned(),
            api: address,
            etcd: ports.etcd.local_addr()?,
            peers: ports.peers.local_addr()?,
        };
        launch.write_credentials(&certified, &pass.valid_token())?;
        let mut real = Self {
            _etcd: launch.etcd()?,
            client: Client::new(place.clone(), pass.kubeconfig(), Kinds::built_in()),
            server: None,
            launch,
            pass,
            _ports: ports,
        };
        real.start_again()?;
        Ok(Some(real))
    }
}

impl Cluster for Real {
    fn begin(place: &Netns) -> Result<Option<Self>> {
        Self::start(place)
    }

    fn kubeconfig(&self) -> PathBuf {
        self.pass.kubeconfig()
    }

    fn apply(&self, object: &Value) -> Result<Value> {
        self.client.apply(object)
    }

    fn delete(&self, kind: &str, namespace: &str, name: &str) -> Result<()> {
        self.client.delete(kind, namespace, name)
    }

    fn patch(&self, kind: &str, namespace: &str, name: &str, patch: &Value) -> Result<Value> {
        self.client.patch(kind, namespace, name, patch)
    }

    fn list(&self, kind: &str) -> Result<Vec<Value>> {
        self.client.list(kind)
    }

    fn stop(&mut self) -> Result<()> {
        match self.server.take() {
            Some(mut server) => server.kill().map(drop),
            None => Ok(()),
        }
    }

    fn start_again(&mut self) -> Result<()> {
        if self.server.is_none() {
            self.server = Some(self.launch.api_server()?);
        }
        self.client
            .wait_until_ready()
            .with_context(|| format!("the API server said last:\n{}", self.launch.last_words()))
    }
}

fn free(place: &Netns) -> Result<TcpSocket> {
    bound(Some(place), SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
}
