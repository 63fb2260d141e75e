//! Traffic that every cluster has, recognised by what is said of it, and never by a guess.

/// What a kind of traffic is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// Questions to a name server.
    Dns,
    /// A monitoring system fetches metrics.
    Monitoring,
    /// Questions to the Kubernetes API.
    ApiServer,
    /// The API server asks a pod: a webhook, or an API that a pod serves for it.
    Webhook,
    /// All of it from pods' own nodes, as their probes are; policies never refuse it.
    Probe,
}

impl Mark {
    pub const ALL: [Self; 5] = [Self::Dns, Self::Monitoring, Self::ApiServer, Self::Webhook, Self::Probe];
}

/// What a mark was told by, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// The name of the service that was asked.
    Service,
    /// A label of the pod.
    PodLabel,
    /// The address is one of those that a service is known to have.
    Address,
    /// It came from the node that the pod runs on.
    OwnNode,
    /// The name of the namespace, and the name of the port.
    NamespaceAndPort,
    /// The port alone.
    Port,
}

/// What an edge was recognised as, and by what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Marks([Option<By>; Mark::ALL.len()]);

impl Marks {
    pub const fn get(self, mark: Mark) -> Option<By> {
        self.0[mark as usize]
    }

    pub const fn has(self, mark: Mark) -> bool {
        self.get(mark).is_some()
    }

    /// The surer of what it is told by stays.
    pub fn add(&mut self, mark: Mark, by: By) {
        let known = &mut self.0[mark as usize];
        *known = Some(known.map_or(by, |known| known.min(by)));
    }

    #[must_use]
    pub const fn without(mut self, mark: Mark) -> Self {
        self.0[mark as usize] = None;
        self
    }

    pub fn iter(self) -> impl Iterator<Item = (Mark, By)> {
        Mark::ALL
            .into_iter()
            .filter_map(move |mark| self.get(mark).map(|by| (mark, by)))
    }
}
