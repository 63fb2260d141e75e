//! What is wrong in the cluster.

use anyhow::{Error, bail};
use std::fmt;
use std::str::FromStr;

/// One way in which pods that should talk do not, or pods that should not, do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scenario {
    /// Namespace ops-utils was never labelled.
    #[default]
    MissingLabel,
    /// Namespace ops-utils loses its label while traffic flows.
    Drift,
    /// Its label's key is misspelt.
    Typo,
    /// What should be its label is an annotation.
    Annotation,
    /// Egress of prod-b is isolated, and nobody thought of DNS.
    NoDns,
    /// Policies are accepted by the API server, and nobody enforces them.
    NotEnforced,
}

impl Scenario {
    pub const ALL: [Self; 6] = [
        Self::MissingLabel,
        Self::Drift,
        Self::Typo,
        Self::Annotation,
        Self::NoDns,
        Self::NotEnforced,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::MissingLabel => "missing-label",
            Self::Drift => "drift",
            Self::Typo => "typo",
            Self::Annotation => "annotation",
            Self::NoDns => "no-dns",
            Self::NotEnforced => "not-enforced",
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scenario {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match Self::ALL.into_iter().find(|one| one.name() == text) {
            Some(scenario) => Ok(scenario),
            None => bail!(
                "there is no scenario {text}; there are {}",
                Self::ALL.map(Self::name).join(", ")
            ),
        }
    }
}
