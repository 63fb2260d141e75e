//! An image archive, unpacked by `tar` and checked by `sha256sum`.

use crate::demo::folder::Folder;
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is in an archive, in a folder that goes with it.
#[derive(Debug)]
pub struct Image {
    /// The root file system.
    pub root: PathBuf,
    /// What the image says of how it is run.
    pub config: Value,
    _folder: Folder,
}

impl Image {
    pub fn unpack(archive: &Path) -> Result<Self> {
        let folder = Folder::create()?;
        let layout = folder.path().join("layout");
        unpack(archive, &layout)?;
        let index = document(&layout.join("index.json"))?;
        let manifest = document(&blob(&layout, &index["manifests"][0])?)?;
        let config = document(&blob(&layout, &manifest["config"])?)?;
        let layers = manifest["layers"].as_array().context("a list of layers")?;
        let root = folder.path().join("root");
        for layer in layers {
            unpack(&blob(&layout, layer)?, &root)?;
        }
        fs::remove_dir_all(&layout).context("remove the unpacked archive")?;
        Ok(Self {
            root,
            config: config["config"].clone(),
            _folder: folder,
        })
    }

    pub(super) fn words(&self, name: &str) -> Vec<String> {
        let words = self.config[name].as_array().into_iter().flatten();
        words.filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

/// The file that a descriptor names, if its digest is right.
fn blob(layout: &Path, descriptor: &Value) -> Result<PathBuf> {
    let digest = descriptor["digest"].as_str().context("a digest")?;
    let hex = digest.strip_prefix("sha256:").context("a digest by SHA-256")?;
    let path = layout.join("blobs/sha256").join(hex);
    let said = output(Command::new("sha256sum").arg(&path))?;
    ensure!(
        said.starts_with(hex),
        "the blob {hex} is not what its name says: {said}"
    );
    let size = fs::metadata(&path)?.len();
    ensure!(
        descriptor["size"] == size,
        "the blob {hex} has {size} bytes: {descriptor}"
    );
    Ok(path)
}

fn unpack(archive: &Path, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("make the folder {}", folder.display()))?;
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--preserve-permissions", "--numeric-owner", "--file"]);
    output(tar.arg(archive).arg("--directory").arg(folder)).map(drop)
}

fn document(path: &Path) -> Result<Value> {
    let text = fs::read(path).with_context(|| format!("read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("parse {}", path.display()))
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("start {command:?}"))?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {error}");
    String::from_utf8(output.stdout).context("output that is no text")
}
