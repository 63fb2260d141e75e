//! Texts as YAML takes them for texts.
use std::fmt::Write;

/// Words that some reader of YAML takes for a truth value or for nothing.
const WORDS: [&str; 12] = [
    "", "false", "n", "nan", "no", "null", "off", "on", "true", "y", "yes", "inf",
];

/// Bare where every reader takes it for this very text.
pub(super) fn text(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// The same among others in one line, where a comma would part it.
pub(super) fn word(word: &str) -> String {
    if word.contains(',') { quoted(word) } else { text(word) }
}

/// Control characters, and what YAML takes for the end of a line or does not print.
pub(super) fn is_hidden(character: char) -> bool {
    character.is_control() || "\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}".contains(character)
}

fn is_plain(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    let begins_well = text.starts_with(|first: char| first.is_ascii_alphabetic())
        || text.starts_with(|first: char| first.is_ascii_digit()) && text.contains('/');
    let inner = |character: char| character.is_ascii_alphanumeric() || "-_./=:(),; '+".contains(character);
    let ends = text.contains(": ") || text.ends_with([':', ' ']);
    begins_well && !WORDS.contains(&word.as_str()) && text.chars().all(inner) && !ends
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            hidden if is_hidden(hidden) => {
                // Writing to a string does not fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(hidden));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
