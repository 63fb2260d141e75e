//! A long-lived process that ends with its handle.

mod agent;
mod messages;
mod rights;
mod seccomp;
mod usage;

pub use agent::{Agent, EXPORT_ONLY, Ended};
pub use rights::{Rights, all_rights};
pub use seccomp::{Call, Seccomp};
pub use usage::Usage;

use crate::sys;
use anyhow::{Context as _, Result, bail};
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

/// A child process, killed and waited for when dropped; the kernel kills it when the thread that started it dies.
#[derive(Debug)]
pub struct Process {
    child: Child,
    ended: Option<ExitStatus>,
}

impl Process {
    /// Starts a command, which [`crate::netns::Netns::command`] has placed.
    pub fn start(command: &mut Command) -> Result<Self> {
        sys::child::die_with_parent(command);
        let child = command
            .spawn()
            .with_context(|| format!("start {:?}: is it there?", command.get_program()))?;
        Ok(Self { child, ended: None })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The process's standard streams, as far as they were piped.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Whether it has ended, and how.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().context("look after a child")?;
        }
        Ok(self.ended)
    }

    /// Asks it to end with SIGTERM and waits; an error if it does not in time.
    pub fn stop(&mut self, timeout: Duration) -> Result<ExitStatus> {
        self.signal(libc::SIGTERM)?;
        self.wait(timeout)
    }

    /// Ends it with SIGKILL.
    pub fn kill(&mut self) -> Result<ExitStatus> {
        self.signal(libc::SIGKILL)?;
        self.wait(Duration::from_secs(10))
    }

    /// Sends any signal, such as SIGSTOP, unless it has ended.
    pub fn signal(&mut self, signal: i32) -> Result<()> {
        if self.ended()?.is_none() {
            sys::child::signal(self.pid(), signal).with_context(|| format!("send signal {signal}"))?;
        }
        Ok(())
    }

    pub fn wait(&mut self, timeout: Duration) -> Result<ExitStatus> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                bail!("process {} has not ended within {timeout:?}", self.pid());
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// What it uses now.
    pub fn usage(&self) -> Result<Usage> {
        Usage::of(self.pid())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended.is_none() {
            // Both fail only if it is gone already, which is what is wanted.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Capabilities by their number in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    NetAdmin = 12,
    SysResource = 24,
    SysAdmin = 21,
    Perfmon = 38,
    Bpf = 39,
}

/// Leaves a command nothing but these capabilities.
pub fn keep_capabilities(command: &mut Command, keep: &[Capability]) {
    let bits = keep.iter().fold(0, |bits, capability| bits | 1 << *capability as u64);
    sys::child::keep_capabilities(command, bits);
}
