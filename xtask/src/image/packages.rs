//! What is linked into the programs: of the packages that cargo knows, those of which something was compiled for the target.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::run;

/// A package of which something is in the image.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// An SPDX expression.
    pub(crate) licence: Option<String>,
    /// Of the archive on crates.io; none for our own.
    pub(crate) checksum: Option<String>,
    pub(crate) folder: PathBuf,
    /// Keys of those that it is linked with.
    pub(crate) needs: BTreeSet<String>,
}

/// By key, which is `name@version`.
pub(crate) type Packages = BTreeMap<String, Package>;

pub(crate) fn key(name: &str, version: &str) -> String {
    format!("{name}@{version}")
}

/// Those that cargo gave these identifiers, and those of these names.
pub(crate) fn linked(identifiers: &BTreeSet<String>, names: &[&str]) -> Result<Packages> {
    let metadata = run::read(run::cargo("metadata").args(["--format-version=1", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let lock = run::root().join("Cargo.lock");
    let lock = fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    among(&metadata, &lock, identifiers, names)
}

fn among(metadata: &Value, lock: &str, identifiers: &BTreeSet<String>, names: &[&str]) -> Result<Packages> {
    let all = metadata["packages"].as_array();
    let all = all.context("cargo metadata names no packages")?.iter();
    let wanted =
        all.filter(|package| identifiers.contains(text(&package["id"])) || names.contains(&text(&package["name"])));
    let keys: BTreeMap<&str, String> = wanted
        .clone()
        .map(|package| (text(&package["id"]), key_of(package)))
        .collect();
    let checksums = checksums(lock);
    let package = |package: &Value| Package {
        name: text(&package["name"]).to_owned(),
        version: text(&package["version"]).to_owned(),
        licence: package["license"].as_str().map(expression),
        checksum: checksums.get(&key_of(package)).map(|checksum| (*checksum).to_owned()),
        folder: PathBuf::from(text(&package["manifest_path"])).with_file_name(""),
        needs: needs(metadata, text(&package["id"]), &keys),
    };
    Ok(wanted.map(|found| (key_of(found), package(found))).collect())
}

/// What a package is linked with; what only its tests or its build script need is not.
fn needs(metadata: &Value, id: &str, keys: &BTreeMap<&str, String>) -> BTreeSet<String> {
    let nodes = metadata["resolve"]["nodes"].as_array().into_iter().flatten();
    let dependencies = nodes
        .filter(|node| node["id"] == id)
        .filter_map(|node| node["deps"].as_array())
        .flatten();
    let linked = dependencies.filter(|dependency| {
        let kinds = dependency["dep_kinds"].as_array();
        kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
    });
    linked
        .filter_map(|dependency| keys.get(text(&dependency["pkg"])).cloned())
        .collect()
}

/// The checksums in a lock file.
fn checksums(lock: &str) -> BTreeMap<String, &str> {
    let entries = lock.split("[[package]]").skip(1);
    let of_entry = |entry| {
        let field = |name| field(entry, name);
        Some((key(field("name")?, field("version")?), field("checksum")?))
    };
    entries.filter_map(of_entry).collect()
}

fn field<'a>(entry: &'a str, name: &str) -> Option<&'a str> {
    let lines = entry.lines().filter_map(|line| line.split_once(" = "));
    let mut values = lines.filter(|(key, _)| *key == name).map(|(_, value)| value);
    Some(values.next()?.trim_matches('"'))
}

/// Some still write a slash for a choice.
fn expression(licence: &str) -> String {
    licence.split('/').map(str::trim).collect::<Vec<_>>().join(" OR ")
}

fn key_of(package: &Value) -> String {
    key(text(&package["name"]), text(&package["version"]))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nchecksum = \"aa\"\n\n\
                        [[package]]\nname = \"ours\"\nversion = \"0.1.0\"\ndependencies = [\n \"a\",\n]\n";

    fn metadata() -> Value {
        let dependency = |name: &str, kind: Value| json!({"pkg": format!("{name}#id"), "dep_kinds": [{"kind": kind}]});
        let package = |name: &str, version: &str, licence: &str| {
            let folder = format!("/src/{name}/Cargo.toml");
            json!({"id": format!("{name}#id"), "name": name, "version": version, "license": licence, "manifest_path": folder})
        };
        json!({
            "packages": [
                package("a", "1.0.0", "MIT/Apache-2.0"),
                package("script", "2.0.0", "MIT"),
                package("ours", "0.1.0", "Apache-2.0"),
            ],
            "resolve": {"nodes": [
                {"id": "ours#id", "deps": [dependency("a", Value::Null), dependency("script", "build".into())]},
                {"id": "a#id", "deps": []},
            ]},
        })
    }

    fn linked(names: &[&str]) -> Result<Packages> {
        let identifiers = names.iter().map(|name| format!("{name}#id")).collect();
        among(&metadata(), LOCK, &identifiers, &[])
    }

    #[test]
    fn only_what_was_compiled_for_the_target_is_listed() -> Result<()> {
        let linked = linked(&["ours", "a"])?;
        assert_eq!(linked.keys().collect::<Vec<_>>(), ["a@1.0.0", "ours@0.1.0"]);
        Ok(())
    }

    #[test]
    fn what_only_the_build_needs_is_no_dependency() -> Result<()> {
        let linked = linked(&["ours", "a", "script"])?;
        assert_eq!(linked["ours@0.1.0"].needs.iter().collect::<Vec<_>>(), ["a@1.0.0"]);
        Ok(())
    }

    #[test]
    fn checksums_are_those_of_the_lock_file_and_ours_have_none() -> Result<()> {
        let linked = linked(&["ours", "a"])?;
        assert_eq!(linked["a@1.0.0"].checksum.as_deref(), Some("aa"));
        assert_eq!(linked["ours@0.1.0"].checksum, None);
        Ok(())
    }

    #[test]
    fn a_slash_between_licences_is_a_choice() -> Result<()> {
        assert_eq!(linked(&["a"])?["a@1.0.0"].licence.as_deref(), Some("MIT OR Apache-2.0"));
        Ok(())
    }
}
