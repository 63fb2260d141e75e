//! Checks that every dependency comes from crates.io under a licence that deny.toml allows.
//!
//! `cargo deny` checks more but takes minutes to build; this much needs only `cargo metadata`.

use std::fs;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::run;

pub(crate) fn check() -> Result<()> {
    let policy = run::root().join("deny.toml");
    let policy = fs::read_to_string(&policy).with_context(|| format!("cannot read {}", policy.display()))?;
    let packages = dependencies()?;
    let objections: Vec<String> = packages
        .iter()
        .filter_map(|package| objection(package, &allowed(&policy)))
        .collect();
    if !objections.is_empty() {
        bail!("{}", objections.join("\n"));
    }
    println!(
        "licences: {} dependencies, all from crates.io and under licences that deny.toml allows",
        packages.len()
    );
    Ok(())
}

/// The packages that are not our own.
fn dependencies() -> Result<Vec<Value>> {
    let metadata: Value = serde_json::from_str(&run::read(run::cargo("metadata").args([
        "--format-version=1",
        "--locked",
        "--filter-platform=x86_64-unknown-linux-gnu",
    ]))?)?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata names no packages")?;
    Ok(packages
        .iter()
        .filter(|package| !package["source"].is_null())
        .cloned()
        .collect())
}

fn objection(package: &Value, allowed: &[&str]) -> Option<String> {
    let name = package["name"].as_str().unwrap_or("a package without a name");
    let source = package["source"].as_str().unwrap_or_default();
    if !source.ends_with("crates.io-index") {
        return Some(format!(
            "{name} comes from {source}: use a version that is on crates.io"
        ));
    }
    let Some(licence) = package["license"].as_str() else {
        return Some(format!("{name} does not name its licence: replace it"));
    };
    let remedy = "replace it, or add the licence to deny.toml if Apache-2.0 programs may be linked with it";
    (!admits(licence, allowed)).then(|| format!("{name} is licensed {licence}: {remedy}"))
}

/// The list `allow = […]` of deny.toml.
fn allowed(policy: &str) -> Vec<&str> {
    let list = policy
        .split_once("\nallow = [")
        .and_then(|(_, rest)| rest.split(']').next())
        .unwrap_or_default();
    list.split('"').skip(1).step_by(2).collect()
}

/// Whether an SPDX expression can be met: `OR` is a choice, `AND` binds closer and wants both.
fn admits(licence: &str, allowed: &[&str]) -> bool {
    let licence = licence.replace('/', " OR ");
    let choices = split_outside_parentheses(&licence, " OR ");
    choices.iter().any(|choice| {
        split_outside_parentheses(choice, " AND ")
            .iter()
            .all(|term| term_admits(term, allowed))
    })
}

fn term_admits(term: &str, allowed: &[&str]) -> bool {
    let term = term.trim();
    match term.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => admits(inner, allowed),
        None => allowed.contains(&term),
    }
}

fn split_outside_parentheses<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(separator) {
        let before = text.get(start..at).unwrap_or_default();
        if before.matches('(').count() == before.matches(')').count() {
            parts.push(before);
            start = at + separator.len();
        }
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ALLOWED: [&str; 3] = ["MIT", "Apache-2.0", "Unicode-3.0"];

    #[test]
    fn one_licence_of_a_choice_is_enough() {
        assert!(admits("MIT OR GPL-3.0-only", &ALLOWED));
        assert!(admits("Unlicense/MIT", &ALLOWED));
        assert!(!admits("GPL-3.0-only OR GPL-2.0-only", &ALLOWED));
    }

    #[test]
    fn what_is_joined_by_and_must_all_be_allowed() {
        assert!(admits("(MIT OR Apache-2.0) AND Unicode-3.0", &ALLOWED));
        assert!(!admits("(MIT OR Apache-2.0) AND OpenSSL", &ALLOWED));
        assert!(!admits("GPL-3.0-only AND MIT OR OpenSSL", &ALLOWED));
    }

    #[test]
    fn the_list_is_the_one_in_deny_toml() {
        assert_eq!(
            allowed("[licenses]\nallow = [\n    \"MIT\",\n    \"ISC\",\n]\n"),
            ["MIT", "ISC"]
        );
    }

    #[test]
    fn a_package_from_elsewhere_or_without_a_licence_is_refused() {
        let index = "registry+https://github.com/rust-lang/crates.io-index";
        let refused = |package: &Value| objection(package, &ALLOWED).is_some();
        assert!(refused(
            &json!({"name": "a", "source": "git+https://example.org/a", "license": "MIT"})
        ));
        assert!(refused(&json!({"name": "b", "source": index, "license": null})));
        assert!(!refused(&json!({"name": "c", "source": index, "license": "MIT"})));
    }
}
