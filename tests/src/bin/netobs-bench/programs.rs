//! Programs in the kernel: the yardsticks, which the bench attaches itself, and what the kernel says about any.

use std::env;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use aya::programs::{
    BtfTracePoint, LinkOrder, ProgramInfo, SchedClassifier, TcAttachType, loaded_programs, tc::TcAttachOptions,
};
use aya::{Btf, Ebpf};
use netobs_tests::netns::Netns;

/// The kernel's number of a loaded program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProgramId(u32);

/// What the kernel counts of a program while its statistics are on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Runs {
    count: u64,
    nanoseconds: u128,
}

impl ProgramId {
    pub(crate) fn of(info: &ProgramInfo) -> Self {
        Self(info.id())
    }

    pub(crate) fn runs(self) -> Result<Runs> {
        let info = self.info()?;
        Ok(Runs {
            count: info.run_count(),
            nanoseconds: info.run_time().as_nanos(),
        })
    }

    /// The program of that name that shares a map with this one.
    pub(crate) fn sibling(self, name: &str) -> Result<Self> {
        let maps = self.info()?.map_ids()?.unwrap_or_default();
        let shares = |info: &ProgramInfo| {
            let theirs = info.map_ids().ok().flatten().unwrap_or_default();
            theirs.iter().any(|map| maps.contains(map))
        };
        loaded_programs()
            .filter_map(Result::ok)
            .find(|info| info.name_as_str() == Some(name) && shares(info))
            .map(|info| Self::of(&info))
            .with_context(|| format!("the agent has loaded no {name}"))
    }

    fn info(self) -> Result<ProgramInfo> {
        loaded_programs()
            .filter_map(Result::ok)
            .find(|info| info.id() == self.0)
            .context("a measured program is no longer loaded")
    }
}

impl Runs {
    /// Nanoseconds a run since then.
    pub(crate) fn each_since(self, before: Self) -> Result<f64> {
        let count = u32::try_from(self.count - before.count).context("too many runs")?;
        let nanoseconds = u32::try_from(self.nanoseconds - before.nanoseconds).context("too long a run")?;
        anyhow::ensure!(count > 0, "the program did not run: no packet came to it");
        Ok(f64::from(nanoseconds) / f64::from(count))
    }
}

/// Programs that do next to nothing, attached as the agent attaches its own.
pub(crate) struct Yardstick {
    ebpf: Ebpf,
}

impl Yardstick {
    pub(crate) fn load() -> Result<Self> {
        let object: PathBuf = env::var_os("NETOBS_YARDSTICK")
            .context("NETOBS_YARDSTICK must say where yardstick.o is; `cargo xtask bench` sets it")?
            .into();
        let ebpf = Ebpf::load_file(&object).with_context(|| format!("load {}", object.display()))?;
        Ok(Self { ebpf })
    }

    /// Attaches a classifier for as long as this yardstick is held.
    pub(crate) fn attach(
        &mut self,
        name: &str,
        node: &Netns,
        interface: &str,
        direction: TcAttachType,
    ) -> Result<ProgramId> {
        let program = self
            .ebpf
            .program_mut(name)
            .with_context(|| format!("no program {name}"))?;
        let program: &mut SchedClassifier = program.try_into()?;
        program.load().with_context(|| format!("load {name}"))?;
        let first = TcAttachOptions::TcxOrder(LinkOrder::first());
        node.run(|| {
            let link = program.attach_with_options(interface, direction, first);
            link.with_context(|| format!("attach {name} to {interface}, which needs TCX (Linux 6.6)"))
        })?;
        Ok(ProgramId::of(&program.info()?))
    }

    /// Attaches the empty program to where the kernel drops packets.
    pub(crate) fn attach_drop(&mut self) -> Result<ProgramId> {
        let program = self.ebpf.program_mut("empty_drop").context("no program empty_drop")?;
        let program: &mut BtfTracePoint = program.try_into()?;
        program
            .load("kfree_skb", &Btf::from_sys_fs()?)
            .context("load empty_drop")?;
        program.attach().context("attach empty_drop")?;
        Ok(ProgramId::of(&program.info()?))
    }
}
