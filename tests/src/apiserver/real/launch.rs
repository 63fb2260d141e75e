//! The command lines of `etcd` and `kube-apiserver`.

use super::super::pass::Certified;
use crate::netns::Netns;
use crate::process::Process;
use anyhow::{Context as _, Result};
use std::ffi::OsString;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

#[derive(Debug)]
pub(super) struct Launch {
    pub(super) place: Netns,
    pub(super) assets: PathBuf,
    pub(super) folder: PathBuf,
    pub(super) api: SocketAddr,
    pub(super) etcd: SocketAddr,
    pub(super) peers: SocketAddr,
}

impl Launch {
    /// A certificate for the server, a key for its service accounts, and one token, whose bearer may do anything.
    pub(super) fn write_credentials(&self, certified: &Certified, token: &str) -> Result<()> {
        let users = format!("{token},lab,lab,system:masters\n");
        for (name, text) in [
            ("server.crt", &certified.certificate_pem),
            ("server.key", &certified.key_pem),
            ("accounts.pub", &certified.public_key_pem),
            ("users.csv", &users),
        ] {
            fs::write(self.folder.join(name), text).with_context(|| format!("write {name}"))?;
        }
        Ok(())
    }

    pub(super) fn etcd(&self) -> Result<Process> {
        let (clients, peers) = (format!("http://{}", self.etcd), format!("http://{}", self.peers));
        let mut command = self.command("etcd")?;
        command.arg(self.flag("data-dir", "etcd"));
        command.arg(format!("--listen-client-urls={clients}"));
        command.arg(format!("--advertise-client-urls={clients}"));
        command.arg(format!("--listen-peer-urls={peers}"));
        command.arg(format!("--initial-advertise-peer-urls={peers}"));
        command.arg(format!("--initial-cluster=default={peers}"));
        Process::start(&mut command)
    }

    pub(super) fn api_server(&self) -> Result<Process> {
        let mut command = self.command("kube-apiserver")?;
        command.args([
            self.flag("cert-dir", "certificates"),
            self.flag("tls-cert-file", "server.crt"),
            self.flag("tls-private-key-file", "server.key"),
            self.flag("service-account-key-file", "accounts.pub"),
            self.flag("service-account-signing-key-file", "server.key"),
            self.flag("token-auth-file", "users.csv"),
        ]);
        command.arg(format!("--etcd-servers=http://{}", self.etcd));
        command.arg(format!("--secure-port={}", self.api.port()));
        command.args([
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",
            "--allow-privileged=true",
        ]);
        Process::start(&mut command)
    }

    /// The end of what the server logged.
    pub(super) fn last_words(&self) -> String {
        const LINES: usize = 20;
        let log = fs::read_to_string(self.folder.join("kube-apiserver.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }

    /// In the place, with what it logs in the folder.
    fn command(&self, program: &str) -> Result<Command> {
        let path = self.assets.join(program);
        let log = File::create(self.folder.join(format!("{program}.log"))).context("make a log")?;
        let mut command = self.place.command(&path.to_string_lossy())?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Ok(command)
    }

    fn flag(&self, name: &str, file: &str) -> OsString {
        let mut flag = OsString::from(format!("--{name}="));
        flag.push(self.folder.join(file));
        flag
    }
}
