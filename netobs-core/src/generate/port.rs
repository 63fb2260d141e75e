//! Ports as a person would name them.
use super::Choice;
use crate::{
    event::Protocol,
    inventory::Portrait,
    labels::{Selector, Symbol},
    policy::{PortMatch, PortRange},
};

/// This port of the workload: by its name, where the name means this port for all that the selector selects.
pub(super) fn of(
    portrait: &Portrait,
    protocol: Protocol,
    port: u16,
    choice: &Choice<'_>,
    selector: &Selector,
) -> PortMatch {
    let name = portrait
        .ports
        .iter()
        .find(|one| one.protocol == protocol && one.port == port)
        .map(|one| &one.name);
    let means_this = |name: &&Symbol| {
        choice.selected(&portrait.key.namespace, selector).all(|other| {
            let mut same = other
                .ports
                .iter()
                .filter(|one| one.name == **name && one.protocol == protocol);
            same.all(|one| one.port == port)
        })
    };
    match name.filter(means_this) {
        Some(name) => PortMatch {
            protocol,
            range: PortRange::Named(name.clone()),
        },
        None => numbered(protocol, port),
    }
}

pub(super) const fn numbered(protocol: Protocol, port: u16) -> PortMatch {
    PortMatch {
        protocol,
        range: PortRange::Between {
            first: port,
            last: port,
        },
    }
}
