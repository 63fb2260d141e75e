//! The shop at work: pods that serve, who enforces, who observes, and the calls.

use super::call::{ANSWER, Call};
use super::objects;
use super::part::Part;
use super::route::{End, Route};
use crate::apiserver::ApiServer;
use crate::demo::folder::Folder;
use crate::demo::worker::Worker;
use crate::demo::{Asker, NODE, Programs, dns, kubectl, objects as demo};
use crate::enforcer::Enforcer;
use crate::netns::Netns;
use crate::node::{Family, Node};
use crate::pod::Pod;
use crate::process::Agent;
use anyhow::{Context as _, Result, anyhow, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);
const SOCKET: &str = "netobs.sock";
/// What everybody asks the name server for.
const NAME: &str = "api.shop.svc.cluster.local";

/// The whole scene. What is on it ends with its handle, in the order of the fields.
#[derive(Debug)]
pub struct Shop {
    asker: Asker,
    agent: Agent,
    enforcer: Enforcer,
    _servers: Vec<Worker>,
    server: ApiServer,
    pods: BTreeMap<Part, Pod>,
    node: Node,
    folder: Folder,
    programs: Programs,
}

impl Shop {
    /// Sets it up to where the agent is ready; there are no policies, and nobody calls anybody yet.
    pub fn open() -> Result<Self> {
        let programs = Programs::find()?;
        let node = Node::routed()?;
        let names = Part::ALL.map(Part::pod);
        let pods = node.pods(&names.each_ref().map(String::as_str))?;
        let pods: BTreeMap<Part, Pod> = Part::ALL.into_iter().zip(pods).collect();
        let server = ApiServer::start_in(&node).context("start the API server double")?;
        server.apply(&demo::node(node.addresses()))?;
        for (part, pod) in &pods {
            server.apply(&objects::namespace(*part))?;
            for object in objects::pod(*part, pod.addresses()) {
                server.apply(&object)?;
            }
        }
        let enforcer = Enforcer::start(&node, &server)?;
        let servers = servers(&node, &pods)?;
        let folder = Folder::create()?;
        let agent = start_agent(&node, &server, folder.path(), &programs)?;
        let asker = Asker::connect(&folder.path().join(SOCKET), PATIENCE)?;
        Ok(Self {
            asker,
            agent,
            enforcer,
            _servers: servers,
            server,
            pods,
            node,
            folder,
            programs,
        })
    }

    /// Makes every call at once, and says which were not answered.
    pub fn unanswered(&self) -> Result<Vec<Route>> {
        let answered = thread::scope(|scope| {
            let calls = Route::ALL.map(|route| scope.spawn(move || self.is_answered(route)));
            calls.map(|call| call.join().map_err(|_| anyhow!("a call panicked")).flatten())
        });
        let mut unanswered = Vec::new();
        for (route, answered) in Route::ALL.into_iter().zip(answered) {
            if !answered.with_context(|| route.to_string())? {
                unanswered.push(route);
            }
        }
        Ok(unanswered)
    }

    /// These policies and no others are in force on return.
    pub fn enforce(&self, policies: &[Value]) -> Result<()> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let key = |policy: &Value| {
            let metadata = &policy["metadata"];
            (text(&metadata["namespace"]), text(&metadata["name"]))
        };
        let wanted: Vec<_> = policies.iter().map(key).collect();
        for policy in self.policies() {
            let (namespace, name) = key(&policy);
            if !wanted.contains(&(namespace.clone(), name.clone())) {
                self.server.delete("networkpolicies", &namespace, &name)?;
            }
        }
        for policy in policies {
            self.server.apply(policy)?;
        }
        self.enforcer.wait_until_in_force(&self.server, PATIENCE)
    }

    pub fn policies(&self) -> Vec<Value> {
        self.server.list("NetworkPolicy")
    }

    /// Runs a `kubectl` command; the rules follow before it returns.
    pub fn kubectl(&self, command: &str) -> Result<()> {
        kubectl(&self.server, command)?;
        self.enforcer.wait_until_in_force(&self.server, PATIENCE)
    }

    pub fn address(&self, end: End, family: Family) -> IpAddr {
        match end {
            End::Part(part) => self.pods[&part].address(family),
            End::Outside => self.node.outside_addresses().of(family),
            End::Node => self.node.addresses().of(family),
        }
    }

    pub fn node(&self) -> &Node {
        &self.node
    }

    pub fn asker(&self) -> &Asker {
        &self.asker
    }

    /// Where files may be kept as long as this lasts.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The command-line client on the node, asking this agent and this cluster.
    pub fn netobs(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = self.node.command(&self.programs.cli.to_string_lossy())?;
        let socket = self.folder.path().join(SOCKET);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("NETOBS_SERVER", format!("unix://{}", socket.display()))
            .env("KUBECONFIG", self.server.kubeconfig());
        Ok(command)
    }

    /// Takes everything down; an error if the agent does not end well.
    pub fn close(self) -> Result<()> {
        let ended = self.agent.stop(PATIENCE)?;
        ensure!(ended.status.success(), "the agent ended badly: {}", ended.stderr);
        Ok(())
    }

    fn is_answered(&self, route: Route) -> Result<bool> {
        let to = SocketAddr::new(self.address(route.to, route.family), route.port);
        let call = if route.is_dns() {
            Call::Dns(to, NAME, self.pods[&Part::Api].addresses().v4)
        } else {
            Call::Tcp(to)
        };
        call.is_answered(self.place(route.from))
    }

    fn place(&self, end: End) -> &Netns {
        match end {
            End::Part(part) => &self.pods[&part],
            End::Outside => self.node.outside(),
            End::Node => &self.node,
        }
    }
}

/// Whatever is called answers; over TCP to IPv4 and IPv6 alike.
fn servers(node: &Node, pods: &BTreeMap<Part, Pod>) -> Result<Vec<Worker>> {
    const EXTERNAL_API: u16 = 443;
    let mut servers = vec![web_server(node.outside(), EXTERNAL_API)?];
    for (part, pod) in pods {
        for port in part.ports().iter().filter(|port| port.protocol == "TCP") {
            servers.push(web_server(pod, port.number)?);
        }
    }
    let (own, api) = (&pods[&Part::Dns], pods[&Part::Api].addresses().v4);
    servers.push(Worker::answer(
        own,
        own.socket_address(Family::V4, 53),
        move |question| dns::answer(question, |name| (name == NAME).then_some(api)),
    )?);
    Ok(servers)
}

fn web_server(netns: &Netns, port: u16) -> Result<Worker> {
    const MOST: usize = 1024;
    Worker::accept(netns, (Ipv6Addr::UNSPECIFIED, port).into(), |mut stream: TcpStream| {
        let patience = Some(Duration::from_millis(500));
        let mut request = [0; MOST];
        // A client that has gone is not answered.
        let _ = stream
            .set_nonblocking(false)
            .and_then(|()| stream.set_read_timeout(patience))
            .and_then(|()| stream.read(&mut request))
            .and_then(|_| stream.write_all(ANSWER));
    })
}

fn start_agent(node: &Node, server: &ApiServer, folder: &Path, programs: &Programs) -> Result<Agent> {
    let mut command = node.command(&programs.agent.to_string_lossy())?;
    command.arg("--kubeconfig").arg(server.kubeconfig());
    command.arg("--socket").arg(folder.join(SOCKET));
    command.arg("--state-dir").arg(folder.join("state"));
    command.args(["--node-name", NODE, "--listen", "none", "--http", "none"]);
    // Short, for a test is.
    command.args(["--update-every", "1", "--lag", "1", "--log", "warn"]);
    Agent::start(&mut command)
}
