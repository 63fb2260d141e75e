//! A network namespace that lives as long as somebody holds it, and the ways to do something inside.

use crate::process::Process;
use crate::sys;
use anyhow::{Context as _, Result, ensure};
use std::fs::File;
use std::io::Write as _;
use std::net::Ipv6Addr;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::os::unix::fs::MetadataExt as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fmt, fs, thread};

/// A network namespace held by a descriptor only.
///
/// It has no name under `/run/netns`, so nothing of it outlives the test process, however that ends.
#[derive(Clone)]
pub struct Netns {
    held: Arc<Held>,
}

struct Held {
    label: String,
    namespace: File,
}

impl Netns {
    /// A new namespace with its loopback up; the label is for error messages.
    pub fn create(label: &str) -> Result<Self> {
        let namespace = on_fresh_thread(|| {
            sys::namespace::unshare_network()
                .context("cannot make a network namespace: the lab needs root with CAP_SYS_ADMIN")?;
            let namespace = File::open("/proc/thread-self/ns/net").context("open the new namespace")?;
            settle_sysctls()?;
            sys::interface::set_up("lo").context("set lo up")?;
            Ok(namespace)
        })
        .with_context(|| format!("create the namespace {label}"))?;
        Ok(Self {
            held: Arc::new(Held {
                label: label.to_owned(),
                namespace,
            }),
        })
    }

    /// What the namespace is called in error messages.
    pub fn label(&self) -> &str {
        &self.held.label
    }

    /// The inode number of the namespace, by which the kernel's own structures name it.
    pub fn inode(&self) -> Result<u64> {
        Ok(self.held.namespace.metadata().context("stat the namespace")?.ino())
    }

    /// A path to the namespace, for `nsenter --net=` and for `ip link … netns`.
    pub fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.held.namespace.as_raw_fd())
    }

    /// Does something inside, on a thread of its own: sockets opened there stay there, the caller stays where it is.
    pub fn run<T: Send>(&self, task: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        on_fresh_thread(|| {
            sys::namespace::enter_network(self.held.namespace.as_fd())
                .with_context(|| format!("enter the namespace {}", self.label()))?;
            task()
        })
    }

    /// A command that will run inside.
    pub fn command(&self, program: &str) -> Result<Command> {
        let mut command = Command::new(program);
        sys::child::start_in_network(&mut command, self.held.namespace.as_fd().try_clone_to_owned()?);
        Ok(command)
    }

    /// Starts a command from [`Netns::command`] that is killed when the handle goes.
    pub fn spawn(&self, command: &mut Command) -> Result<Process> {
        Process::start(command).with_context(|| format!("in the namespace {}", self.label()))
    }

    /// Runs a program inside to its end and gives back what it printed.
    pub fn output(&self, program: &str, arguments: &[&str], input: &str) -> Result<String> {
        const INPUT_SHOWN: usize = 4000;
        let mut child = self
            .command(program)?
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {program}: is it installed?"))?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that stops reading has failed and says why on its standard error.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child
            .wait_with_output()
            .with_context(|| format!("wait for {program}"))?;
        let error = String::from_utf8_lossy(&output.stderr);
        let (label, arguments) = (self.label(), arguments.join(" "));
        let shown: String = input.chars().take(INPUT_SHOWN).collect();
        ensure!(
            output.status.success(),
            "{program} {arguments} failed in {label}: {error}\ninput:\n{shown}"
        );
        String::from_utf8(output.stdout).with_context(|| format!("the output of {program}"))
    }

    /// Runs several `ip` commands, one a line, in one process.
    pub fn ip(&self, lines: &str) -> Result<()> {
        self.output("ip", &["-batch", "-"], lines).map(drop)
    }

    /// Sets a value under `/proc/sys`, such as `net/ipv4/ip_forward`.
    pub fn set_sysctl(&self, name: &str, value: &str) -> Result<()> {
        self.run(|| write_sysctl(name, value))
    }

    /// The number of an interface.
    pub fn interface_index(&self, name: &str) -> Result<u32> {
        self.run(|| sys::interface::index(name).with_context(|| format!("find interface {name}")))
    }

    /// Waits until an interface would send what it is given and packets to its address are received.
    pub(crate) fn settle(&self, interface: &str, address: Option<Ipv6Addr>) -> Result<()> {
        const PATIENCE: Duration = Duration::from_secs(5);
        let settled = || {
            let link = sys::interface::settle(interface).with_context(|| format!("ask for the link of {interface}"))?;
            Ok::<_, anyhow::Error>(link && address.map_or(Ok(true), is_local)?)
        };
        self.run(|| {
            let deadline = Instant::now() + PATIENCE;
            while !settled()? {
                ensure!(
                    Instant::now() < deadline,
                    "{interface} has not come up within {PATIENCE:?}"
                );
                thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        })
    }
}

impl fmt::Debug for Netns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Netns({} at {})", self.label(), self.path())
    }
}

fn on_fresh_thread<T: Send>(task: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    thread::scope(|scope| match scope.spawn(task).join() {
        Ok(answer) => answer,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// Addresses are usable at once, nothing is sent unasked, and no ICMP answer is rationed.
fn settle_sysctls() -> Result<()> {
    for (name, value) in [
        ("net/ipv4/conf/all/rp_filter", "0"),
        ("net/ipv4/conf/default/rp_filter", "0"),
        ("net/ipv4/conf/all/send_redirects", "0"),
        ("net/ipv4/conf/default/send_redirects", "0"),
        ("net/ipv4/icmp_ratemask", "0"),
        ("net/ipv6/icmp/ratemask", ""),
        ("net/ipv6/conf/default/accept_dad", "0"),
        ("net/ipv6/conf/default/accept_ra", "0"),
        ("net/ipv6/conf/default/router_solicitations", "0"),
        ("net/ipv6/conf/default/addr_gen_mode", "1"),
        ("net/ipv6/conf/default/mldv2_unsolicited_report_interval", "1"),
    ] {
        write_sysctl(name, value)?;
    }
    Ok(())
}

/// Whether the kernel has a local route to the address; it adds one some time after the address.
fn is_local(address: Ipv6Addr) -> Result<bool> {
    const FLAGS: usize = 8;
    const LOCAL: u32 = 1 << 31;
    let start = format!("{:032x} 80 ", u128::from(address));
    let routes = fs::read_to_string("/proc/thread-self/net/ipv6_route").context("read the IPv6 routes")?;
    let mut to_address = routes.lines().filter(|route| route.starts_with(&start));
    Ok(to_address.any(|route| {
        let flags = route
            .split_whitespace()
            .nth(FLAGS)
            .and_then(|flags| u32::from_str_radix(flags, 16).ok());
        flags.is_some_and(|flags| flags & LOCAL != 0)
    }))
}

fn write_sysctl(name: &str, value: &str) -> Result<()> {
    fs::write(format!("/proc/sys/{name}"), format!("{value}\n")).with_context(|| format!("set the sysctl {name}"))
}
