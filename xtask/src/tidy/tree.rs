//! The files of the repository as tidy sees them: their text, their code, the crate they belong to.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::mask::{is_word, mask};

pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
}

pub(crate) struct File {
    /// From the root of the repository, with `/` between its parts.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text without comments and literals; empty when it is not Rust.
    pub(crate) code: String,
}

const READ: [&str; 9] = ["rs", "toml", "md", "sh", "yml", "yaml", "proto", "json", "txt"];
const NOT_OURS: [&str; 2] = ["target", ".git"];

impl Tree {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        walk(root, "", &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { files })
    }

    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The folders that hold a `Cargo.toml`, the one a file belongs to being the longest that fits.
    pub(crate) fn crate_of(&self, path: &str) -> &str {
        let manifests = self
            .files
            .iter()
            .filter_map(|file| file.path.strip_suffix("Cargo.toml"));
        manifests
            .filter(|folder| path.starts_with(folder))
            .max_by_key(|folder| folder.len())
            .unwrap_or_default()
    }
}

impl File {
    pub(crate) fn new(path: String, text: String) -> Self {
        let code = if path.ends_with(".rs") {
            mask(&text)
        } else {
            String::new()
        };
        Self { path, text, code }
    }

    pub(crate) fn line_count(&self) -> usize {
        self.text.lines().count()
    }

    /// The code a user runs: all of it in a source file, less the module of unit tests at its end.
    pub(crate) fn shipped_code(&self) -> &str {
        let is_test =
            self.path.ends_with("/tests.rs") || self.path.contains("/tests/") || self.path.contains("/benches/");
        if is_test {
            return "";
        }
        self.code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()
    }
}

/// The numbers of the lines that have `needle` as whole words.
pub(crate) fn lines_with<'a>(code: &'a str, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
    let lines = code.lines().enumerate();
    lines
        .filter(move |(_, line)| has_words(line, needle))
        .map(|(index, _)| index + 1)
}

fn has_words(line: &str, needle: &str) -> bool {
    line.match_indices(needle).any(|(at, _)| {
        let before = line.get(..at).is_some_and(|text| text.ends_with(is_word));
        let after = line
            .get(at + needle.len()..)
            .is_some_and(|text| text.starts_with(is_word));
        !before && !after
    })
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<File>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            if !NOT_OURS.contains(&name.as_str()) {
                walk(&entry.path(), &format!("{path}/"), files)?;
            }
        } else if READ.iter().any(|ending| name.ends_with(&format!(".{ending}"))) {
            let text = fs::read_to_string(entry.path()).with_context(|| format!("{path} is not UTF-8 text"))?;
            files.push(File::new(path, text));
        }
    }
    Ok(())
}

#[cfg(test)]
impl Tree {
    /// A tree that exists in a test only.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(path, text)| File::new((*path).to_owned(), (*text).to_owned()));
        Self { files: files.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_nearest_manifest() {
        let tree = Tree::of(&[("Cargo.toml", ""), ("a/Cargo.toml", ""), ("a/fuzz/Cargo.toml", "")]);
        assert_eq!(tree.crate_of("a/src/x.rs"), "a/");
        assert_eq!(tree.crate_of("a/fuzz/x.rs"), "a/fuzz/");
        assert_eq!(tree.crate_of("b/x.rs"), "");
    }

    #[test]
    fn only_whole_words_are_found() {
        let code = "unsafe_code\nx unsafe {\n";
        assert_eq!(lines_with(code, "unsafe").collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn unit_tests_are_not_shipped() {
        let file = File::new(
            "a/src/b.rs".to_owned(),
            "fn a() {}\n#[cfg(test)]\nmod tests {\n}\n".to_owned(),
        );
        assert_eq!(file.shipped_code(), "fn a() {}\n");
    }
}
