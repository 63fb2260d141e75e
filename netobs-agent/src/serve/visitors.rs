//! Who is connected: so many and no more, of all and of one peer. Who is idle makes room for who comes.
#[cfg(test)]
mod tests;
mod visit;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};

pub(super) use self::visit::{Call, Kind, Visit};

/// How often those are looked for who stayed too long.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) most: usize,
    pub(super) most_of_one: usize,
    /// Within this time a first call has to come, handshake and headers included.
    pub(super) first_call: Duration,
    /// So long one may stay without a call after that.
    pub(super) idle: Duration,
    /// So long an answer that has an end may take to be taken.
    pub(super) answer: Duration,
}

/// Who takes places together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    Address(IpAddr),
    /// Of a socket.
    User(u32),
    Unknown,
}

#[derive(Clone)]
pub(super) struct Visitors(Arc<Shared>);

struct Shared {
    bounds: Bounds,
    places: Arc<Semaphore>,
    present: Mutex<Present>,
    refused: AtomicU64,
    let_go: AtomicU64,
}

#[derive(Default)]
struct Present {
    latest: u64,
    visits: BTreeMap<u64, Arc<Visit>>,
}

/// One visitor's place, free again when it goes.
pub(super) struct Place {
    visitors: Visitors,
    number: u64,
    visit: Arc<Visit>,
    permit: Option<OwnedSemaphorePermit>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attendance {
    pub(super) present: usize,
    pub(super) most: usize,
    /// Those for whom there was no room.
    pub(super) refused: u64,
    /// Those who had to make room or stayed too long.
    pub(super) let_go: u64,
}

impl Visitors {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self(Arc::new(Shared {
            bounds,
            places: Arc::new(Semaphore::new(bounds.most)),
            present: Mutex::default(),
            refused: AtomicU64::new(0),
            let_go: AtomicU64::new(0),
        }))
    }

    /// A place, as soon as who has to make room for it is gone; none where nobody can be asked to.
    pub(super) async fn admit(&self, peer: Peer) -> Option<Place> {
        let Some((number, visit)) = self.enter(peer) else {
            self.0.refused.fetch_add(1, Relaxed);
            return None;
        };
        let mut place = Place {
            visitors: self.clone(),
            number,
            visit,
            permit: None,
        };
        place.permit = Arc::clone(&self.0.places).acquire_owned().await.ok();
        place.permit.is_some().then_some(place)
    }

    /// Goes on as long as it is polled.
    pub(super) async fn see_off(&self) {
        loop {
            sleep(LOOK).await;
            self.see_off_now(Instant::now());
        }
    }

    pub(super) fn attendance(&self) -> Attendance {
        Attendance {
            present: self.present().visits.len(),
            most: self.0.bounds.most,
            refused: self.0.refused.load(Relaxed),
            let_go: self.0.let_go.load(Relaxed),
        }
    }

    fn enter(&self, peer: Peer) -> Option<(u64, Arc<Visit>)> {
        let mut present = self.present();
        if !self.make_room(&present, peer) {
            return None;
        }
        let visit = Arc::new(Visit::new(peer));
        present.latest += 1;
        let number = present.latest;
        present.visits.insert(number, Arc::clone(&visit));
        Some((number, visit))
    }

    /// Whether there is room for one more of this peer, or soon will be.
    fn make_room(&self, present: &Present, peer: Peer) -> bool {
        let staying = || present.visits.values().filter(|visit| !visit.is_let_go());
        let own = || staying().filter(|visit| visit.peer() == peer);
        if own().count() >= self.0.bounds.most_of_one {
            self.let_one_go(own())
        } else if staying().count() >= self.0.bounds.most {
            self.let_one_go(staying())
        } else {
            true
        }
    }

    /// Whoever is without a call for longest; else whoever has only calls that nobody minds to repeat.
    fn let_one_go<'a>(&self, visits: impl Iterator<Item = &'a Arc<Visit>>) -> bool {
        let ranked = visits.filter_map(|visit| Some((visit.rank()?, visit)));
        let first = ranked.min_by_key(|(rank, _)| *rank);
        first.inspect(|(_, visit)| self.let_go(visit)).is_some()
    }

    fn see_off_now(&self, now: Instant) {
        let bounds = &self.0.bounds;
        let present = self.present();
        let staying = present.visits.values().filter(|visit| !visit.is_let_go());
        for visit in staying.filter(|visit| visit.stayed_too_long(bounds, now)) {
            self.let_go(visit);
        }
    }

    fn let_go(&self, visit: &Visit) {
        self.0.let_go.fetch_add(1, Relaxed);
        visit.let_go();
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.0.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Peer {
    /// Whoever has one IPv6 address of a network has all of them.
    pub(super) fn of(address: IpAddr) -> Self {
        const NETWORK: u128 = !0 << 64;
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK).into(),
            address @ IpAddr::V4(_) => address,
        })
    }
}

impl Place {
    pub(super) const fn visit(&self) -> &Arc<Visit> {
        &self.visit
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.visitors.present().visits.remove(&self.number);
    }
}
