//! Rules of nftables in a namespace: counters, which are the truth about packets, and drops.

use crate::netns::Netns;
use crate::traffic::PATIENCE;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::thread;
use std::time::{Duration, Instant};

/// Where in netfilter a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    Prerouting,
    Input,
    Forward,
    Output,
    Postrouting,
}

/// What a rule does with the packets it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Drop,
    RejectWithReset,
    /// Destination unreachable, administratively prohibited.
    RejectWithIcmp,
}

/// What a counter of nftables says: packets as `sk_buff`s, bytes from the IP header on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub packets: u64,
    pub bytes: u64,
}

impl Hook {
    pub const ALL: [Self; 5] = [
        Self::Prerouting,
        Self::Input,
        Self::Forward,
        Self::Output,
        Self::Postrouting,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Prerouting => "prerouting",
            Self::Input => "input",
            Self::Forward => "forward",
            Self::Output => "output",
            Self::Postrouting => "postrouting",
        }
    }
}

impl Refusal {
    const fn statement(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::RejectWithReset => "reject with tcp reset",
            Self::RejectWithIcmp => "reject with icmpx type admin-prohibited",
        }
    }
}

impl Netns {
    /// Feeds a script to `nft -f -`.
    pub fn nft(&self, script: &str) -> Result<()> {
        self.output("nft", &["-f", "-"], script).map(drop)
    }

    /// Counts what matches at a hook, before any rule of [`Netns::refuse`] there.
    pub fn count(&self, name: &str, hook: Hook, matches: &str) -> Result<()> {
        const BEFORE_ALL: i32 = -350;
        let table = table("count", BEFORE_ALL);
        let hook = hook.name();
        self.nft(&format!(
            "{table}add rule inet count {hook} {matches} counter comment \"{name}\"\n"
        ))
    }

    /// What a counter of [`Netns::count`] has seen.
    pub fn counted(&self, name: &str) -> Result<Count> {
        let listed = self.output("nft", &["-j", "list", "table", "inet", "count"], "")?;
        let listed: Value = serde_json::from_str(&listed).context("read what nft listed")?;
        count_of(&listed, name).with_context(|| format!("no counter {name} in what nft listed: {listed}"))
    }

    /// What a counter says once it has seen so many packets; if it never does, what it says after some seconds.
    ///
    /// A packet that was sent may still be on its way: on a busy machine the kernel's own thread carries it on.
    pub fn counted_at_least(&self, name: &str, packets: u64) -> Result<Count> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let count = self.counted(name)?;
            if count.packets >= packets || Instant::now() > deadline {
                return Ok(count);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Refuses what matches at a hook: at the raw priority in prerouting, at that of filters elsewhere.
    pub fn refuse(&self, refusal: Refusal, hook: Hook, matches: &str) -> Result<()> {
        let table = table("refuse", 0);
        self.nft(&format!(
            "{table}add rule inet refuse {} {matches} {}\n",
            hook.name(),
            refusal.statement()
        ))
    }

    /// Takes all rules of [`Netns::refuse`] away.
    pub fn refuse_nothing(&self) -> Result<()> {
        self.nft("add table inet refuse\ndelete table inet refuse\n")
    }
}

/// The counter of the rule with this comment: a named counter would need one more module of the kernel.
fn count_of(listed: &Value, name: &str) -> Option<Count> {
    let objects = listed["nftables"].as_array()?;
    let rule = objects
        .iter()
        .map(|object| &object["rule"])
        .find(|rule| rule["comment"] == name)?;
    let counter = rule["expr"]
        .as_array()?
        .iter()
        .map(|part| &part["counter"])
        .find(|counter| counter.is_object())?;
    Some(Count {
        packets: counter["packets"].as_u64()?,
        bytes: counter["bytes"].as_u64()?,
    })
}

/// A table with a chain at each hook; adding it again changes nothing.
fn table(name: &str, priority: i32) -> String {
    const RAW: i32 = -300;
    let chain = |hook: Hook| {
        let priority = if hook == Hook::Prerouting {
            priority.min(RAW)
        } else {
            priority
        };
        let hook = hook.name();
        format!("add chain inet {name} {hook} {{ type filter hook {hook} priority {priority}; }}\n")
    };
    format!("add table inet {name}\n") + &Hook::ALL.map(chain).concat()
}
