//! A pod that was named, as it runs now.
use std::net::IpAddr;

use anyhow::{Context as _, Result, bail};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;

use super::spec::PodName;
use crate::{
    apiserver::{ApiServer, Fault},
    failure::Unreachable,
};

/// As `kubectl` chooses the container too.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

pub(super) struct End {
    pub(super) address: IpAddr,
    pub(super) container: String,
}

impl End {
    pub(super) async fn find(named: &PodName, server: &ApiServer) -> Result<Self> {
        let api: Api<Pod> = Api::namespaced(server.client.clone(), &named.namespace);
        match server.in_time(api.get(&named.name)).await {
            Ok(pod) => Self::of(&pod).with_context(|| format!("pod {named}")),
            Err(Fault::Refused { code: 404, .. }) => bail!("there is no pod {named} any more"),
            Err(fault) => bail!(Unreachable(format!("pod {named} cannot be asked for: {fault}"))),
        }
    }

    fn of(pod: &Pod) -> Result<Self> {
        let status = pod.status.as_ref();
        let phase = status.and_then(|status| status.phase.as_deref()).unwrap_or("Unknown");
        if phase != "Running" {
            bail!("it does not run (phase {phase}); name one that does");
        }
        let address = status.and_then(|status| status.pod_ip.as_deref());
        let address = address.and_then(|address| address.parse().ok());
        let annotations = pod.metadata.annotations.as_ref();
        let chosen = annotations.and_then(|annotations| annotations.get(DEFAULT_CONTAINER));
        let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
        let mut names = containers.map(|container| &container.name);
        let container = match chosen {
            Some(chosen) => names.clone().find(|name| *name == chosen).or_else(|| names.next()),
            None => names.next(),
        };
        Ok(Self {
            address: address.context("it has no address yet")?,
            container: container.context("it has no container")?.clone(),
        })
    }
}
