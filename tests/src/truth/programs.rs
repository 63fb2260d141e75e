//! Programs, maps and links in the kernel: which of them a process holds, which are there, which are at an interface.

use crate::foreign::Direction;
use crate::netns::Netns;
use crate::sys;
pub use crate::sys::bpf::Kind;
use anyhow::{Context as _, Result, ensure};
use std::collections::BTreeSet;
use std::fs;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// What a process held of the kernel's programs, maps and links when it was looked at, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    pub objects: BTreeSet<(Kind, u32)>,
    maps: Vec<Map>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Map {
    id: u32,
    kind: u32,
    value_size: u32,
    entries: u32,
}

impl Holding {
    /// As the kernel describes the process's descriptors.
    pub fn of(pid: u32) -> Result<Self> {
        let folder = format!("/proc/{pid}/fd");
        let mut holding = Self::default();
        for descriptor in fs::read_dir(&folder).with_context(|| format!("list {folder}"))? {
            let name = descriptor?.file_name();
            // A descriptor may be closed between being listed and being looked at.
            let Ok(target) = fs::read_link(Path::new(&folder).join(&name)) else {
                continue;
            };
            let info = format!("/proc/{pid}/fdinfo/{}", name.to_string_lossy());
            if let Ok(described) = fs::read_to_string(info) {
                holding.add(&target.to_string_lossy(), &described)?;
            }
        }
        Ok(holding)
    }

    /// How many of this kind.
    pub fn count(&self, kind: Kind) -> usize {
        self.objects.iter().filter(|(held, _)| *held == kind).count()
    }

    /// Those that are still in the kernel, whoever holds them now.
    pub fn remaining(&self) -> Result<Vec<(Kind, u32)>> {
        let mut remaining = Vec::new();
        for (kind, id) in &self.objects {
            if sys::bpf::by_id(*kind, *id)
                .context("ask for an object by its number")?
                .is_some()
            {
                remaining.push((*kind, *id));
            }
        }
        Ok(remaining)
    }

    /// Entries that begin with anything but zeros, in all arrays of so many entries of so many bytes.
    pub fn entries_in_use(&self, entries: u32, value_size: u32) -> Result<usize> {
        const ARRAY: u32 = 2;
        let such = |map: &&Map| (map.kind, map.entries, map.value_size) == (ARRAY, entries, value_size);
        let maps: Vec<_> = self.maps.iter().filter(such).collect();
        ensure!(
            !maps.is_empty(),
            "no array of {entries} entries of {value_size} bytes is held"
        );
        let mut used = 0;
        let mut value = vec![0; usize::try_from(value_size)?];
        for map in maps {
            let map = sys::bpf::by_id(Kind::Map, map.id)?.context("the map is gone")?;
            for key in 0..entries {
                sys::bpf::read_element(map.as_fd(), key, &mut value).context("read an entry")?;
                used += usize::from(value.iter().take(4).any(|byte| *byte != 0));
            }
        }
        Ok(used)
    }

    fn add(&mut self, target: &str, described: &str) -> Result<()> {
        let field = |name: &str| {
            let line = described
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.and_then(|value| value.trim().parse().ok())
                .with_context(|| format!("no {name} in {described}"))
        };
        match target {
            "anon_inode:bpf-prog" => {
                self.objects.insert((Kind::Program, field("prog_id")?));
            }
            "anon_inode:bpf_link" => {
                self.objects.insert((Kind::Link, field("link_id")?));
            }
            "anon_inode:bpf-map" => {
                let map = Map {
                    id: field("map_id")?,
                    kind: field("map_type")?,
                    value_size: field("value_size")?,
                    entries: field("max_entries")?,
                };
                self.objects.insert((Kind::Map, map.id));
                self.maps.push(map);
            }
            _ => {}
        }
        Ok(())
    }
}

/// The numbers of the programs attached through TCX to an interface, first to last; Linux 6.6.
pub fn attached(netns: &Netns, interface: &str, direction: Direction) -> Result<Vec<u32>> {
    let ifindex = netns.interface_index(interface)?;
    netns.run(|| {
        sys::bpf::attached(ifindex, direction.tcx()).with_context(|| format!("ask for the programs of {interface}"))
    })
}

/// Waits for an interface to appear, then for a program through TCX in each direction; how long the latter took.
pub fn await_attached(netns: &Netns, interface: &str, patience: Duration) -> Result<Duration> {
    const PAUSE: Duration = Duration::from_micros(50);
    let deadline = Instant::now() + patience;
    let wait = || {
        ensure!(
            Instant::now() < deadline,
            "no programs at {interface} within {patience:?}"
        );
        thread::sleep(PAUSE);
        Ok(())
    };
    netns.run(|| {
        let ifindex = loop {
            match sys::interface::index(interface) {
                Ok(ifindex) => break ifindex,
                Err(_) => wait()?,
            }
        };
        let appeared = Instant::now();
        for direction in [Direction::Ingress, Direction::Egress] {
            while sys::bpf::attached(ifindex, direction.tcx())?.is_empty() {
                wait()?;
            }
        }
        Ok(appeared.elapsed())
    })
}
