//! What the command-line client said.

use anyhow::{Context as _, Result, ensure};
use netobs_tests::shop::Shop;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};

/// Command lines that were run so far.
static RUN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// An answer, as a person or a pipeline has it.
pub(super) struct Told {
    pub(super) code: Option<i32>,
    pub(super) text: String,
}

/// Runs `netobs` in the shop's folder.
pub(super) fn netobs(shop: &Shop, line: &str) -> Result<Told> {
    let arguments: Vec<&str> = line.split(' ').collect();
    RUN.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    let output = shop.netobs(&arguments)?.output().context("start netobs")?;
    let error = String::from_utf8_lossy(&output.stderr);
    let told = Told {
        code: output.status.code(),
        text: String::from_utf8(output.stdout)?,
    };
    ensure!(
        matches!(told.code, Some(0 | 1)),
        "`netobs {line}`: {}: {error}",
        output.status
    );
    Ok(told)
}

/// The same, for a reader: what was said is shown with the test's output.
#[expect(clippy::print_stdout, reason = "the transcript is what documentation quotes")]
pub(super) fn shown(shop: &Shop, line: &str) -> Result<Told> {
    let told = netobs(shop, line)?;
    println!("$ netobs {line}\n{}(exit {:?})\n", told.text, told.code);
    Ok(told)
}

/// Whether this command line was run, perhaps for some namespaces only.
pub(super) fn was_run(line: &str) -> bool {
    let everywhere = |run: &str| {
        let mut words: Vec<&str> = run.split(' ').collect();
        if let Some(at) = words.iter().position(|word| *word == "-n") {
            words.drain(at..=at + 1);
        }
        words.join(" ")
    };
    let run = RUN.lock().unwrap_or_else(PoisonError::into_inner);
    run.iter().any(|run| run == line || everywhere(run) == line)
}

impl Told {
    pub(super) fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.text).with_context(|| self.text.clone())
    }
}
