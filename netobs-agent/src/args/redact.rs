//! Arguments about what is not told outside of the node.
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use netobs_core::redact::Keys;

#[derive(Args, Debug)]
#[command(next_help_heading = "Redaction")]
pub(crate) struct RedactArgs {
    /// Tell these by pseudonyms only, to everybody but those who ask at the unix socket.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub(crate) redact: Vec<Redacted>,

    /// The same for the values of this label of pods and namespaces, or of all labels that begin so; may be given more than once.
    #[arg(long = "redact-label", value_name = "KEY|PREFIX*")]
    pub(crate) redact_labels: Vec<Keys>,

    /// A secret of at least 16 bytes. Agents that have the same tell the same pseudonyms; without it each run has its own.
    #[arg(long, value_name = "FILE")]
    pub(crate) redact_key: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Redacted {
    Ips,
    PodNames,
}
