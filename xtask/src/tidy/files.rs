//! What holds for every file by itself: its first sentence, its length, its name, its line ends.

use super::finding::{Finding, Rule};
use super::tree::{File, Tree, lines_with};

const LONGEST: usize = 400;

const FIRST_SENTENCE: Rule = Rule {
    why: "a reader decides by its first line whether to read on",
    remedy: "begin the file with a `//!` sentence that says what it is for",
};

const LENGTH: Rule = Rule {
    why: "long files are where one thing too many lives",
    remedy: "split it, or tell the reason in its head: `//! Long because …`",
};

const NAME: Rule = Rule {
    why: "one way to write modules: foo.rs and foo/",
    remedy: "move it to the folder's name with .rs",
};

const LINE_END: Rule = Rule {
    why: "it shows up in every diff",
    remedy: "remove it",
};

const IGNORED: Rule = Rule {
    why: "a test that does not run cannot fail",
    remedy: "let it run; where an ability is missing it fails, unless NETOBS_TEST_MAY_SKIP names that ability",
};

pub(crate) fn check_first_sentence(tree: &Tree) -> Vec<Finding> {
    let without = tree.rust().filter(|file| !file.text.starts_with("//! "));
    without
        .map(|file| FIRST_SENTENCE.broken(&file.path, 1, "no `//!` sentence"))
        .collect()
}

pub(crate) fn check_length(tree: &Tree) -> Vec<Finding> {
    let long = tree
        .rust()
        .filter(|file| file.line_count() > LONGEST && !has_reason(file));
    long.map(|file| LENGTH.broken(&file.path, LONGEST, format!("{} lines", file.line_count())))
        .collect()
}

pub(crate) fn check_name(tree: &Tree) -> Vec<Finding> {
    let named = tree.rust().filter(|file| file.path.ends_with("/mod.rs"));
    named.map(|file| NAME.broken(&file.path, 1, "mod.rs")).collect()
}

pub(crate) fn check_line_ends(tree: &Tree) -> Vec<Finding> {
    let lines = tree
        .files
        .iter()
        .flat_map(|file| file.text.split('\n').enumerate().map(move |line| (file, line)));
    let bad = lines.filter(|(_, (_, line))| line.ends_with([' ', '\t', '\r']));
    bad.map(|(file, (index, _))| LINE_END.broken(&file.path, index + 1, "space at the end of the line"))
        .collect()
}

pub(crate) fn check_ignored(tree: &Tree) -> Vec<Finding> {
    let found = tree
        .rust()
        .flat_map(|file| lines_with(&file.code, "#[ignore").map(move |line| (file, line)));
    found
        .map(|(file, line)| IGNORED.broken(&file.path, line, "an ignored test"))
        .collect()
}

fn has_reason(file: &File) -> bool {
    file.text
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .any(|line| line.starts_with("//! Long because "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::places;

    #[test]
    fn a_file_without_its_sentence_is_found() {
        let tree = Tree::of(&[("a.rs", "//! Is for a.\n"), ("b.rs", "use c;\n"), ("c.md", "words\n")]);
        assert_eq!(places(&check_first_sentence(&tree)), ["b.rs:1 no `//!` sentence"]);
    }

    #[test]
    fn a_long_file_needs_a_reason_at_its_head() {
        let body = "x\n".repeat(400);
        let reasoned = format!("//! A.\n//! Long because it is one table.\n{body}");
        let late = format!("//! A.\n{body}//! Long because it is one table.\n");
        let tree = Tree::of(&[("a.rs", &body), ("b.rs", &reasoned), ("c.rs", &late)]);
        assert_eq!(places(&check_length(&tree)), ["c.rs:400 402 lines"]);
    }

    #[test]
    fn mod_rs_is_found() {
        let tree = Tree::of(&[("a/src/mod.rs", ""), ("a/src/method.rs", "")]);
        assert_eq!(places(&check_name(&tree)), ["a/src/mod.rs:1 mod.rs"]);
    }

    #[test]
    fn spaces_at_line_ends_are_found_in_every_kind_of_file() {
        let tree = Tree::of(&[("a.rs", "x\ny \n"), ("b.toml", "z\r\n"), ("c.md", "fine\n")]);
        let expected = [
            "a.rs:2 space at the end of the line",
            "b.toml:1 space at the end of the line",
        ];
        assert_eq!(places(&check_line_ends(&tree)), expected);
    }

    #[test]
    fn an_ignored_test_is_found_with_and_without_a_reason() {
        let tree = Tree::of(&[("a.rs", "#[ignore]\nfn a() {}\n#[ignore = \"slow\"]\n// #[ignore]\n")]);
        assert_eq!(
            places(&check_ignored(&tree)),
            ["a.rs:1 an ignored test", "a.rs:3 an ignored test"]
        );
    }
}
