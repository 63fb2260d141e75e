//! Arguments about who is served, and where.
use std::path::PathBuf;

use clap::Args;

use super::{Address, Setting};

#[derive(Args, Debug)]
#[command(next_help_heading = "Serving")]
pub(crate) struct ServeArgs {
    /// The unix socket for gRPC, or none. Its owner and group may use it.
    #[arg(long, default_value = "/run/netobs/netobs.sock", value_name = "PATH|none")]
    pub(crate) socket: Setting<PathBuf>,

    /// The group of the socket, by name or number.
    #[arg(long, value_name = "GROUP")]
    pub(crate) socket_group: Option<String>,

    /// An address for gRPC, or none; may be given more than once. Any that can be reached from elsewhere needs TLS, and with it all
    /// have it but those of the loopback with http:// before them.
    #[arg(long, default_value = "127.0.0.1:4250", value_name = "ADDRESS|none")]
    pub(crate) listen: Vec<Setting<Address>>,

    /// The server's certificates for --listen, in PEM; read again when they change.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The key of the first of them.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Clients must have a certificate from one of these.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) client_ca: Option<PathBuf>,

    /// The address for /metrics, /healthz and /readyz, or none.
    #[arg(long, default_value = "127.0.0.1:9450", value_name = "ADDRESS|none")]
    pub(crate) http: Setting<Address>,

    /// Flows that are remembered for those who ask later.
    #[arg(long, default_value_t = 16_384, value_parser = clap::value_parser!(u32).range(1..=4_194_304))]
    pub(crate) history: u32,

    /// Streams that are served at once.
    #[arg(long, default_value_t = 128, value_name = "STREAMS")]
    pub(crate) most_subscribers: u32,
}
