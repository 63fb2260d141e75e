//! What is found about name servers, for egress policies must admit them.
use super::{
    facts::{Cluster, DaemonSet, Facts, Service},
    finding::{Finding, Topic},
};

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let Cluster::Known(cluster) = &facts.cluster else {
        return Vec::new();
    };
    let services = cluster.services.as_ref().map(|services| services_found(services));
    let caches = cluster.daemon_sets.iter().flatten().filter_map(cache);
    services.into_iter().flatten().chain(caches).collect()
}

/// Whether any of these is what pods ask for names.
pub(super) fn is_dns(namespace: &str, name: &str, app: Option<&str>) -> bool {
    let known = [
        ("kube-system", "kube-dns"),
        ("kube-system", "coredns"),
        ("openshift-dns", "dns-default"),
    ];
    known.contains(&(namespace, name)) || (namespace == "kube-system" && app == Some("kube-dns"))
}

fn services_found(services: &[Service]) -> Vec<Finding> {
    let found: Vec<_> = services.iter().filter(|service| service.is_dns).map(service).collect();
    if found.is_empty() {
        return vec![Finding::note(
            Topic::Dns,
            "no DNS service was recognised (kube-system/kube-dns or coredns, openshift-dns/dns-default); \
             policies for egress must admit whatever pods ask",
        )];
    }
    found
}

fn service(service: &Service) -> Finding {
    let Service {
        namespace,
        name,
        address,
        udp,
        ..
    } = service;
    let says = match address.as_str() {
        "" | "None" => format!("DNS is Service {namespace}/{name}, which has no address of its own"),
        address => format!("DNS is Service {namespace}/{name} at {address}"),
    };
    // A policy is for the port of the pod, not for that of the service.
    let elsewhere = udp
        .iter()
        .map(|(port, target)| (*port, target.as_str()))
        .find(|(port, target)| *port == 53 && !matches!(*target, "53" | "dns" | "domain"));
    // Its service leads to a port by name, which is another there.
    let openshift = (namespace == "openshift-dns").then_some("5353");
    match openshift.or(elsewhere.map(|(_, target)| target)) {
        Some(target) => Finding::note(
            Topic::Dns,
            format!("{says}; its pods listen on {}, not 53", port_told(target)),
        )
        .with(format!(
            "policies for egress must admit that port of the pods in namespace {namespace}, for UDP and TCP"
        )),
        None => Finding::good(Topic::Dns, says),
    }
}

fn port_told(target: &str) -> String {
    match target.parse::<u16>() {
        Ok(port) => format!("port {port}"),
        Err(_) => format!("the port they name {target}"),
    }
}

fn cache(set: &DaemonSet) -> Option<Finding> {
    let is_cache = set.is_called("node-local-dns") || set.is_called("nodelocaldns");
    is_cache.then(|| {
        let address = listens_at(set);
        let says = format!(
            "NodeLocal DNSCache runs (DaemonSet {}/{}): pods ask {address} on their own node, not the DNS service's pods",
            set.namespace, set.name
        );
        Finding::note(Topic::Dns, says).with(format!(
            "policies for egress must admit {address} (ipBlock) on port 53 for UDP and TCP, beside the DNS service's pods"
        ))
    })
}

/// As its own arguments say, or where it listens unless told otherwise.
fn listens_at(set: &DaemonSet) -> String {
    let words = || set.containers.iter().flat_map(|container| &container.words);
    let behind = words().skip_while(|word| *word != "-localip").nth(1);
    let joined = words().find_map(|word| word.strip_prefix("-localip="));
    let addresses = behind.map(String::as_str).or(joined).unwrap_or_default();
    let link_local = addresses.split(',').find(|address| address.starts_with("169.254."));
    format!("{}/32", link_local.unwrap_or("169.254.20.10"))
}
