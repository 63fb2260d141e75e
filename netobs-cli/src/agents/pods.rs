//! Agents as pods of a cluster, reached through its API server.
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, Config, api::ListParams};
use netobs_api::client::{Connection, Fault, Tls};
use tokio::time::timeout;

use crate::{failure::Unreachable, global::Global, notes::note};

#[derive(Clone)]
pub(super) struct Pods {
    api: Api<Pod>,
    namespace: Arc<str>,
    selector: Arc<str>,
    port: u16,
    tls: Tls,
}

impl Pods {
    pub(super) fn of(config: Config, global: &Global) -> Result<Self> {
        let server = config.cluster_url.to_string();
        let client = Client::try_from(config).with_context(|| format!("cannot speak to the API server {server}"))?;
        Ok(Self {
            api: Api::namespaced(client, &global.agent_namespace),
            namespace: global.agent_namespace.as_str().into(),
            selector: global.agent_selector.as_str().into(),
            port: global.agent_port,
            tls: global.tls(),
        })
    }

    /// The nodes that have an agent; those whose agent does not run are told.
    pub(super) async fn nodes(&self, patience: Duration) -> Result<Vec<String>> {
        let listed = timeout(patience, self.list(ListParams::default())).await;
        let pods = match listed {
            Ok(Ok(pods)) => pods,
            Ok(Err(error)) => bail!(Unreachable(self.refusal(&error))),
            Err(_) => bail!(Unreachable(
                "the API server did not answer in time; --timeout waits longer".to_owned()
            )),
        };
        let mut by_node: BTreeMap<String, bool> = BTreeMap::new();
        for pod in pods {
            let node = pod.spec.as_ref().and_then(|spec| spec.node_name.clone());
            let node = node.unwrap_or_else(|| "(none yet)".to_owned());
            *by_node.entry(node).or_default() |= runs(&pod);
        }
        for (node, _) in by_node.iter().filter(|(_, runs)| !**runs) {
            note(format_args!(
                "the agent on node {node} does not run; `kubectl get pods -n {} -o wide` shows why",
                self.namespace
            ));
        }
        let nodes: Vec<_> = by_node
            .into_iter()
            .filter(|(_, runs)| *runs)
            .map(|(node, _)| node)
            .collect();
        if nodes.is_empty() {
            bail!(Unreachable(format!(
                "no agent runs in namespace {} with label {}; is netobs installed in this cluster? \
                 --agent-namespace and --agent-selector name others",
                self.namespace, self.selector
            )));
        }
        Ok(nodes)
    }

    /// The nodes with an agent that runs, as the API server knew them not long ago; nothing is told of the others.
    pub(super) async fn running(&self, patience: Duration) -> Option<BTreeSet<String>> {
        let listed = timeout(patience, self.list(ListParams::default().match_any())).await;
        let pods = listed.ok()?.ok()?;
        let nodes = pods.into_iter().filter(runs).filter_map(|pod| pod.spec?.node_name);
        Some(nodes.collect())
    }

    pub(super) async fn connect(&self, node: &str, patience: Duration) -> Result<Connection, Fault> {
        let late = |_| Fault::Late {
            server: format!("the agent on node {node}"),
            after: patience,
        };
        timeout(patience, self.forward(node)).await.map_err(late)?
    }

    async fn forward(&self, node: &str) -> Result<Connection, Fault> {
        let on_node = ListParams::default().fields(&format!("spec.nodeName={node}"));
        let pods = self
            .list(on_node)
            .await
            .map_err(|error| declined(node, self.refusal(&error)))?;
        let of_node = |pod: &&Pod| pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()) == Some(node);
        let pod = pods.iter().filter(of_node).find(|pod| runs(pod));
        let Some(name) = pod.and_then(|pod| pod.metadata.name.as_deref()) else {
            return Err(declined(node, "no agent runs there now".to_owned()));
        };
        let mut forwarder = self.api.portforward(name, &[self.port]).await.map_err(|error| {
            declined(
                node,
                format!(
                    "no port can be forwarded to pod {}/{name}: {error}; it takes the rights to get and create pods/portforward",
                    self.namespace
                ),
            )
        })?;
        let stream = forwarder.take_stream(self.port);
        let stream = stream.ok_or_else(|| declined(node, "the API server forwards no port".to_owned()))?;
        let pod = format!("pod {}/{name} on node {node}", self.namespace);
        // A forwarded port has no name of its own; all agents together have that of their service.
        let host = format!("netobs-agent.{}.svc", self.namespace);
        Connection::over(stream, &pod, &host, &self.tls).await
    }

    async fn list(&self, parameters: ListParams) -> kube::Result<Vec<Pod>> {
        let pods = self.api.list(&parameters.labels(&self.selector)).await?;
        Ok(pods.items)
    }

    fn refusal(&self, error: &kube::Error) -> String {
        let kube::Error::Api(status) = error else {
            let problem = anyhow::Chain::new(error).last().map(ToString::to_string);
            let problem = problem.unwrap_or_default();
            return format!("the API server cannot be asked for the agents' pods: {problem}");
        };
        let (namespace, message) = (&self.namespace, &status.message);
        match status.code {
            401 => format!("the API server does not know this user ({message}); log in again"),
            403 => format!(
                "this user may not list pods in namespace {namespace} ({message}); \
                 it takes that right, and those to get and create pods/portforward"
            ),
            _ => format!("the API server does not list the agents' pods: {message}"),
        }
    }
}

fn runs(pod: &Pod) -> bool {
    let leaves = pod.metadata.deletion_timestamp.is_some();
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    !leaves && phase == Some("Running")
}

fn declined(node: &str, message: String) -> Fault {
    Fault::Declined {
        server: format!("the agent on node {node}"),
        message,
    }
}
