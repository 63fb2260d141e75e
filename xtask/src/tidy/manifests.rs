//! What holds for the crates' manifests: everyone inherits the lints, and core's dependencies stay pure.

use super::finding::{Finding, Rule};
use super::tree::{File, Tree};

const INHERIT: Rule = Rule {
    why: "a crate without the workspace's lints is held to nothing",
    remedy: "add `[lints]` with `workspace = true`",
};

const PURE: Rule = Rule {
    why: "netobs-core must build and be tested without kernel, cluster, network or runtime",
    remedy: "translate at the rim, in netobs-agent, netobs-k8s or netobs-api",
};

const IMPURE: [&str; 9] = [
    "aya",
    "kube",
    "k8s-openapi",
    "tokio",
    "tonic",
    "prost",
    "serde",
    "libc",
    "nix",
];

pub(crate) fn check_lints(tree: &Tree) -> Vec<Finding> {
    let without = members(tree).filter(|file| section(&file.text, "lints").next() != Some((1, "workspace = true")));
    without
        .map(|file| INHERIT.broken(&file.path, 1, "does not inherit the workspace's lints"))
        .collect()
}

pub(crate) fn check_core(tree: &Tree) -> Vec<Finding> {
    let Some(manifest) = tree.file("netobs-core/Cargo.toml") else {
        return Vec::new();
    };
    let lines = manifest.text.lines().enumerate();
    let named = lines.filter_map(|(index, line)| Some((index + 1, dependency(line)?)));
    let impure = named.filter(|(_, name)| IMPURE.iter().any(|word| is_of_family(name, word)));
    impure
        .map(|(line, name)| PURE.broken(&manifest.path, line, format!("names {name}")))
        .collect()
}

fn members(tree: &Tree) -> impl Iterator<Item = &File> {
    let root = tree.file("Cargo.toml").map_or("", |file| &file.text);
    let list = root
        .split_once("members = [")
        .and_then(|(_, rest)| rest.split(']').next())
        .unwrap_or_default();
    let names = list.split('"').skip(1).step_by(2);
    names.filter_map(|name| tree.file(&format!("{name}/Cargo.toml")))
}

/// The lines of a section that say something, numbered from its head.
fn section<'a>(manifest: &'a str, name: &str) -> impl Iterator<Item = (usize, &'a str)> {
    let head = format!("[{name}]");
    let lines = manifest
        .lines()
        .map(str::trim)
        .skip_while(move |line| *line != head)
        .skip(1)
        .enumerate();
    lines
        .map(|(index, line)| (index + 1, line))
        .take_while(|(_, line)| !line.starts_with('['))
}

/// The name at the start of `name = …`, `name.workspace = …` or `[dependencies.name]`.
fn dependency(line: &str) -> Option<&str> {
    let line = line.trim();
    if let Some((_, name)) = line.split_once("dependencies.") {
        return name.strip_suffix(']');
    }
    line.split_once('=')
        .map(|(name, _)| name.split('.').next().unwrap_or(name).trim())
}

/// `serde_json` is of the family `serde`, `serdes` is not.
fn is_of_family(name: &str, family: &str) -> bool {
    name.strip_prefix(family)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::places;

    #[test]
    fn a_member_that_does_not_inherit_the_lints_is_found() {
        let tree = Tree::of(&[
            ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]\n"),
            ("a/Cargo.toml", "[package]\n\n[lints]\nworkspace = true\n"),
            ("b/Cargo.toml", "[package]\n"),
            ("c/Cargo.toml", "[package]\n"),
        ]);
        assert_eq!(
            places(&check_lints(&tree)),
            ["b/Cargo.toml:1 does not inherit the workspace's lints"]
        );
    }

    #[test]
    fn core_may_not_depend_on_the_outside() {
        let manifest = "[dependencies]\nserde_json = \"1\"\nthiserror = \"2\"\ntokio.workspace = true\n\
                        [dev-dependencies.kube-runtime]\n";
        let tree = Tree::of(&[("netobs-core/Cargo.toml", manifest)]);
        let expected = [
            "netobs-core/Cargo.toml:2 names serde_json",
            "netobs-core/Cargo.toml:4 names tokio",
            "netobs-core/Cargo.toml:5 names kube-runtime",
        ];
        assert_eq!(places(&check_core(&tree)), expected);
    }
}
