//! What a build left and where, as cargo itself tells it.

use std::path::PathBuf;
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
}
