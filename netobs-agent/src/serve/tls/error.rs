//! What can be wrong with certificates and keys.
use std::{io, path::PathBuf, sync::Arc};

#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error(
        "{} cannot be read: {source}; name a PEM file with {flag}, which the agent's user may read without any capability",
        path.display()
    )]
    Unreadable {
        path: PathBuf,
        flag: &'static str,
        source: Arc<io::Error>,
    },
    #[error("{} is not well-formed PEM: {problem}; write it anew", path.display())]
    BadPem { path: PathBuf, problem: &'static str },
    #[error(
        "{} holds no certificate: it must hold a line BEGIN CERTIFICATE, the server's own first, then those between it \
         and its authority",
        path.display()
    )]
    NoCertificate { path: PathBuf },
    #[error(
        "{} holds no private key: it must hold a line BEGIN PRIVATE KEY, and an encrypted key must be decrypted first",
        path.display()
    )]
    NoKey { path: PathBuf },
    #[error("the key {} does not belong to the certificate {}: give both from one pair", key.display(), cert.display())]
    KeyOfAnother { cert: PathBuf, key: PathBuf },
    #[error(
        "the certificate {} and the key {} cannot be used: {source}; give the certificate of a server, and its own key",
        cert.display(),
        key.display()
    )]
    Unusable {
        cert: PathBuf,
        key: PathBuf,
        source: rustls::Error,
    },
    #[error("the certificate {} is no X.509 certificate: write it anew", path.display())]
    NotX509 { path: PathBuf },
    #[error("the certificate {} ended at {ended}: renew it, or set the clock right", path.display())]
    Expired { path: PathBuf, ended: jiff::Timestamp },
    #[error("the certificate {} is not valid before {begins}: set the clock right, or wait", path.display())]
    NotYet { path: PathBuf, begins: jiff::Timestamp },
    #[error("{} cannot vouch for clients: {reason}; name the PEM file of their authority with --client-ca", path.display())]
    BadAuthority { path: PathBuf, reason: String },
}
