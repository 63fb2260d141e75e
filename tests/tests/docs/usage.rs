//! What our programs say of themselves with `--help`, and whether a command line fits it.

use anyhow::{Context as _, Result, ensure};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use netobs_tests::demo::Programs;

/// Words that other programs put before the command they run.
const BEFORE: [&str; 6] = ["sudo", "--", "|", "&&", ";", "$("];
const ENDS: [&str; 7] = ["|", "||", "&&", ";", ">", "2>", "#"];

/// The help of each command that was asked for.
pub(super) struct Usage {
    programs: Programs,
    asked: HashMap<Vec<String>, String>,
}

impl Usage {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            programs: Programs::find()?,
            asked: HashMap::new(),
        })
    }

    /// An error if a call of `netobs` or `netobs-agent` in the line names a command or an option that there is not.
    pub(super) fn fits(&mut self, line: &str) -> Result<()> {
        let words: Vec<&str> = line
            .split_whitespace()
            .map(|word| word.trim_matches(['[', ']']))
            .collect();
        for (index, word) in words.iter().enumerate() {
            let begins = index == 0 || BEFORE.contains(&words[index - 1]) || words[index - 1].contains('=');
            let called = word.rsplit('/').next().unwrap_or(word);
            if !begins || !["netobs", "netobs-agent"].contains(&called) {
                continue;
            }
            let rest = words[index + 1..].iter().take_while(|word| !ENDS.contains(word));
            self.call_fits(called, &rest.copied().collect::<Vec<_>>())
                .with_context(|| format!("`{line}`"))?;
        }
        Ok(())
    }

    fn call_fits(&mut self, program: &str, words: &[&str]) -> Result<()> {
        let command = words.first().filter(|word| program == "netobs" && is_command(word));
        let help = self.help(program, command.copied())?.to_owned();
        for word in words.iter().filter(|word| word.starts_with('-') && word.len() > 1) {
            for option in word.split('|').filter(|option| option.starts_with('-')) {
                let option = option.split(['=', '`', ',']).next().unwrap_or(option);
                ensure!(
                    names(&help, option),
                    "{program} {} has no {option}",
                    command.unwrap_or(&"")
                );
            }
        }
        Ok(())
    }

    fn help(&mut self, program: &str, command: Option<&str>) -> Result<&str> {
        let path = if program == "netobs" {
            &self.programs.cli
        } else {
            &self.programs.agent
        };
        let key: Vec<String> = [Some(program), command]
            .into_iter()
            .flatten()
            .map(str::to_owned)
            .collect();
        if !self.asked.contains_key(&key) {
            self.asked.insert(key.clone(), ask(path, command)?);
        }
        self.asked.get(&key).map(String::as_str).context("it was asked")
    }
}

/// A placeholder such as COMMAND is none.
fn is_command(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_lowercase())
}

fn ask(program: &PathBuf, command: Option<&str>) -> Result<String> {
    let output = Command::new(program)
        .args(command)
        .arg("--help")
        .output()
        .with_context(|| format!("start {}", Path::display(program)))?;
    ensure!(
        output.status.success(),
        "there is no `{}`: {}",
        command.unwrap_or_default(),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// Whether the help describes the option.
fn names(help: &str, option: &str) -> bool {
    let is_of_a_name = |next: char| next.is_ascii_alphanumeric() || next == '-';
    help.lines()
        .map(str::trim_start)
        .filter(|line| line.starts_with('-'))
        .any(|line| {
            line.match_indices(option).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = line[at + option.len()..].chars().next();
                !before.is_some_and(is_of_a_name) && !after.is_some_and(is_of_a_name)
            })
        })
        || ["-h", "--help", "-V", "--version"].contains(&option)
}

#[test]
fn an_option_is_known_by_its_whole_name_alone() {
    let help = "Options:\n  -n, --namespace <N>  In --others words\n      --all-of\n";
    for there in ["-n", "--namespace", "--all-of", "--help"] {
        assert!(names(help, there), "{there}");
    }
    for not_there in ["--name", "--all", "-a", "-s"] {
        assert!(!names(help, not_there), "{not_there}");
    }
}

#[test]
fn a_command_or_option_that_there_is_not_is_an_error_wherever_it_is_called() -> Result<()> {
    let mut usage = Usage::new()?;
    for fits in [
        "netobs causes -f -n shop",
        "sudo target/release/netobs-agent --state-dir /tmp",
        "kubectl exec -n netobs ds/netobs-agent -- netobs flows --verdict dropped | grep --count x",
        "kubectl get --all",
    ] {
        usage.fits(fits)?;
    }
    for wrong in [
        "netobs cause",
        "netobs causes --namespaces x",
        "kubectl get po | netobs audit --inventory -",
        "netobs-agent --state x",
    ] {
        assert!(usage.fits(wrong).is_err(), "{wrong}");
    }
    Ok(())
}
