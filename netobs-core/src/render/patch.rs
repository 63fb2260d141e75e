//! Changes of a NetworkPolicy as JSON patches.
use std::fmt::Write;

use super::word;
use crate::{
    labels::{Operator, Requirement, Selector},
    policy::{Direction, IpBlock, Namespaces, Peer, Peers, PortMatch, PortRange, Ports, Rule, Transport},
    suggest::Change,
};

/// One operation; an empty list for changes that are none of a policy.
pub(super) fn of(change: &Change) -> String {
    match change {
        Change::AddRule {
            direction, rule, first, ..
        } => {
            let (path, rule) = (format!("/spec/{}", word(*direction)), rule_json(rule, *direction));
            if *first {
                add(&path, &format!("[{rule}]"))
            } else {
                add(&format!("{path}/-"), &rule)
            }
        }
        Change::AddPort {
            direction, rule, port, ..
        } => add(&format!("/spec/{}/{rule}/ports/-", word(*direction)), &port_json(port)),
        Change::SetLabel { .. } | Change::RemoveLabel { .. } => "[]".to_owned(),
    }
}

fn add(path: &str, value: &str) -> String {
    format!(r#"[{{"op":"add","path":{},"value":{value}}}]"#, text(path))
}

fn rule_json(rule: &Rule, direction: Direction) -> String {
    let peers_name = match direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    };
    let peers = match &rule.peers {
        Peers::Any => None,
        Peers::Of(peers) => Some(format!("{}:{}", text(peers_name), list(peers.iter().map(peer_json)))),
    };
    let ports = match &rule.ports {
        Ports::All => None,
        Ports::Of(ports) => Some(format!(r#""ports":{}"#, list(ports.iter().map(port_json)))),
    };
    let fields: Vec<_> = peers.into_iter().chain(ports).collect();
    format!("{{{}}}", fields.join(","))
}

fn peer_json(peer: &Peer) -> String {
    match peer {
        Peer::Pods {
            namespaces: Namespaces::Named(_),
            pods,
        } => format!(r#"{{"podSelector":{}}}"#, selector_json(pods)),
        Peer::Pods {
            namespaces: Namespaces::Matching(namespaces),
            pods,
        } if pods.is_everything() => {
            format!(r#"{{"namespaceSelector":{}}}"#, selector_json(namespaces))
        }
        Peer::Pods {
            namespaces: Namespaces::Matching(namespaces),
            pods,
        } => {
            let (namespaces, pods) = (selector_json(namespaces), selector_json(pods));
            format!(r#"{{"namespaceSelector":{namespaces},"podSelector":{pods}}}"#)
        }
        Peer::Block(IpBlock { cidr, except }) => {
            let except = if except.is_empty() {
                String::new()
            } else {
                format!(r#","except":{}"#, list(except.iter().map(|one| text(&one.to_string()))))
            };
            format!(r#"{{"ipBlock":{{"cidr":{}{except}}}}}"#, text(&cidr.to_string()))
        }
        Peer::Never => "{}".to_owned(),
    }
}

fn selector_json(selector: &Selector) -> String {
    let is_label = |one: &&Requirement| one.operator == Operator::In && one.values.len() == 1;
    let (labels, expressions): (Vec<_>, Vec<_>) = selector.requirements.iter().partition(is_label);
    let mut fields = Vec::new();
    if !labels.is_empty() {
        let pairs: Vec<_> = labels
            .iter()
            .flat_map(|one| {
                one.values
                    .iter()
                    .map(|value| format!("{}:{}", text(&one.key), text(value)))
            })
            .collect();
        fields.push(format!(r#""matchLabels":{{{}}}"#, pairs.join(",")));
    }
    if !expressions.is_empty() {
        fields.push(format!(
            r#""matchExpressions":{}"#,
            list(expressions.into_iter().map(expression_json))
        ));
    }
    format!("{{{}}}", fields.join(","))
}

fn expression_json(requirement: &Requirement) -> String {
    let operator = match requirement.operator {
        Operator::In => "In",
        Operator::NotIn => "NotIn",
        Operator::Exists => "Exists",
        Operator::DoesNotExist => "DoesNotExist",
    };
    let values = match requirement.operator {
        Operator::In | Operator::NotIn => {
            format!(
                r#","values":{}"#,
                list(requirement.values.iter().map(|value| text(value)))
            )
        }
        Operator::Exists | Operator::DoesNotExist => String::new(),
    };
    format!(
        r#"{{"key":{},"operator":"{operator}"{values}}}"#,
        text(&requirement.key)
    )
}

fn port_json(port: &PortMatch) -> String {
    let protocol = format!(r#""protocol":{}"#, text(&Transport(port.protocol).to_string()));
    match &port.range {
        PortRange::All => format!("{{{protocol}}}"),
        PortRange::Between { first, last } if first == last => format!(r#"{{{protocol},"port":{first}}}"#),
        PortRange::Between { first, last } => format!(r#"{{{protocol},"port":{first},"endPort":{last}}}"#),
        PortRange::Named(name) => format!(r#"{{{protocol},"port":{}}}"#, text(name)),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

/// A JSON string.
fn text(text: &str) -> String {
    let mut json = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            control if control < ' ' => {
                // Writing to a string does not fail.
                let _ = write!(json, "\\u{:04x}", u32::from(control));
            }
            other => json.push(other),
        }
    }
    json.push('"');
    json
}
