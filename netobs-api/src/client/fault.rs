//! What stands between a user and an agent, in sentences that end with what to do.
use std::{error::Error, io, path::PathBuf, time::Duration};

#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error(
        "no agent here: {} does not exist; is the agent running on this node? \
         `kubectl get pods -A -o wide -l app.kubernetes.io/name=netobs-agent` shows where it runs, and --server names another",
        path.display()
    )]
    NoSocket { path: PathBuf },
    #[error("nobody listens on {}: the agent that made it has ended; start it, or see its log for why it does not", path.display())]
    DeadSocket { path: PathBuf },
    #[error("{} is not a socket; --server takes the path the agent was given as --socket", path.display())]
    NotASocket { path: PathBuf },
    #[error("permission denied: {} {shown}; {remedy}", path.display())]
    Denied {
        path: PathBuf,
        shown: String,
        remedy: String,
    },
    #[error("{server} refused the connection: is an agent running there, and started with that address as --listen?")]
    Refused { server: String },
    #[error("the name {host} has no address ({source}); is it spelt right, and known to this machine's resolver?")]
    Unresolved { host: String, source: io::Error },
    #[error("{server} cannot be reached: {source}")]
    Unreachable { server: String, source: io::Error },
    #[error("{server} did not answer within {}; --timeout waits longer", seconds(*after))]
    Late { server: String, after: Duration },
    #[error("{server}: {fault}")]
    Tls { server: String, fault: TlsFault },
    #[error("{server} is spoken to without TLS, so certificates are of no use; write https://, or leave them away")]
    TlsNotSpoken { server: String },
    #[error("{}: {problem}", path.display())]
    TlsFile { path: PathBuf, problem: String },
    #[error("{problem}")]
    TlsSettings { problem: String },
    #[error(
        "{server} speaks HTTP/1 and not gRPC: is that the address of its metrics? \
         An agent's --listen is 127.0.0.1:4250 unless told otherwise"
    )]
    Http1 { server: String },
    #[error("{server} closed the connection without a word; if it wants TLS, write https://")]
    Silent { server: String },
    #[error(
        "{server} closed the forwarded connection without a word: does the agent listen on that port \
         (--agent-port names another), and speak TLS if and only if --tls-ca is given?"
    )]
    SilentPort { server: String },
    #[error(
        "{server} answers, and knows no netobs.v1.FlowService or not all of it ({message}): \
         it is something else, or an agent of another version; `netobs --version` and the agent's should be the same"
    )]
    NotNetobs { server: String, message: String },
    #[error(
        "{server} answered what this version cannot read ({message}); `netobs --version` and the agent's should be the same"
    )]
    Unreadable { server: String, message: String },
    /// The agent's own words.
    #[error("{message}")]
    BadRequest { message: String },
    #[error("{message}")]
    NotFound { message: String },
    #[error("{server}: {message}")]
    Declined { server: String, message: String },
    #[error("the connection to {server} was lost: {problem}")]
    Lost { server: String, problem: String },
}

/// Where two ends do not agree on who they are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsFault {
    #[error("it speaks TLS; write https://")]
    Wanted,
    #[error("it does not speak TLS; write http://, or start the agent with --tls-cert and --tls-key")]
    NotThere,
    #[error(
        "it speaks TLS; give the authority that signed its certificate with --tls-ca, or --tls-name if this machine trusts it"
    )]
    WantedInPod,
    #[error(
        "it does not speak TLS; leave --tls-ca and the others away, or start the agent with --tls-cert and --tls-key"
    )]
    NotThereInPod,
    #[error("its certificate is signed by no authority known here; give that authority's certificate with --tls-ca")]
    UnknownAuthority,
    #[error(
        "its certificate is not for {expected}, but for {}; reach it by such a name, or give one with --tls-name",
        list(presented)
    )]
    OtherName { expected: String, presented: Vec<String> },
    #[error("its certificate has expired; renew it, or set the clock of this machine right")]
    Expired,
    #[error("its certificate is not valid yet; set the clock of this machine right")]
    NotYetValid,
    #[error("it wants a client certificate; give one with --tls-cert and --tls-key")]
    ClientCertificateWanted,
    #[error(
        "it does not accept the client certificate ({alert}); it must be signed by the agent's --client-ca and be valid now"
    )]
    ClientCertificateRefused { alert: String },
    #[error("TLS failed: {problem}")]
    Failed { problem: String },
}

impl Fault {
    /// The user asked for what cannot be; trying again would not help.
    pub fn is_input(&self) -> bool {
        matches!(
            self,
            Self::BadRequest { .. }
                | Self::NotFound { .. }
                | Self::NotASocket { .. }
                | Self::TlsFile { .. }
                | Self::TlsSettings { .. }
                | Self::TlsNotSpoken { .. }
        )
    }

    /// Nobody is there, so that another place can be tried.
    pub fn is_absence(&self) -> bool {
        matches!(
            self,
            Self::NoSocket { .. } | Self::DeadSocket { .. } | Self::Refused { .. }
        )
    }

    pub(super) fn lost(server: &str, error: &dyn Error) -> Self {
        Self::Lost {
            server: server.to_owned(),
            problem: innermost(error),
        }
    }
}

/// What went wrong first; what lies around it only says that something did.
pub(super) fn innermost(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "no name at all".to_owned()
    } else {
        names.join(", ")
    }
}
