//! Asks the API server what runs in the cluster, which policies there are, and what they select on.
use std::{collections::BTreeSet, time::Duration};

use kube::Config;
use netobs_k8s::manifests::{Manifests, Reader};
use serde_json::Value;

use super::{
    facts::{Cluster, ClusterFacts, Dialect},
    read,
};
use crate::apiserver::{ApiServer, Fault};

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
    server: ApiServer,
    refused: BTreeSet<String>,
}

/// What is not answered as a whole is not known; what is refused by itself is left out, and said.
pub(super) async fn ask(config: Config, patience: Duration) -> Cluster {
    let address = config.cluster_url.to_string();
    let away = |why| Cluster::Unreachable(format!("the API server {address} cannot be asked: {why}"));
    let server = match ApiServer::of(config, patience) {
        Ok(server) => server,
        Err(fault) => return away(fault.to_string()),
    };
    let mut asker = Asker {
        server,
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
        let listed = self.server.list(path).await;
        let Some(pages) = self.unless_refused(listed)? else {
            return Ok(None);
        };
        let mut all = Vec::new();
        for page in pages {
            let page: Value = serde_json::from_str(&page).unwrap_or_default();
            all.extend(read::items(&page["items"]).iter().map(read));
        }
        Ok(Some(all))
    }

    async fn objects(&mut self) -> Result<Option<Manifests>, String> {
        let mut reader = Reader::default();
        for path in [
            "/api/v1/namespaces",
            "/apis/networking.k8s.io/v1/networkpolicies",
            "/api/v1/pods",
        ] {
            let listed = self.server.list(path).await;
            let Some(pages) = self.unless_refused(listed)? else {
                return Ok(None);
            };
            for page in pages {
                reader.add(path, page.as_bytes());
            }
        }
        Ok(Some(reader.finish()))
    }

    async fn dialects(&mut self) -> Result<Vec<Dialect>, String> {
        let groups = self.server.in_time(self.server.client.list_api_groups()).await;
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
            let resources = self
                .server
                .in_time(self.server.client.list_api_group_resources(&version))
                .await;
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

    fn unless_refused<T>(&mut self, answer: Result<T, Fault>) -> Result<Option<T>, String> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(Fault::Refused { message, .. }) => {
                let why = format!("the API server does not tell everything: {message}");
                self.refused.insert(why);
                Ok(None)
            }
            Err(Fault::Away(why)) => Err(why),
        }
    }
}
