//! Services by the addresses and ports they are reached at, and what stands behind them.
use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use super::stock::Stock;
use crate::{
    change::{Backend, EndpointSlice, Scoped, Service, SlicePort},
    event::Protocol,
    time::Timestamp,
};

#[derive(Debug)]
pub(super) struct Services {
    by_name: Stock<Scoped, Service>,
    by_ip: HashMap<IpAddr, BTreeSet<Scoped>>,
    by_node_port: HashMap<(u16, Protocol), BTreeSet<Scoped>>,
    slices: Stock<Scoped, EndpointSlice>,
    slices_by_service: HashMap<Scoped, BTreeSet<Scoped>>,
    /// Slices by those of their addresses that are no pod's.
    slices_by_outside_ip: HashMap<IpAddr, BTreeSet<Scoped>>,
}

impl Services {
    pub(super) fn new(keep: Duration) -> Self {
        Self {
            by_name: Stock::new(keep),
            by_ip: HashMap::new(),
            by_node_port: HashMap::new(),
            slices: Stock::new(keep),
            slices_by_service: HashMap::new(),
            slices_by_outside_ip: HashMap::new(),
        }
    }

    pub(super) fn get(&self, name: &Scoped) -> Option<&Arc<Service>> {
        self.by_name.get(name)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Arc<Service>> {
        self.by_name.values()
    }

    /// The service that has this address; of several that share it, the one with this port.
    pub(super) fn at(&self, address: IpAddr, port: u16, protocol: Protocol) -> Option<&Arc<Service>> {
        let sharing = self.by_ip.get(&address)?;
        let mut services = sharing.iter().filter_map(|name| self.by_name.get(name));
        services
            .clone()
            .find(|service| has_port(service, port, protocol))
            .or_else(|| services.next())
    }

    pub(super) fn at_node_port(&self, port: u16, protocol: Protocol) -> Option<&Arc<Service>> {
        let names = self.by_node_port.get(&(port, protocol))?;
        names.iter().find_map(|name| self.by_name.get(name))
    }

    /// The service of which this is an endpoint without being a pod.
    pub(super) fn in_front_of(&self, address: IpAddr, port: u16, protocol: Protocol) -> Option<&Arc<Service>> {
        let slices = self.slices_by_outside_ip.get(&address)?;
        slices
            .iter()
            .filter_map(|name| self.slices.get(name))
            .filter(|slice| slice.ports.iter().any(|one| is_port(one, port, protocol)))
            .find_map(|slice| self.by_name.get(&service_of(slice)?))
    }

    /// Whether connections to the service may end at this address and port.
    pub(super) fn has_backend(&self, service: &Scoped, address: IpAddr, port: u16, protocol: Protocol) -> bool {
        let slices = self.slices_by_service.get(service).into_iter().flatten();
        slices.filter_map(|name| self.slices.get(name)).any(|slice| {
            slice.ports.iter().any(|one| is_port(one, port, protocol))
                && slice
                    .backends
                    .iter()
                    .any(|backend| backend.addresses.contains(&address))
        })
    }

    /// The endpoints for a port of a service, each with the port they have for it.
    pub(super) fn behind(
        &self,
        service: &Service,
        port: u16,
        protocol: Protocol,
    ) -> impl Iterator<Item = (&Backend, u16)> {
        let asked = service
            .ports
            .iter()
            .find(|one| one.port == port && one.protocol == protocol);
        let slices = self.slices_by_service.get(&service.name).into_iter().flatten();
        let slices = slices.filter_map(|name| self.slices.get(name));
        asked.into_iter().flat_map(move |asked| {
            slices.clone().flat_map(move |slice| {
                let same = slice
                    .ports
                    .iter()
                    .find(|one| one.name == asked.name && one.protocol == asked.protocol);
                let target = same.map(|one| one.port.unwrap_or(asked.port));
                target
                    .into_iter()
                    .flat_map(|target| slice.backends.iter().map(move |backend| (backend, target)))
            })
        })
    }

    pub(super) fn apply(&mut self, service: &Arc<Service>, at: Timestamp) {
        let before = self.by_name.apply(service.name.clone(), Arc::clone(service), at);
        if let Some(before) = before {
            self.unlink(&before);
        }
        self.link(service);
    }

    pub(super) fn delete(&mut self, name: &Scoped, at: Timestamp) {
        if let Some(gone) = self.by_name.delete(name, at) {
            self.unlink(&gone);
        }
    }

    pub(super) fn list_begins(&mut self) {
        self.by_name.list_begins();
    }

    pub(super) fn list_ends(&mut self, at: Timestamp) {
        for gone in self.by_name.list_ends(at) {
            self.unlink(&gone);
        }
    }

    pub(super) fn apply_slice(&mut self, slice: &Arc<EndpointSlice>, at: Timestamp) {
        let before = self.slices.apply(slice.name.clone(), Arc::clone(slice), at);
        if let Some(before) = before {
            self.unlink_slice(&before);
        }
        self.link_slice(slice);
    }

    pub(super) fn delete_slice(&mut self, name: &Scoped, at: Timestamp) {
        if let Some(gone) = self.slices.delete(name, at) {
            self.unlink_slice(&gone);
        }
    }

    pub(super) fn slice_list_begins(&mut self) {
        self.slices.list_begins();
    }

    pub(super) fn slice_list_ends(&mut self, at: Timestamp) {
        for gone in self.slices.list_ends(at) {
            self.unlink_slice(&gone);
        }
    }

    pub(super) fn expire(&mut self, now: Timestamp) {
        self.by_name.expire(now);
        self.slices.expire(now);
    }

    fn link(&mut self, service: &Service) {
        for address in &service.addresses {
            self.by_ip.entry(*address).or_default().insert(service.name.clone());
        }
        for port in node_ports(service) {
            self.by_node_port.entry(port).or_default().insert(service.name.clone());
        }
    }

    fn unlink(&mut self, service: &Service) {
        for address in &service.addresses {
            remove(&mut self.by_ip, address, &service.name);
        }
        for port in node_ports(service) {
            remove(&mut self.by_node_port, &port, &service.name);
        }
    }

    fn link_slice(&mut self, slice: &EndpointSlice) {
        if let Some(service) = service_of(slice) {
            self.slices_by_service
                .entry(service)
                .or_default()
                .insert(slice.name.clone());
        }
        for address in outside_addresses(slice) {
            self.slices_by_outside_ip
                .entry(address)
                .or_default()
                .insert(slice.name.clone());
        }
    }

    fn unlink_slice(&mut self, slice: &EndpointSlice) {
        if let Some(service) = service_of(slice) {
            remove(&mut self.slices_by_service, &service, &slice.name);
        }
        for address in outside_addresses(slice) {
            remove(&mut self.slices_by_outside_ip, &address, &slice.name);
        }
    }
}

fn remove<K: Eq + std::hash::Hash>(index: &mut HashMap<K, BTreeSet<Scoped>>, key: &K, name: &Scoped) {
    if let Some(names) = index.get_mut(key) {
        names.remove(name);
        if names.is_empty() {
            index.remove(key);
        }
    }
}

fn has_port(service: &Service, port: u16, protocol: Protocol) -> bool {
    service
        .ports
        .iter()
        .any(|one| one.port == port && one.protocol == protocol)
}

fn is_port(one: &SlicePort, port: u16, protocol: Protocol) -> bool {
    one.protocol == protocol && one.port.is_none_or(|own| own == port)
}

fn service_of(slice: &EndpointSlice) -> Option<Scoped> {
    Some(Scoped {
        namespace: slice.name.namespace.clone(),
        name: slice.service.clone()?,
    })
}

fn node_ports(service: &Service) -> impl Iterator<Item = (u16, Protocol)> {
    service
        .ports
        .iter()
        .filter_map(|port| Some((port.node_port?, port.protocol)))
}

fn outside_addresses(slice: &EndpointSlice) -> impl Iterator<Item = IpAddr> {
    let outside = slice.backends.iter().filter(|backend| backend.pod.is_none());
    outside.flat_map(|backend| backend.addresses.iter().copied())
}
