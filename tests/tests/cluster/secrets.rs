//! Credentials are nowhere in what the agent says, however much it is asked to say and whatever is wrong with them.

use super::scene::PATIENCE;
use anyhow::{Context as _, Result, ensure};
use k8s_openapi::ByteString;
use netobs_tests::apiserver::{ApiServer, Settings};
use netobs_tests::node::Node;
use netobs_tests::process::Process;
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use std::env;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const SECRET: &str = "s3cr3t-Tq7vNk2x8p9mzfd4hgl";

/// A folder that goes with its name, and what an agent said in it.
struct Desk(PathBuf);

impl Desk {
    fn new() -> Result<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("netobs-secrets-{}-{number}", std::process::id()));
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }

    fn write(&self, name: &str, content: &str) -> Result<String> {
        let path = self.0.join(name);
        fs::write(&path, content)?;
        Ok(path.to_string_lossy().into_owned())
    }

    /// All that an agent says goes to one file.
    fn agent(&self, node: &Node, kubeconfig: &str, more: &[&str]) -> Result<Process> {
        let program = env::var("NETOBS_AGENT")
            .context("NETOBS_AGENT names no agent: run these tests with `cargo xtask test lab`")?;
        let mut command: Command = node.command(&program)?;
        let said = File::create(self.0.join("said"))?;
        command.args([
            "--log", "trace", "--export", "stdout", "--socket", "none", "--http", "none",
        ]);
        command.args(["--kubeconfig", kubeconfig]).args(more);
        command.stdout(said.try_clone()?).stderr(said);
        Process::start(&mut command)
    }

    fn said(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&fs::read(self.0.join("said"))?).into_owned())
    }

    fn wait_for(&self, text: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !self.said()?.contains(text) {
            ensure!(Instant::now() < deadline, "{text:?} was not said");
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A certificate, and its key, in PEM.
fn certified() -> Result<[String; 2]> {
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])?.self_signed(&key)?;
    Ok([certificate.pem(), key.serialize_pem()])
}

fn base64(text: &str) -> Result<String> {
    let encoded = serde_json::to_value(ByteString(text.as_bytes().to_vec()))?;
    Ok(encoded.as_str().unwrap_or_default().to_owned())
}

/// Pieces of a secret that would be of use to whoever reads them.
fn pieces(secret: &str) -> Result<Vec<String>> {
    const LONG: usize = 16;
    let mut pieces: Vec<String> = secret.lines().map(str::to_owned).collect();
    pieces.push(base64(secret)?);
    pieces.push(format!("{:?}", secret.as_bytes()));
    pieces.retain(|piece| piece.len() >= LONG && !piece.starts_with("-----"));
    Ok(pieces)
}

fn hides(said: &str, secrets: &[&str]) -> Result<()> {
    for secret in secrets {
        for piece in pieces(secret)? {
            let found = said.lines().find(|line| line.contains(&piece));
            ensure!(found.is_none(), "{piece:?} is in: {found:?}");
        }
    }
    Ok(())
}

#[test]
fn at_work_it_says_neither_token_nor_key_at_any_level() -> Result<()> {
    let (node, desk) = (Node::routed()?, Desk::new()?);
    let server = ApiServer::start_with(Settings {
        place: Some((*node).clone()),
        ..Settings::default()
    })?;
    let mut config: Value = serde_json::from_str(&fs::read_to_string(server.kubeconfig())?)?;
    let token_file = config["users"][0]["user"]["tokenFile"]
        .as_str()
        .context("a token file")?
        .to_owned();
    let token = fs::read_to_string(&token_file)?;
    let ([certificate, key], [own_certificate, own_key]) = (certified()?, certified()?);
    config["users"][0]["user"] = json!({
        "token": token,
        "client-certificate-data": base64(&certificate)?,
        "client-key-data": base64(&key)?,
    });
    let kubeconfig = desk.write("kubeconfig", &config.to_string())?;
    let (cert, tls_key) = (
        desk.write("cert.pem", &own_certificate)?,
        desk.write("key.pem", &own_key)?,
    );
    let mut agent = desk.agent(&node, &kubeconfig, &["--tls-cert", &cert, "--tls-key", &tls_key])?;
    desk.wait_for("attached interfaces=")?;
    desk.wait_for("listed")?;
    server.rotate_token()?;
    server.cut_connections();
    let new_token = fs::read_to_string(&token_file)?;
    desk.wait_for("401")?;
    desk.write("key.pem", &own_key.replace('\n', ""))?;
    desk.wait_for("stays in use")?;
    agent.stop(PATIENCE)?;
    let said = desk.said()?;
    ensure!(said.contains(" TRACE "), "it was not asked to say everything");
    hides(&said, &[&token, &new_token, &key, &own_key, &base64(&key)?])
}

#[test]
fn a_kubeconfig_that_is_none_is_not_quoted() -> Result<()> {
    let (node, desk) = (Node::routed()?, Desk::new()?);
    let whole = |user: Value| {
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        })
        .to_string()
    };
    let exec = |script: &str| {
        let command = json!({"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script],
            "interactiveMode": "Never"});
        whole(json!({ "exec": command }))
    };
    let kubeconfigs = [
        format!("apiVersion: v1\nusers:\n- name: u\n  user:\n    token: {SECRET}\n  : [\n"),
        whole(json!(SECRET)),
        whole(json!({"token": {"nested": SECRET}})),
        whole(json!({"token": format!("{SECRET}\n\u{1}")})),
        whole(json!({"client-key-data": SECRET, "client-certificate-data": SECRET})),
        exec(&format!("echo 'token: {SECRET}: ['")),
        exec(&format!("echo {SECRET}; exit 1")),
    ];
    for kubeconfig in kubeconfigs {
        let path = desk.write("kubeconfig", &kubeconfig)?;
        let mut agent = desk.agent(&node, &path, &["--listen", "none"])?;
        let status = agent.wait(PATIENCE)?;
        let said = desk.said()?;
        ensure!(
            !status.success() && said.contains("kubeconfig"),
            "{kubeconfig}: {status}: {said}"
        );
        hides(&said, &[SECRET]).with_context(|| kubeconfig.replace(SECRET, "…"))?;
    }
    Ok(())
}
