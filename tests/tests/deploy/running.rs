//! The agent as its DaemonSet starts it, with TLS and metrics on the node's address, and who reaches it where.

use super::pod::daemon_set;
use super::rendered::{chart, find};
use super::scene::{PATIENCE, run, said};
use anyhow::{Context as _, Result, ensure};
use netobs_tests::demo::Programs;
use netobs_tests::node::Node;
use netobs_tests::process::Agent;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

/// What the pod mounts, and what stands for it here.
const MOUNTED: [(&str, &str); 2] = [("/etc/netobs/tls", "tls"), ("/var/lib/netobs", "state")];

struct Scene {
    node: Node,
    programs: Programs,
    agent: Agent,
    folder: PathBuf,
    /// What the agents' certificate is for.
    name: String,
}

#[test]
fn with_tls_clients_are_served_if_they_have_a_certificate_on_the_nodes_loopback_too() -> Result<()> {
    let scene = Scene::start()?;
    let address = scene.node.addresses().v4;
    let (far, near) = (format!("https://{address}:4250"), "https://127.0.0.1:4250");
    let tls = |name: &str| scene.folder.join("tls").join(name).display().to_string();
    let (authority, certificate, key) = (tls("ca.crt"), tls("client.crt"), tls("client.key"));
    for server in [far.as_str(), near] {
        let trusting = ["--server", server, "--tls-ca", &authority, "--tls-name", &scene.name];
        let known = ["--tls-cert", &certificate, "--tls-key", &key];
        let output = scene.netobs(&[&trusting[..], &known].concat(), &[0])?;
        ensure!(said(&output).contains("node-7"), "{}", said(&output));
        let unknown = scene.netobs(&trusting, &[3])?;
        ensure!(said(&unknown).contains("certificate"), "{}", said(&unknown));
        scene.netobs(&["--server", &server.replace("https", "http")], &[3])?;
    }

    let page = scene.page(&format!("http://{address}:9450/metrics"))?;
    ensure!(
        page.contains("netobs_tls_certificate_expiry_timestamp_seconds"),
        "{page}"
    );
    ensure!(
        scene.page("http://127.0.0.1:9450/metrics").is_err(),
        "the page is on the loopback, too"
    );
    ensure!(
        scene.folder.join("state/inventory.redb").exists(),
        "{:?}",
        fs::read_dir(scene.folder.join("state"))?
    );
    scene.stop()
}

impl Scene {
    fn start() -> Result<Self> {
        let objects = chart("netobs", "netobs", &["--set=tls.enabled=true,metrics.enabled=true"])?;
        let service = find(&objects, "Service", "netobs-agent")?;
        let name = format!("{}.netobs.svc", service["metadata"]["name"].as_str().context("a name")?);
        let (node, programs) = (Node::routed()?, Programs::find()?);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("running-{}", std::process::id()));
        MOUNTED
            .iter()
            .try_for_each(|(_, here)| fs::create_dir_all(folder.join(here)))?;
        certify(&folder.join("tls"), &name)?;
        let mut command = node.command(&programs.agent.display().to_string())?;
        let container = &daemon_set(&objects)?["spec"]["template"]["spec"]["containers"][0];
        let arguments = container["args"]
            .as_array()
            .context("arguments")?
            .iter()
            .filter_map(Value::as_str);
        let address = node.addresses().v4.to_string();
        for argument in arguments {
            let argument = MOUNTED
                .iter()
                .fold(argument.replace("$(HOST_IP)", &address), |argument, (there, here)| {
                    argument.replace(there, &folder.join(here).display().to_string())
                });
            command.arg(argument);
        }
        command
            .env("NODE_NAME", "node-7")
            .arg("--socket")
            .arg(folder.join("netobs.sock"));
        let agent = Agent::start(command.arg("--no-cluster"))?;
        agent.wait_for_error(PATIENCE, "attached interfaces=")?;
        Ok(Self {
            node,
            programs,
            agent,
            folder,
            name,
        })
    }

    fn netobs(&self, options: &[&str], exits: &[i32]) -> Result<Output> {
        let mut command = self.node.command(&self.programs.cli.display().to_string())?;
        run(command.arg("status").args(options), exits)
    }

    fn page(&self, url: &str) -> Result<String> {
        const GET: &str = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())";
        let python = super::tools::program(super::tools::PYTHON)?.display().to_string();
        self.node.output(&python, &["-c", GET, url], "")
    }

    fn stop(self) -> Result<()> {
        let ended = self.agent.stop(PATIENCE)?;
        ensure!(ended.status.success(), "{}: {}", ended.status, ended.stderr);
        Ok(fs::remove_dir_all(self.folder)?)
    }
}

/// As cert-manager fills Secret netobs-agent-tls, and a client's certificate besides.
fn certify(folder: &Path, name: &str) -> Result<()> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "netobs");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    fs::write(folder.join("ca.crt"), params.self_signed(&key)?.pem())?;
    let authority = Issuer::new(params, key);
    for (file, names) in [("tls", vec![name.to_owned()]), ("client", Vec::new())] {
        let own = KeyPair::generate()?;
        let certificate = CertificateParams::new(names)?.signed_by(&own, &authority)?;
        fs::write(folder.join(file).with_extension("crt"), certificate.pem())?;
        fs::write(folder.join(file).with_extension("key"), own.serialize_pem())?;
    }
    Ok(())
}
