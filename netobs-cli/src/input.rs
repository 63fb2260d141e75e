//! Reads manifests from files, folders and the standard input.
use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use netobs_k8s::{
    finding::{Finding, Severity},
    manifests::{Manifests, Reader},
};
use serde::Serialize;

use crate::{Format, Verdict};

/// How many findings about the input are shown as text.
const MOST_SHOWN: usize = 50;
/// Folders within folders; a loop of links would have no end.
const DEEPEST: usize = 32;

#[derive(Args)]
pub(crate) struct Source {
    /// A file, a folder (all its .yaml, .yml and .json files), or - for the standard input; may be given again.
    #[arg(short = 'f', long = "filename", required = true, value_name = "FILE|DIR|-")]
    files: Vec<PathBuf>,
}

#[derive(Args)]
pub(crate) struct OptionalSource {
    /// A file, a folder (all its .yaml, .yml and .json files), or - for the standard input; may be given again. Without it the
    /// cluster is asked.
    #[arg(short = 'f', long = "filename", value_name = "FILE|DIR|-")]
    files: Vec<PathBuf>,
}

/// As in the documented JSON.
#[derive(Serialize)]
struct BadInput<'a> {
    version: u32,
    error: &'static str,
    findings: Vec<JsonFinding<'a>>,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    severity: &'static str,
    file: &'a str,
    document: Option<usize>,
    line: Option<usize>,
    /// As `items[2]`.
    item: Option<String>,
    object: Option<&'a str>,
    field: Option<&'a str>,
    problem: &'a str,
}

impl Source {
    pub(crate) fn reads_standard_input(&self) -> bool {
        self.files.iter().any(|file| file.as_os_str() == "-")
    }

    pub(crate) fn read(&self) -> Result<Manifests> {
        read(&self.files)
    }
}

impl OptionalSource {
    pub(crate) fn is_given(&self) -> bool {
        !self.files.is_empty()
    }

    pub(crate) fn read(&self) -> Result<Manifests> {
        read(&self.files)
    }
}

/// Tells what is wrong with the input; a verdict if it is too wrong to go on.
pub(crate) fn report(
    manifests: &Manifests,
    format: Format,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> Result<Option<Verdict>> {
    let mut findings: Vec<_> = manifests.findings.iter().collect();
    findings.sort();
    for finding in findings.iter().take(MOST_SHOWN) {
        writeln!(notes, "{finding}")?;
    }
    if findings.len() > MOST_SHOWN {
        writeln!(notes, "and {} more", findings.len() - MOST_SHOWN)?;
    }
    if !manifests.has_errors() {
        return Ok(None);
    }
    if format == Format::Json {
        let findings = findings.into_iter().map(JsonFinding::from).collect();
        serde_json::to_writer_pretty(
            &mut *out,
            &BadInput {
                version: 1,
                error: "bad_input",
                findings,
            },
        )?;
        writeln!(out)?;
    }
    Ok(Some(Verdict::BadInput))
}

impl<'a> From<&'a Finding> for JsonFinding<'a> {
    fn from(finding: &'a Finding) -> Self {
        let place = &finding.place;
        Self {
            severity: match finding.severity {
                Severity::Error => "error",
                Severity::Note => "note",
            },
            file: &place.file,
            document: place.document,
            line: place.line,
            item: Some(place.path()).filter(|path| !path.is_empty()),
            object: place.object.as_deref(),
            field: place.field.as_deref(),
            problem: &finding.problem,
        }
    }
}

pub(crate) fn read(files: &[PathBuf]) -> Result<Manifests> {
    let mut reader = Reader::default();
    for path in files {
        if path.as_os_str() == "-" {
            let mut content = Vec::new();
            io::stdin()
                .lock()
                .read_to_end(&mut content)
                .context("cannot read the standard input")?;
            reader.add("(standard input)", &content);
        } else {
            add_path(&mut reader, path)?;
        }
    }
    Ok(reader.finish())
}

fn add_path(reader: &mut Reader, path: &Path) -> Result<()> {
    let metadata = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    if !metadata.is_dir() {
        return add_file(reader, path);
    }
    let mut files = Vec::new();
    collect(path, 0, &mut files)?;
    if files.is_empty() {
        bail!("{} has no .yaml, .yml or .json files", path.display());
    }
    files.sort();
    files.iter().try_for_each(|file| add_file(reader, file))
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    if depth > DEEPEST {
        bail!(
            "{} is more than {DEEPEST} folders deep; name the folder that is meant",
            folder.display()
        );
    }
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    for entry in entries {
        let path = entry
            .with_context(|| format!("cannot read the folder {}", folder.display()))?
            .path();
        if path.is_dir() {
            collect(&path, depth + 1, files)?;
        } else if path
            .extension()
            .is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|one| extension == *one))
        {
            files.push(path);
        }
    }
    Ok(())
}

fn add_file(reader: &mut Reader, path: &Path) -> Result<()> {
    let content = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    reader.add(&path.display().to_string(), &content);
    Ok(())
}
