//! A connection's key: the same from whichever end it is seen.
use std::net::IpAddr;

use crate::event::{Protocol, Tuple};

/// Which of the two ends of a key, and at the same time the direction of what that end sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Lower,
    Upper,
}

impl End {
    pub(super) const BOTH: [Self; 2] = [Self::Lower, Self::Upper];

    pub(super) const fn other(self) -> Self {
        match self {
            Self::Lower => Self::Upper,
            Self::Upper => Self::Lower,
        }
    }

    pub(super) const fn index(self) -> usize {
        match self {
            Self::Lower => 0,
            Self::Upper => 1,
        }
    }
}

/// The two ends in order of address and port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    lower: (IpAddr, u16),
    upper: (IpAddr, u16),
    protocol: Protocol,
    fragment: bool,
    merged: bool,
}

impl Key {
    /// The key of a packet's connection, and the end that sent it.
    pub(super) fn of(tuple: &Tuple, merged: bool) -> (Self, End) {
        let (source, destination) = ends(tuple);
        let in_order = if tuple.protocol.has_ports() {
            source <= destination
        } else {
            source.0 <= destination.0
        };
        let (lower, upper, sender) = if in_order {
            (source, destination, End::Lower)
        } else {
            (destination, source, End::Upper)
        };
        (
            Self {
                lower,
                upper,
                protocol: tuple.protocol,
                fragment: tuple.fragment,
                merged,
            },
            sender,
        )
    }

    /// A packet that `sender` sends.
    pub(super) fn tuple(&self, sender: End) -> Tuple {
        let (source, destination) = match sender {
            End::Lower => (self.lower, self.upper),
            End::Upper => (self.upper, self.lower),
        };
        let (source_port, destination_port) = if self.protocol.has_ports() {
            (source.1, destination.1)
        } else {
            (self.lower.1, self.upper.1)
        };
        Tuple {
            source: source.0,
            destination: destination.0,
            source_port,
            destination_port,
            protocol: self.protocol,
            fragment: self.fragment,
        }
    }

    pub(super) const fn protocol(&self) -> Protocol {
        self.protocol
    }

    pub(super) const fn is_merged(&self) -> bool {
        self.merged
    }

    pub(super) const fn port(&self, end: End) -> u16 {
        match end {
            End::Lower => self.lower.1,
            End::Upper => self.upper.1,
        }
    }
}

/// What is no port belongs to the connection, not to an end: the identifier goes with the lower, the kind with the upper.
fn ends(tuple: &Tuple) -> ((IpAddr, u16), (IpAddr, u16)) {
    let (source, destination) = (tuple.source, tuple.destination);
    if tuple.protocol.has_ports() || source <= destination {
        ((source, tuple.source_port), (destination, tuple.destination_port))
    } else {
        ((source, tuple.destination_port), (destination, tuple.source_port))
    }
}
