//! Everything that plays, at work: the node and its pods, the cluster, who enforces, who observes, and the traffic.

use super::asker::Asker;
use super::client::{Call, Client};
use super::folder::Folder;
use super::objects;
use super::programs::Programs;
use super::role::Role;
use super::scenario::Scenario;
use super::worker::Worker;
use super::{dns, kubectl};
use crate::apiserver::ApiServer;
use crate::enforcer::Enforcer;
use crate::node::{Family, Node};
use crate::pod::Pod;
use crate::process::Agent;
use anyhow::{Context as _, Result, ensure};
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// A busy machine is slow, and an agent built for debugging is no sprinter.
const PATIENCE: Duration = Duration::from_secs(30);

/// The scene of a scenario. What is on it ends with its handle, in the order of the fields.
#[derive(Debug)]
pub struct Stage {
    clients: BTreeMap<Role, Client>,
    asker: Asker,
    agent: Agent,
    enforcer: Option<Enforcer>,
    _servers: [Worker; 2],
    server: ApiServer,
    pods: BTreeMap<Role, Pod>,
    node: Node,
    folder: Folder,
    programs: Programs,
}

impl Stage {
    /// Sets it up to where the agent is ready; nobody calls anybody yet.
    pub fn set(scenario: Scenario, programs: Programs) -> Result<Self> {
        let node = Node::routed()?;
        let names = Role::ALL.map(Role::pod);
        let pods = node.pods(&names.each_ref().map(String::as_str))?;
        let pods: BTreeMap<Role, Pod> = Role::ALL.into_iter().zip(pods).collect();
        let server = ApiServer::start_in(&node).context("start the API server double")?;
        fill(&server, scenario, &node, &pods)?;
        let enforces = scenario != Scenario::NotEnforced;
        let enforcer = enforces.then(|| Enforcer::start(&node, &server)).transpose()?;
        let servers = [web_server(&pods[&Role::Api])?, name_server(&pods)?];
        let folder = Folder::create()?;
        let agent = start_agent(&node, &server, &folder, &programs)?;
        let asker = Asker::connect(&folder.path().join(SOCKET), PATIENCE)?;
        Ok(Self {
            clients: BTreeMap::new(),
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

    /// Has both clients call the web server from now on.
    pub fn begin_traffic(&mut self) {
        for role in [Role::Web, Role::Backup] {
            let call = Call {
                name: API.to_owned(),
                port: 8080,
                name_server: self.pods[&Role::Dns].socket_address(Family::V4, 53),
            };
            self.clients.insert(role, Client::start(&self.pods[&role], call));
        }
    }

    /// Ends all calls.
    pub fn end_traffic(&mut self) {
        self.clients.clear();
    }

    /// A client that calls.
    pub fn client(&self, role: Role) -> Result<&Client> {
        self.clients
            .get(&role)
            .with_context(|| format!("{} calls nobody", role.pod()))
    }

    pub fn pod(&self, role: Role) -> &Pod {
        &self.pods[&role]
    }

    pub fn node(&self) -> &Node {
        &self.node
    }

    pub fn server(&self) -> &ApiServer {
        &self.server
    }

    pub fn asker(&self) -> &Asker {
        &self.asker
    }

    /// The agent's socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join(SOCKET)
    }

    /// Runs a `kubectl` command; the rules follow before it returns.
    pub fn kubectl(&self, command: &str) -> Result<()> {
        kubectl(&self.server, command)?;
        match &self.enforcer {
            Some(enforcer) => enforcer.wait_until_in_force(&self.server, PATIENCE),
            None => Ok(()),
        }
    }

    /// The command-line client, asking this agent.
    pub fn netobs(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.programs.cli);
        command
            .args(arguments)
            .env("NETOBS_SERVER", format!("unix://{}", self.socket().display()));
        self.programs.confine(&mut command);
        command
    }

    /// Takes everything down; an error if the agent does not end well.
    pub fn strike(self) -> Result<()> {
        let Self { clients, agent, .. } = self;
        drop(clients);
        let ended = agent.stop(PATIENCE)?;
        ensure!(ended.status.success(), "the agent ended badly: {}", ended.stderr);
        Ok(())
    }
}

/// Where the agent listens besides, which only the node reaches.
pub const LISTEN: &str = "127.0.0.1:4250";

const SOCKET: &str = "netobs.sock";
/// What the clients call.
const API: &str = "api.prod-a.svc.cluster.local";

fn fill(server: &ApiServer, scenario: Scenario, node: &Node, pods: &BTreeMap<Role, Pod>) -> Result<()> {
    let mut all = vec![objects::node(node.addresses())];
    for (role, pod) in pods {
        all.push(objects::namespace(*role, scenario));
        all.extend(objects::pod(*role, pod.addresses()));
        all.extend(objects::service(*role, pod.addresses()));
    }
    all.extend(objects::policies(scenario));
    all.iter().try_for_each(|object| server.apply(object).map(drop))
}

fn start_agent(node: &Node, server: &ApiServer, folder: &Folder, programs: &Programs) -> Result<Agent> {
    let mut command = node.command(&programs.agent.to_string_lossy())?;
    command.arg("--kubeconfig").arg(server.kubeconfig());
    command.arg("--socket").arg(folder.path().join(SOCKET));
    command.args(["--node-name", objects::NODE, "--listen", LISTEN, "--http", "none"]);
    // Short, for a story is.
    command.args(["--update-every", "1", "--lag", "1", "--log", "warn"]);
    programs.confine(&mut command);
    Agent::start(&mut command)
}

fn web_server(pod: &Pod) -> Result<Worker> {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n";
    const MOST: usize = 1024;
    Worker::accept(pod, pod.socket_address(Family::V4, 8080), |mut stream: TcpStream| {
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

fn name_server(pods: &BTreeMap<Role, Pod>) -> Result<Worker> {
    let (own, api) = (&pods[&Role::Dns], pods[&Role::Api].addresses().v4);
    Worker::answer(own, own.socket_address(Family::V4, 53), move |question| {
        dns::answer(question, |name| (name == API).then_some(api))
    })
}
