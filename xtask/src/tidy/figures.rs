//! How long files and functions are, and how much of the code is tests.

use super::finding::{Finding, Rule};
use super::mask::is_word;
use super::tree::Tree;

const MEDIAN_FILE: usize = 150;

const MEDIAN: Rule = Rule {
    why: "the usual file should fit in a head",
    remedy: "split the longest files by what they do",
};

/// One line of figures for the reader.
pub(crate) fn summary(tree: &Tree) -> String {
    let files = file_lengths(tree);
    let functions: Vec<usize> = tree.rust().flat_map(|file| function_lengths(&file.code)).collect();
    format!(
        "{} files, median {} lines (bar {MEDIAN_FILE}), longest {}; {} functions, median {} lines (bar 10), longest {}; {} % test code",
        files.len(),
        median(&files),
        longest(&files),
        functions.len(),
        median(&functions),
        longest(&functions),
        test_percent(tree),
    )
}

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let median = median(&file_lengths(tree));
    let too_long =
        (median > MEDIAN_FILE).then(|| MEDIAN.broken("Cargo.toml", 1, format!("the median file has {median} lines")));
    too_long.into_iter().collect()
}

fn file_lengths(tree: &Tree) -> Vec<usize> {
    tree.rust().map(super::tree::File::line_count).collect()
}

fn median(values: &[usize]) -> usize {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn longest(values: &[usize]) -> usize {
    values.iter().copied().max().unwrap_or_default()
}

fn test_percent(tree: &Tree) -> usize {
    let all: usize = tree.rust().map(|file| file.code.lines().count()).sum();
    let shipped = tree.rust().filter(|file| !file.path.starts_with("tests/"));
    let shipped: usize = shipped.map(|file| file.shipped_code().lines().count()).sum();
    (all - shipped) * 100 / all.max(1)
}

/// Lines of code in the bodies of the functions of masked code, blank lines not counted.
fn function_lengths(code: &str) -> Vec<usize> {
    let starts = code
        .match_indices("fn ")
        .filter(|(at, _)| !code.get(..*at).is_some_and(|text| text.ends_with(is_word)));
    let bodies = starts.filter_map(|(at, _)| body(code.get(at..)?));
    bodies
        .map(|body| body.lines().filter(|line| !line.trim().is_empty()).count())
        .collect()
}

/// What is between the braces of the function that begins here; none for one without a body.
fn body(function: &str) -> Option<&str> {
    let mut nesting = 0;
    let ends_signature = |c: char| {
        nesting += i32::from(matches!(c, '(' | '[')) - i32::from(matches!(c, ')' | ']'));
        nesting == 0 && matches!(c, '{' | ';')
    };
    let open = function.find(ends_signature)?;
    let from_brace = function.get(open..)?;
    if from_brace.starts_with(';') {
        return None;
    }
    let mut depth = 0;
    let closes = |c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0
    };
    from_brace.get(1..from_brace.find(closes)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::places;

    #[test]
    fn a_body_is_measured_without_its_signature_and_blank_lines() {
        let code = "fn a(\n    x: [u8; 2],\n) -> u8 {\n    if x {\n\n    }\n}\nfn b();\nfn c() { d() }\n";
        assert_eq!(function_lengths(code), [2, 1]);
    }

    #[test]
    fn a_type_of_function_has_no_body() {
        assert_eq!(function_lengths("type F = fn (u8) -> u8;\n"), Vec::<usize>::new());
    }

    #[test]
    fn a_median_file_that_is_too_long_is_found() {
        let long = "x\n".repeat(151);
        let tree = Tree::of(&[("a.rs", &long), ("b.rs", &long), ("c.rs", "")]);
        assert_eq!(places(&check(&tree)), ["Cargo.toml:1 the median file has 151 lines"]);
        let tree = Tree::of(&[("a.rs", &long), ("b.rs", ""), ("c.rs", "")]);
        assert_eq!(check(&tree), []);
    }

    #[test]
    fn unit_tests_and_the_lab_count_as_test_code() {
        let tree = Tree::of(&[
            ("a/src/b.rs", "x\n#[cfg(test)]\nmod tests {\n}\n"),
            ("tests/src/lib.rs", "y\ny\n"),
        ]);
        assert_eq!(test_percent(&tree), 83);
    }
}
