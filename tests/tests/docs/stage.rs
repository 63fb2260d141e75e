//! Where the commands of the pages are run: on a node whose agent has found a missing label, by a shell.

use super::page;
use anyhow::{Context as _, Result, ensure};
use netobs_tests::demo::{Programs, Scenario, Stage};
use std::env;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);
/// How long what follows is followed, and how long all else may take.
const FOLLOWED: &str = "2";
const AT_MOST: &str = "60";

pub(super) struct Shell {
    stage: Stage,
    programs: Programs,
}

/// What came of a command.
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Shell {
    /// Waits for the cause that the pages speak of.
    pub(super) fn open() -> Result<Self> {
        let programs = Programs::find()?;
        let mut stage = Stage::set(Scenario::MissingLabel, programs.clone())?;
        stage.begin_traffic();
        let deadline = Instant::now() + PATIENCE;
        while stage.asker().causes()?.is_empty() {
            ensure!(Instant::now() < deadline, "no cause within {PATIENCE:?}");
            thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { stage, programs })
    }

    /// Runs a command in the project's folder and the node's network, or if it follows, as long as a reader would look at it.
    pub(super) fn run(&self, command: &str, follows: bool) -> Result<Ended> {
        let mut shell = self.stage.node().command("timeout")?;
        let limit = if follows { FOLLOWED } else { AT_MOST };
        let script = format!("set -o pipefail\n{command}");
        shell
            .args(["--signal=INT", "--preserve-status", limit, "bash", "-c", &script])
            .current_dir(page::root())
            .env("PATH", self.path()?)
            .env("NETOBS_SERVER", format!("unix://{}", self.stage.socket().display()))
            .env("KUBECONFIG", self.stage.server().kubeconfig());
        let output = shell.output().context("start bash")?;
        Ok(Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout)?,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// The programs built here, those that `cargo xtask prepare` has brought, and the machine's.
    fn path(&self) -> Result<String> {
        let ours = self.programs.cli.parent().into_iter();
        let brought = env::var_os("NETOBS_GRPCURL")
            .context("NETOBS_GRPCURL names no grpcurl: run these tests with `cargo xtask test lab`")?;
        let folders = ours
            .chain(Path::new(&brought).parent())
            .map(|folder| folder.display().to_string());
        let rest = env::var("PATH").unwrap_or_default();
        Ok(folders.chain([rest]).collect::<Vec<_>>().join(":"))
    }
}
