//! The seccomp profile: everything the agent serves goes on under it, and what it does not name is refused.

use anyhow::{Context as _, Result, ensure};
use netobs_tests::node::{Family, Node};
use netobs_tests::process::{Agent, EXPORT_ONLY, Seccomp};
use netobs_tests::served::{HTTP, PATIENCE, VERBOSE, command, socket};
use netobs_tests::traffic::tcp;
use rcgen::{CertificateParams, KeyPair};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

const ENOSYS: i32 = 38;

/// A folder that goes with its name.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let folder = Self(socket().with_extension("folder"));
        fs::create_dir(&folder.0)?;
        Ok(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }

    /// A certificate for localhost, and its key.
    fn certificate(&self) -> Result<[String; 2]> {
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(vec!["localhost".to_owned()])?.self_signed(&key)?;
        let paths = [self.path("cert.pem"), self.path("key.pem")];
        fs::write(&paths[0], certificate.pem())?;
        fs::write(&paths[1], key.serialize_pem())?;
        Ok(paths)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What `netobs` tells of the agent over TLS, confined as well.
fn netobs(node: &Node, seccomp: &Seccomp, authority: &str, arguments: &[&str]) -> Result<String> {
    let program =
        env::var("NETOBS_CLI").context("NETOBS_CLI names no netobs: run these tests with `cargo xtask test lab`")?;
    let mut command: Command = node.command(&program)?;
    command
        .args(["--server", "https://localhost:4250", "--tls-ca", authority])
        .args(arguments);
    seccomp.confine(&mut command);
    let output = command.output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{arguments:?}: {} {error}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn tls_metrics_export_and_the_inventory_on_disk_go_on_under_it() -> Result<()> {
    let (node, folder, seccomp) = (Node::routed()?, Folder::new()?, Seccomp::of_the_agent()?);
    let [certificate, key] = folder.certificate()?;
    let mut command = command(&node)?;
    command
        .args(VERBOSE)
        .args(&EXPORT_ONLY[..3])
        .args(["--socket", "none", "--state-dir", &folder.path("state")]);
    command.args([
        "--tls-cert",
        &certificate,
        "--tls-key",
        &key,
        "--listen",
        "127.0.0.1:4250",
    ]);
    seccomp.confine(&mut command);
    let agent = Agent::start(&mut command)?;
    agent.wait_for_error(PATIENCE, "attached interfaces=")?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    agent.wait_for_error(PATIENCE, &format!("attached interface=\"{}\"", b.host_interface()))?;
    tcp::exchange(&a, &b, b.socket_address(Family::V4, 80), 100, 100)?;
    agent.wait_for(PATIENCE, |line| line["destination"]["port"] == 80)?;
    let status = netobs(&node, &seccomp, &certificate, &["status", "-o", "json"])?;
    ensure!(status.contains("\"ready\":true"), "{status}");
    let flows = netobs(&node, &seccomp, &certificate, &["flows", "--port", "80"])?;
    ensure!(flows.contains(":80"), "{flows}");
    fs::copy(&certificate, folder.path("again.pem"))?;
    let [_, _] = folder.certificate()?;
    agent.wait_for_error(PATIENCE, "took up the new certificate")?;
    let page = node.run(|| {
        let mut stream = TcpStream::connect(HTTP)?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")?;
        let mut page = String::new();
        stream.read_to_string(&mut page)?;
        Ok(page)
    })?;
    ensure!(page.contains("process_resident_memory_bytes"), "{page}");
    let ended = agent.stop(PATIENCE)?;
    ensure!(
        ended.status.success() && !ended.stderr.contains("WARN"),
        "{}",
        ended.stderr
    );
    ensure!(fs::metadata(folder.path("state/inventory.redb"))?.len() > 0);
    Ok(())
}

#[test]
fn what_it_does_not_name_is_refused_as_if_it_were_not_there() -> Result<()> {
    const OBJ_GET: u64 = 7;
    const PROG_GET_FD_BY_ID: u64 = 13;
    const CLONE_NEWUSER: u64 = 0x1000_0000;
    const AF_PACKET: u64 = 17;
    const AF_ALG: u64 = 38;
    let calls = [
        ("ptrace", libc::SYS_ptrace, 0),
        ("mount", libc::SYS_mount, 0),
        ("umount2", libc::SYS_umount2, 0),
        ("pivot_root", libc::SYS_pivot_root, 0),
        ("chroot", libc::SYS_chroot, 0),
        ("unshare", libc::SYS_unshare, 0),
        ("setns", libc::SYS_setns, 0),
        ("clone3", libc::SYS_clone3, 0),
        ("clone into a namespace", libc::SYS_clone, CLONE_NEWUSER),
        ("kexec_load", libc::SYS_kexec_load, 0),
        ("init_module", libc::SYS_init_module, 0),
        ("finit_module", libc::SYS_finit_module, 0),
        ("perf_event_open", libc::SYS_perf_event_open, 0),
        ("io_uring_setup", libc::SYS_io_uring_setup, 0),
        ("userfaultfd", libc::SYS_userfaultfd, 0),
        ("keyctl", libc::SYS_keyctl, 0),
        ("process_vm_readv", libc::SYS_process_vm_readv, 0),
        ("open_by_handle_at", libc::SYS_open_by_handle_at, 0),
        ("reboot", libc::SYS_reboot, 0),
        ("setuid", libc::SYS_setuid, 0),
        ("socket of packets", libc::SYS_socket, AF_PACKET),
        ("socket of ciphers", libc::SYS_socket, AF_ALG),
        ("open what another program pinned", libc::SYS_bpf, OBJ_GET),
        ("open another's program", libc::SYS_bpf, PROG_GET_FD_BY_ID),
    ];
    let errors = Seccomp::of_the_agent()?.errors(&calls)?;
    for ((name, ..), error) in calls.iter().zip(errors) {
        assert_eq!(error, ENOSYS, "{name}");
    }
    Ok(())
}

#[test]
fn every_name_in_it_is_that_of_a_system_call() -> Result<()> {
    let seccomp = Seccomp::of_the_agent()?;
    if cfg!(target_arch = "x86_64") {
        ensure!(seccomp.unknown().is_empty(), "{:?}", seccomp.unknown());
    }
    Ok(())
}
