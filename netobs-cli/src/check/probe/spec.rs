//! Which connection to try, as it is written on the command line.
use std::{
    fmt::{self, Display, Formatter},
    str::FromStr,
};

use anyhow::{Error, Result, anyhow, ensure};

const WANTED: &str = "a probe is NAMESPACE/POD=NAMESPACE/POD:PORT, such as prod-b/web-0=prod-a/api-0:8080";

/// Kubernetes' own limits of a pod's and a namespace's name.
const LONGEST: usize = 253;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Probe {
    pub(super) from: PodName,
    pub(super) to: PodName,
    pub(super) port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PodName {
    pub(super) namespace: String,
    pub(super) name: String,
}

impl FromStr for Probe {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (from, to) = text.split_once('=').ok_or_else(|| anyhow!(WANTED))?;
        let (to, port) = to.rsplit_once(':').ok_or_else(|| anyhow!(WANTED))?;
        let port = port.parse().ok().filter(|port| *port > 0);
        Ok(Self {
            from: from.parse()?,
            to: to.parse()?,
            port: port.ok_or_else(|| anyhow!("a TCP port is a number from 1 to 65535; {WANTED}"))?,
        })
    }
}

impl FromStr for PodName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (namespace, name) = text.split_once('/').ok_or_else(|| anyhow!(WANTED))?;
        for part in [namespace, name] {
            ensure!(is_name(part), "{part:?} is no name of a namespace or pod; {WANTED}");
        }
        Ok(Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }
}

impl Display for Probe {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}={}:{}", self.from, self.to, self.port)
    }
}

impl Display for PodName {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.namespace, self.name)
    }
}

fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    let fits =
        |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || "-.".contains(character);
    !text.is_empty() && text.len() <= LONGEST && characters.all(fits)
}
