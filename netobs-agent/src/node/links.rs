//! The node's links as they come and go.
#![expect(unsafe_code, reason = "this file meets the kernel")]
use std::{collections::HashMap, io};

use netlink_packet_core::NetlinkPayload;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::Socket;
use netobs_core::event::Ifindex;
use tokio::io::unix::AsyncFd;
use tracing::debug;

use super::{NodeError, message};

/// `RTNLGRP_LINK`.
const LINK_GROUP: u32 = 1;
/// Hundreds of pods may appear at once.
const RECEIVE_BUFFER: usize = 4 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) index: Ifindex,
    pub(crate) name: String,
    pub(super) is_veth: bool,
    pub(super) peer_elsewhere: bool,
    pub(super) peer: Option<u32>,
}

impl Link {
    /// A veth whose other end is in another namespace: what leads to a pod, whatever a CNI names it.
    pub(crate) fn leads_to_pod(&self) -> bool {
        self.is_veth && self.peer_elsewhere
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LinkChange {
    Appeared(Link),
    Gone(Ifindex),
}

pub(crate) struct Links {
    socket: AsyncFd<Socket>,
    known: HashMap<Ifindex, Link>,
    /// While all links are being listed: those that are not among them, so far.
    unlisted: Option<HashMap<Ifindex, Link>>,
}

impl Links {
    /// Begins to listen, then asks for all that are there.
    pub(crate) fn open() -> Result<Self, NodeError> {
        let socket = message::socket().map_err(NodeError::Socket)?;
        socket.set_non_blocking(true).map_err(NodeError::Socket)?;
        socket.set_rx_buf_sz(RECEIVE_BUFFER).map_err(NodeError::Socket)?;
        socket.add_membership(LINK_GROUP).map_err(NodeError::Socket)?;
        // SAFETY: a socket keeps its descriptor for as long as it lives, and `AsyncFd` owns it.
        let socket = unsafe { AsyncFd::register(socket) }.map_err(|error| NodeError::Socket(error.into()))?;
        let mut links = Self {
            socket,
            known: HashMap::new(),
            unlisted: None,
        };
        links.list().map_err(NodeError::Request)?;
        Ok(links)
    }

    pub(crate) fn name(&self, interface: Ifindex) -> Option<&str> {
        self.known.get(&interface).map(|link| link.name.as_str())
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
            let mut ready = self.socket.readable().await.map_err(NodeError::Request)?;
            match ready.try_io(|socket| socket.get_ref().recv_from_full()) {
                Ok(Ok((datagram, _))) => return Ok(self.take(&datagram)),
                Ok(Err(error)) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    debug!("more changes of links than the socket holds; listing all of them");
                    self.list().map_err(NodeError::Request)?;
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
        message::split(datagram)
            .iter()
            .flat_map(|payload| self.take_one(payload))
            .collect()
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only links were asked for")]
    fn take_one(&mut self, payload: &NetlinkPayload<RouteNetlinkMessage>) -> Vec<LinkChange> {
        match payload {
            NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewLink(link)) => self.appeared(message::link(link)),
            NetlinkPayload::InnerMessage(RouteNetlinkMessage::DelLink(link)) => self.gone(&message::link(link)),
            NetlinkPayload::Done(_) => self.listed(),
            _ => Vec::new(),
        }
    }

    fn appeared(&mut self, link: Link) -> Vec<LinkChange> {
        if let Some(unlisted) = &mut self.unlisted {
            unlisted.remove(&link.index);
        }
        if self.known.insert(link.index, link.clone()).as_ref() == Some(&link) {
            return Vec::new();
        }
        vec![LinkChange::Appeared(link)]
    }

    fn gone(&mut self, link: &Link) -> Vec<LinkChange> {
        self.look_again_at_peer(link);
        if let Some(unlisted) = &mut self.unlisted {
            unlisted.remove(&link.index);
        }
        self.known
            .remove(&link.index)
            .map(|known| LinkChange::Gone(known.index))
            .into_iter()
            .collect()
    }

    /// A veth's end that is moved to a pod's namespace is gone from ours; nothing else tells that its peer now leads there.
    fn look_again_at_peer(&self, link: &Link) {
        let peer = link.peer.filter(|peer| self.known.contains_key(&Ifindex(*peer)));
        if let Some(peer) = peer
            && let Err(error) = message::ask_for_link(self.socket.get_ref(), peer)
        {
            debug!(peer, %error, "a link could not be looked at again");
        }
    }

    fn listed(&mut self) -> Vec<LinkChange> {
        let missing = self.unlisted.take().unwrap_or_default();
        let gone = missing.into_keys().filter(|index| self.known.remove(index).is_some());
        gone.map(LinkChange::Gone).collect()
    }
}
