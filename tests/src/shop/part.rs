//! What the shop consists of, and what it meets inside the cluster: a pod each.

/// A workload of one pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What customers see.
    Frontend,
    /// What it asks.
    Api,
    /// Does beside the API what takes longer.
    Worker,
    /// Where both keep what they know.
    Db,
    /// The cluster's name server.
    Dns,
    /// Fetches metrics.
    Prometheus,
}

/// A port that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Port {
    pub(super) name: &'static str,
    pub(super) protocol: &'static str,
    pub(super) number: u16,
}

impl Part {
    pub const ALL: [Self; 6] = [
        Self::Frontend,
        Self::Api,
        Self::Worker,
        Self::Db,
        Self::Dns,
        Self::Prometheus,
    ];

    pub const fn namespace(self) -> &'static str {
        match self {
            Self::Frontend => "web",
            Self::Api | Self::Worker => "shop",
            Self::Db => "data",
            Self::Dns => "kube-system",
            Self::Prometheus => "monitoring",
        }
    }

    pub const fn deployment(self) -> &'static str {
        match self {
            Self::Frontend => "frontend",
            Self::Api => "api",
            Self::Worker => "worker",
            Self::Db => "db",
            Self::Dns => "coredns",
            Self::Prometheus => "prometheus",
        }
    }

    pub fn pod(self) -> String {
        format!("{}-x4hgl", self.replica_set())
    }

    pub(super) fn replica_set(self) -> String {
        format!("{}-{}", self.deployment(), self.template_hash())
    }

    pub(super) const fn template_hash(self) -> &'static str {
        match self {
            Self::Frontend => "5c8f6bd9d4",
            Self::Api => "7d4b9c6f58",
            Self::Worker => "6f7d8b5c9b",
            Self::Db => "84c9d7f6b5",
            Self::Dns => "76f75df574",
            Self::Prometheus => "59bd4f7c88",
        }
    }

    /// The labels that whoever owns the workload gave it.
    pub(super) const fn labels(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Frontend => &[("app", "frontend"), ("tier", "front")],
            Self::Api => &[("app", "api"), ("tier", "middle")],
            Self::Worker => &[("app", "worker"), ("tier", "middle")],
            Self::Db => &[("app", "db"), ("tier", "back")],
            Self::Dns => &[("k8s-app", "kube-dns")],
            Self::Prometheus => &[("app.kubernetes.io/name", "prometheus")],
        }
    }

    pub(super) const fn ports(self) -> &'static [Port] {
        const HTTP: Port = tcp("http", 8080);
        const POSTGRES: Port = tcp("postgres", 5432);
        const METRICS: Port = tcp("metrics", 9100);
        match self {
            Self::Frontend | Self::Api => &[HTTP, METRICS],
            Self::Worker | Self::Prometheus => &[],
            Self::Db => &[POSTGRES, METRICS],
            Self::Dns => &[Port {
                name: "dns",
                protocol: "UDP",
                number: 53,
            }],
        }
    }
}

const fn tcp(name: &'static str, number: u16) -> Port {
    Port {
        name,
        protocol: "TCP",
        number,
    }
}
