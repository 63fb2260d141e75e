//! `netobs`: asks the policy engine from a terminal or a pipeline.
use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand, ValueEnum};

mod audit;
mod explain;
mod input;

/// Why pods can, or cannot, talk to each other.
#[derive(Parser)]
#[command(name = "netobs", version, about, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say whether the policies in manifests admit a connection, and which label is missing if they do not.
    ///
    /// Exits with 0 if it is admitted, 1 if it is not (or cannot be decided), 2 if the input is bad.
    Explain(explain::Arguments),
    /// Look through manifests for labels that policies select on and objects lack, and for policies that select nothing.
    ///
    /// Exits with 0 if nothing is found, 1 if something is, 2 if the input is bad.
    Audit(audit::Arguments),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// What a command found, as its exit code says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    Bad,
    BadInput,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut out = Vec::new();
    let mut notes = Vec::new();
    let result = match arguments.command {
        Command::Explain(arguments) => explain::run(&arguments, &mut out, &mut notes),
        Command::Audit(arguments) => audit::run(&arguments, &mut out, &mut notes),
    };
    let verdict = result.unwrap_or_else(|error| {
        notes.extend(format!("netobs: {error:#}\n").into_bytes());
        Verdict::BadInput
    });
    let _ = io::stderr().write_all(&notes);
    match io::stdout().write_all(&out) {
        // Whoever reads has read enough, as `head` does.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => return ExitCode::from(2),
        Ok(()) | Err(_) => {}
    }
    match verdict {
        Verdict::Good => ExitCode::SUCCESS,
        Verdict::Bad => ExitCode::from(1),
        Verdict::BadInput => ExitCode::from(2),
    }
}
