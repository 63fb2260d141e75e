//! Finds source files that no `mod` line names: the compiler never sees them, so they rot.

use super::finding::{Finding, Rule};
use super::tree::{File, Tree, lines_with};

const ORPHAN: Rule = Rule {
    why: "the compiler never sees this file",
    remedy: "name it in a `mod` line of its parent, or delete it",
};

/// Folders of a crate whose files cargo builds each by itself.
const FOLDERS_OF_ROOTS: [&str; 5] = ["src/bin/", "tests/", "benches/", "examples/", "fuzz_targets/"];
const ROOTS: [&str; 3] = ["src/lib.rs", "src/main.rs", "build.rs"];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let orphans = tree
        .rust()
        .filter(|file| !is_root(tree, &file.path) && !has_parent(tree, &file.path));
    orphans
        .map(|file| ORPHAN.broken(&file.path, 1, "no `mod` line names it"))
        .collect()
}

fn is_root(tree: &Tree, path: &str) -> bool {
    let folder = tree.crate_of(path);
    let inside = path.strip_prefix(folder).unwrap_or(path);
    let built_alone = |root: &&str| inside.strip_prefix(*root).is_some_and(is_alone);
    let manifest = tree.file(&format!("{folder}Cargo.toml"));
    let is_named = manifest.is_some_and(|file| file.text.contains(&format!("path = \"{inside}\"")));
    ROOTS.contains(&inside) || FOLDERS_OF_ROOTS.iter().any(built_alone) || is_named
}

/// `a.rs` and `a/main.rs` are programs, `a/b.rs` is a part of one.
fn is_alone(name: &str) -> bool {
    !name.trim_end_matches("/main.rs").contains('/')
}

fn has_parent(tree: &Tree, path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else {
        return false;
    };
    let declaration = format!("mod {};", name.trim_end_matches(".rs"));
    let declares = |file: &File| lines_with_declaration(file, &declaration);
    let named_after_folder = tree.file(&format!("{folder}.rs")).is_some_and(declares);
    named_after_folder || tree.rust().any(|file| is_root_in(tree, file, folder) && declares(file))
}

fn is_root_in(tree: &Tree, file: &File, folder: &str) -> bool {
    file.path.rsplit_once('/').is_some_and(|(place, _)| place == folder) && is_root(tree, &file.path)
}

fn lines_with_declaration(file: &File, declaration: &str) -> bool {
    lines_with(&file.code, declaration).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::places;

    #[test]
    fn a_file_named_by_its_parent_is_no_orphan() {
        let tree = Tree::of(&[
            ("a/Cargo.toml", ""),
            ("a/src/lib.rs", "pub mod b;\n// mod lost;\n"),
            ("a/src/b.rs", "mod c;\n"),
            ("a/src/b/c.rs", ""),
            ("a/src/lost.rs", ""),
            ("a/src/b/d.rs", ""),
        ]);
        let expected = [
            "a/src/lost.rs:1 no `mod` line names it",
            "a/src/b/d.rs:1 no `mod` line names it",
        ];
        assert_eq!(places(&check(&tree)), expected);
    }

    #[test]
    fn what_cargo_builds_by_itself_is_no_orphan() {
        let tree = Tree::of(&[
            ("a/Cargo.toml", "[[bin]]\npath = \"odd/place.rs\"\n"),
            ("a/build.rs", ""),
            ("a/odd/place.rs", ""),
            ("a/src/main.rs", ""),
            ("a/src/bin/x.rs", ""),
            ("a/src/bin/y/main.rs", ""),
            ("a/tests/t/main.rs", "mod u;"),
            ("a/tests/t/u.rs", ""),
            ("a/benches/b.rs", ""),
            ("a/examples/e.rs", ""),
            ("a/fuzz/Cargo.toml", ""),
            ("a/fuzz/fuzz_targets/f.rs", ""),
        ]);
        assert_eq!(places(&check(&tree)), Vec::<String>::new());
    }

    #[test]
    fn a_part_of_a_test_that_nothing_names_is_an_orphan() {
        let tree = Tree::of(&[("a/Cargo.toml", ""), ("a/tests/t.rs", ""), ("a/tests/t/u.rs", "")]);
        assert_eq!(places(&check(&tree)), ["a/tests/t/u.rs:1 no `mod` line names it"]);
    }
}
