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

#[derive(Default)]
pub(crate) struct Qdiscs {
    made: HashSet<Ifindex>,
}

impl Qdiscs {
    pub(crate) fn ensure(&mut self, link: &Link) -> Result<(), NodeError> {
        let mut clsact = about(link.index, CLSACT);
        clsact.header.handle = HANDLE;
        clsact.attributes.push(TcAttribute::Kind("clsact".to_owned()));
        let flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
        match message::request(RouteNetlinkMessage::NewQueueDiscipline(clsact), flags) {
            Ok(_) => {
                self.made.insert(link.index);
                Ok(())
            }
            Err(error) if error.raw_os_error() == Some(libc::EEXIST) => Ok(()),
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
    pub(crate) fn remove_all(&mut self) {
        for interface in self.made.drain() {
            if !has_filters(interface, INGRESS) && !has_filters(interface, EGRESS) {
                let clsact = about(interface, CLSACT);
                // Fails only where the interface went first.
                let _ = message::request(
                    RouteNetlinkMessage::DelQueueDiscipline(clsact),
                    NLM_F_REQUEST | NLM_F_ACK,
                );
            }
        }
    }
}

fn about(interface: Ifindex, parent: TcHandle) -> TcMessage {
    let mut message = TcMessage::default();
    message.header.index = i32::try_from(interface.0).unwrap_or_default();
    message.header.parent = parent;
    message
}

fn has_filters(interface: Ifindex, parent: TcHandle) -> bool {
    let all = RouteNetlinkMessage::GetTrafficFilter(about(interface, parent));
    message::request(all, NLM_F_REQUEST | NLM_F_DUMP).is_ok_and(|found| !found.is_empty())
}
