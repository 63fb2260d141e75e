//! Addresses in texts that come from elsewhere, such as the errors of a server.
use std::{
    fmt::Write as _,
    net::{IpAddr, SocketAddr},
};

use super::Redactor;

impl Redactor {
    /// The same text, with its addresses as they are told.
    pub fn text(&self, text: &str) -> String {
        if !self.hidden.addresses {
            return text.to_owned();
        }
        let mut told = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_part) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|character| !is_part(character)).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            told.push_str(before);
            self.word(&mut told, word);
            rest = after;
        }
        told + rest
    }

    fn word(&self, told: &mut String, word: &str) {
        let is_whole = word.parse::<IpAddr>().is_ok();
        let bare = if is_whole {
            word
        } else {
            word.trim_end_matches(['.', ':'])
        };
        let tail = &word[bare.len()..];
        // Writing to a string does not fail.
        let _ = if let Ok(address) = bare.parse::<IpAddr>() {
            write!(told, "{}{tail}", self.address(address))
        } else if let Ok(SocketAddr::V4(at)) = bare.parse() {
            write!(told, "{}:{}{tail}", self.address((*at.ip()).into()), at.port())
        } else {
            write!(told, "{word}")
        };
    }
}

/// Brackets around an address are no part of it, nor is the port behind them.
const fn is_part(character: char) -> bool {
    character.is_ascii_hexdigit() || matches!(character, '.' | ':')
}
