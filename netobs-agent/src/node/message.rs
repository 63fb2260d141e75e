//! Netlink messages out and in, over a plain socket.
use std::io;

use netlink_packet_core::{NLM_F_DUMP, NLM_F_REQUEST, NetlinkDeserializable, NetlinkMessage, NetlinkPayload};
use netlink_packet_route::{
    AddressFamily, RouteNetlinkMessage,
    link::{InfoData, InfoKind, InfoNetkit, LinkAttribute, LinkInfo, LinkMessage},
};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};
use netobs_core::event::Ifindex;

use super::Link;

pub(super) fn socket() -> io::Result<Socket> {
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    Ok(socket)
}

pub(super) fn ask_for_all_links(socket: &Socket) -> io::Result<()> {
    let all = RouteNetlinkMessage::GetLink(LinkMessage::default());
    send(socket, all, NLM_F_REQUEST | NLM_F_DUMP)
}

pub(super) fn ask_for_link(socket: &Socket, interface: Ifindex) -> io::Result<()> {
    let mut link = LinkMessage::default();
    link.header.index = interface.0;
    send(socket, RouteNetlinkMessage::GetLink(link), NLM_F_REQUEST)
}

pub(super) fn send(socket: &Socket, message: RouteNetlinkMessage, flags: u16) -> io::Result<()> {
    let mut message = NetlinkMessage::from(message);
    message.header.flags = flags;
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    socket.send(&bytes, 0).map(|_| ())
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "other messages say nothing of the request"
)]
/// Asks over a socket of its own, and waits until the kernel says that it has said all.
pub(super) fn request(message: RouteNetlinkMessage, flags: u16) -> io::Result<Vec<RouteNetlinkMessage>> {
    let socket = socket()?;
    send(&socket, message, flags)?;
    let mut answers = Vec::new();
    loop {
        let (datagram, _) = socket.recv_from_full()?;
        for payload in split(&datagram) {
            match payload {
                NetlinkPayload::Done(_) => return Ok(answers),
                NetlinkPayload::Error(error) => return error.code.map_or(Ok(answers), |_| Err(error.to_io())),
                NetlinkPayload::InnerMessage(answer) => answers.push(answer),
                _ => {}
            }
        }
    }
}

/// Every message of a datagram; one that cannot be read is left out, and what follows it is not.
pub(super) fn split(mut datagram: &[u8]) -> Vec<NetlinkPayload<RouteNetlinkMessage>> {
    const HEADER_LEN: usize = 16;
    let mut messages = Vec::new();
    while datagram.len() >= HEADER_LEN {
        let len = u32::from_ne_bytes([datagram[0], datagram[1], datagram[2], datagram[3]]) as usize;
        if len < HEADER_LEN || len > datagram.len() {
            break;
        }
        if let Ok(message) = deserialize(&datagram[..len]) {
            messages.push(message.payload);
        }
        datagram = datagram.get(len.next_multiple_of(4)..).unwrap_or_default();
    }
    messages
}

fn deserialize<T: NetlinkDeserializable>(bytes: &[u8]) -> Result<NetlinkMessage<T>, netlink_packet_core::DecodeError> {
    NetlinkMessage::deserialize(bytes)
}

/// What matters of a link; `None` for what a bridge tells of its port, which says less and ends when it is one no more.
pub(super) fn link(message: &LinkMessage) -> Option<Link> {
    if message.header.interface_family == AddressFamily::Bridge {
        return None;
    }
    let mut link = Link {
        index: Ifindex(message.header.index),
        name: String::new(),
        is_pair: false,
        peer_elsewhere: false,
        peer: None,
        master: None,
        mac: Vec::new(),
    };
    for attribute in &message.attributes {
        #[expect(clippy::wildcard_enum_match_arm, reason = "of some sixty attributes, six matter")]
        match attribute {
            LinkAttribute::IfName(name) => link.name.clone_from(name),
            LinkAttribute::LinkNetNsId(_) => link.peer_elsewhere = true,
            LinkAttribute::Link(peer) => link.peer = Some(Ifindex(*peer)),
            LinkAttribute::Controller(master) => link.master = Some(Ifindex(*master)),
            LinkAttribute::Address(mac) => link.mac.clone_from(mac),
            LinkAttribute::LinkInfo(infos) => link.is_pair = is_pair(infos),
            _ => {}
        }
    }
    Some(link)
}

/// Of a netkit, one end is meant for the node, and the other, which has no say, for the pod.
fn is_pair(infos: &[LinkInfo]) -> bool {
    let is_primary = |info: &InfoNetkit| *info == InfoNetkit::Primary(true);
    infos.iter().any(|info| {
        let is_veth = matches!(info, LinkInfo::Kind(InfoKind::Veth));
        is_veth || matches!(info, LinkInfo::Data(InfoData::Netkit(netkit)) if netkit.iter().any(is_primary))
    })
}
