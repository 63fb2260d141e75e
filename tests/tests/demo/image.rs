//! The image, run as the manifests say: what it may do there is enough, and it brings along all it needs.

use super::play::suggestion;
use anyhow::{Context as _, Result, ensure};
use netobs_api::v1::{Cause, CauseState};
use netobs_tests::demo::{Installation, Scenario, Stage};
use netobs_tests::kubelet::{Image, Manifest, Seccomp};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

const PATIENCE: Duration = Duration::from_secs(30);

/// What is in the archive that `NETOBS_IMAGE` names.
fn image() -> Result<Image> {
    let archive = env::var_os("NETOBS_IMAGE").context(
        "NETOBS_IMAGE names no archive; `cargo xtask image --profile dev` makes one, and `cargo xtask test lab` does by itself",
    )?;
    Image::unpack(Path::new(&archive))
}

/// Waits until the agent tells of one cause, in such a state.
fn cause(stage: &Stage, state: CauseState) -> Result<Cause> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let causes = stage.asker().causes()?;
        if let [cause] = causes.as_slice()
            && cause.state() == state
        {
            return Ok(cause.clone());
        }
        ensure!(Instant::now() < deadline, "no cause that is {state:?}: {causes:#?}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The client of the image, run in the container as `kubectl exec` does.
fn netobs(stage: &Stage, arguments: &[&str]) -> Result<String> {
    const FAILURE: i32 = 2;
    let output = stage.netobs(arguments).output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    let failed = output.status.code().is_none_or(|code| code >= FAILURE);
    ensure!(!failed, "netobs {arguments:?}: {}: {error}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}

/// What the kubelet's probe is told.
fn probe(stage: &Stage, path: &str) -> Result<String> {
    stage.node().run(|| {
        let mut stream = TcpStream::connect("127.0.0.1:9450").context("where the manifest has it probed")?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    })
}

/// The story of a missing label, from an agent that may do what the manifests let it, and no more.
fn tells_the_story_under(seccomp: Seccomp) -> Result<()> {
    let installation = Installation::Pod {
        image: image()?,
        manifest: Box::new(Manifest::of_repository()?.under(seccomp)),
    };
    let mut stage = Stage::set(Scenario::MissingLabel, installation)?;
    for path in ["/healthz", "/readyz"] {
        let answer = probe(&stage, path)?;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
    }
    stage.begin_traffic();
    let active = cause(&stage, CauseState::Active)?;
    let said = netobs(&stage, &["causes"])?;
    assert!(said.contains("namespace ops-utils has no label env"), "{said}");
    assert!(said.contains("kubectl label namespace ops-utils env=prod"), "{said}");
    for command in &suggestion(&active)?.commands {
        stage.kubectl(command)?;
    }
    cause(&stage, CauseState::Mended)?;
    stage.end_traffic();
    let flows = netobs(&stage, &["flows", "--port", "8080"])?;
    assert!(flows.contains("prod-b/web"), "{flows}");
    stage.strike()
}

#[test]
fn as_a_pod_of_the_daemon_set_it_names_the_missing_label() -> Result<()> {
    tells_the_story_under(Seccomp::AsIs)
}

#[test]
fn under_its_own_list_of_system_calls_it_names_the_missing_label() -> Result<()> {
    tells_the_story_under(Seccomp::Own)
}

/// Everything below a folder.
fn everything(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(everything(&path)?);
        }
        found.push(path);
    }
    Ok(found)
}

#[test]
fn it_has_two_programs_and_nothing_that_others_may_change() -> Result<()> {
    let image = image()?;
    let mut programs = Vec::new();
    for path in everything(&image.root)? {
        let metadata = fs::symlink_metadata(&path)?;
        assert_eq!((metadata.uid(), metadata.gid()), (0, 0), "{}", path.display());
        assert_eq!(metadata.mode() & 0o022, 0, "{} is writable", path.display());
        assert_eq!(metadata.mode() & 0o7000, 0, "{} has more rights", path.display());
        if metadata.is_file() && metadata.mode() & 0o111 != 0 {
            programs.push(path.strip_prefix(&image.root)?.to_owned());
        }
    }
    programs.sort();
    assert_eq!(programs, ["usr/bin/netobs", "usr/bin/netobs-agent"].map(PathBuf::from));
    Ok(())
}

/// Of the authorities in a file, how many does OpenSSL take for such, by way of Python?
const COUNT: &str = "import ssl, sys; print(len(ssl.create_default_context(cafile=sys.argv[1]).get_ca_certs()))";

#[test]
fn every_authority_in_it_is_one_to_openssl() -> Result<()> {
    let python = env::var_os("NETOBS_PYTHON").context("NETOBS_PYTHON names no Python")?;
    let image = image()?;
    let bundle = image.root.join("etc/ssl/certs/ca-certificates.crt");
    let output = Command::new(python).args(["-c", COUNT]).arg(&bundle).output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{error}");
    let counted: usize = String::from_utf8(output.stdout)?.trim().parse()?;
    let blocks = fs::read_to_string(&bundle)?.matches("BEGIN CERTIFICATE").count();
    assert!(blocks > 100, "{blocks}");
    assert_eq!(counted, blocks);
    Ok(())
}
