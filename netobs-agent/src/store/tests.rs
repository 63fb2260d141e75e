//! What a disk can do to an inventory, and what is left of it then.
use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use netobs_core::{
    event::{Count, Protocol},
    inventory::{By, Changes, Edge, EdgeKey, Examples, Forgotten, Mark, Marks, Place, Portrait, PortraitKey, SeenPod},
    inventory::{Extent, Inventory},
    inventory::{Sides, Span, Stored, Verdicts, Watch, Watched},
    labels::Labels,
    time::Timestamp,
    workload::{Workload, WorkloadKind},
};

use super::{
    Settings, Shared, Step, Store,
    file::{File, Problem, Sizes},
    record,
    writer::{NAME, Writer},
};

mod crash;
mod damage;
mod full;
mod keeping;

/// A directory of a test's own, gone with it.
struct Dir(PathBuf);

impl Dir {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "netobs-store-{}-{}",
            process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join(NAME)
    }

    /// Other files that are there, by name.
    fn others(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut others: Vec<_> = names.filter(|name| name != NAME).collect();
        others.sort();
        others
    }

    fn only_other(&self) -> String {
        let mut others = self.others();
        assert_eq!(others.len(), 1, "{others:?}");
        others.remove(0)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn sizes() -> Sizes {
    Sizes::of(1_000)
}

fn open(path: &Path) -> (File, Stored) {
    File::open(path, sizes()).unwrap()
}

/// The edge of that number, of which so many connections were seen.
fn edge(number: u16, connections: u64) -> Edge {
    let workload = |name: String| Place::Workload {
        namespace: "shop".into(),
        workload: Workload {
            kind: WorkloadKind::Deployment,
            name: name.as_str().into(),
        },
    };
    let mut marks = Marks::default();
    marks.add(Mark::Dns, By::Service);
    Edge {
        key: Arc::new(EdgeKey {
            source: workload(format!("client-{number}")),
            destination: Place::World("203.0.113.0/24".parse().unwrap()),
            protocol: Protocol::Tcp,
            port: Some(number),
        }),
        service: None,
        first: Timestamp::from_secs(1_000),
        last: Timestamp::from_secs(1_000 + connections),
        watched: Watched::default(),
        sides: Sides::default(),
        connections,
        sent: Count {
            packets: connections,
            bytes: 60 * connections,
        },
        replied: Count::ZERO,
        verdicts: Verdicts {
            forwarded: connections,
            ..Verdicts::default()
        },
        dropped: Count::ZERO,
        cause: None,
        marks,
        examples: Examples::default(),
    }
}

fn portrait(name: &str) -> Portrait {
    Portrait {
        key: PortraitKey {
            namespace: "shop".into(),
            workload: Workload {
                kind: WorkloadKind::Deployment,
                name: name.into(),
            },
        },
        labels: Labels::of([("app", name)]),
        namespace_labels: Some(Labels::default()),
        ports: Arc::default(),
        last: Timestamp::from_secs(1_000),
        pods: [SeenPod {
            name: "pod-1".into(),
            addresses: ["10.0.0.1".parse().unwrap()].into(),
            node: None,
        }]
        .into(),
    }
}

fn changed(edges: impl IntoIterator<Item = Edge>) -> Changes {
    let span = Span {
        from: Timestamp::from_secs(1_000),
        until: Timestamp::from_secs(2_000),
        length: std::time::Duration::from_secs(1_000),
    };
    Changes {
        edges: edges.into_iter().map(Arc::new).collect(),
        watch: Watch::resume([span]),
        forgotten: Forgotten {
            for_room: 1,
            for_age: 2,
            into_blocks: 3,
        },
        ..Changes::default()
    }
}

fn sorted(mut stored: Stored) -> Vec<Edge> {
    stored.edges.sort_by(|one, other| one.key.cmp(&other.key));
    stored.edges
}
