//! Moves a file away that cannot be used, and never over another.
use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

/// More damaged files than these are no help to anybody; the oldest are deleted.
const MOST_DAMAGED: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Damaged,
    Newer,
}

/// Gives the file another name beside it; says which.
pub(super) fn set_aside(path: &Path, why: Why) -> io::Result<PathBuf> {
    let word = match why {
        Why::Damaged => "damaged",
        Why::Newer => "newer",
    };
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beginning = format!("{name}.{word}-");
    let mut aside = path.with_file_name(format!("{beginning}{time}"));
    let mut number = 1;
    while aside.exists() {
        number += 1;
        aside = path.with_file_name(format!("{beginning}{time}-{number}"));
    }
    fs::rename(path, &aside)?;
    if why == Why::Damaged {
        delete_oldest(path, &beginning)?;
    }
    Ok(aside)
}

fn delete_oldest(path: &Path, beginning: &str) -> io::Result<()> {
    let Some(dir) = path.parent() else { return Ok(()) };
    let mut there = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(beginning) {
            there.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    there.sort();
    let too_many = there.len().saturating_sub(MOST_DAMAGED);
    for (_, oldest) in there.into_iter().take(too_many) {
        fs::remove_file(oldest)?;
    }
    Ok(())
}
