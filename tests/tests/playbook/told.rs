//! What the command-line client said.

use anyhow::{Context as _, Result, ensure};
use netobs_tests::shop::Shop;
use serde_json::Value;

/// An answer, as a person or a pipeline has it.
pub(super) struct Told {
    pub(super) code: Option<i32>,
    pub(super) text: String,
}

/// Runs `netobs` in the shop's folder.
pub(super) fn netobs(shop: &Shop, line: &str) -> Result<Told> {
    let arguments: Vec<&str> = line.split(' ').collect();
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

impl Told {
    pub(super) fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.text).with_context(|| self.text.clone())
    }
}
