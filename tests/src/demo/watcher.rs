//! Who observes: the agent as a program on the node, or as the pod that the manifests make of the image.

use super::NODE;
use super::folder::Folder;
use super::programs::Programs;
use super::stage::LISTEN;
use crate::apiserver::ApiServer;
use crate::kubelet::{Container, Image, Manifest};
use crate::node::Node;
use crate::process::{Agent, Ended};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// In which form agent and client are there.
#[derive(Debug)]
pub enum Installation {
    Programs(Programs),
    Pod { image: Image, manifest: Box<Manifest> },
}

/// The agent at work.
#[derive(Debug)]
pub(super) enum Watcher {
    Program {
        agent: Agent,
        programs: Programs,
    },
    Pod {
        container: Container,
        manifest: Box<Manifest>,
        _image: Image,
    },
}

const SOCKET: &str = "netobs.sock";
/// The volume in which a pod has its socket.
const RUN: &str = "run";

impl From<Programs> for Installation {
    fn from(programs: Programs) -> Self {
        Self::Programs(programs)
    }
}

impl Watcher {
    pub(super) fn start(from: Installation, node: &Node, server: &ApiServer, folder: &Folder) -> Result<Self> {
        match from {
            Installation::Programs(programs) => {
                let agent = start_program(node, server, folder, &programs)?;
                Ok(Self::Program { agent, programs })
            }
            Installation::Pod { image, manifest } => {
                let container = Container::start(&manifest, &image, node, NODE, server, folder.path())?;
                Ok(Self::Pod {
                    container,
                    manifest,
                    _image: image,
                })
            }
        }
    }

    /// The agent's socket, as the node sees it.
    pub(super) fn socket(&self, folder: &Path) -> Result<PathBuf> {
        let place = match self {
            Self::Program { .. } => folder.to_owned(),
            Self::Pod { manifest, .. } => manifest.volume(folder, RUN)?,
        };
        Ok(place.join(SOCKET))
    }

    /// The command-line client, asking this agent.
    pub(super) fn netobs(&self, socket: &Path, arguments: &[&str]) -> Command {
        match self {
            Self::Program { programs, .. } => {
                let mut command = Command::new(&programs.cli);
                let server = format!("unix://{}", socket.display());
                command.args(arguments).env("NETOBS_SERVER", server);
                programs.confine(&mut command);
                command
            }
            Self::Pod { container, .. } => container.exec().command(&[&["netobs"], arguments].concat()),
        }
    }

    /// Why it may not have been ready in time.
    pub(super) fn last_words(self) -> String {
        const PATIENCE: Duration = Duration::from_secs(10);
        match self.stop(PATIENCE) {
            Ok(ended) => format!("the agent ended with {}, saying: {}", ended.status, ended.stderr),
            Err(error) => format!("the agent does not end: {error:#}"),
        }
    }

    pub(super) fn stop(self, patience: Duration) -> Result<Ended> {
        match self {
            Self::Program { agent, .. } => agent.stop(patience),
            Self::Pod { container, .. } => container.stop(patience),
        }
    }
}

fn start_program(node: &Node, server: &ApiServer, folder: &Folder, programs: &Programs) -> Result<Agent> {
    let mut command = node.command(&programs.agent.to_string_lossy())?;
    command.arg("--kubeconfig").arg(server.kubeconfig());
    command.arg("--socket").arg(folder.path().join(SOCKET));
    command.args(["--node-name", NODE, "--listen", LISTEN]);
    // Short, for a story is.
    command.args(["--update-every", "1", "--lag", "1", "--log", "warn"]);
    programs.confine(&mut command);
    Agent::start(&mut command)
}
