//! `netobs generate`: network policies for what was seen.
use std::{collections::BTreeSet, path::PathBuf};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use netobs_api::v1::GetInventoryRequest;
use netobs_core::{
    generate::{self, Beside, Phase, Plan, Request},
    inventory::Listing,
    labels::{Symbol, check_key},
    policy::PolicySet,
    render,
    time::Timestamp,
};
use netobs_k8s::{document, generated, network_policy};
use serde_json::json;

use crate::{
    Verdict,
    flows::{Now, When},
    global::Global,
    in_force::{InForce, Kind},
    input,
    inventory::file,
    notes::note,
    observed::Observed,
    output::Output,
};

mod diff;

#[derive(Args)]
pub(crate) struct Arguments {
    /// The namespace whose pods the policies are for.
    #[arg(short, long)]
    namespace: String,
    #[command(flatten)]
    observed: Observed,
    /// Last seen since then: 7d (ago), 2026-11-20T10:01:58 or the like with Z or +01:00; of a file, ago is before it was written.
    #[arg(long, value_name = "WHEN")]
    since: Option<When>,
    /// dns: name resolution spelt out, everything else open; baseline: nothing but name resolution, the namespace itself and
    /// monitoring; full: name resolution and what was seen, and nothing else.
    #[arg(long, value_enum, default_value_t = Step::Full)]
    phase: Step,
    /// Admit also what was seen only once; otherwise it is commented out.
    #[arg(long)]
    include_seen_once: bool,
    /// Admit also what was dropped, or not answered, whenever it was seen.
    #[arg(long)]
    include_dropped: bool,
    /// Let all pods of the namespace talk to each other, rather than those that did.
    #[arg(long)]
    open_namespace: bool,
    /// Name other namespaces by this label, where they have it, rather than by their name; may be given again.
    #[arg(long, value_name = "KEY", value_parser = key)]
    namespace_label: Vec<Symbol>,
    #[arg(short, long, value_enum, default_value_t = Shape::Yaml)]
    output: Shape,
    /// Show what would change of the policies in force, instead of the policies; exits with 1 if anything would, or if one is for
    /// nothing any more.
    #[arg(long, conflicts_with = "write")]
    diff: bool,
    #[command(flatten)]
    in_force: InForce,
    /// Write to this file, whole or not at all, instead of the standard output.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    Dns,
    Baseline,
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shape {
    Yaml,
    Json,
}

pub(crate) async fn run(arguments: &Arguments, global: &Global, out: &mut Output) -> Result<Verdict> {
    if arguments.observed.reads_standard_input() && arguments.in_force.reads_standard_input() {
        bail!("--inventory and --current cannot both be the standard input");
    }
    if !arguments.diff && !arguments.in_force.is_asked() {
        bail!("--current names what --diff compares with, and --diff is not given");
    }
    // Also of other namespaces: labels are chosen by what else they would select there.
    let listing = arguments.observed.read(global, &GetInventoryRequest::default()).await?;
    let now = arguments.observed.now(&listing, global);
    let request = arguments.request(&now)?;
    let plan = generate::generate(&listing, &request);
    if plan.edges == 0 {
        bail!("{}", nothing_seen(&plan, &listing));
    }
    if let Some(lines) = render::generate::no_name_servers(&plan) {
        note(lines.join(" "));
    }
    if arguments.diff {
        return show_changes(arguments, &listing, &request, &plan, global, out).await;
    }
    let text = match arguments.output {
        Shape::Yaml => generated::yaml(&plan, &listing),
        Shape::Json => as_json(&generated::yaml(&plan, &listing))?,
    };
    match &arguments.write {
        Some(file) => file::replace(file, text.as_bytes())?,
        None => out.text(&text)?,
    }
    Ok(Verdict::Good)
}

impl Arguments {
    fn request(&self, now: &Now) -> Result<Request> {
        let since = self.since.as_ref().map(|when| when.nanos(now)).transpose()?;
        Ok(Request {
            namespace: self.namespace.as_str().into(),
            phase: match self.phase {
                Step::Dns => Phase::Dns,
                Step::Baseline => Phase::Baseline,
                Step::Full => Phase::Full,
            },
            since: since.and_then(|nanos| u64::try_from(nanos).ok()).map(Timestamp),
            seen_once: self.include_seen_once,
            dropped: self.include_dropped,
            open_inside: self.open_namespace,
            namespace_labels: self.namespace_label.clone(),
        })
    }
}

fn key(text: &str) -> Result<Symbol, &'static str> {
    check_key(text).map(|()| text.into())
}

fn nothing_seen(plan: &Plan, listing: &Listing) -> String {
    let places = listing
        .edges
        .iter()
        .flat_map(|edge| [&edge.key.source, &edge.key.destination]);
    let namespaces: BTreeSet<_> = places
        .filter_map(|place| place.namespace())
        .map(Symbol::as_str)
        .collect();
    let namespaces: Vec<_> = namespaces.into_iter().collect();
    let known = if namespaces.is_empty() {
        "the inventory has no edges".to_owned()
    } else {
        format!("there are edges of {}", namespaces.join(", "))
    };
    format!(
        "nothing was seen of a workload in namespace {}, and no policy can be made of nothing; {known}",
        plan.namespace
    )
}

/// Comments have no place there.
fn as_json(yaml: &str) -> Result<String> {
    let (documents, _) = document::split("generated", yaml.as_bytes());
    let items: Vec<_> = documents.into_iter().map(|document| document.value).collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}

async fn show_changes(
    arguments: &Arguments,
    listing: &Listing,
    request: &Request,
    plan: &Plan,
    global: &Global,
    out: &mut Output,
) -> Result<Verdict> {
    let is_of_file = arguments.observed.is_of_file();
    let in_force = arguments.in_force.read(&[Kind::NetworkPolicies], is_of_file, global);
    let Some(manifests) = in_force.await? else {
        bail!(
            "there is nothing to compare with: name the policies in force with --current, or their cluster with --kubeconfig"
        );
    };
    let mut notes = Vec::new();
    if let Some(verdict) = input::report(&manifests, crate::Format::Text, &mut Vec::new(), &mut notes)? {
        note(String::from_utf8_lossy(&notes).trim_end());
        return Ok(verdict);
    }
    let changes = changes(plan, &manifests.policies);
    out.text(&changes)?;
    let beside = generate::beside(listing, request, plan, &manifests.policies);
    beside.iter().for_each(note_beside);
    let is_same = changes.is_empty() && !beside.iter().any(|one| one.is_spare);
    Ok(if is_same { Verdict::Good } else { Verdict::Bad })
}

fn note_beside(one: &Beside<'_>) {
    let (id, name) = (&one.policy.id, &one.policy.id.name);
    if one.is_spare {
        let namespace = id.namespace.as_deref().unwrap_or_default();
        note(format_args!(
            "{id} is for nothing any more: what was seen is admitted without it, or not by it either; \
             unless it is for what is rarer than that, `kubectl delete networkpolicy -n {namespace} {name}` takes it away"
        ));
    } else {
        note(format_args!("{id} is there beside what is generated, and stays"));
    }
}

/// A unified diff for each policy that would be new or another; without comments, which are never the same.
fn changes(plan: &Plan, current: &PolicySet) -> String {
    let mut text = String::new();
    for policy in plan.policies() {
        let name = format!("{}/{}.yaml", plan.namespace, policy.id.name);
        let before = current.get(&policy.id).map(network_policy::write);
        let after = network_policy::write(&policy);
        text += &diff::unified(&name, before.as_deref(), &after);
    }
    text
}
