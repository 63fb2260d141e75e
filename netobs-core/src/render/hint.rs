//! What may have gone wrong, as text.
use super::{time::utc, word};
use crate::{
    explain::{ConnectionHint, LabelHint, PortHint, RuleHint},
    policy::Direction,
};

/// `None` where the mismatch itself has said it.
pub fn label_hint(hint: &LabelHint) -> Option<String> {
    match hint {
        LabelHint::WasThere { value, until } => Some(format!("{value:?} was there until {}", utc(*until))),
        LabelHint::Annotation { value } => Some(format!(
            "{value:?} is there as an annotation, which selectors do not see"
        )),
        LabelHint::NearKey { key, value } => Some(format!("it has {key}={value}, perhaps misspelt")),
        LabelHint::NearValue { wanted } => Some(format!("perhaps {wanted:?} was meant")),
        LabelHint::ValueDiffers | LabelHint::KeyMissing | LabelHint::Unwanted => None,
    }
}

pub fn port_hint(hint: &PortHint) -> String {
    match hint {
        PortHint::NoPortOfThatName { name } => format!("the destination pod has no port named {name}"),
        PortHint::NameIsOtherPort { name, port } => format!("the destination pod's port {name} is {port}"),
        PortHint::OnlyPodsHaveNames { name } => format!("only pods have a port named {name}; this is none"),
    }
}

pub fn rule_hint(hint: &RuleHint) -> String {
    match hint {
        RuleHint::BothMustMatch { namespace_matches } => {
            let (does, does_not) = if *namespace_matches {
                ("namespace", "pod")
            } else {
                ("pod", "namespace")
            };
            format!(
                "namespaceSelector and podSelector stand in one item, so both must match; the {does} does, the \
                 {does_not} does not; if either was to be enough, make two items of them"
            )
        }
        RuleHint::PodSelectorIsLocal {
            beside_namespace_selector: true,
        } => {
            "a podSelector alone is for the policy's own namespace; if it was to go with the namespaceSelector beside \
             it, make one item of them"
                .to_owned()
        }
        RuleHint::PodSelectorIsLocal {
            beside_namespace_selector: false,
        } => {
            "a podSelector alone is for the policy's own namespace; for pods elsewhere add a namespaceSelector to the \
             same item"
                .to_owned()
        }
        RuleHint::NoSuchNamespace { selector } => format!("no namespace in the cluster has {selector}"),
        RuleHint::NoSuchPod { selector } if selector.is_everything() => "no pod in the cluster is meant".to_owned(),
        RuleHint::NoSuchPod { selector } => format!("no pod there has {selector}"),
    }
}

pub fn connection_hint(hint: &ConnectionHint) -> String {
    match hint {
        ConnectionHint::OneDirectionOnly { admitted } => {
            let other = match admitted {
                Direction::Ingress => Direction::Egress,
                Direction::Egress => Direction::Ingress,
            };
            format!(
                "{} is admitted and {} is not; both are needed",
                word(*admitted),
                word(other)
            )
        }
        ConnectionHint::DnsNotAdmitted => {
            "the source may not ask DNS (port 53/UDP), so connections by name fail before they begin".to_owned()
        }
        ConnectionHint::ThisIsDns => "this is DNS; without it the source resolves no names at all".to_owned(),
        ConnectionHint::EitherIsEnough { policy, rule } => format!(
            "{policy}, rule {}: its namespaceSelector and podSelector stand in two items, so either is enough, and one \
             admitted this; if both were to match, make one item of them",
            rule + 1
        ),
    }
}
