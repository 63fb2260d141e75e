//! One difference between a rule and a connection, as a sentence.
use super::{
    endpoint,
    hint::{label_hint, port_hint},
    missing, port_list,
};
use crate::{
    explain::{LabelMismatch, Mismatch, NoPod},
    labels::{Operator, Requirement},
    policy::{Connection, Direction, Transport},
};

pub fn mismatch(mismatch: &Mismatch, direction: Direction, connection: &Connection<'_>) -> String {
    let peer = || endpoint(connection.end(direction.peer()));
    match mismatch {
        Mismatch::NamespaceLabel(label) | Mismatch::PodLabel(label) => label_text(label),
        Mismatch::Namespace { wanted, found } => {
            format!("namespace {wanted} is wanted, where the policy is; this is namespace {found}")
        }
        Mismatch::NoPod(NoPod::HostNetwork) => {
            format!(
                "pods are wanted; {} is on its node's network, where selectors do not see it",
                peer()
            )
        }
        Mismatch::NoPod(NoPod::Node) => format!("pods are wanted; this is {}", peer()),
        Mismatch::NoPod(NoPod::World) => format!("pods are wanted; {} is outside the cluster", peer()),
        Mismatch::IpBlock {
            wanted,
            found,
            excepted,
        } => {
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            let found = if found.is_empty() { peer() } else { found.join(", ") };
            match excepted {
                Some(excepted) => format!("{found} is in {excepted}, which {} excepts", wanted.cidr),
                None => format!("{found} is not in {wanted}"),
            }
        }
        Mismatch::Port {
            wanted,
            found,
            protocol,
            hints,
        } => {
            let found = found.map_or_else(|| "unknown".to_owned(), |port| port.to_string());
            let hints: String = hints.iter().map(|hint| format!("; {}", port_hint(hint))).collect();
            format!(
                "port {} is wanted; this is {found}/{}{hints}",
                port_list(wanted),
                Transport(*protocol)
            )
        }
        Mismatch::Protocol { wanted, found } => {
            format!("port {} is wanted; this is {}", port_list(wanted), Transport(*found))
        }
        Mismatch::NoRule => "it has no rule for this direction, so nothing speaks of this connection".to_owned(),
        Mismatch::Never => "it is invalid and matches nothing".to_owned(),
        Mismatch::Unknown(fact) => format!("it depends on {}, which is not known", missing(*fact, connection)),
    }
}

fn label_text(mismatch: &LabelMismatch) -> String {
    let LabelMismatch {
        object,
        requirement,
        found,
        hints,
    } = mismatch;
    let key = &requirement.key;
    let found = match found {
        Some(value) => format!("{object} has {key}={value}"),
        None => format!("{object} has no label {key}"),
    };
    let hints: String = hints
        .iter()
        .filter_map(label_hint)
        .map(|hint| format!("; {hint}"))
        .collect();
    format!("{found}; {}{hints}", wanted(requirement))
}

fn wanted(requirement: &Requirement) -> String {
    match requirement.operator {
        Operator::In | Operator::NotIn => format!("{requirement} is wanted"),
        Operator::Exists => format!("the label {} is wanted", requirement.key),
        Operator::DoesNotExist => format!("no label {} is wanted", requirement.key),
    }
}
