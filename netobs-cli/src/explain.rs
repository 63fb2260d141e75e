//! `netobs explain`: one connection, over manifests or as a running agent knows the cluster.
use std::{io::Write, str::FromStr};

use anyhow::{Error, Result, anyhow};
use clap::Args;
use netobs_core::{event::Protocol, policy::End, render};

use crate::{
    Format, Verdict,
    input::{self, OptionalSource},
};

pub(crate) mod json;
pub(crate) mod live;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: OptionalSource,
    /// Who connects: a pod, a workload (one of its pods stands for it) or an address.
    #[arg(long, value_name = "NAMESPACE/POD|IP")]
    from: String,
    /// Who is connected to.
    #[arg(long, value_name = "NAMESPACE/POD|IP")]
    to: String,
    /// The destination port and its protocol: tcp (if none is given), udp or sctp.
    #[arg(long, value_name = "PORT/PROTOCOL")]
    port: PortArgument,
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PortArgument {
    port: u16,
    protocol: Protocol,
}

impl Arguments {
    /// Without manifests, an agent is asked.
    pub(crate) fn has_manifests(&self) -> bool {
        self.source.is_given()
    }
}

pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write, notes: &mut dyn Write) -> Result<Verdict> {
    let manifests = arguments.source.read()?;
    if let Some(verdict) = input::report(&manifests, arguments.output, out, notes)? {
        return Ok(verdict);
    }
    let PortArgument { port, protocol } = arguments.port;
    let connection = manifests
        .connection(&arguments.from, &arguments.to, protocol, port)
        .map_err(|(end, error)| {
            Error::new(error).context(match end {
                End::Source => "--from",
                End::Destination => "--to",
            })
        })?;
    let explanation = manifests.policies.explain(&connection, &manifests.snapshot);
    let suggestions = manifests
        .policies
        .suggest(&connection, &explanation, &manifests.snapshot);
    match arguments.output {
        Format::Text => write!(out, "{}", render::explanation(&connection, &explanation, &suggestions))?,
        Format::Json => {
            serde_json::to_writer_pretty(
                &mut *out,
                &json::answer(&connection, &explanation, &suggestions, &manifests.findings),
            )?;
            writeln!(out)?;
        }
    }
    Ok(if explanation.outcome().passes() {
        Verdict::Good
    } else {
        Verdict::Bad
    })
}

impl FromStr for PortArgument {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let protocol = match protocol.to_ascii_lowercase().as_str() {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "sctp" => Protocol::Sctp,
            other => return Err(anyhow!("{other:?} is none of tcp, udp and sctp")),
        };
        let port = port.parse().ok().filter(|port| *port > 0);
        let port = port.ok_or_else(|| anyhow!("a port is a number from 1 to 65535, such as in 8080/tcp"))?;
        Ok(Self { port, protocol })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_with_and_without_a_protocol() {
        let parsed = |text: &str| text.parse::<PortArgument>().map(|port| (port.port, port.protocol)).ok();
        assert_eq!(parsed("8080"), Some((8080, Protocol::Tcp)));
        assert_eq!(parsed("53/UDP"), Some((53, Protocol::Udp)));
        for text in ["", "0", "65536", "http", "80/icmp", "80/", "-1/tcp"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
