//! An address that goes from one pod to another.

use super::scene::{Scene, pod};
use super::talk::{Talk, Talker};
use anyhow::{Result, ensure};
use netobs_api::v1;
use netobs_tests::node::Family;
use std::thread;
use std::time::{Duration, Instant};

const TENANTS: usize = 8;
const STAY: Duration = Duration::from_millis(700);

/// Who had the address, and when: from just before the API server was told until just after it was told of the end.
struct Tenancy {
    namespace: &'static str,
    name: String,
    from: Instant,
    until: Instant,
}

impl Tenancy {
    fn is(&self, end: &v1::Endpoint) -> bool {
        (end.namespace.as_str(), end.name.as_str()) == (self.namespace, self.name.as_str())
    }

    fn overlaps(&self, talk: &Talk) -> bool {
        talk.began < self.until && self.from < talk.ended
    }

    /// How long after its end or before its begin that was.
    fn missed_by(&self, talk: &Talk) -> [Option<Duration>; 2] {
        [(talk.began, self.until), (self.from, talk.ended)].map(|(late, early)| late.checked_duration_since(early))
    }
}

/// One pod after the other has the address; each is gone at the moment the next comes.
fn let_one_after_the_other(scene: &Scene) -> Result<Vec<Tenancy>> {
    let address = scene.web.address(Family::V4).to_string();
    let mut tenancies = Vec::new();
    let (mut namespace, mut name) = ("prod-a", "web".to_owned());
    let mut from = Instant::now();
    for number in 0..TENANTS {
        thread::sleep(STAY);
        scene.server.delete("pods", namespace, &name)?;
        let (until, next_from) = (Instant::now(), Instant::now());
        let next = (["ops", "prod-b", "prod-a"][number % 3], format!("tenant-{number}"));
        scene.server.apply(&pod(next.0, &next.1, &address))?;
        tenancies.push(Tenancy {
            namespace,
            name,
            from,
            until,
        });
        (namespace, name) = next;
        from = next_from;
    }
    thread::sleep(STAY);
    let until = Instant::now() + Duration::from_secs(3600);
    tenancies.push(Tenancy {
        namespace,
        name,
        from,
        until,
    });
    Ok(tenancies)
}

fn check(end: Option<&v1::Endpoint>, talk: &Talk, tenancies: &[Tenancy]) -> Result<bool> {
    let Some(end) = end.filter(|end| !end.name.is_empty()) else {
        return Ok(false);
    };
    let tenancy = tenancies.iter().find(|tenancy| tenancy.is(end));
    let is_right = tenancy.is_some_and(|tenancy| tenancy.overlaps(talk));
    ensure!(
        is_right,
        "a wrong pod, of {:?}: {end:#?}",
        tenancy.map(|tenancy| tenancy.missed_by(talk))
    );
    ensure!(end.labels.get("app") == Some(&end.name), "{end:#?}");
    ensure!(end.namespace_labels.get("env") == Some(&end.namespace), "{end:#?}");
    Ok(true)
}

#[test]
fn no_flow_carries_a_pod_that_no_longer_or_not_yet_has_the_address() -> Result<()> {
    let scene = Scene::start()?;
    let told = scene.subscribe()?;
    let out = Talker::start(&scene.web, &scene.db, scene.db.socket_address(Family::V4, 5432));
    let back = Talker::start(&scene.db, &scene.web, scene.web.socket_address(Family::V4, 80));
    let tenancies = let_one_after_the_other(&scene)?;
    let (out, back) = (out.stop()?, back.stop()?);
    let named = std::cell::Cell::new(0_usize);
    let count = |is_named: bool| named.set(named.get() + usize::from(is_named));
    told.check(&out, |talk, flow| {
        check(flow.source.as_ref(), talk, &tenancies).map(count)
    })?;
    told.check(&back, |talk, flow| {
        check(flow.destination.as_ref(), talk, &tenancies).map(count)
    })?;
    // Those around a change may be left without a name, not the others.
    let all = out.len() + back.len();
    ensure!(named.get() >= all, "{} named of {all} connections", named.get());
    scene.stop()
}
