//! Asks the API server what runs in the cluster, which policies there are, and what they select on.
use std::{collections::BTreeSet, future::Future, time::Duration};

use kube::{Client, Config, api::ListParams, core::Request};
use netobs_k8s::manifests::{Manifests, Reader};
use serde_json::Value;
use tokio::time::timeout;

use super::{
    facts::{Cluster, ClusterFacts, Dialect},
    read,
};

/// Objects of one answer.
const PAGE: u32 = 500;

/// Kinds of policies beside NetworkPolicy, by group.
const DIALECTS: &[(&str, &[&str])] = &[
    (
        "policy.networking.k8s.io",
        &[
            "AdminNetworkPolicy",
            "BaselineAdminNetworkPolicy",
            "ClusterNetworkPolicy",
        ],
    ),
    ("cilium.io", &["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"]),
    ("crd.projectcalico.org", &["NetworkPolicy", "GlobalNetworkPolicy"]),
    ("crd.antrea.io", &["NetworkPolicy", "ClusterNetworkPolicy"]),
];

struct Asker {
    client: Client,
    patience: Duration,
    refused: BTreeSet<String>,
}

/// Why something was not answered.
enum Fault {
    /// The server works, and does not answer this.
    Refused(String),
    Away(String),
}

/// What is not answered as a whole is not known; what is refused by itself is left out, and said.
pub(super) async fn ask(config: Config, patience: Duration) -> Cluster {
    let server = config.cluster_url.to_string();
    let away = |why| Cluster::Unreachable(format!("the API server {server} cannot be asked: {why}"));
    let client = match Client::try_from(config) {
        Ok(client) => client,
        Err(error) => return away(innermost(&error)),
    };
    let mut asker = Asker {
        client,
        patience,
        refused: BTreeSet::new(),
    };
    match asker.facts().await {
        Ok(facts) => Cluster::Known(Box::new(ClusterFacts {
            refused: asker.refused,
            ..facts
        })),
        Err(why) => away(why),
    }
}

impl Asker {
    /// An error if the server is away.
    async fn facts(&mut self) -> Result<ClusterFacts, String> {
        Ok(ClusterFacts {
            nodes: self.list("/api/v1/nodes", read::node).await?,
            daemon_sets: self.list("/apis/apps/v1/daemonsets", read::daemon_set).await?,
            services: self.list("/api/v1/services", read::service).await?,
            objects: self.objects().await?,
            dialects: self.dialects().await?,
            refused: BTreeSet::new(),
        })
    }

    async fn list<T>(&mut self, path: &str, read: fn(&Value) -> T) -> Result<Option<Vec<T>>, String> {
        let mut all = Vec::new();
        let listed = self
            .pages(path, |_, page| {
                all.extend(read::items(&page["items"]).iter().map(read));
            })
            .await;
        Ok(self.unless_refused(listed)?.map(|()| all))
    }

    async fn objects(&mut self) -> Result<Option<Manifests>, String> {
        let mut reader = Reader::default();
        for path in [
            "/api/v1/namespaces",
            "/apis/networking.k8s.io/v1/networkpolicies",
            "/api/v1/pods",
        ] {
            let listed = self.pages(path, |text, _| reader.add(path, text.as_bytes())).await;
            if self.unless_refused(listed)?.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(reader.finish()))
    }

    async fn dialects(&mut self) -> Result<Vec<Dialect>, String> {
        let groups = self.in_time(self.client.list_api_groups()).await;
        let groups = self.unless_refused(groups)?.map(|list| list.groups).unwrap_or_default();
        let mut dialects = Vec::new();
        for (group, kinds) in DIALECTS {
            let Some(served) = groups.iter().find(|served| served.name == *group) else {
                continue;
            };
            let version = served.preferred_version.as_ref().or(served.versions.first());
            let Some(version) = version.map(|version| version.group_version.clone()) else {
                continue;
            };
            let resources = self.in_time(self.client.list_api_group_resources(&version)).await;
            let resources = self
                .unless_refused(resources)?
                .map(|list| list.resources)
                .unwrap_or_default();
            // Parts, such as the status, are named after a stroke.
            let wanted = resources
                .into_iter()
                .filter(|one| kinds.contains(&one.kind.as_str()) && !one.name.contains('/'));
            for resource in wanted {
                let path = format!("/apis/{version}/{}", resource.name);
                let objects = self.list(&path, |_| ()).await?;
                dialects.push(Dialect {
                    kind: resource.kind,
                    group: (*group).to_owned(),
                    objects: objects.map(|objects| objects.len() as u64),
                });
            }
        }
        Ok(dialects)
    }

    async fn pages(&self, path: &str, mut take: impl FnMut(&str, &Value)) -> Result<(), Fault> {
        let mut page = ListParams::default().limit(PAGE);
        loop {
            let request = Request::new(path).list(&page);
            let request = request.map_err(|error| Fault::Away(error.to_string()))?;
            let text = self.in_time(self.client.request_text(request)).await?;
            let list: Value = serde_json::from_str(&text)
                .map_err(|error| Fault::Away(format!("its answer to {path} is no JSON: {error}")))?;
            take(&text, &list);
            match list["metadata"]["continue"].as_str() {
                Some(next) if !next.is_empty() => page = page.continue_token(next),
                Some(_) | None => return Ok(()),
            }
        }
    }

    async fn in_time<T>(&self, answer: impl Future<Output = kube::Result<T>>) -> Result<T, Fault> {
        match timeout(self.patience, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(kube::Error::Api(status))) if status.code != 401 => Err(Fault::Refused(format!(
                "the API server does not tell everything: {}",
                status.message
            ))),
            Ok(Err(error)) => Err(Fault::Away(innermost(&error))),
            Err(_) => Err(Fault::Away(
                "it did not answer in time; --timeout waits longer".to_owned(),
            )),
        }
    }

    fn unless_refused<T>(&mut self, answer: Result<T, Fault>) -> Result<Option<T>, String> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(Fault::Refused(why)) => {
                self.refused.insert(why);
                Ok(None)
            }
            Err(Fault::Away(why)) => Err(why),
        }
    }
}

fn innermost(error: &kube::Error) -> String {
    let problem = anyhow::Chain::new(error).last();
    problem.map_or_else(|| error.to_string(), ToString::to_string)
}
