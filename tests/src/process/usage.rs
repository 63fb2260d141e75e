//! What a process uses: memory, processor time, descriptors, threads.

use crate::sys;
use anyhow::{Context as _, Result};
use std::fs;
use std::time::Duration;

/// What a process used when it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    pub rss_bytes: u64,
    /// In user and kernel mode, since it started.
    pub cpu: Duration,
    pub descriptors: usize,
    pub threads: usize,
}

impl Usage {
    pub(super) fn of(pid: u32) -> Result<Self> {
        let read =
            |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).with_context(|| format!("read {file}"));
        let count = |folder: &str| {
            fs::read_dir(format!("/proc/{pid}/{folder}"))
                .map(Iterator::count)
                .with_context(|| format!("list {folder}"))
        };
        let (stat, statm) = (read("stat")?, read("statm")?);
        Ok(Self {
            rss_bytes: number(statm.split_whitespace(), 1)? * sys::child::page_bytes(),
            cpu: cpu(&stat)?,
            descriptors: count("fd")?,
            threads: count("task")?,
        })
    }
}

fn cpu(stat: &str) -> Result<Duration> {
    const USER: usize = 11;
    const SYSTEM: usize = 12;
    let (_, after_name) = stat.rsplit_once(')').context("a process's stat names its program")?;
    let fields = after_name.split_whitespace();
    let ticks = number(fields.clone(), USER)? + number(fields, SYSTEM)?;
    Ok(Duration::from_millis(
        ticks * 1000 / sys::child::clock_ticks_per_second(),
    ))
}

fn number<'a>(mut fields: impl Iterator<Item = &'a str>, at: usize) -> Result<u64> {
    fields
        .nth(at)
        .and_then(|field| field.parse().ok())
        .with_context(|| format!("field {at} is no number"))
}
