//! clsact qdiscs, for kernels without TCX: made where there is none, and taken away again only if we made them.
use std::collections::HashSet;

use netlink_packet_core::{NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REQUEST};
use netlink_packet_route::{
    RouteNetlinkMessage,
    tc::{TcAttribute, TcHandle, TcMessage},
};
use netobs_core::event::Ifindex;

use super::{Link, NodeError, message};

/// `TC_H_CLSACT`, which stands beside an interface's other qdiscs.
const CLSACT: TcHandle = TcHandle {
    major: 0xffff,
    minor: 0xfff1,
};
const HANDLE: TcHandle = TcHandle {
    major: 0xffff,
    minor: 0,
};
const INGRESS: TcHandle = TcHandle {
    major: 0xffff,
    minor: 0xfff2,
};
const EGRESS: TcHandle = TcHandle {
    major: 0xffff,
    minor: 0xfff3,
};

/// Handles of the filters of a qdisc that we made, and of one that was there: of a crash, filters are what is left.
const OF_OURS: u32 = 0x6e6f_0001;
const OF_THEIRS: u32 = 0x6e6f_0002;

#[derive(Default)]
pub(crate) struct Qdiscs {
    made: HashSet<Ifindex>,
}

impl Qdiscs {
    /// Gives the handle that filters of it have to have, lest after a crash it were not known any more whose it is.
    pub(crate) fn ensure(&mut self, link: &Link) -> Result<u32, NodeError> {
        if self.is_made(link)? {
            self.made.insert(link.index);
        }
        Ok(if self.made.contains(&link.index) {
            OF_OURS
        } else {
            OF_THEIRS
        })
    }

    /// Whether it is ours: made now, or by an agent before us that did not take it away.
    fn is_made(&self, link: &Link) -> Result<bool, NodeError> {
        let mut clsact = about(link.index, CLSACT);
        clsact.header.handle = HANDLE;
        clsact.attributes.push(TcAttribute::Kind("clsact".to_owned()));
        let flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
        match message::request(RouteNetlinkMessage::NewQueueDiscipline(clsact), flags) {
            Ok(_) => Ok(true),
            Err(error) if error.raw_os_error() == Some(libc::EEXIST) => Ok([INGRESS, EGRESS]
                .iter()
                .flat_map(|parent| filters(link.index, *parent))
                .any(|handle| handle == OF_OURS)),
            Err(error) => Err(NodeError::Qdisc {
                interface: link.name.clone(),
                error,
            }),
        }
    }

    pub(crate) fn forget(&mut self, interface: Ifindex) {
        self.made.remove(&interface);
    }

    /// Removes what we made, unless somebody else's filters now hang on it.
    pub(crate) fn remove(&mut self, interface: Ifindex) {
        let has_filters = |parent| !filters(interface, parent).is_empty();
        if self.made.remove(&interface) && !has_filters(INGRESS) && !has_filters(EGRESS) {
            let clsact = about(interface, CLSACT);
            // Fails only where the interface went first.
            let _ = message::request(
                RouteNetlinkMessage::DelQueueDiscipline(clsact),
                NLM_F_REQUEST | NLM_F_ACK,
            );
        }
    }

    pub(crate) fn remove_all(&mut self) {
        let made: Vec<_> = self.made.iter().copied().collect();
        made.into_iter().for_each(|interface| self.remove(interface));
    }
}

fn about(interface: Ifindex, parent: TcHandle) -> TcMessage {
    let mut message = TcMessage::default();
    message.header.index = i32::try_from(interface.0).unwrap_or_default();
    message.header.parent = parent;
    message
}

/// Handles of all that hang there; each kind and priority has one without a handle besides.
fn filters(interface: Ifindex, parent: TcHandle) -> Vec<u32> {
    let all = RouteNetlinkMessage::GetTrafficFilter(about(interface, parent));
    let found = message::request(all, NLM_F_REQUEST | NLM_F_DUMP).unwrap_or_default();
    let handles = found.iter().filter_map(|message| {
        let RouteNetlinkMessage::NewTrafficFilter(filter) = message else {
            return None;
        };
        Some(filter.header.handle.into())
    });
    handles.collect()
}
