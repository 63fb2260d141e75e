//! Attaching the two taps to an interface, first in line, by whichever way the kernel has.
use std::collections::HashMap;

use aya::{
    Ebpf,
    programs::{
        LinkOrder, ProgramError, SchedClassifier, TcAttachType,
        tc::{NlOptions, SchedClassifierLinkId, TcAttachOptions, TcError, qdisc_detach_program},
    },
};
use netobs_core::event::Ifindex;

use super::{
    error::KernelError,
    programs::{FROM_POD, TO_POD, chain, tap},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AttachBy {
    /// Links that end with their owner; Linux 6.6 and later.
    Tcx,
    /// Filters of a qdisc, which outlive their owner until they are removed.
    Clsact,
}

impl AttachBy {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tcx => "tcx",
            Self::Clsact => "clsact",
        }
    }

    pub(crate) const fn is_tcx(self) -> bool {
        matches!(self, Self::Tcx)
    }
}

/// Directions as the host's end of a veth has them: what comes from the pod is its ingress.
const TAPS: [(&str, TcAttachType); 2] = [(FROM_POD, TcAttachType::Ingress), (TO_POD, TcAttachType::Egress)];
const FIRST: u16 = 1;

pub(crate) struct Taps {
    by: AttachBy,
    links: HashMap<Ifindex, Vec<(&'static str, SchedClassifierLinkId)>>,
}

impl Taps {
    /// Asks the kernel rather than its version: queries of TCX fail where there is none.
    pub(crate) fn probe() -> Self {
        let has_tcx = SchedClassifier::query_tcx("lo", TcAttachType::Ingress).is_ok();
        Self {
            by: if has_tcx { AttachBy::Tcx } else { AttachBy::Clsact },
            links: HashMap::new(),
        }
    }

    pub(crate) fn by(&self) -> AttachBy {
        self.by
    }

    pub(crate) fn attached(&self) -> usize {
        self.links.len()
    }

    pub(crate) fn has(&self, interface: Ifindex) -> bool {
        self.links.contains_key(&interface)
    }

    /// Where the way is a qdisc, it must be there, and filters get that handle. Those that an agent before us left are replaced.
    pub(crate) fn attach(
        &mut self,
        ebpf: &mut Ebpf,
        interface: Ifindex,
        name: &str,
        handle: u32,
    ) -> Result<(), KernelError> {
        let mut links = Vec::new();
        for (program, direction) in TAPS {
            if self.by == AttachBy::Clsact {
                remove_leftover(name, direction, program);
            }
            match tap(ebpf, program)?.attach_with_options(name, direction, self.options(handle)) {
                Ok(link) => links.push((program, link)),
                Err(error) => {
                    detach_all(ebpf, links);
                    return Err(not_attached(name, &error));
                }
            }
        }
        self.links.insert(interface, links);
        Ok(())
    }

    /// An interface that is gone took its links with it; then there is nothing left to do but forget them.
    pub(crate) fn detach(&mut self, ebpf: &mut Ebpf, interface: Ifindex) {
        detach_all(ebpf, self.links.remove(&interface).unwrap_or_default());
    }

    pub(crate) fn detach_everywhere(&mut self, ebpf: &mut Ebpf) {
        for (_, links) in self.links.drain() {
            detach_all(ebpf, links);
        }
    }

    fn options(&self, handle: u32) -> TcAttachOptions {
        match self.by {
            AttachBy::Tcx => TcAttachOptions::TcxOrder(LinkOrder::first()),
            AttachBy::Clsact => TcAttachOptions::Netlink(NlOptions {
                priority: FIRST,
                handle: handle.into(),
                ..NlOptions::default()
            }),
        }
    }
}

fn detach_all(ebpf: &mut Ebpf, links: Vec<(&'static str, SchedClassifierLinkId)>) {
    for (program, link) in links {
        if let Ok(program) = tap(ebpf, program) {
            // Fails only where the interface went first.
            let _ = program.detach(link);
        }
    }
}

fn remove_leftover(interface: &str, direction: TcAttachType, program: &str) {
    while qdisc_detach_program(interface, direction, program).is_ok() {}
}

fn not_attached(name: &str, error: &ProgramError) -> KernelError {
    if is_gone(error) {
        return KernelError::InterfaceGone {
            interface: name.to_owned(),
        };
    }
    KernelError::NotAttached {
        interface: name.to_owned(),
        reason: chain(error),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "only two of aya's errors can mean a missing device"
)]
fn is_gone(error: &ProgramError) -> bool {
    let code = match error {
        ProgramError::SyscallError(error) => error.io_error.raw_os_error(),
        ProgramError::TcError(TcError::IoError(error)) => error.raw_os_error(),
        ProgramError::TcError(TcError::NetlinkError(error)) => error.raw_os_error(),
        _ => None,
    };
    code == Some(libc::ENODEV) || code == Some(libc::ENXIO)
}
