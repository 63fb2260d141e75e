//! Options that every command has.
use std::{
    env,
    io::{IsTerminal, stdout},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use anyhow::{Error, Result, anyhow};
use clap::{Args, ValueEnum};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use netobs_api::client::{Server, Tls};

use crate::show::{Clock, Paint, View};

const PLACES: &str = "Where the agents are";

#[derive(Args, Clone)]
pub(crate) struct Global {
    /// One agent: unix:///run/netobs/netobs.sock, http://HOST:PORT or https://HOST:PORT.
    ///
    /// Without it the agent of this machine is asked by its socket, and if there is none, all agents of the cluster that the
    /// kubeconfig names, through the API server.
    #[arg(long, global = true, env = "NETOBS_SERVER", value_name = "ADDRESS", help_heading = PLACES)]
    pub(crate) server: Option<Server>,
    /// The authority that signed the agent's certificate (PEM); without it this machine's own are trusted.
    #[arg(long, global = true, value_name = "FILE", help_heading = PLACES)]
    tls_ca: Option<PathBuf>,
    /// A client certificate (PEM), for agents started with --client-ca.
    #[arg(long, global = true, value_name = "FILE", help_heading = PLACES)]
    tls_cert: Option<PathBuf>,
    /// The client certificate's private key (PEM).
    #[arg(long, global = true, value_name = "FILE", help_heading = PLACES)]
    tls_key: Option<PathBuf>,
    /// The name the agent's certificate is for, where it is reached by another.
    #[arg(long, global = true, value_name = "NAME", help_heading = PLACES)]
    tls_name: Option<String>,
    /// A kubeconfig; otherwise the one kubectl would use, or a pod's own.
    #[arg(long, global = true, value_name = "FILE", help_heading = PLACES)]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Which of the kubeconfig's contexts.
    #[arg(long, global = true, value_name = "NAME", help_heading = PLACES)]
    pub(crate) context: Option<String>,
    /// The namespace of the agents' pods.
    #[arg(long, global = true, value_name = "NAMESPACE", default_value = "netobs", help_heading = PLACES)]
    pub(crate) agent_namespace: String,
    /// The label by which the agents' pods are found.
    #[arg(long, global = true, value_name = "SELECTOR", default_value = "app.kubernetes.io/name=netobs-agent", help_heading = PLACES)]
    pub(crate) agent_selector: String,
    /// The port on which agents listen inside their pods.
    #[arg(long, global = true, value_name = "PORT", default_value_t = 4250, help_heading = PLACES)]
    pub(crate) agent_port: u16,
    /// How long an agent may take to answer, such as 500ms, 10s or 1m.
    #[arg(long, global = true, value_name = "DURATION", default_value = "10s")]
    timeout: Patience,
    /// Colours; auto is on a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Colours::Auto)]
    color: Colours,
    /// Times in UTC, otherwise in the local zone.
    #[arg(long, global = true)]
    utc: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Colours {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Patience(Duration);

impl Global {
    pub(crate) fn tls(&self) -> Tls {
        Tls {
            ca: self.tls_ca.clone(),
            cert: self.tls_cert.clone(),
            key: self.tls_key.clone(),
            name: self.tls_name.clone(),
        }
    }

    pub(crate) fn patience(&self) -> Duration {
        self.timeout.0
    }

    pub(crate) fn view(&self) -> View {
        let zone = if self.utc { TimeZone::UTC } else { TimeZone::system() };
        View {
            paint: Paint::new(match self.color {
                Colours::Always => true,
                Colours::Never => false,
                Colours::Auto => wants_colours(),
            }),
            clock: Clock::new(zone, Timestamp::now()),
        }
    }
}

impl FromStr for Patience {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let duration: Option<SignedDuration> = text.parse().ok();
        let duration = duration.and_then(|duration| Duration::try_from(duration).ok());
        duration
            .filter(|duration| !duration.is_zero())
            .map(Self)
            .ok_or_else(|| anyhow!("a duration is like 500ms, 10s or 1m"))
    }
}

fn wants_colours() -> bool {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
    !refused && !dumb && stdout().is_terminal()
}
