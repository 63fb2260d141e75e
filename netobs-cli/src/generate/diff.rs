//! What is another in a text, as `diff -u` shows it.
use std::fmt::Write;

/// Lines around a change, for whoever reads it.
const AROUND: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line<'t> {
    Same(&'t str),
    Gone(&'t str),
    New(&'t str),
}

/// Empty if nothing is another; `before` is `None` where there was nothing.
pub(super) fn unified(name: &str, before: Option<&str>, after: &str) -> String {
    let old: Vec<_> = before.unwrap_or_default().lines().collect();
    let new: Vec<_> = after.lines().collect();
    let lines = compare(&old, &new);
    if !lines.iter().any(Line::is_change) {
        return String::new();
    }
    let old_name = before.map_or("/dev/null".to_owned(), |_| format!("a/{name}"));
    let mut text = format!("--- {old_name}\n+++ b/{name}\n");
    for (first, last) in hunks(&lines) {
        hunk(&mut text, &lines, first, last);
    }
    text
}

impl Line<'_> {
    const fn is_change(&self) -> bool {
        !matches!(self, Self::Same(_))
    }

    const fn is_old(&self) -> bool {
        !matches!(self, Self::New(_))
    }

    const fn is_new(&self) -> bool {
        !matches!(self, Self::Gone(_))
    }
}

/// By the longest run of lines that both have; policies are short.
fn compare<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Line<'t>> {
    let width = new.len() + 1;
    // How many lines are the same from here on, by place in the one and in the other.
    let mut same = vec![0_usize; (old.len() + 1) * width];
    for (one, old_line) in old.iter().enumerate().rev() {
        for (other, new_line) in new.iter().enumerate().rev() {
            let below = same[(one + 1) * width + other];
            let right = same[one * width + other + 1];
            same[one * width + other] = if old_line == new_line {
                same[(one + 1) * width + other + 1] + 1
            } else {
                below.max(right)
            };
        }
    }
    let (mut one, mut other) = (0, 0);
    let mut lines = Vec::with_capacity(old.len() + new.len());
    while one < old.len() || other < new.len() {
        let is_same = one < old.len() && other < new.len() && old[one] == new[other];
        let drops =
            one < old.len() && (other == new.len() || same[(one + 1) * width + other] >= same[one * width + other + 1]);
        if is_same {
            lines.push(Line::Same(old[one]));
            (one, other) = (one + 1, other + 1);
        } else if drops {
            lines.push(Line::Gone(old[one]));
            one += 1;
        } else {
            lines.push(Line::New(new[other]));
            other += 1;
        }
    }
    lines
}

/// Changes with what is around them, joined where that overlaps; from the first line to before the last.
fn hunks(lines: &[Line<'_>]) -> Vec<(usize, usize)> {
    let mut hunks: Vec<(usize, usize)> = Vec::new();
    for (index, _) in lines.iter().enumerate().filter(|(_, line)| line.is_change()) {
        let (first, last) = (index.saturating_sub(AROUND), (index + AROUND + 1).min(lines.len()));
        match hunks.last_mut() {
            Some((_, end)) if first <= *end => *end = last,
            Some(_) | None => hunks.push((first, last)),
        }
    }
    hunks
}

fn hunk(text: &mut String, lines: &[Line<'_>], first: usize, last: usize) {
    let count = |lines: &[Line<'_>], of: fn(&Line<'_>) -> bool| lines.iter().filter(|line| of(line)).count();
    let (before, within) = (&lines[..first], &lines[first..last]);
    let range = |of: fn(&Line<'_>) -> bool| {
        let (skipped, length) = (count(before, of), count(within, of));
        // A range of no lines is named by the line before it.
        format!("{},{length}", skipped + usize::from(length > 0))
    };
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "@@ -{} +{} @@",
        range(|line| line.is_old()),
        range(|line| line.is_new())
    );
    for line in within {
        let _ = match line {
            Line::Same(line) => writeln!(text, " {line}"),
            Line::Gone(line) => writeln!(text, "-{line}"),
            Line::New(line) => writeln!(text, "+{line}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn changes_far_apart_stand_in_hunks_of_their_own() {
        let old: Vec<_> = (1..=20).map(|line| line.to_string()).collect();
        let mut new = old.clone();
        new[1] = "two".to_owned();
        new.remove(17);
        expect![[r#"
            --- a/p
            +++ b/p
            @@ -1,5 +1,5 @@
             1
            -2
            +two
             3
             4
             5
            @@ -15,6 +15,5 @@
             15
             16
             17
            -18
             19
             20
        "#]]
        .assert_eq(&unified("p", Some(&old.join("\n")), &new.join("\n")));
    }

    #[test]
    fn what_was_not_there_is_all_new_and_what_is_the_same_is_not_shown() {
        expect![[r#"
            --- /dev/null
            +++ b/p
            @@ -0,0 +1,2 @@
            +a
            +b
        "#]]
        .assert_eq(&unified("p", None, "a\nb\n"));
        assert_eq!(unified("p", Some("a\n"), "a\n"), "");
    }
}
