//! Who plays: four pods, each of its own namespace and deployment.

/// A pod of the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A web server in prod-a.
    Api,
    /// Calls it, from prod-b.
    Web,
    /// Calls it too, from ops-utils.
    Backup,
    /// The cluster's name server.
    Dns,
}

/// A port that a pod listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    pub name: &'static str,
    pub protocol: &'static str,
    pub number: u16,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Api, Self::Web, Self::Backup, Self::Dns];

    pub const fn namespace(self) -> &'static str {
        match self {
            Self::Api => "prod-a",
            Self::Web => "prod-b",
            Self::Backup => "ops-utils",
            Self::Dns => "kube-system",
        }
    }

    pub const fn deployment(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Web => "web",
            Self::Backup => "backup",
            Self::Dns => "coredns",
        }
    }

    /// The part of a pod's name that is its template's.
    pub const fn template_hash(self) -> &'static str {
        match self {
            Self::Api => "7d4b9c6f58",
            Self::Web => "5c8f6bd9d4",
            Self::Backup => "6f7d8b5c9b",
            Self::Dns => "76f75df574",
        }
    }

    pub fn replica_set(self) -> String {
        format!("{}-{}", self.deployment(), self.template_hash())
    }

    pub fn pod(self) -> String {
        let own = match self {
            Self::Api => "k2x8p",
            Self::Web => "tq7vn",
            Self::Backup => "9mzfd",
            Self::Dns => "x4hgl",
        };
        format!("{}-{own}", self.replica_set())
    }

    /// What others call it by, and where it listens.
    pub const fn serves(self) -> Option<(&'static str, Port)> {
        match self {
            Self::Api => Some((
                "api",
                Port {
                    name: "http",
                    protocol: "TCP",
                    number: 8080,
                },
            )),
            Self::Dns => Some((
                "kube-dns",
                Port {
                    name: "dns",
                    protocol: "UDP",
                    number: 53,
                },
            )),
            Self::Web | Self::Backup => None,
        }
    }
}
