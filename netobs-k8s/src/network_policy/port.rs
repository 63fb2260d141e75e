//! The ports of a rule.
use k8s_openapi::{api::networking::v1::NetworkPolicyPort, apimachinery::pkg::util::intstr::IntOrString};
use netobs_core::{
    event::Protocol,
    policy::{PortMatch, PortRange, Ports},
};

use super::Reader;

impl Reader<'_> {
    /// No list and an empty list both mean everything. `field` is the rule's.
    pub(super) fn ports(&mut self, list: Option<&[NetworkPolicyPort]>, field: &str) -> Ports {
        match list.unwrap_or_default() {
            [] => Ports::All,
            list => Ports::Of(
                list.iter()
                    .enumerate()
                    .filter_map(|(index, port)| self.port(port, &format!("{field}.ports[{index}]")))
                    .collect(),
            ),
        }
    }

    /// `None` if it is invalid, so that it admits nothing.
    fn port(&mut self, port: &NetworkPolicyPort, field: &str) -> Option<PortMatch> {
        let protocol = self.protocol(port.protocol.as_deref(), field);
        let range = match (&port.port, port.end_port) {
            (None, None) => Some(PortRange::All),
            (None, Some(_)) => {
                self.problems.error(
                    format!("{field}.endPort"),
                    "endPort needs a port, the first of the range",
                );
                None
            }
            (Some(IntOrString::Int(first)), last) => self.numbers(*first, last, field),
            (Some(IntOrString::String(name)), last) => self.name(name, last, field),
        };
        Some(PortMatch {
            protocol: protocol?,
            range: range?,
        })
    }

    fn protocol(&mut self, protocol: Option<&str>, field: &str) -> Option<Protocol> {
        match protocol {
            None | Some("TCP") => Some(Protocol::Tcp),
            Some("UDP") => Some(Protocol::Udp),
            Some("SCTP") => Some(Protocol::Sctp),
            Some(other) => {
                let problem = format!("{other:?} is no protocol of policies; there are TCP, UDP and SCTP");
                self.problems.error(format!("{field}.protocol"), problem);
                None
            }
        }
    }

    fn numbers(&mut self, first: i32, last: Option<i32>, field: &str) -> Option<PortRange> {
        let mut number = |number: i32, name: &str| {
            let valid = u16::try_from(number).ok().filter(|number| *number > 0);
            if valid.is_none() {
                self.problems.error(
                    format!("{field}.{name}"),
                    format!("{number} is no port; ports are 1 to 65535"),
                );
            }
            valid
        };
        let first_port = number(first, "port")?;
        let last_port = last.map_or(Some(first_port), |last| number(last, "endPort"))?;
        if last_port < first_port {
            self.problems.error(
                format!("{field}.endPort"),
                format!("{last_port} is less than the port, {first_port}"),
            );
            return None;
        }
        Some(PortRange::Between {
            first: first_port,
            last: last_port,
        })
    }

    fn name(&mut self, name: &str, last: Option<i32>, field: &str) -> Option<PortRange> {
        if !is_port_name(name) {
            let problem = format!(
                "{name:?} is no port: write a number without quotes, or a name of at most 15 lower-case letters, \
                 digits and '-' with a letter in it"
            );
            self.problems.error(format!("{field}.port"), problem);
            return None;
        }
        if last.is_some() {
            self.problems.error(
                format!("{field}.endPort"),
                "endPort cannot follow a named port, only a number",
            );
            return None;
        }
        Some(PortRange::Named(self.interner.symbol(name)))
    }
}

fn is_port_name(name: &str) -> bool {
    name.len() <= 15
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}
