//! The licences of everything in the image, in full: most of them ask for that.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::packages::{Package, Packages};

/// How such files begin, in whatever case.
const NAMES: [&str; 6] = ["licence", "license", "copying", "copyright", "notice", "unlicense"];
const RULE: &str = "================================================================================";

/// Each text once, with the packages that have it; packages without one are named with what they declare.
pub(crate) fn write(packages: &Packages) -> Result<String> {
    let mut by_text: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut without = Vec::new();
    for (key, package) in packages.iter().filter(|(_, package)| package.checksum.is_some()) {
        let texts = texts(&package.folder).with_context(|| format!("cannot read the licence of {key}"))?;
        if texts.is_empty() {
            without.push(declared(key, package));
        }
        for text in texts {
            by_text.entry(text).or_default().push(key);
        }
    }
    let sections = by_text
        .iter()
        .map(|(text, keys)| format!("{RULE}\n{}\n{RULE}\n\n{}\n\n", keys.join("\n"), text.trim_end()));
    Ok(format!(
        "netobs contains the following, each under the licence that stands below its name.\n\n{}\
         {RULE}\nOf these there is no text but what they declare:\n{RULE}\n\n{}\n",
        sections.collect::<String>(),
        without.join("\n")
    ))
}

fn declared(key: &str, package: &Package) -> String {
    format!("{key}: {}", package.licence.as_deref().unwrap_or("nothing declared"))
}

fn texts(folder: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_file() && NAMES.iter().any(|start| name.starts_with(start)) {
            files.push(path);
        }
    }
    files.sort();
    let read = |path: &std::path::PathBuf| Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned());
    files.iter().map(read).collect()
}
