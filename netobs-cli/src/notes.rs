//! What is told beside the output.
use std::{
    fmt::Display,
    io::{Write, stderr},
};

use crate::show;

/// On the standard error, so that the output stays what a program can read.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(stderr(), "netobs: {}", show::clean(&text.to_string()));
}
