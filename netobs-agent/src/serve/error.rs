//! What can keep the room from opening, and what to do about it.
use std::{io, net::SocketAddr, path::PathBuf};

use super::tls::TlsError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error(
        "another process answers on the socket {}: stop that agent, or give this one another path with --socket",
        path.display()
    )]
    SocketInUse { path: PathBuf },
    #[error("{} is there and is no socket: remove it, or choose another path with --socket", path.display())]
    NotASocket { path: PathBuf },
    #[error(
        "the folder {} of the socket cannot be made: {source}; make it, or choose another path with --socket",
        folder.display()
    )]
    SocketFolder { folder: PathBuf, source: io::Error },
    #[error(
        "the socket {} cannot be made: {source}; the agent must be able to write to its folder, and the path must be \
         shorter than 108 bytes (choose another with --socket)",
        path.display()
    )]
    Socket { path: PathBuf, source: io::Error },
    #[error(
        "the socket {} cannot be given to group {group}: {source}; the agent must be root or a member of that group, or \
         leave out --socket-group",
        path.display()
    )]
    SocketGroup {
        path: PathBuf,
        group: String,
        source: io::Error,
    },
    #[error("there is no group {name} for the socket: see /etc/group, or give a group's number to --socket-group")]
    NoSuchGroup { name: String },
    #[error("the address {address} is taken: another agent or program listens there; choose another with {flag}")]
    AddressInUse { address: SocketAddr, flag: &'static str },
    #[error("{address} is no address of this machine: choose one of its own, or 0.0.0.0 or [::], with {flag}")]
    AddressNotOurs { address: SocketAddr, flag: &'static str },
    #[error("the address {address} cannot be listened on: {source}; choose another with {flag}")]
    Address {
        address: SocketAddr,
        flag: &'static str,
        source: io::Error,
    },
    #[error(
        "{address} can be reached from other machines, and flows would cross the network unencrypted: give \
         --tls-cert and --tls-key (and --client-ca to admit known clients alone), or listen on a loopback address"
    )]
    NoTls { address: SocketAddr },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("the contract's descriptors cannot be reflected: {0}; this build is at fault, use a released one")]
    Descriptors(#[from] tonic_reflection::server::Error),
}
