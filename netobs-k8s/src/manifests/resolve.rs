//! Finds the end of a connection that a person wrote down: `namespace/pod` or an address.
use std::{
    error::Error,
    fmt::{self, Display, Formatter},
    net::IpAddr,
};

use netobs_core::{
    change::Service,
    event::Protocol,
    labels::Selector,
    policy::{Connection, End, Endpoint, PodFacts},
    spelling,
};

use super::Manifests;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolveError {
    Neither {
        text: String,
    },
    /// Policies know pods, not services.
    Service {
        address: IpAddr,
        service: String,
        pod: Option<String>,
    },
    NoSuchPod {
        namespace: String,
        name: String,
        near: Option<String>,
    },
}

impl Error for ResolveError {}

impl Display for ResolveError {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Neither { text } => write!(out, "{text:?} is neither NAMESPACE/POD nor an IP address"),
            Self::Service { address, service, pod } => {
                let pod = pod.as_deref().unwrap_or("no pod that was given is one");
                write!(
                    out,
                    "{address} is the address of service {service}, and policies are about the pods behind it; ask about \
                     one of them ({pod})"
                )
            }
            Self::NoSuchPod { namespace, name, near } => {
                write!(out, "there is no pod {namespace}/{name} in the files")?;
                match near {
                    Some(near) => write!(out, "; {near}, perhaps?"),
                    None => write!(out, "; give the file that has it with -f"),
                }
            }
        }
    }
}

impl Manifests {
    /// A connection between ends that a person wrote down. Who is named by an address uses that one.
    pub fn connection(
        &self,
        from: &str,
        to: &str,
        protocol: Protocol,
        port: u16,
    ) -> Result<Connection<'_>, (End, ResolveError)> {
        let source = self.resolve(from).map_err(|error| (End::Source, error))?;
        let destination = self.resolve(to).map_err(|error| (End::Destination, error))?;
        let mut connection = Connection::between(source, destination, protocol, port);
        for (end, text) in [(End::Source, from), (End::Destination, to)] {
            if let Ok(address) = text.parse::<IpAddr>() {
                connection = connection.at(end, address.to_canonical());
            }
        }
        Ok(connection)
    }

    pub fn resolve(&self, text: &str) -> Result<Endpoint<'_>, ResolveError> {
        if let Ok(address) = text.parse::<IpAddr>() {
            let address = address.to_canonical();
            return match self
                .services
                .iter()
                .find(|service| service.addresses.contains(&address))
            {
                Some(service) => Err(self.is_service(address, service)),
                None => Ok(self.endpoint(address)),
            };
        }
        let (namespace, name) = text
            .split_once('/')
            .ok_or_else(|| ResolveError::Neither { text: text.to_owned() })?;
        if namespace.is_empty() || name.is_empty() || name.contains('/') {
            return Err(ResolveError::Neither { text: text.to_owned() });
        }
        let pod = self.snapshot.pod(namespace, name).map(Endpoint::Pod);
        pod.ok_or_else(|| ResolveError::NoSuchPod {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            near: self.near(namespace, name),
        })
    }

    fn is_service(&self, address: IpAddr, service: &Service) -> ResolveError {
        let namespace = &service.name.namespace;
        let serves = |pod: &&PodFacts| {
            let selects = |selector: &Selector| selector.matches(&pod.labels);
            pod.namespace == *namespace && service.selector.as_ref().is_some_and(selects)
        };
        let pod = self
            .snapshot
            .pods
            .values()
            .find(serves)
            .map(|pod| format!("{namespace}/{}", pod.name));
        ResolveError::Service {
            address,
            service: format!("{namespace}/{}", service.name.name),
            pod,
        }
    }

    fn near(&self, namespace: &str, name: &str) -> Option<String> {
        let mut in_namespace = self.snapshot.pods.keys().filter(|(other, _)| *other == *namespace);
        let alike = in_namespace.find(|(_, other)| spelling::values_are_near(name, other) || other.starts_with(name));
        let near = alike.or_else(|| self.snapshot.pods.keys().find(|(_, other)| *other == *name))?;
        Some(format!("{}/{}", near.0, near.1))
    }
}
