//! Addresses and ports that are none, which whoever reads the objects would pass over without a word.
use std::{fmt::Display, net::IpAddr};

use k8s_openapi::api::core::v1;
use netobs_core::policy::Cidr;

use super::Reader;
use crate::{finding::Place, object};

impl Reader {
    pub(super) fn check_pod(&mut self, place: &Place, pod: &v1::Pod) {
        if let Some(spec) = &pod.spec {
            self.check_container_ports(place, "spec", spec);
        }
        let Some(status) = &pod.status else { return };
        self.check_optional_address(place, "status.podIP", status.pod_ip.as_deref());
        self.check_optional_address(place, "status.hostIP", status.host_ip.as_deref());
        for (index, one) in status.pod_ips.iter().flatten().enumerate() {
            self.check_address(place, format_args!("status.podIPs[{index}].ip"), &one.ip);
        }
        for (index, one) in status.host_ips.iter().flatten().enumerate() {
            self.check_address(place, format_args!("status.hostIPs[{index}].ip"), &one.ip);
        }
    }

    /// `field` is that of `spec`, which workloads have further down.
    pub(super) fn check_container_ports(&mut self, place: &Place, field: &str, spec: &v1::PodSpec) {
        let init = spec.init_containers.iter().flatten();
        let containers = spec.containers.iter().enumerate().map(|one| ("containers", one));
        for (list, (index, container)) in containers.chain(init.enumerate().map(|one| ("initContainers", one))) {
            for (number, port) in container.ports.iter().flatten().enumerate() {
                let field = format_args!("{field}.{list}[{index}].ports[{number}]");
                self.check_port(place, format_args!("{field}.containerPort"), port.container_port);
                self.check_protocol(place, format_args!("{field}.protocol"), port.protocol.as_deref());
            }
        }
    }

    pub(super) fn check_node(&mut self, place: &Place, node: &v1::Node) {
        let addresses = node.status.iter().flat_map(|status| status.addresses.iter().flatten());
        for (index, one) in addresses.enumerate().filter(|(_, one)| object::is_of_node(one)) {
            self.check_address(place, format_args!("status.addresses[{index}].address"), &one.address);
        }
        let Some(spec) = &node.spec else { return };
        if let Some(block) = spec.pod_cidr.as_deref().filter(|block| !block.is_empty()) {
            self.check_block(place, "spec.podCIDR", block);
        }
        for (index, block) in spec.pod_cidrs.iter().flatten().enumerate() {
            self.check_block(place, format_args!("spec.podCIDRs[{index}]"), block);
        }
    }

    pub(super) fn check_service(&mut self, place: &Place, service: &v1::Service) {
        if let Some(spec) = &service.spec {
            self.check_optional_address(place, "spec.clusterIP", spec.cluster_ip.as_deref().filter(is_given));
            let several = spec.cluster_ips.iter().flatten().map(String::as_str);
            for (index, text) in several.enumerate().filter(|(_, text)| is_given(text)) {
                self.check_address(place, format_args!("spec.clusterIPs[{index}]"), text);
            }
            for (index, text) in spec.external_ips.iter().flatten().enumerate() {
                self.check_address(place, format_args!("spec.externalIPs[{index}]"), text);
            }
            for (index, port) in spec.ports.iter().flatten().enumerate() {
                self.check_port(place, format_args!("spec.ports[{index}].port"), port.port);
                let protocol = port.protocol.as_deref();
                self.check_protocol(place, format_args!("spec.ports[{index}].protocol"), protocol);
            }
        }
        let balancer = service.status.iter().flat_map(|status| status.load_balancer.iter());
        let ingress = balancer.flat_map(|balancer| balancer.ingress.iter().flatten());
        for (index, one) in ingress.enumerate() {
            let field = format_args!("status.loadBalancer.ingress[{index}].ip");
            self.check_optional_address(place, field, one.ip.as_deref());
        }
    }

    /// An empty text stands for none.
    fn check_optional_address(&mut self, place: &Place, field: impl Display, text: Option<&str>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.check_address(place, field, text);
        }
    }

    fn check_address(&mut self, place: &Place, field: impl Display, text: &str) {
        if text.parse::<IpAddr>().is_err() {
            let problem = format!("{text:?} is no IP address; one is written like 10.0.0.1 or fd00::1");
            self.error(place, &field.to_string(), problem);
        }
    }

    fn check_block(&mut self, place: &Place, field: impl Display, text: &str) {
        if let Err(problem) = text.parse::<Cidr>() {
            self.error(place, &field.to_string(), problem);
        }
    }

    fn check_port(&mut self, place: &Place, field: impl Display, port: i32) {
        if !(1..=65535).contains(&port) {
            self.error(
                place,
                &field.to_string(),
                format!("{port} is no port; ports are 1 to 65535"),
            );
        }
    }

    fn check_protocol(&mut self, place: &Place, field: impl Display, protocol: Option<&str>) {
        if let Some(other) = protocol.filter(|text| !["TCP", "UDP", "SCTP"].contains(text)) {
            let problem = format!("{other:?} is no protocol of ports; there are TCP, UDP and SCTP");
            self.error(place, &field.to_string(), problem);
        }
    }
}

/// A headless service's `None` is no address that was misspelt.
fn is_given(text: &&str) -> bool {
    *text != "None"
}
