//! Who began a connection that was there before us, from the kernel's connection tracking where it is on.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_NETFILTER};
use netobs_core::event::Tuple;

use super::NodeError;

/// Subsystem and message: `NFNL_SUBSYS_CTNETLINK`, `IPCTNL_MSG_CT_NEW` and `…_GET`.
const NEW: u16 = 1 << 8;
const GET: u16 = 1 << 8 | 1;
const REQUEST: u16 = 1;
const NESTED: u16 = 1 << 15;
const HEADERS_LEN: usize = 20;

// Attributes of a connection, of a tuple, of its addresses and of its ports.
const TUPLE_ORIGINAL: u16 = 1;
const TUPLE_IP: u16 = 1;
const TUPLE_PROTOCOL: u16 = 2;
const IP_SOURCE: [u16; 2] = [1, 3];
const IP_DESTINATION: [u16; 2] = [2, 4];
const PROTOCOL_NUMBER: u16 = 1;
const SOURCE_PORT: u16 = 2;
const DESTINATION_PORT: u16 = 3;

pub(crate) struct Conntrack {
    socket: Socket,
}

impl Conntrack {
    pub(crate) fn open() -> Result<Self, NodeError> {
        let mut socket = Socket::new(NETLINK_NETFILTER).map_err(NodeError::Socket)?;
        socket.bind_auto().map_err(NodeError::Socket)?;
        socket.connect(&SocketAddr::new(0, 0)).map_err(NodeError::Socket)?;
        // The kernel answers before sending returns, so there is never anything to wait for.
        socket.set_non_blocking(true).map_err(NodeError::Socket)?;
        Ok(Self { socket })
    }

    /// Whether the source of the tuple began the connection; `None` where the kernel does not know it.
    ///
    /// Behind a translation of addresses a connection is known by what its answer looks like, so that is asked for too.
    pub(crate) fn began_at_source(&self, tuple: &Tuple) -> Option<bool> {
        let reversed = tuple.reversed();
        if let Some(original) = self.original(tuple) {
            return Some(original == ends(tuple));
        }
        self.original(&reversed).map(|original| original != ends(&reversed))
    }

    /// The ends of a connection as it began, if one of its two directions looks like the tuple.
    fn original(&self, tuple: &Tuple) -> Option<Ends> {
        self.socket.send(&question(tuple), 0).ok()?;
        let (answer, _) = self.socket.recv_from_full().ok()?;
        let kind = u16::from_ne_bytes(answer.get(4..6)?.try_into().ok()?);
        if kind != NEW {
            return None;
        }
        let original = attribute(answer.get(HEADERS_LEN..)?, TUPLE_ORIGINAL)?;
        let (ip, protocol) = (attribute(original, TUPLE_IP)?, attribute(original, TUPLE_PROTOCOL)?);
        Some(Ends {
            source: (address(ip, IP_SOURCE)?, port(protocol, SOURCE_PORT)?),
            destination: (address(ip, IP_DESTINATION)?, port(protocol, DESTINATION_PORT)?),
        })
    }
}

#[derive(PartialEq, Eq)]
struct Ends {
    source: (IpAddr, u16),
    destination: (IpAddr, u16),
}

fn ends(tuple: &Tuple) -> Ends {
    Ends {
        source: (tuple.source, tuple.source_port),
        destination: (tuple.destination, tuple.destination_port),
    }
}

fn question(tuple: &Tuple) -> Vec<u8> {
    let (family, version) = if tuple.source.is_ipv4() {
        (libc::AF_INET, 0)
    } else {
        (libc::AF_INET6, 1)
    };
    let mut ip = encode(IP_SOURCE[version], &octets(tuple.source));
    ip.extend(encode(IP_DESTINATION[version], &octets(tuple.destination)));
    let mut protocol = encode(PROTOCOL_NUMBER, &[tuple.protocol.number()]);
    protocol.extend(encode(SOURCE_PORT, &tuple.source_port.to_be_bytes()));
    protocol.extend(encode(DESTINATION_PORT, &tuple.destination_port.to_be_bytes()));
    let mut inner = encode(TUPLE_IP | NESTED, &ip);
    inner.extend(encode(TUPLE_PROTOCOL | NESTED, &protocol));
    let attributes = encode(TUPLE_ORIGINAL | NESTED, &inner);

    let len = u32::try_from(HEADERS_LEN + attributes.len()).unwrap_or_default();
    let mut message = len.to_ne_bytes().to_vec();
    message.extend(GET.to_ne_bytes());
    message.extend(REQUEST.to_ne_bytes());
    message.extend([0; 8]);
    message.extend([u8::try_from(family).unwrap_or_default(), 0, 0, 0]);
    message.extend(attributes);
    message
}

fn encode(kind: u16, content: &[u8]) -> Vec<u8> {
    let len = u16::try_from(content.len() + 4).unwrap_or_default();
    let mut bytes = len.to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// The content of the first attribute of a kind.
fn attribute(mut bytes: &[u8], wanted: u16) -> Option<&[u8]> {
    loop {
        let len = usize::from(u16::from_ne_bytes(bytes.get(..2)?.try_into().ok()?));
        let kind = u16::from_ne_bytes(bytes.get(2..4)?.try_into().ok()?);
        let content = bytes.get(4..len)?;
        if kind & !NESTED == wanted {
            return Some(content);
        }
        bytes = bytes.get(len.next_multiple_of(4)..)?;
    }
}

fn address(bytes: &[u8], [v4, v6]: [u16; 2]) -> Option<IpAddr> {
    if let Some(octets) = attribute(bytes, v4) {
        return Some(Ipv4Addr::from(<[u8; 4]>::try_from(octets).ok()?).into());
    }
    Some(Ipv6Addr::from(<[u8; 16]>::try_from(attribute(bytes, v6)?).ok()?).into())
}

fn port(bytes: &[u8], kind: u16) -> Option<u16> {
    Some(u16::from_be_bytes(attribute(bytes, kind)?.try_into().ok()?))
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}
