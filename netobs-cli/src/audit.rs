//! `netobs audit`: what is amiss with labels and policies, over manifests or a cluster.
use std::io::Write;

use anyhow::Result;
use clap::Args;
use netobs_core::{audit, render};
use netobs_k8s::manifests::Manifests;

use crate::{
    Format, Verdict,
    in_force::Kind,
    input::{self, OptionalSource},
};

mod json;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) source: OptionalSource,
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

pub(crate) const WANTED: &[Kind] = &[Kind::Namespaces, Kind::NetworkPolicies, Kind::Pods];

pub(crate) fn run(
    arguments: &Arguments,
    manifests: &Manifests,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> Result<Verdict> {
    if let Some(verdict) = input::report(manifests, arguments.output, out, notes)? {
        return Ok(verdict);
    }
    let findings = audit::audit(&manifests.policies, &manifests.snapshot);
    match arguments.output {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &json::answer(manifests, &findings))?;
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
