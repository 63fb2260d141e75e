//! The agents that are asked: one that was named, the one of this machine, or all of a cluster.
use std::{
    fmt::{self, Display, Formatter},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use anyhow::{Result, bail};
use futures::{StreamExt as _, stream};
use netobs_api::client::{Connection, Fault, Server, Tls};

use self::pods::Pods;
pub(crate) use self::{kubeconfig::config as cluster, newcomers::Newcomers};
use crate::{failure::Unreachable, global::Global, notes::note};

mod kubeconfig;
mod newcomers;
mod pods;

/// How many agents of a large cluster are asked at the same time.
const AT_ONCE: usize = 64;
const SOCKET: &str = "/run/netobs/netobs.sock";

const NOWHERE: &str = "no agent to ask: /run/netobs/netobs.sock does not exist or nobody listens there, and no kubeconfig was found; \
     name an agent with --server, or a cluster with --kubeconfig or KUBECONFIG";

#[derive(Clone)]
pub(crate) struct Agent {
    /// For a reader.
    name: Arc<str>,
    place: Place,
    patience: Duration,
}

#[derive(Clone)]
enum Place {
    Server {
        server: Server,
        tls: Tls,
    },
    /// Whatever pod is the node's agent when it is asked.
    Node {
        name: Arc<str>,
        pods: Box<Pods>,
    },
}

/// One agent's answer to what all are asked.
pub(crate) struct Answer<T> {
    pub(crate) agent: Agent,
    pub(crate) answer: Result<T, Fault>,
}

impl Agent {
    pub(crate) async fn connect(&self) -> Result<Connection, Fault> {
        match &self.place {
            Place::Server { server, tls } => Connection::open(server, tls, self.patience).await,
            Place::Node { name, pods } => pods.connect(name, self.patience).await,
        }
    }

    pub(crate) const fn patience(&self) -> Duration {
        self.patience
    }

    fn at(server: Server, global: &Global) -> Self {
        Self {
            name: server.to_string().into(),
            place: Place::Server {
                server,
                tls: global.tls(),
            },
            patience: global.patience(),
        }
    }

    fn on(node: &str, pods: &Pods, patience: Duration) -> Self {
        Self {
            name: format!("the agent on node {node}").into(),
            place: Place::Node {
                name: node.into(),
                pods: Box::new(pods.clone()),
            },
            patience,
        }
    }
}

impl Display for Agent {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)
    }
}

pub(crate) async fn find(global: &Global) -> Result<Vec<Agent>> {
    if let Some(server) = &global.server {
        return Ok(vec![Agent::at(server.clone(), global)]);
    }
    let cluster_is_meant = global.kubeconfig.is_some() || global.context.is_some();
    let local = if cluster_is_meant {
        None
    } else {
        Some(local(global).await)
    };
    let fault = match local {
        Some(Ok(agent)) => return Ok(vec![agent]),
        Some(Err(fault)) => Some(fault),
        None => None,
    };
    let Some(config) = kubeconfig::config(global).await? else {
        return Err(match fault {
            Some(fault) if !fault.is_absence() => fault.into(),
            Some(_) | None => Unreachable(NOWHERE.to_owned()).into(),
        });
    };
    if let Some(fault) = fault.filter(|fault| !fault.is_absence()) {
        note(format_args!("{fault}; asking the cluster instead"));
    }
    of_cluster(config, global).await
}

/// Asks all at the same time; what one of them does not answer is told, and the others' answers are used.
pub(crate) async fn ask<T, F: Future<Output = Result<T, tonic::Status>>>(
    agents: &[Agent],
    question: impl Fn(Connection) -> F,
) -> Vec<Answer<T>> {
    let answers = agents.iter().map(|agent| async {
        let answer = ask_one(agent, &question).await;
        let agent = agent.clone();
        Answer { agent, answer }
    });
    stream::iter(answers).buffered(AT_ONCE).collect().await
}

/// The answers that came; an error if none did.
pub(crate) fn answered<T>(answers: Vec<Answer<T>>) -> Result<(Vec<(Agent, T)>, bool)> {
    let (mut came, mut faults) = (Vec::new(), Vec::new());
    for Answer { agent, answer } in answers {
        match answer {
            Ok(answer) => came.push((agent, answer)),
            Err(fault) => faults.push((agent, fault)),
        }
    }
    let all = faults.is_empty();
    if came.is_empty()
        && faults.len() == 1
        && let Some((_, fault)) = faults.pop()
    {
        return Err(fault.into());
    }
    for (agent, fault) in &faults {
        note(format_args!("{agent}: {fault}"));
    }
    if came.is_empty() {
        bail!(Unreachable("none of the agents answered".to_owned()));
    }
    Ok((came, all))
}

async fn ask_one<T, F: Future<Output = Result<T, tonic::Status>>>(
    agent: &Agent,
    question: impl Fn(Connection) -> F,
) -> Result<T, Fault> {
    let connection = agent.connect().await?;
    let late = |_| Fault::Late {
        server: agent.to_string(),
        after: agent.patience,
    };
    let answer = tokio::time::timeout(agent.patience, question(connection.clone())).await;
    answer.map_err(late)?.map_err(|status| connection.fault(&status))
}

async fn local(global: &Global) -> Result<Agent, Fault> {
    let agent = Agent::at(Server::Unix(PathBuf::from(SOCKET)), global);
    agent.connect().await.map(|_| agent)
}

async fn of_cluster(config: kube::Config, global: &Global) -> Result<Vec<Agent>> {
    let pods = Pods::of(config, global)?;
    let nodes = pods.nodes(global.patience()).await?;
    Ok(nodes
        .iter()
        .map(|node| Agent::on(node, &pods, global.patience()))
        .collect())
}
