//! What the agent says when something is wrong, and the page that tells what to do about it: neither without the other.

use super::finding::{Finding, Rule};
use super::mask::is_word;
use super::tree::{File, Tree};

const PAGE: &str = "docs/troubleshooting.md";
const AGENT: &str = "netobs-agent/src/";
const SAYING: [&str; 4] = ["warn!(", "error!(", "bail!(", "#[error("];
/// Stands for what differs from case to case.
const VARIES: char = '…';

const UNTOLD: Rule = Rule {
    why: "an operator who reads it looks for it in docs/troubleshooting.md",
    remedy: "add a row there that begins as it does, with its cause and what to do",
};

const STALE: Rule = Rule {
    why: "nobody says this any more",
    remedy: "take the row out, or make it read as the agent's message does",
};

const INCOMPLETE: Rule = Rule {
    why: "a message without a cause or a remedy leaves its reader alone",
    remedy: "say why it comes, and what to do",
};

struct Row<'a> {
    line: usize,
    message: &'a str,
    is_whole: bool,
}

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(page) = tree.file(PAGE) else {
        return Vec::new();
    };
    let rows: Vec<Row<'_>> = rows(&page.text).collect();
    let agent = || tree.rust().filter(|file| file.path.starts_with(AGENT));
    let said: String = agent().map(|file| joined(&file.text)).collect();
    let untold = agent().flat_map(|file| templates(file).into_iter().map(move |template| (file, template)));
    let untold = untold.filter(|(_, (_, template))| !rows.iter().any(|row| template.starts_with(row.message)));
    let untold = untold.map(|(file, (line, template))| UNTOLD.broken(&file.path, line, format!("{template:?}")));
    let stale = rows.iter().filter(|row| !said.contains(longest_part(row.message)));
    let stale = stale.map(|row| STALE.broken(PAGE, row.line, row.message));
    let incomplete = rows.iter().filter(|row| !row.is_whole);
    let incomplete = incomplete.map(|row| INCOMPLETE.broken(PAGE, row.line, row.message));
    untold.chain(stale).chain(incomplete).collect()
}

/// Lines of the page's tables that begin with a message.
fn rows(page: &str) -> impl Iterator<Item = Row<'_>> {
    page.lines().enumerate().filter_map(|(index, line)| {
        let (message, rest) = line.strip_prefix("| `")?.split_once("` |")?;
        let cells = rest.split('|').filter(|cell| !cell.trim().is_empty());
        Some(Row {
            line: index + 1,
            message,
            is_whole: cells.count() == 2,
        })
    })
}

/// Each message with its line, as far as it has words of its own.
fn templates(file: &File) -> Vec<(usize, String)> {
    let (code, text): (Vec<char>, Vec<char>) = (file.shipped_code().chars().collect(), file.text.chars().collect());
    let calls = (0..code.len()).filter(|at| is_call(&code, *at));
    let templates = calls.filter_map(|at| {
        let quote = at + text.get(at..)?.iter().position(|c| *c == '"')?;
        let between: String = text.get(at..quote)?.iter().collect();
        let line = text.get(..at)?.iter().filter(|c| **c == '\n').count() + 1;
        (!between.contains("transparent")).then(|| (line, template(text.get(quote + 1..).unwrap_or_default())))
    });
    templates
        .filter(|(_, template)| template.contains(char::is_alphabetic))
        .collect()
}

fn is_call(code: &[char], at: usize) -> bool {
    let begins = |words: &str| {
        words
            .chars()
            .enumerate()
            .all(|(index, c)| code.get(at + index) == Some(&c))
    };
    let inside_word = at > 0 && code.get(at - 1).is_some_and(|c| is_word(*c));
    !inside_word && SAYING.into_iter().any(begins)
}

/// A literal to its end, with one sign for whatever is put into it.
fn template(literal: &[char]) -> String {
    let mut said = String::new();
    let mut chars = literal.iter().copied().peekable();
    while let Some(c) = chars.next().filter(|c| *c != '"') {
        match c {
            '\\' if chars.next_if_eq(&'\n').is_some() => while chars.next_if(|c| c.is_whitespace()).is_some() {},
            '\\' => said.extend(chars.next()),
            '{' if chars.next_if_eq(&'{').is_none() => {
                chars.by_ref().find(|c| *c == '}');
                if !said.ends_with(VARIES) {
                    said.push(VARIES);
                }
            }
            other => said.push(other),
        }
    }
    said
}

/// A file's text, with literals that go over several lines on one.
fn joined(text: &str) -> String {
    let mut parts = text.split("\\\n");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |joined, part| joined + part.trim_start())
}

fn longest_part(message: &str) -> &str {
    let parts = message.split(VARIES).map(str::trim);
    parts.max_by_key(|part| part.len()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::places;

    fn found(page: &str, source: &str) -> Vec<String> {
        places(&check(&Tree::of(&[(PAGE, page), ("netobs-agent/src/a.rs", source)])))
    }

    #[test]
    fn a_message_needs_a_row_that_begins_as_it_does() {
        let source = "fn a() {\n    warn!(%error, \"no {what:?} on \\\n        {place}: mend it\");\n}\n";
        assert_eq!(
            found("| `no … on …: mend` | it broke | mend it |", source),
            Vec::<String>::new()
        );
        assert_eq!(found("", source), ["netobs-agent/src/a.rs:2 \"no … on …: mend it\""]);
    }

    #[test]
    fn what_only_passes_on_another_message_needs_none() {
        let source =
            "#[error(transparent)]\nA,\n#[error(\"{0}\")]\nfn a() { error!(\"{error:#}\"); not_warn!(\"x\"); }\n";
        assert_eq!(found("", source), Vec::<String>::new());
    }

    #[test]
    fn a_row_that_nobody_says_or_that_lacks_a_remedy_is_found() {
        let page = "| `gone …` | it was there | nothing |\n| `here` | it is | |\n";
        assert_eq!(
            found(page, "fn a() { warn!(\"here\"); }\n"),
            ["docs/troubleshooting.md:1 gone …", "docs/troubleshooting.md:2 here"]
        );
    }

    #[test]
    fn tests_may_say_what_they_like() {
        let source = "#[cfg(test)]\nmod tests {\n    fn a() { warn!(\"whatever\"); }\n}\n";
        assert_eq!(found("", source), Vec::<String>::new());
    }
}
