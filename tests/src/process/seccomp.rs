//! A seccomp profile as container runtimes read it, put into force on a command or on a thread of a test.

use crate::sys;
use anyhow::{Context as _, Result, bail, ensure};
use seccompiler::{BpfProgram, TargetArch, compile_from_json};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;
use std::{env, thread};

/// A profile, compiled for this machine.
#[derive(Clone, Debug)]
pub struct Seccomp {
    filter: BpfProgram,
    unknown: BTreeSet<String>,
}

/// A system call by its number, with its first argument.
pub type Call = (&'static str, i64, u64);

impl Seccomp {
    /// The one that the agent's manifests name.
    pub fn of_the_agent() -> Result<Self> {
        Self::compile(include_str!("../../../deploy/seccomp/netobs-agent.json"))
    }

    /// From the form that the OCI runtime specification describes.
    pub fn compile(profile: &str) -> Result<Self> {
        let profile: Value = serde_json::from_str(profile).context("the profile is JSON")?;
        let errno = profile["defaultErrnoRet"].as_u64().context("no defaultErrnoRet")?;
        let mut unknown = BTreeSet::new();
        let mut rules = Vec::new();
        for entry in profile["syscalls"].as_array().context("no syscalls")? {
            ensure!(entry["action"] == "SCMP_ACT_ALLOW", "not understood: {entry}");
            let arguments = entry["args"].as_array().map(Vec::as_slice).unwrap_or_default();
            let arguments = arguments.iter().map(condition).collect::<Result<Vec<_>>>()?;
            for name in entry["names"].as_array().context("no names")? {
                let mut rule = json!({"syscall": name});
                if !arguments.is_empty() {
                    rule["args"] = json!(arguments);
                }
                match compile(std::slice::from_ref(&rule), errno) {
                    Ok(_) => rules.push(rule),
                    Err(_) => drop(unknown.insert(name.to_string())),
                }
            }
        }
        Ok(Self {
            filter: compile(&rules, errno)?,
            unknown,
        })
    }

    /// Names that are no system calls of this machine; a runtime leaves them out.
    pub fn unknown(&self) -> &BTreeSet<String> {
        &self.unknown
    }

    /// In force from the moment the command's program begins.
    pub fn confine(&self, command: &mut Command) {
        sys::child::confine(command, self.filter.clone());
    }

    /// The error number each call ends with where it is in force.
    pub fn errors(&self, calls: &[Call]) -> Result<Vec<i32>> {
        let filter = &self.filter;
        let confined = || {
            seccompiler::apply_filter(filter).context("put the profile into force")?;
            Ok(calls
                .iter()
                .map(|(_, number, first)| sys::child::error_of(*number, *first))
                .collect())
        };
        thread::scope(|scope| match scope.spawn(confined).join() {
            Ok(errors) => errors,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    }
}

fn compile(rules: &[Value], errno: u64) -> Result<BpfProgram> {
    let filter = json!({"all": {"mismatch_action": {"errno": errno}, "match_action": "allow", "filter": rules}});
    let arch = TargetArch::try_from(env::consts::ARCH)?;
    let mut compiled = compile_from_json(filter.to_string().as_bytes(), arch)?;
    compiled.remove("all").context("a filter gives a program")
}

fn condition(argument: &Value) -> Result<Value> {
    let (index, value) = (&argument["index"], &argument["value"]);
    Ok(match argument["op"].as_str() {
        Some("SCMP_CMP_EQ") => json!({"index": index, "type": "qword", "op": "eq", "val": value}),
        Some("SCMP_CMP_MASKED_EQ") => {
            json!({"index": index, "type": "qword", "op": {"masked_eq": value}, "val": argument["valueTwo"]})
        }
        other => bail!("{other:?} is not understood"),
    })
}
