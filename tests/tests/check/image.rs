//! A folder with the few programs that an image has.

use anyhow::{Context as _, Result};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

pub(super) struct Image(PathBuf);

impl Image {
    /// Those that are called `nc` and the like are busybox, as in most small images.
    pub(super) fn with(programs: &[&str]) -> Result<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "netobs-image-{}-{}",
            process::id(),
            MADE.fetch_add(1, Ordering::Relaxed)
        );
        let image = Self(env::temp_dir().join(name));
        fs::create_dir(&image.0)?;
        for program in programs {
            let file = if *program == "nc" { "busybox" } else { program };
            let folders = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(file));
            let found = folders.into_iter().find(|path| path.exists());
            let found = found.with_context(|| format!("{file} is not installed"))?;
            symlink(found, image.0.join(program))?;
        }
        Ok(image)
    }

    /// With a program that does something else than its name says.
    pub(super) fn add(&self, program: &str, script: &str) -> Result<()> {
        let path = self.0.join(program);
        fs::write(&path, format!("#!/bin/sh\n{script}\n"))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        Ok(())
    }

    pub(super) fn programs(&self) -> &Path {
        &self.0
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
