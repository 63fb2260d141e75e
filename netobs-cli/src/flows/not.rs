//! What flows are left out: `namespace=kube-system`.
use std::str::FromStr;

use anyhow::{Context as _, Error, Result, bail};
use netobs_api::v1;

use crate::show::words::{PROTOCOLS, VERDICTS};

/// Each by itself: what is said in one of them is left out, whatever the others say.
#[derive(Clone, Debug)]
pub(super) struct Not {
    pub(super) what: What,
    pub(super) value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Namespace,
    Pod,
    Workload,
    Service,
    Ip,
    Selector,
    From,
    To,
    Verdict(v1::Verdict),
    Reason,
    Port(u16),
    Protocol(v1::Protocol),
    Node,
}

const KNOWN: &str = "namespace, pod, workload, service, ip, selector, from, to, verdict, reason, port, protocol, node";

impl FromStr for Not {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (what, value) = text
            .split_once('=')
            .filter(|(_, value)| !value.is_empty())
            .with_context(|| format!("it is WHAT=VALUE, with one of {KNOWN}"))?;
        let upper = value.to_ascii_uppercase();
        let what = match what {
            "namespace" => What::Namespace,
            "pod" => What::Pod,
            "workload" => What::Workload,
            "service" => What::Service,
            "ip" => What::Ip,
            "selector" => What::Selector,
            "from" => What::From,
            "to" => What::To,
            "reason" => What::Reason,
            "node" => What::Node,
            "port" => What::Port(value.parse().context("a port is a number up to 65535")?),
            "verdict" => What::Verdict(
                v1::Verdict::from_str_name(&format!("VERDICT_{upper}"))
                    .with_context(|| format!("a verdict is one of {}", VERDICTS.join(", ")))?,
            ),
            "protocol" => What::Protocol(
                v1::Protocol::from_str_name(&format!("PROTOCOL_{upper}"))
                    .with_context(|| format!("a protocol is one of {}", PROTOCOLS.join(", ")))?,
            ),
            other => bail!("{other:?} is none of {KNOWN}"),
        };
        let value = value.to_owned();
        Ok(Self { what, value })
    }
}
