//! Ends of flows, each encoded once for as long as it stays the same.
use std::net::IpAddr;

use netobs_core::{directory::Owner, filter::EndKind, render};
use prost::Message as _;

use super::{identity::Identity, proto, recent::Recent};
use crate::{v1, wire};

/// More ends than these are encoded anew.
const MOST: usize = 8_192;

#[derive(Debug)]
pub(super) struct Ends {
    by_identity: Recent<Identity, Known>,
}

#[derive(Debug)]
struct Known {
    encoded: Box<[u8]>,
    /// Keeps the objects where they are, so that no others come to have their identity.
    _owner: Owner,
}

impl Default for Ends {
    fn default() -> Self {
        Self {
            by_identity: Recent::new(MOST),
        }
    }
}

impl Ends {
    /// Strangers have no labels that it would pay to keep, and there may be very many of them.
    pub(super) fn write(
        &mut self,
        out: &mut Vec<u8>,
        field: u32,
        (owner, address): (&Owner, IpAddr),
        interface: Option<&str>,
    ) {
        let interface = interface.unwrap_or_default();
        match owner {
            Owner::World { .. } => {
                proto::nested(out, field, |out| stranger(out, address, EndKind::World, "", interface))
            }
            Owner::Unknown(doubt) => {
                let doubt = render::doubt(doubt);
                proto::nested(out, field, |out| {
                    stranger(out, address, EndKind::Unknown, &doubt, interface)
                });
            }
            Owner::Pod { .. } | Owner::Node { .. } | Owner::Service(_) => {
                let make = || Known::of(owner, address);
                let known = self.by_identity.get_or_make(Identity::of(owner, address), make);
                proto::header(out, field, known.encoded.len() + proto::text_length(interface));
                out.extend_from_slice(&known.encoded);
                proto::text(out, 11, interface);
            }
        }
    }
}

impl Known {
    fn of(owner: &Owner, address: IpAddr) -> Self {
        Self {
            encoded: wire::endpoint(owner, address).encode_to_vec().into(),
            _owner: owner.clone(),
        }
    }
}

fn stranger(out: &mut Vec<u8>, address: IpAddr, kind: EndKind, doubt: &str, interface: &str) {
    proto::display(out, 1, &address);
    proto::word(out, 2, v1::EndpointKind::from(kind));
    proto::text(out, 10, doubt);
    proto::text(out, 11, interface);
}
