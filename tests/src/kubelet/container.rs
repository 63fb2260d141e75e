//! A container and what runs in it; it ends with the process that started it, however that ends.

use super::bundle::{self, Bundle};
use super::image::Image;
use super::manifest::Manifest;
use super::volume::Volumes;
use crate::apiserver::ApiServer;
use crate::node::Node;
use crate::owned_name;
use crate::process::{Agent, Ended};
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

/// A pod that runs.
#[derive(Debug)]
pub struct Container {
    agent: Agent,
    exec: Exec,
    /// What it was started with.
    pub config: Value,
}

/// How to run another program in the same container.
#[derive(Clone, Debug)]
pub struct Exec {
    /// Of `runc`, which is the first process of a namespace of its own.
    init: u32,
    state: PathBuf,
    name: String,
}

impl Container {
    /// Starts a pod on a node, with its files below a folder.
    pub fn start(
        manifest: &Manifest,
        image: &Image,
        node: &Node,
        node_name: &str,
        server: &ApiServer,
        folder: &Path,
    ) -> Result<Self> {
        let account = server.service_account(&manifest.namespace)?;
        let name = owned_name::new();
        remove_old_cgroups();
        let bundle = Bundle {
            image,
            manifest,
            node_name,
            api_server: server.address(),
            volumes: Volumes {
                manifest,
                folder,
                account: &account,
            },
            cgroup: &format!("/{name}"),
        };
        let config = bundle.config()?;
        bundle::write(&config, folder)?;
        let state = folder.join("runc");
        // Whoever ends this ends all of the namespace of processes.
        let mut command = node.command("unshare")?;
        command.args(["--pid", "--fork", "--kill-child", "--mount-proc", "runc", "--root"]);
        command.arg(&state).args(["run", "--bundle"]).arg(folder).arg(&name);
        let agent = Agent::start(&mut command)?;
        let init = only_child(agent.pid())?;
        Ok(Self {
            agent,
            exec: Exec { init, state, name },
            config,
        })
    }

    pub fn exec(&self) -> &Exec {
        &self.exec
    }

    /// SIGTERM, and what it had to say until its end.
    pub fn stop(self, timeout: Duration) -> Result<Ended> {
        let mut kill = self.exec.runc();
        // It fails where nothing runs any more; where something does, waiting for its end tells that.
        kill.args(["kill", &self.exec.name, "TERM"])
            .output()
            .context("start runc")?;
        self.agent.wait_for_end(timeout)
    }
}

impl Exec {
    /// A command in the container, found and run as `kubectl exec` does.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.runc();
        command.args(["exec", &self.name]).args(words);
        command
    }

    fn runc(&self) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.init.to_string(), "--pid", "--mount"]);
        command.args(["runc", "--root"]).arg(&self.state);
        command
    }
}

/// Those of containers whose tests were killed.
fn remove_old_cgroups() {
    const PLACE: &str = "/sys/fs/cgroup";
    let controllers = fs::read_dir(PLACE).into_iter().flatten().flatten();
    let places = controllers.map(|controller| controller.path()).chain([PLACE.into()]);
    places.for_each(|place| owned_name::remove_leftovers(&place));
}

fn only_child(process: u32) -> Result<u32> {
    const PATIENCE: Duration = Duration::from_secs(5);
    const PAUSE: Duration = Duration::from_millis(2);
    let path = format!("/proc/{process}/task/{process}/children");
    for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
        let children = fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
        if let Some(child) = children.split_whitespace().next() {
            return Ok(child.parse()?);
        }
        thread::sleep(PAUSE);
    }
    bail!("unshare has started nothing within {PATIENCE:?}")
}
