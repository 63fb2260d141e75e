//! `netobs check`: what is there in a cluster, what works, and what to mend before policies are relied on.
use anyhow::Result;
use clap::Args;
use serde::Serialize;

use self::{
    facts::{Cluster, Facts},
    finding::{Finding, Level},
    probe::Probe,
};
use crate::{
    Format, Verdict,
    global::Global,
    output::Output,
    show::{Colour, View, clean},
};

mod agents;
mod cluster;
mod dns;
mod engines;
mod facts;
mod finding;
mod gather;
mod network;
mod policies;
mod probe;
mod read;
#[cfg(test)]
mod tests;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Opens one TCP connection from this pod to that one, by a process in the first, and says what policies say of it and what became
    /// of it; may be given again. Without it nothing is ever sent.
    #[arg(long = "probe", value_name = "NS/POD=NS/POD:PORT")]
    probes: Vec<Probe>,
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    output: Format,
}

/// As in the documented JSON.
#[derive(Serialize)]
struct Answer<'a> {
    version: u32,
    findings: &'a [Finding],
}

pub(crate) async fn run(arguments: &Arguments, global: &Global, out: &mut Output) -> Result<Verdict> {
    let probed = probe::run(&arguments.probes, global).await?;
    let facts = gather::facts(global).await?;
    let mut findings = findings(&facts);
    findings.extend(probe::findings(&probed));
    findings.sort_by_key(|finding| (finding.level, finding.topic));
    match arguments.output {
        Format::Text => out.text(&text(&findings, &global.view()))?,
        Format::Json => {
            let answer = Answer {
                version: 1,
                findings: &findings,
            };
            out.line(&serde_json::to_string_pretty(&answer)?)?;
        }
    }
    out.flush()?;
    Ok(verdict(&facts, &findings))
}

/// What is to be mended first.
fn findings(facts: &Facts) -> Vec<Finding> {
    let rooms = [agents::findings, network::findings, policies::findings, dns::findings];
    let mut findings: Vec<_> = rooms.iter().flat_map(|find| find(facts)).collect();
    findings.sort_by_key(|finding| (finding.level, finding.topic));
    findings
}

/// Where there is nobody who could have seen anything, or the cluster is away, what was found is not all.
fn verdict(facts: &Facts, findings: &[Finding]) -> Verdict {
    if facts.agents.is_empty() || matches!(facts.cluster, Cluster::Unreachable(_)) {
        return Verdict::Unreachable;
    }
    if findings.iter().any(|finding| finding.level == Level::Mend) {
        Verdict::Bad
    } else {
        Verdict::Good
    }
}

fn text(findings: &[Finding], view: &View) -> String {
    let mut text: String = findings.iter().map(|finding| paragraph(finding, view)).collect();
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    text += &format!(
        "{} to mend, {} to know, {} good\n",
        count(Level::Mend),
        count(Level::Note),
        count(Level::Good)
    );
    text
}

fn paragraph(finding: &Finding, view: &View) -> String {
    let (word, colour) = match finding.level {
        Level::Mend => ("mend", Colour::Red),
        Level::Note => ("note", Colour::Yellow),
        Level::Good => ("good", Colour::Green),
    };
    let word = view.paint.paint(colour, word);
    let remedy = finding
        .remedy
        .as_ref()
        .map_or_else(String::new, |remedy| format!("        {}\n", clean(remedy)));
    format!("{word}  {}: {}\n{remedy}", finding.topic.word(), clean(&finding.says))
}
