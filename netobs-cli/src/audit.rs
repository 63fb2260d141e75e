//! `netobs audit`: what is amiss with labels and policies, over manifests.
use std::io::Write;

use anyhow::Result;
use clap::Args;
use netobs_core::{audit, render};

use crate::{
    Format, Verdict,
    input::{self, Source},
};

mod json;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

pub(crate) fn run(arguments: &Arguments, out: &mut dyn Write, notes: &mut dyn Write) -> Result<Verdict> {
    let manifests = arguments.source.read()?;
    if let Some(verdict) = input::report(&manifests, arguments.output, out, notes)? {
        return Ok(verdict);
    }
    let findings = audit::audit(&manifests.policies, &manifests.snapshot);
    match arguments.output {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &json::answer(&manifests, &findings))?;
            writeln!(out)?;
        }
        Format::Text => {
            for finding in &findings {
                writeln!(out, "{}", render::audit::finding(finding))?;
                if let Some(command) = render::audit::remedy(finding) {
                    writeln!(out, "  {command}")?;
                }
            }
            let (policies, namespaces) = (manifests.policies.len(), manifests.snapshot.namespaces.len());
            let pods = manifests.snapshot.pods.len();
            let findings = findings.len();
            writeln!(
                out,
                "findings: {findings} (policies: {policies}, namespaces: {namespaces}, pods: {pods})"
            )?;
        }
    }
    Ok(if findings.is_empty() {
        Verdict::Good
    } else {
        Verdict::Bad
    })
}
