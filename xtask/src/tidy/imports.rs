//! The paths that the `use` lines of a file bring in, braces taken apart.

/// A path from a `use` line and the line it begins on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) line: usize,
    pub(crate) path: String,
}

/// Reads masked code.
pub(crate) fn imports(code: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let before = code.get(..at).unwrap_or_default();
        if before.chars().next_back().is_none_or(char::is_whitespace) {
            let line = before.matches('\n').count() + 1;
            let item = code
                .get(at + "use ".len()..)
                .and_then(|rest| rest.split(';').next())
                .unwrap_or_default();
            let paths = expand(item);
            found.extend(paths.into_iter().map(|path| Import { line, path }));
        }
    }
    found
}

/// `a::{b, c::{d, e}}` is `a::b`, `a::c::d` and `a::c::e`.
fn expand(item: &str) -> Vec<String> {
    let item = item.trim();
    let Some((prefix, group)) = item.split_once('{') else {
        return vec![item.to_owned()];
    };
    let group = group.trim_end().strip_suffix('}').unwrap_or(group);
    split(group)
        .into_iter()
        .flat_map(expand)
        .map(|path| format!("{prefix}{path}"))
        .collect()
}

/// The parts between the commas that are in no inner braces.
fn split(group: &str) -> Vec<&str> {
    let mut depth = 0;
    let is_border = |c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    };
    group.split(is_border).filter(|part| !part.trim().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(code: &str) -> Vec<String> {
        imports(code).into_iter().map(|import| import.path).collect()
    }

    #[test]
    fn nested_groups_are_taken_apart() {
        let code = "pub(crate) use crate::{\n    kernel::{Tap, ring::Ring},\n    node,\n};\n";
        assert_eq!(
            paths(code),
            ["crate::kernel::Tap", "crate::kernel::ring::Ring", "crate::node"]
        );
    }

    #[test]
    fn lines_are_those_of_the_use() {
        let code = "mod a;\nuse b::c;\nfn because() {}\n    use d;\n";
        let found = imports(code);
        assert_eq!(
            found[0],
            Import {
                line: 2,
                path: "b::c".to_owned()
            }
        );
        assert_eq!(
            found[1],
            Import {
                line: 4,
                path: "d".to_owned()
            }
        );
    }
}
