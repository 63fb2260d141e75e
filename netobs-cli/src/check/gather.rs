//! Asks everybody who can be asked.
use anyhow::Result;
use netobs_api::v1::{
    GetInventoryRequest, GetStatusRequest, InventoryAbout, ListCausesRequest, get_inventory_response::Entry,
};
use tonic::Status;

use super::{
    cluster,
    facts::{AgentFacts, Cluster, Facts},
};
use crate::{
    Verdict,
    agents::{self, Agent, Answer},
    failure,
    global::Global,
    listen::Client,
};

/// An error if the input is bad; who cannot be reached is a fact.
pub(super) async fn facts(global: &Global) -> Result<Facts> {
    let mut facts = Facts::default();
    match agents::find(global).await {
        Ok(found) => ask(&found, &mut facts).await,
        Err(error) if failure::verdict(&error) == Some(Verdict::Unreachable) => facts.silent.push(format!("{error:#}")),
        Err(error) => return Err(error),
    }
    if let Some(config) = agents::cluster(global).await? {
        let server = config.cluster_url.to_string();
        facts.cluster = cluster::ask(config, global.patience()).await;
        if is_another(&facts) {
            facts.cluster = Cluster::Another { server };
        }
    }
    Ok(facts)
}

async fn ask(agents: &[Agent], facts: &mut Facts) {
    let answers = agents::ask(agents, |connection| one(connection.client)).await;
    for Answer { agent, answer } in answers {
        match answer {
            Ok(told) => facts.agents.push(told),
            Err(fault) => facts.silent.push(format!("{agent} did not answer: {fault}")),
        }
    }
    facts
        .agents
        .sort_by(|one, other| one.status.node_name.cmp(&other.status.node_name));
}

async fn one(mut client: Client) -> Result<AgentFacts, Status> {
    let status = client.get_status(GetStatusRequest {}).await?.into_inner();
    let causes = client.list_causes(ListCausesRequest::default()).await?.into_inner();
    Ok(AgentFacts {
        status,
        causes: causes.causes,
        inventory: inventory(client).await?,
    })
}

/// No edges are wanted, and none is so new.
async fn inventory(mut client: Client) -> Result<Option<InventoryAbout>, Status> {
    let request = GetInventoryRequest {
        since_unix_nanos: Some(i64::MAX),
        ..GetInventoryRequest::default()
    };
    let mut answers = match client.get_inventory(request).await {
        Ok(answers) => answers.into_inner(),
        Err(status) if status.code() == tonic::Code::Unimplemented => return Ok(None),
        Err(status) => return Err(status),
    };
    let first = answers.message().await?;
    Ok(first.and_then(|answer| match answer.entry {
        Some(Entry::About(about)) => Some(about),
        Some(Entry::Edge(_) | Entry::Portrait(_)) | None => None,
    }))
}

/// The kubeconfig's own and the agents' nodes have nothing in common.
fn is_another(facts: &Facts) -> bool {
    let Cluster::Known(cluster) = &facts.cluster else {
        return false;
    };
    let Some(nodes) = cluster.nodes.as_ref().filter(|nodes| !nodes.is_empty()) else {
        return false;
    };
    let known = |name: &str| nodes.iter().any(|node| node.name == name);
    !facts.agents.is_empty() && !facts.agents.iter().any(|agent| known(&agent.status.node_name))
}
