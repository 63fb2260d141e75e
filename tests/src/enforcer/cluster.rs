//! What a policy engine reads of the cluster: pods on its network with their labels, and the policies.

use anyhow::{Context as _, Result};
use k8s_openapi::api::core::v1::{Container, Namespace, Pod};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;

pub(super) type Labels = BTreeMap<String, String>;

/// The objects that decide what is admitted.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    pub(super) namespaces: BTreeMap<String, Labels>,
    pub(super) members: Vec<Member>,
    pub(super) policies: Vec<NetworkPolicy>,
}

/// A pod with addresses of its own.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) namespace: String,
    pub(super) labels: Labels,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) ports: Vec<NamedPort>,
}

#[derive(Debug)]
pub(super) struct NamedPort {
    pub(super) name: String,
    pub(super) protocol: String,
    pub(super) number: u16,
}

impl Cluster {
    /// Of any objects; those of other kinds are left out.
    pub(super) fn read(objects: &[Value]) -> Result<Self> {
        let mut cluster = Self::default();
        for object in objects {
            let name = &object["metadata"]["name"];
            cluster
                .add(object)
                .with_context(|| format!("read {} {name}", object["kind"]))?;
        }
        Ok(cluster)
    }

    fn add(&mut self, object: &Value) -> Result<()> {
        match object["kind"].as_str() {
            Some("Namespace") => {
                let Namespace { metadata, .. } = serde_json::from_value(object.clone())?;
                let name = metadata.name.context("a namespace has a name")?;
                self.namespaces.insert(name, metadata.labels.unwrap_or_default());
            }
            Some("Pod") => self
                .members
                .extend(Member::of(serde_json::from_value(object.clone())?)?),
            Some("NetworkPolicy") => self.policies.push(serde_json::from_value(object.clone())?),
            _ => {}
        }
        Ok(())
    }
}

impl Member {
    /// `None` for pods that share their node's addresses, have none yet, or have given them back.
    fn of(pod: Pod) -> Result<Option<Self>> {
        let (spec, status) = (pod.spec.unwrap_or_default(), pod.status.unwrap_or_default());
        let has_ended = matches!(status.phase.as_deref(), Some("Succeeded" | "Failed"));
        if has_ended || spec.host_network == Some(true) {
            return Ok(None);
        }
        let all = status.pod_ips.unwrap_or_default();
        let texts: Vec<_> = all.into_iter().map(|one| one.ip).collect();
        let texts = if texts.is_empty() {
            status.pod_ip.into_iter().collect()
        } else {
            texts
        };
        let addresses = texts
            .iter()
            .map(|text| text.parse().with_context(|| format!("{text} is no address")))
            .collect::<Result<Vec<_>>>()?;
        let sidecars = spec.init_containers.unwrap_or_default().into_iter();
        let sidecars = sidecars.filter(|one| one.restart_policy.as_deref() == Some("Always"));
        let containers = spec.containers.into_iter().chain(sidecars);
        let member = Self {
            namespace: pod.metadata.namespace.context("a pod has a namespace")?,
            labels: pod.metadata.labels.unwrap_or_default(),
            addresses,
            ports: containers.flat_map(named_ports).collect(),
        };
        Ok((!member.addresses.is_empty()).then_some(member))
    }

    /// Its ports of this name.
    pub(super) fn port_numbers(&self, name: &str, protocol: &str) -> impl Iterator<Item = u16> {
        let is_it = move |port: &&NamedPort| port.name == name && port.protocol == protocol;
        self.ports.iter().filter(is_it).map(|port| port.number)
    }
}

fn named_ports(container: Container) -> impl Iterator<Item = NamedPort> {
    container.ports.unwrap_or_default().into_iter().filter_map(|port| {
        Some(NamedPort {
            name: port.name?,
            protocol: port.protocol.unwrap_or_else(|| "TCP".to_owned()),
            number: port.container_port.try_into().ok()?,
        })
    })
}
