//! An address that goes from one pod to another.

use super::scene::{Scene, on_each, pod};
use super::subscriber::Subscriber;
use super::talk::{Talk, Talker};
use anyhow::{Result, ensure};
use netobs_api::v1;
use netobs_tests::apiserver::Cluster;
use netobs_tests::node::Family;
use netobs_tests::pod::Pod;
use std::cell::Cell;
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

const TENANTS: u16 = 9;
/// What the API server was told reaches the agent within this.
const HEARD: Duration = Duration::from_millis(100);
const STAY: Duration = Duration::from_millis(600);

/// Who has the address.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Tenant {
    namespace: &'static str,
    name: String,
}

impl Tenant {
    fn web() -> Self {
        Self {
            namespace: "prod-a",
            name: "web".to_owned(),
        }
    }

    fn number(number: u16) -> Self {
        Self {
            namespace: ["ops", "prod-b", "prod-a"][usize::from(number % 3)],
            name: format!("tenant-{number}"),
        }
    }

    /// Nothing if the end has no name.
    fn of(end: Option<&v1::Endpoint>) -> Option<(&str, &str)> {
        end.map(|end| (&*end.namespace, &*end.name))
            .filter(|(_, name)| !name.is_empty())
    }

    fn is(&self, (namespace, name): (&str, &str)) -> bool {
        (self.namespace, self.name.as_str()) == (namespace, name)
    }

    fn move_in(&self, scene: &Scene<impl Cluster>, address: IpAddr) -> Result<()> {
        let pod = pod(self.namespace, &self.name, &address.to_string());
        scene.server.apply(&pod).map(drop)
    }

    fn move_out(&self, scene: &Scene<impl Cluster>) -> Result<()> {
        scene.server.delete("pods", self.namespace, &self.name).map(drop)
    }
}

fn has_its_own_labels(end: &v1::Endpoint) -> bool {
    let is_own = end.labels.get("app") == Some(&end.name);
    is_own && end.namespace_labels.get("env") == Some(&end.namespace)
}

/// What a tenant talked, both ways, and from when on its name must have been known.
struct Stay {
    tenant: Tenant,
    out: Vec<Talk>,
    back: Vec<Talk>,
    known: Instant,
}

/// The talkers of one tenant; ports of its own tell its connections from those of others.
struct Talkers {
    out: Talker,
    back: Talker,
}

impl Talkers {
    fn start(scene: &Scene<impl Cluster>, tenant: &Pod, address: IpAddr, number: u16) -> Self {
        Self {
            out: Talker::start(tenant, &scene.db, scene.db.socket_address(Family::V4, 5000 + number)),
            back: Talker::start(&scene.db, tenant, SocketAddr::new(address, 6000 + number)),
        }
    }

    fn stop(self, tenant: Tenant, known: Instant) -> Result<Stay> {
        Ok(Stay {
            tenant,
            out: self.out.stop()?,
            back: self.back.stop()?,
            known,
        })
    }
}

/// The API server hears of a change before, after, or while the network is changed.
fn let_one_after_the_other(scene: &Scene<impl Cluster>) -> Result<Vec<Stay>> {
    let (mut there, mut tenant, mut stays) = (scene.node.pod("tenant-0")?, Tenant::number(0), Vec::new());
    let address = there.address(Family::V4);
    tenant.move_in(scene, address)?;
    let mut talkers = Talkers::start(scene, &there, address, 0);
    let mut known = Instant::now() + HEARD;
    for number in 1..=TENANTS {
        thread::sleep(STAY);
        stays.push(talkers.stop(tenant.clone(), known)?);
        let next = Tenant::number(number);
        let is_told_first = number % 3 == 0;
        if is_told_first {
            tenant.move_out(scene)?;
            next.move_in(scene, address)?;
        }
        there = replace(scene, there, &next.name, address)?;
        talkers = Talkers::start(scene, &there, address, number);
        if !is_told_first {
            thread::sleep(STAY / 3 * u32::from(number % 3 - 1));
            tenant.move_out(scene)?;
            next.move_in(scene, address)?;
        }
        (tenant, known) = (next, Instant::now() + HEARD);
    }
    thread::sleep(STAY);
    stays.push(talkers.stop(tenant, known)?);
    Ok(stays)
}

/// Another pod, with another interface, gets the address.
fn replace(scene: &Scene<impl Cluster>, pod: Pod, name: &str, address: IpAddr) -> Result<Pod> {
    let next = scene.node.pod(name)?;
    let (interface, mac, drawn) = (next.host_interface(), next.mac(), next.address(Family::V4));
    pod.delete()?;
    next.ip(&format!(
        "addr add {address}/32 dev eth0\naddr del {drawn}/32 dev eth0\n"
    ))?;
    scene.node.ip(&format!(
        "route add {address}/32 dev {interface} scope link\n\
         neigh add {address} lladdr {mac} dev {interface} nud permanent\n"
    ))?;
    Ok(next)
}

fn check(told: &Subscriber, talks: &[Talk], stay: &Stay, end: fn(&v1::Flow) -> Option<&v1::Endpoint>) -> Result<()> {
    told.check(talks, |talk, flow| {
        let end = end(flow);
        let named = Tenant::of(end);
        let is_right = named.map_or(talk.began < stay.known, |named| stay.tenant.is(named));
        ensure!(
            is_right,
            "{talk:?} was of {:?}, known from {:?}: {flow:#?}",
            stay.tenant,
            stay.known
        );
        ensure!(named.is_none() || end.is_some_and(has_its_own_labels), "{end:#?}");
        Ok(())
    })
}

#[test]
fn no_flow_carries_a_pod_that_had_the_address_before_or_has_it_after() -> Result<()> {
    on_each(is_never_another, is_never_another)
}

fn is_never_another<S: Cluster>(scene: Scene<S>) -> Result<()> {
    let told = scene.subscribe()?;
    for stay in let_one_after_the_other(&scene)? {
        check(&told, &stay.out, &stay, |flow| flow.source.as_ref())?;
        check(&told, &stay.back, &stay, |flow| flow.destination.as_ref())?;
    }
    scene.stop()
}

/// When the API server was told of a tenant, and of its end.
struct Tenancy {
    tenant: Tenant,
    from: Instant,
    until: Instant,
}

impl Tenancy {
    fn allows(&self, talk: &Talk) -> bool {
        talk.began < self.until + HEARD && self.from < talk.ended
    }
}

/// Only the API server hears of it: the interface stays, and traffic goes on without a pause.
fn rename_under_traffic(scene: &Scene<impl Cluster>, address: IpAddr) -> Result<Vec<Tenancy>> {
    let (mut tenant, mut from, mut tenancies) = (Tenant::web(), Instant::now(), Vec::new());
    for number in 1..=TENANTS {
        thread::sleep(STAY);
        tenant.move_out(scene)?;
        let until = Instant::now();
        tenancies.push(Tenancy { tenant, from, until });
        tenant = Tenant::number(number);
        from = until;
        tenant.move_in(scene, address)?;
    }
    thread::sleep(STAY);
    let until = Instant::now();
    tenancies.push(Tenancy { tenant, from, until });
    Ok(tenancies)
}

#[test]
fn no_flow_carries_a_pod_that_was_there_only_before_or_after_it() -> Result<()> {
    on_each(is_of_its_time, is_of_its_time)
}

fn is_of_its_time<S: Cluster>(scene: Scene<S>) -> Result<()> {
    let told = scene.subscribe()?;
    let talker = Talker::start(&scene.web, &scene.db, scene.db.socket_address(Family::V4, 5432));
    let tenancies = rename_under_traffic(&scene, scene.web.address(Family::V4))?;
    let talks = talker.stop()?;
    let named = Cell::new(0_usize);
    told.check(&talks, |talk, flow| {
        let Some(name) = Tenant::of(flow.source.as_ref()) else {
            return Ok(());
        };
        named.set(named.get() + 1);
        let tenancy = tenancies.iter().find(|tenancy| tenancy.tenant.is(name));
        ensure!(
            tenancy.is_some_and(|tenancy| tenancy.allows(talk)),
            "{talk:?} was not of {name:?}: {flow:#?}"
        );
        Ok(())
    })?;
    ensure!(
        named.get() > talks.len() / 2,
        "only {} flows of {} connections have a name",
        named.get(),
        talks.len()
    );
    scene.stop()
}
