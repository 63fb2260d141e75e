//! Runs `netobs inventory`, and what reads its output.
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use netobs_tests::demo::Programs;

/// A browser that does not answer is ended.
const LONGEST_SECONDS: &str = "60";

/// A folder of a test's own, gone with it.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("netobs-browser-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// What is drawn of an inventory, as a file in here.
    pub(super) fn draw(&self, inventory: &str, shape: &str) -> PathBuf {
        let (file, drawn) = (self.0.join("inventory.json"), self.0.join(format!("drawn.{shape}")));
        fs::write(&file, inventory).unwrap();
        let mut netobs = Command::new(Programs::find().unwrap().cli);
        netobs
            .args(["inventory", "--utc", "-o", shape, "--inventory"])
            .arg(&file);
        let ran = netobs.arg("--output-file").arg(&drawn).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        drawn
    }

    /// The page as it is after its script has run; the hash is what stands after it in the address.
    pub(super) fn open(&self, page: &Path, hash: &str) -> String {
        let address = format!("file://{}{hash}", page.display());
        let mut browser = Command::new("timeout");
        browser.args([
            LONGEST_SECONDS,
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
        ]);
        browser.args([
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
        ]);
        browser.args(["--disable-sync", "--dump-dom"]).arg(address);
        browser.arg(format!("--user-data-dir={}", self.0.join("profile").display()));
        text(&browser.stdin(Stdio::null()).output().unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[track_caller]
pub(super) fn text(ran: &Output) -> String {
    assert!(
        ran.status.success(),
        "{ran:?}; `cargo xtask prepare` installs what is missing"
    );
    String::from_utf8(ran.stdout.clone()).unwrap()
}
