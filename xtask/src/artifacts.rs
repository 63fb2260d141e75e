//! What a build left and where, as cargo itself tells it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::run;

/// The messages of one build.
pub(crate) struct Artifacts {
    messages: Vec<Value>,
}

/// A program full of tests, and the folder of its package, in which it expects to be started.
pub(crate) struct TestProgram {
    pub(crate) path: PathBuf,
    pub(crate) folder: PathBuf,
}

/// Runs a `cargo build` or `cargo test --no-run`, its own progress going to standard error.
pub(crate) fn build(command: &mut Command) -> Result<Artifacts> {
    let text = run::read_shown(command.arg("--message-format=json-render-diagnostics"))?;
    Ok(Artifacts::parse(&text))
}

impl Artifacts {
    /// The file of a program or test.
    pub(crate) fn program(&self, name: &str) -> Result<PathBuf> {
        let of_that_name = self.messages.iter().filter(|message| message["target"]["name"] == name);
        let is_alone = |message: &&Value| message["target"]["kind"][0] != "bin" || message["profile"]["test"] != true;
        of_that_name
            .filter(is_alone)
            .filter_map(|message| message["executable"].as_str())
            .next_back()
            .map(PathBuf::from)
            .with_context(|| format!("the build left no {name}"))
    }

    /// What was built of tests, in the order in which cargo runs them.
    pub(crate) fn tests(&self) -> Result<Vec<TestProgram>> {
        let tests = self
            .messages
            .iter()
            .filter(|message| message["profile"]["test"] == true);
        let mut programs: Vec<_> = tests.filter_map(TestProgram::read).collect();
        programs.sort_by(|one, other| (&one.folder, &one.path).cmp(&(&other.folder, &other.path)));
        if programs.is_empty() {
            bail!("the build left no tests");
        }
        Ok(programs)
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

impl TestProgram {
    fn read(message: &Value) -> Option<Self> {
        Some(Self {
            path: message["executable"].as_str()?.into(),
            folder: Path::new(message["manifest_path"].as_str()?).parent()?.to_owned(),
        })
    }

    /// Runs it as `cargo test` does.
    pub(crate) fn run(&self, prepare: impl FnOnce(&mut Command)) -> Result<()> {
        let mut command = Command::new(&self.path);
        command
            .current_dir(&self.folder)
            .env("CARGO_MANIFEST_DIR", &self.folder);
        prepare(&mut command);
        run::run(&mut command)
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
        assert_eq!(built.program("agent").ok(), Some(PathBuf::from("/t/agent")));
        assert!(built.program("lib").is_err());
    }

    #[test]
    fn tests_are_told_from_the_programs_they_are_of() -> Result<()> {
        let line = |name: &str, kind: &str, test: bool, path: &str| {
            format!(
                "{{\"target\":{{\"name\":\"{name}\",\"kind\":[\"{kind}\"]}},\"profile\":{{\"test\":{test}}},\
                 \"executable\":\"{path}\",\"manifest_path\":\"/w/{name}/Cargo.toml\"}}\n"
            )
        };
        let built = Artifacts::parse(
            &[
                line("cli", "bin", false, "/t/cli"),
                line("cli", "bin", true, "/t/deps/cli-1"),
                line("lab", "test", true, "/t/deps/lab-1"),
            ]
            .concat(),
        );
        assert_eq!(built.program("cli")?, PathBuf::from("/t/cli"));
        assert_eq!(built.program("lab")?, PathBuf::from("/t/deps/lab-1"));
        let tests: Vec<_> = built
            .tests()?
            .into_iter()
            .map(|test| (test.path, test.folder))
            .collect();
        let expected = [("/t/deps/cli-1", "/w/cli"), ("/t/deps/lab-1", "/w/lab")];
        assert_eq!(tests, expected.map(|(path, folder)| (path.into(), folder.into())));
        Ok(())
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
