//! What a build left and where, as cargo itself tells it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use serde_json::Value;

use crate::run;

/// The messages of one build.
pub(crate) struct Artifacts {
    messages: Vec<Value>,
}

/// Runs a `cargo build` or `cargo test --no-run`, its own progress going to standard error.
pub(crate) fn build(command: &mut Command) -> Result<Artifacts> {
    let text = run::read_shown(command.arg("--message-format=json-render-diagnostics"))?;
    Ok(Artifacts::parse(&text))
}

impl Artifacts {
    /// The file of a program or test.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        let of_that_name = self.messages.iter().filter(|message| message["target"]["name"] == name);
        of_that_name
            .filter_map(|message| message["executable"].as_str())
            .next_back()
            .map(PathBuf::from)
    }

    /// The packages of which something was compiled into the folder of that name, by cargo's own identifiers.
    ///
    /// What was compiled for this machine only, as build scripts and procedural macros are, lies elsewhere.
    pub(crate) fn compiled_into(&self, folder: &str) -> BTreeSet<String> {
        let lies_there = |message: &&Value| {
            let files = message["filenames"].as_array().into_iter().flatten();
            files
                .filter_map(Value::as_str)
                .any(|file| Path::new(file).components().any(|part| part.as_os_str() == folder))
        };
        let there = self.messages.iter().filter(lies_there);
        there
            .filter_map(|message| message["package_id"].as_str().map(str::to_owned))
            .collect()
    }

    fn parse(text: &str) -> Self {
        Self {
            messages: text
                .lines()
                .filter_map(|line| serde_json::from_str(line).ok())
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_by_its_name_and_a_library_is_none() {
        let built = Artifacts::parse(
            "{\"target\":{\"name\":\"agent\"},\"executable\":null}\n\
             {\"target\":{\"name\":\"agent\"},\"executable\":\"/t/agent\"}\n\
             {\"target\":{\"name\":\"lib\"},\"executable\":null}\n",
        );
        assert_eq!(built.program("agent"), Some(PathBuf::from("/t/agent")));
        assert_eq!(built.program("lib"), None);
    }
    #[test]
    fn only_what_was_compiled_for_the_target_is_in_its_folder() {
        let built = Artifacts::parse(
            "{\"package_id\":\"a@1\",\"filenames\":[\"/t/some-linux-gnu/release/deps/liba.rlib\"]}\n\
             {\"package_id\":\"macros@1\",\"filenames\":[\"/t/release/deps/libmacros.so\"]}\n\
             {\"reason\":\"build-finished\",\"success\":true}\n",
        );
        assert_eq!(
            built.compiled_into("some-linux-gnu").into_iter().collect::<Vec<_>>(),
            ["a@1"]
        );
    }
}
