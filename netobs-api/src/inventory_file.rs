//! An inventory as a file: what an agent answers, a message a line, as JSON.
use std::io::{self, BufRead};

use netobs_core::inventory::Listing;
use thiserror::Error;

use crate::{
    model::{BadFilter, Gathering},
    v1,
};

#[derive(Debug, Error)]
pub enum BadInventory {
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("line {line} is no entry of an inventory: {error}; `netobs inventory -o json` writes them")]
    NoEntry { line: usize, error: serde_json::Error },
    #[error("line {line}: {bad}")]
    BadEntry { line: usize, bad: BadFilter },
    #[error("there is no entry in it; `netobs inventory -o json` writes them, also where nothing was seen")]
    Empty,
}

/// Without the end of the line.
pub fn line(entry: &v1::GetInventoryResponse) -> serde_json::Result<String> {
    serde_json::to_string(entry)
}

/// Files of several agents may follow each other.
pub fn read(file: impl BufRead) -> Result<Listing, BadInventory> {
    let mut gathering = Gathering::default();
    let mut is_empty = true;
    for (index, text) in file.lines().enumerate() {
        let (line, text) = (index + 1, text?);
        if text.trim().is_empty() {
            continue;
        }
        is_empty = false;
        let entry = serde_json::from_str(&text).map_err(|error| BadInventory::NoEntry { line, error })?;
        gathering
            .take(&entry)
            .map_err(|bad| BadInventory::BadEntry { line, bad })?;
    }
    if is_empty {
        return Err(BadInventory::Empty);
    }
    Ok(gathering.finish())
}

#[cfg(test)]
mod tests;
