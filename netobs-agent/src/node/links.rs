//! The node's links as they come and go.
#![expect(unsafe_code, reason = "this file meets the kernel")]
use std::{
    collections::{HashMap, HashSet},
    io, mem,
};

use netlink_packet_core::NetlinkPayload;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::Socket;
use netobs_core::event::Ifindex;
use tokio::io::unix::AsyncFd;
use tracing::debug;

use super::{NodeError, message, uplinks::WaysOut};

/// `RTNLGRP_LINK`.
const LINK_GROUP: u32 = 1;
/// Hundreds of pods may appear at once.
const RECEIVE_BUFFER: usize = 4 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) index: Ifindex,
    pub(crate) name: String,
    /// A veth, or the end of a netkit that is meant for the node.
    pub(super) is_pair: bool,
    pub(super) peer_elsewhere: bool,
    /// The other end of a pair; of other interfaces the one it is stacked on.
    pub(super) peer: Option<Ifindex>,
    pub(super) master: Option<Ifindex>,
    pub(super) mac: Vec<u8>,
}

impl Link {
    /// Its other end is in another namespace: so do all interfaces that lead to pods, whatever a CNI names them.
    pub(crate) fn leads_elsewhere(&self) -> bool {
        self.is_pair && self.peer_elsewhere
    }

    pub(super) fn stacked_on(&self) -> Option<Ifindex> {
        self.peer.filter(|_| !self.is_pair && !self.peer_elsewhere)
    }

    pub(super) fn has_mac_of(&self, other: &Self) -> bool {
        self.mac == other.mac && self.mac.iter().any(|byte| *byte != 0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LinkChange {
    /// It is new, or not as it was.
    Appeared(Link),
    Gone(Ifindex),
}

pub(crate) struct Links {
    socket: AsyncFd<Socket>,
    known: HashMap<Ifindex, Link>,
    /// While all links are being listed: those that are not among them, so far.
    unlisted: Option<HashMap<Ifindex, Link>>,
    /// Something was missed while they were being listed.
    list_again: bool,
    /// What came while all were being listed: which of them lead out is known only then.
    untold: Vec<LinkChange>,
    ways_out: WaysOut,
    ways_out_changed: bool,
    uplinks: HashSet<Ifindex>,
}

impl Links {
    /// Begins to listen, then asks for all that are there.
    pub(crate) fn open() -> Result<Self, NodeError> {
        let socket = message::socket().map_err(NodeError::Socket)?;
        socket.set_non_blocking(true).map_err(NodeError::Socket)?;
        socket.set_rx_buf_sz(RECEIVE_BUFFER).map_err(NodeError::Socket)?;
        for group in WaysOut::GROUPS.into_iter().chain([LINK_GROUP]) {
            socket.add_membership(group).map_err(NodeError::Socket)?;
        }
        // SAFETY: a socket keeps its descriptor for as long as it lives, and `AsyncFd` owns it.
        let socket = unsafe { AsyncFd::register(socket) }.map_err(|error| NodeError::Socket(error.into()))?;
        let mut links = Self {
            socket,
            known: HashMap::new(),
            unlisted: None,
            list_again: false,
            untold: Vec::new(),
            ways_out: WaysOut::ask().map_err(NodeError::Request)?,
            ways_out_changed: false,
            uplinks: HashSet::new(),
        };
        links.list().map_err(NodeError::Request)?;
        Ok(links)
    }

    pub(crate) fn name(&self, interface: Ifindex) -> Option<&str> {
        self.known.get(&interface).map(|link| link.name.as_str())
    }

    /// It leads elsewhere, but not out of the node.
    pub(crate) fn leads_to_pod(&self, link: &Link) -> bool {
        link.leads_elsewhere() && !self.uplinks.contains(&link.index)
    }

    /// Whether the listing that was asked for last has come to its end.
    pub(crate) fn are_listed(&self) -> bool {
        self.unlisted.is_none()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.known.values().any(|link| link.name == name)
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.known.values().map(|link| link.name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// Waits for the next changes. May be given up at any moment without losing one.
    pub(crate) async fn next(&mut self) -> Result<Vec<LinkChange>, NodeError> {
        loop {
            if self.are_listed() && mem::take(&mut self.list_again) {
                self.list().map_err(NodeError::Request)?;
            }
            let mut ready = self.socket.readable().await.map_err(NodeError::Request)?;
            match ready.try_io(|socket| socket.get_ref().recv_from_full()) {
                Ok(Ok((datagram, _))) => return Ok(self.take(&datagram)),
                Ok(Err(error)) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    debug!("more changes of links than the socket holds; listing all of them");
                    self.ways_out_changed = true;
                    self.list_again = true;
                }
                Ok(Err(error)) => return Err(NodeError::Request(error)),
                Err(_would_block) => {}
            }
        }
    }

    fn list(&mut self) -> io::Result<()> {
        message::ask_for_all_links(self.socket.get_ref())?;
        self.unlisted = Some(self.known.clone());
        Ok(())
    }

    fn take(&mut self, datagram: &[u8]) -> Vec<LinkChange> {
        for payload in message::split(datagram) {
            if matches!(payload, NetlinkPayload::Done(_)) {
                self.listed();
            }
            let change = self.take_one(&payload);
            self.untold.extend(change);
        }
        if !self.are_listed() {
            return Vec::new();
        }
        let mut changes = mem::take(&mut self.untold);
        if !changes.is_empty() || self.ways_out_changed {
            for link in self.look_for_uplinks() {
                let change = LinkChange::Appeared(link);
                if !changes.contains(&change) {
                    changes.push(change);
                }
            }
        }
        changes
    }

    /// Those that have become uplinks, and those that are none any more.
    fn look_for_uplinks(&mut self) -> Vec<Link> {
        if mem::take(&mut self.ways_out_changed) {
            match WaysOut::ask() {
                Ok(ways_out) => self.ways_out = ways_out,
                Err(error) => debug!(%error, "the node's routes and addresses are not known as they are now"),
            }
        }
        let uplinks = self.ways_out.among(&self.known);
        let turned = uplinks.symmetric_difference(&self.uplinks);
        let turned = turned.filter_map(|index| self.known.get(index)).cloned().collect();
        self.uplinks = uplinks;
        turned
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "of other messages it matters only whether routes and addresses are as they were"
    )]
    fn take_one(&mut self, payload: &NetlinkPayload<RouteNetlinkMessage>) -> Option<LinkChange> {
        match payload {
            NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewLink(link)) => {
                message::link(link).and_then(|link| self.appeared(link))
            }
            NetlinkPayload::InnerMessage(RouteNetlinkMessage::DelLink(link)) => {
                message::link(link).and_then(|link| self.gone(&link))
            }
            NetlinkPayload::InnerMessage(other) => {
                self.ways_out_changed |= WaysOut::are_changed_by(other);
                None
            }
            _ => None,
        }
    }

    fn appeared(&mut self, link: Link) -> Option<LinkChange> {
        if let Some(unlisted) = &mut self.unlisted {
            unlisted.remove(&link.index);
        }
        let before = self.known.insert(link.index, link.clone());
        (before.as_ref() != Some(&link)).then_some(LinkChange::Appeared(link))
    }

    fn gone(&mut self, link: &Link) -> Option<LinkChange> {
        self.look_again_at_peer(link);
        self.ways_out_changed |= self.uplinks.contains(&link.index);
        if let Some(unlisted) = &mut self.unlisted {
            unlisted.remove(&link.index);
        }
        self.known
            .remove(&link.index)
            .map(|known| LinkChange::Gone(known.index))
    }

    /// A veth's end that is moved to a pod's namespace is gone from ours; nothing else tells that its peer now leads there.
    fn look_again_at_peer(&self, link: &Link) {
        let peer = link.peer.filter(|peer| self.known.contains_key(peer));
        if let Some(peer) = peer
            && let Err(error) = message::ask_for_link(self.socket.get_ref(), peer)
        {
            debug!(?peer, %error, "a link could not be looked at again");
        }
    }

    fn listed(&mut self) {
        for index in self.unlisted.take().unwrap_or_default().into_keys() {
            if self.known.remove(&index).is_some() {
                self.untold.push(LinkChange::Gone(index));
            }
        }
    }
}
