//! What can go wrong between the agent and the kernel, in words for whoever runs it.
use std::{io, path::PathBuf};

#[derive(Debug, thiserror::Error)]
pub(crate) enum KernelError {
    #[error("this agent was built without its kernel programs; build it with `cargo xtask build-ebpf` first")]
    NoPrograms,
    #[error("{} cannot be read ({error}); a kernel built with CONFIG_DEBUG_INFO_BTF offers it", path.display())]
    BtfUnreadable { path: PathBuf, error: io::Error },
    #[error("{} is not BTF as this agent knows it; use an agent that is newer than this kernel", path.display())]
    BtfMalformed { path: PathBuf },
    #[error("this kernel's BTF names no {field} in struct {structure}; use an agent that is newer than this kernel")]
    FieldMissing {
        structure: &'static str,
        field: &'static str,
    },
    #[error("the kernel refused the program {program}: {reason}{remedy}")]
    ProgramRefused {
        program: &'static str,
        reason: String,
        remedy: String,
    },
    #[error("the kernel refused the programs' maps: {reason}{remedy}")]
    MapsRefused { reason: String, remedy: String },
    #[error(
        "the programs lack {what}, which this agent expects: agent and programs are of different builds; build both anew"
    )]
    Mismatch { what: &'static str },
    #[error(
        "a table of the programs cannot be mapped into memory: {error}; give the container more memory, or fewer --connections"
    )]
    Unmappable { error: io::Error },
    #[error(
        "cannot attach to {interface}: {reason}; it takes CAP_NET_ADMIN, and on Linux before 6.6 the modules sch_ingress and cls_bpf"
    )]
    NotAttached { interface: String, reason: String },
    #[error("the interface {interface} is gone")]
    InterfaceGone { interface: String },
}
