//! Writes a file whole or not at all.
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
};

use anyhow::{Context, Result};

pub(crate) fn to_file(file: &Path, text: &str) -> Result<()> {
    atomically(file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn atomically(file: &Path, text: &str) -> io::Result<()> {
    // What a link leads to is replaced, not the link; a pipe or a terminal takes what it is given.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    if fs::metadata(&file).is_ok_and(|metadata| !metadata.is_file()) {
        return OpenOptions::new().write(true).open(&file)?.write_all(text.as_bytes());
    }
    let beside = beside(&file);
    let written = fill(&beside, text, &file).and_then(|()| fs::rename(&beside, &file));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// In the same folder, as a file can only be moved into place within one file system.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", process::id()));
    file.with_file_name(name)
}

fn fill(beside: &Path, text: &str, file: &Path) -> io::Result<()> {
    let mut part = File::create_new(beside)?;
    part.write_all(text.as_bytes())?;
    if let Ok(metadata) = fs::metadata(file) {
        part.set_permissions(metadata.permissions())?;
    }
    part.sync_all()
}
