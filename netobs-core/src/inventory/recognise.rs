//! The rules by which traffic that every cluster has is recognised.
use std::net::{IpAddr, Ipv4Addr};

use super::{By, Mark, Marks, course::Course};
use crate::{
    change::{Pod, Scoped},
    directory::{Directory, Owner},
    enrich::EnrichedFlow,
    event::Protocol,
    policy::NamedPort,
};

const DNS: u16 = 53;
/// OpenShift's name servers listen there, behind a service with the usual port.
const DNS_UNPRIVILEGED: u16 = 5353;
/// Where NodeLocal DNSCache listens unless told otherwise.
const NODE_LOCAL_DNS: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 20, 10));
const DNS_SERVICES: [(&str, &str); 5] = [
    ("kube-system", "kube-dns"),
    ("kube-system", "coredns"),
    ("kube-system", "kube-dns-upstream"),
    ("kube-system", "rke2-coredns-rke2-coredns"),
    ("openshift-dns", "dns-default"),
];
const DNS_LABELS: [(&str, &[&str]); 3] = [
    ("k8s-app", &["kube-dns", "coredns", "node-local-dns", "nodelocaldns"]),
    ("app.kubernetes.io/name", &["coredns"]),
    ("dns.operator.openshift.io/daemonset-dns", &["default"]),
];

const MONITORING_LABELS: [(&str, &[&str]); 3] = [
    (
        "app.kubernetes.io/name",
        &["prometheus", "vmagent", "grafana-agent", "alloy"],
    ),
    ("app", &["prometheus"]),
    ("k8s-app", &["prometheus"]),
];
const MONITORING_NAMESPACES: [&str; 6] = [
    "monitoring",
    "prometheus",
    "observability",
    "openshift-monitoring",
    "openshift-user-workload-monitoring",
    "cattle-monitoring-system",
];
/// A part of the names that ports for metrics have.
const METRICS: &str = "metrics";

/// The traffic as the rules look at it.
struct Sight<'a> {
    flow: &'a EnrichedFlow,
    course: &'a Course,
    directory: &'a Directory,
    api: &'a Scoped,
}

/// What a flow is recognised as; `api` is the service of the Kubernetes API.
pub(super) fn recognise(flow: &EnrichedFlow, course: &Course, directory: &Directory, api: &Scoped) -> Marks {
    let sight = Sight {
        flow,
        course,
        directory,
        api,
    };
    let mut marks = Marks::default();
    let found = [
        (Mark::Dns, sight.dns()),
        (Mark::ApiServer, sight.api_server()),
        (Mark::Webhook, sight.webhook()),
        (Mark::Probe, sight.probe()),
    ];
    for (mark, by) in found {
        if let Some(by) = by {
            marks.add(mark, by);
        }
    }
    // A monitoring system asks name servers and the API, too.
    if !marks.has(Mark::Dns)
        && !marks.has(Mark::ApiServer)
        && let Some(by) = sight.monitoring()
    {
        marks.add(Mark::Monitoring, by);
    }
    marks
}

impl Sight<'_> {
    fn dns(&self) -> Option<By> {
        let tuple = &self.flow.flow.tuple;
        if !matches!(tuple.protocol, Protocol::Udp | Protocol::Tcp) {
            return None;
        }
        let ports = [Some(tuple.destination_port), self.course.key.port];
        let usual = ports.contains(&Some(DNS));
        if !usual && !ports.contains(&Some(DNS_UNPRIVILEGED)) {
            return None;
        }
        let is_name_server = self.server().is_some_and(|pod| has_any(pod, &DNS_LABELS));
        if usual && self.asked(&DNS_SERVICES) {
            Some(By::Service)
        } else if is_name_server {
            Some(By::PodLabel)
        } else if usual && tuple.destination == NODE_LOCAL_DNS {
            Some(By::Address)
        } else {
            usual.then_some(By::Port)
        }
    }

    fn api_server(&self) -> Option<By> {
        let tuple = &self.flow.flow.tuple;
        if tuple.protocol != Protocol::Tcp {
            return None;
        }
        if self.service().is_some_and(|name| name == self.api) {
            return Some(By::Service);
        }
        // Those that are pods are on their node's network.
        let (address, port) = (tuple.destination, tuple.destination_port);
        let is_backend = self.server().is_none() && self.directory.has_backend(self.api, address, port, tuple.protocol);
        is_backend.then_some(By::Address)
    }

    fn webhook(&self) -> Option<By> {
        let tuple = &self.flow.flow.tuple;
        let outside = matches!(self.flow.source, Owner::Node { .. } | Owner::World { .. });
        if tuple.protocol != Protocol::Tcp || !outside || self.server().is_none() {
            return None;
        }
        let api = self.directory.service(self.api)?;
        let port = api.ports.first()?;
        let mut servers = self.directory.backends(api, port.port, port.protocol);
        let is_api_server = servers.any(|(_, address, _)| address == tuple.source || self.came_from_node_of(address));
        is_api_server.then_some(By::Address)
    }

    /// Nodes have more addresses than one.
    fn came_from_node_of(&self, address: IpAddr) -> bool {
        let Owner::Node { node: Some(node), .. } = &self.flow.source else {
            return false;
        };
        node.addresses.contains(&address)
    }

    /// Who asks a service may be served on any node.
    fn probe(&self) -> Option<By> {
        let Owner::Node { name, .. } = &self.flow.source else {
            return None;
        };
        let own = self.flow.destination.pod()?.node.as_ref()?;
        (own == name).then_some(By::OwnNode)
    }

    fn monitoring(&self) -> Option<By> {
        let source = self.flow.source.pod()?;
        if self.flow.flow.tuple.protocol != Protocol::Tcp {
            return None;
        }
        if has_any(source, &MONITORING_LABELS) {
            return Some(By::PodLabel);
        }
        let fetches_metrics = || {
            let port = self.port_name().unwrap_or_default();
            port.contains(METRICS)
        };
        (MONITORING_NAMESPACES.contains(&source.namespace.as_str()) && fetches_metrics())
            .then_some(By::NamespaceAndPort)
    }

    fn server(&self) -> Option<&Pod> {
        self.course.server.pod().map(AsRef::as_ref)
    }

    fn service(&self) -> Option<&Scoped> {
        self.flow.service.as_ref().map(|service| &service.name)
    }

    fn asked(&self, services: &[(&str, &str)]) -> bool {
        self.service().is_some_and(|name| {
            services
                .iter()
                .any(|(namespace, own)| name.namespace == *namespace && name.name == *own)
        })
    }

    fn port_name(&self) -> Option<&str> {
        let key = &self.course.key;
        let is_it = |port: &&NamedPort| port.protocol == key.protocol && Some(port.port) == key.port;
        self.server()?.ports.iter().find(is_it).map(|port| port.name.as_str())
    }
}

fn has_any(pod: &Pod, labels: &[(&str, &[&str])]) -> bool {
    labels.iter().any(|(key, values)| {
        let own = pod.labels.get(key);
        own.is_some_and(|own| values.contains(&own.as_str()))
    })
}
