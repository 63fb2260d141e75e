//! Ports that no policy tells apart: what is said of a connection to one of them holds for the others.
use std::collections::BTreeSet;

use super::{Direction, NamedPort, PolicySet, PortRange, Ports};

#[derive(Debug)]
pub(crate) struct PortClasses {
    /// The first port of each class, ascending; that of the first is 0.
    cuts: Vec<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum PortClass {
    /// The protocol has none, or it is not known.
    NoPort,
    /// The destination has a name for it, by which policies may mean it.
    Named(u16),
    From(u16),
}

impl PortClasses {
    /// `apart` is told apart from others, whatever the policies say.
    pub(crate) fn of(set: &PolicySet, apart: u16) -> Self {
        let mut cuts = BTreeSet::from([0, apart]);
        cuts.extend(apart.checked_add(1));
        let rules = set
            .iter()
            .flat_map(|policy| [Direction::Ingress, Direction::Egress].map(|direction| policy.rules(direction)))
            .flatten()
            .flat_map(|rules| &rules.rules);
        for rule in rules {
            let Ports::Of(ports) = &rule.ports else { continue };
            for port in ports {
                if let PortRange::Between { first, last } = port.range {
                    cuts.insert(first);
                    cuts.extend(last.checked_add(1));
                }
            }
        }
        Self {
            cuts: cuts.into_iter().collect(),
        }
    }

    /// `named` are the ports of the destination that have names.
    pub(crate) fn class(&self, port: Option<u16>, named: &[NamedPort]) -> PortClass {
        let Some(port) = port else {
            return PortClass::NoPort;
        };
        if named.iter().any(|one| one.port == port) {
            return PortClass::Named(port);
        }
        let place = self.cuts.partition_point(|cut| *cut <= port);
        PortClass::From(self.cuts[..place].last().copied().unwrap_or_default())
    }
}
