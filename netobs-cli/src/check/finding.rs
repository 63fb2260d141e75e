//! A finding: what was found, and what would mend it.
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// Something to mend.
    Mend,
    /// Something to know.
    Note,
    Good,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Topic {
    Agents,
    Cluster,
    Cni,
    PolicyEngine,
    Enforcement,
    Probe,
    DefaultDeny,
    Dns,
    OtherPolicies,
    Labels,
    Inventory,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Finding {
    pub(super) topic: Topic,
    pub(super) level: Level,
    pub(super) says: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remedy: Option<String>,
}

impl Finding {
    pub(super) fn good(topic: Topic, says: impl Into<String>) -> Self {
        Self {
            topic,
            level: Level::Good,
            says: says.into(),
            remedy: None,
        }
    }

    pub(super) fn note(topic: Topic, says: impl Into<String>) -> Self {
        Self {
            level: Level::Note,
            ..Self::good(topic, says)
        }
    }

    pub(super) fn mend(topic: Topic, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            level: Level::Mend,
            remedy: Some(remedy.into()),
            ..Self::good(topic, says)
        }
    }

    #[must_use]
    pub(super) fn with(self, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..self
        }
    }
}

impl Topic {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Agents => "agents",
            Self::Cluster => "cluster",
            Self::Cni => "cni",
            Self::PolicyEngine => "policy engine",
            Self::Enforcement => "enforcement",
            Self::Probe => "probe",
            Self::DefaultDeny => "default deny",
            Self::Dns => "dns",
            Self::OtherPolicies => "other policies",
            Self::Labels => "labels",
            Self::Inventory => "inventory",
        }
    }
}
