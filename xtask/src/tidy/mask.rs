//! Blanks comments and literals out of Rust text, so that what is left is code, on the lines it was on.

/// The same text, line for line, with spaces where comments and the insides of literals were.
pub(crate) fn mask(text: &str) -> String {
    let mut masker = Masker {
        rest: text,
        code: String::with_capacity(text.len()),
    };
    while !masker.rest.is_empty() {
        masker.step();
    }
    masker.code
}

struct Masker<'a> {
    rest: &'a str,
    code: String,
}

impl Masker<'_> {
    fn step(&mut self) {
        if self.rest.starts_with("//") {
            self.blank(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.blank(block_comment(self.rest));
        } else if let Some(length) = raw_string(self.rest) {
            self.blank_if_starts_word(length);
        } else if self.rest.starts_with('"') {
            self.blank(quoted(self.rest, '"'));
        } else if is_char_literal(self.rest) {
            self.blank(quoted(self.rest, '\''));
        } else {
            self.keep();
        }
    }

    fn keep(&mut self) {
        let mut chars = self.rest.chars();
        self.code.extend(chars.next());
        self.rest = chars.as_str();
    }

    fn blank(&mut self, length: usize) {
        let (gone, rest) = self.rest.split_at(length);
        self.code.extend(gone.chars().map(|c| if c == '\n' { c } else { ' ' }));
        self.rest = rest;
    }

    /// The `r` of a raw string begins a word; the one at the end of an identifier does not.
    fn blank_if_starts_word(&mut self, length: usize) {
        let inside_word = self.code.ends_with(is_word);
        if inside_word { self.keep() } else { self.blank(length) }
    }
}

/// Whether a character may be part of an identifier.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        let step = if rest.starts_with("/*") {
            depth += 1;
            2
        } else if rest.starts_with("*/") {
            depth -= 1;
            2
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        at += step;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if !escaped && c == quote {
            return at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

/// The length of a raw string, a raw byte string or a raw C string that begins here.
fn raw_string(text: &str) -> Option<usize> {
    let after_prefix = ["br", "cr", "r"].iter().find_map(|prefix| text.strip_prefix(prefix))?;
    let body = after_prefix.trim_start_matches('#');
    let hashes = after_prefix.len() - body.len();
    let inside = body.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let closes = inside.find(&end).map_or(inside.len(), |at| at + end.len());
    Some(text.len() - inside.len() + closes)
}

/// `'a'` and `'\n'`, but not the lifetime `'a`.
fn is_char_literal(text: &str) -> bool {
    let mut chars = text.chars();
    if chars.next() != Some('\'') {
        return false;
    }
    let first = chars.next();
    first == Some('\\') || chars.next() == Some('\'')
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn comments_go_and_lines_stay() {
        assert_eq!(mask("a // b\nc /* d\n /* e */ */ f"), "a     \nc     \n            f");
    }

    #[test]
    fn strings_go_with_their_escapes() {
        assert_eq!(mask(r#"f("a\"b", x)"#), "f(      , x)");
    }

    #[test]
    fn raw_strings_end_at_their_own_hashes() {
        assert_eq!(mask("g(r#\"a\"b\"#, y)"), "g(        , y)");
        assert_eq!(mask("for\"x\""), "for   ");
    }

    #[test]
    fn a_lifetime_is_not_a_character() {
        assert_eq!(mask("&'a str '\\'' 'x'"), "&'a str         ");
    }
}
