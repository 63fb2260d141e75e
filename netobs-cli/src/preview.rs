//! `netobs preview`: what policies would do to everything that was seen.
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use netobs_api::v1::GetInventoryRequest;
use netobs_core::{
    explain::Snapshot,
    inventory::{Edge, Listing},
    labels::Symbol,
    policy::PolicySet,
    preview::{self, Preview},
    scene::Stage,
};
use netobs_k8s::manifests::Manifests;

use crate::{
    Format, Verdict,
    global::Global,
    in_force::{self, InForce, Kind},
    input::{self, Source},
    notes::note,
    observed::Observed,
    output::Output,
};

mod json;
mod text;
mod watch;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    observed: Observed,
    #[command(flatten)]
    in_force: InForce,
    /// The policies in -f stand in place of all that are in force in their namespaces.
    #[arg(long)]
    replace: bool,
    /// Only what has an end in it.
    #[arg(short, long, value_name = "NAMESPACE", value_delimiter = ',')]
    namespace: Vec<String>,
    /// text: each edge with its explanation; table: an edge a line; json: all that is known of each.
    #[arg(short, long, value_enum, default_value_t = Shape::Text)]
    output: Shape,
    #[command(flatten)]
    window: watch::Window,
}

/// What the policies in force are made of.
const WANTED: &[Kind] = &[Kind::Namespaces, Kind::NetworkPolicies];

const NONE_GIVEN: &str = "which policies are in force is not known, so it is taken that there are none: name them with --current \
     FILE, or their cluster with --kubeconfig or --context; --current none says that there are none";

const ANOTHER: &str = "the cluster that the kubeconfig names has none of the namespaces that were seen, so its policies are not those \
     in force there; name the right one with --kubeconfig or --context, or the policies with --current";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shape {
    Text,
    Table,
    Json,
}

/// What was asked, and everything it was asked of.
struct Scene<'a> {
    listing: &'a Listing,
    stage: &'a Stage,
    before: &'a PolicySet,
    after: &'a PolicySet,
    cluster: &'a Snapshot,
    found: &'a Preview,
}

pub(crate) async fn run(arguments: &Arguments, global: &Global, out: &mut Output) -> Result<Verdict> {
    if let Some(policy) = arguments.window.policy() {
        return watch::run(policy, &arguments.window, arguments.output, global, out).await;
    }
    arguments.check_standard_input()?;
    let given = arguments.source.read()?;
    if let Some(verdict) = report(&given, arguments.output, out)? {
        return Ok(verdict);
    }
    if given.policies.is_empty() {
        bail!("there is no NetworkPolicy in what -f names, and so nothing to preview");
    }
    let is_of_file = arguments.observed.is_of_file();
    let current = arguments.in_force.read(WANTED, is_of_file, global).await?;
    let current = current.unwrap_or_else(|| {
        note(NONE_GIVEN);
        Manifests::default()
    });
    if let Some(verdict) = report(&current, arguments.output, out)? {
        return Ok(verdict);
    }
    let wanted = GetInventoryRequest {
        namespaces: arguments.namespace.clone(),
        ..GetInventoryRequest::default()
    };
    let mut listing = arguments.observed.read(global, &wanted).await?;
    if arguments.in_force.is_asked() && in_force::is_of_another_cluster(&current, &listing) {
        bail!("{ANOTHER}");
    }
    let mut cluster = current.snapshot;
    cluster.namespaces.extend(given.snapshot.namespaces);
    preview::relabel(&mut listing, &cluster);
    let stage = Stage::of(&listing);
    let (before, after) = (
        &current.policies,
        preview::applied(&current.policies, &given.policies, arguments.replace),
    );
    let namespaces: Vec<Symbol> = arguments.namespace.iter().map(|name| name.as_str().into()).collect();
    let wanted = |edge: &Edge| namespaces.is_empty() || namespaces.iter().any(|one| preview::is_of(edge, one));
    let found = preview::preview(&listing, &stage, before, &after, wanted);
    let scene = Scene {
        listing: &listing,
        stage: &stage,
        before,
        after: &after,
        cluster: &preview::surroundings(&stage, &cluster),
        found: &found,
    };
    match arguments.output {
        Shape::Text => out.text(&text::whole(&scene))?,
        Shape::Table => out.text(&text::table(&scene))?,
        Shape::Json => out.line(&serde_json::to_string_pretty(&json::answer(&scene))?)?,
    }
    if found.edges == 0 {
        note("nothing was seen that these policies could have refused: the preview says nothing");
    }
    Ok(if found.breaks() { Verdict::Bad } else { Verdict::Good })
}

impl Arguments {
    fn check_standard_input(&self) -> Result<()> {
        let readers = [
            self.source.reads_standard_input(),
            self.in_force.reads_standard_input(),
            self.observed.reads_standard_input(),
        ];
        if readers.iter().filter(|reads| **reads).count() > 1 {
            bail!("only one of -f, --current and --inventory can be the standard input");
        }
        Ok(())
    }
}

fn report(manifests: &Manifests, shape: Shape, out: &mut Output) -> Result<Option<Verdict>> {
    let format = match shape {
        Shape::Json => Format::Json,
        Shape::Text | Shape::Table => Format::Text,
    };
    let (mut told, mut notes) = (Vec::new(), Vec::new());
    let verdict = input::report(manifests, format, &mut told, &mut notes)?;
    if !notes.is_empty() {
        note(String::from_utf8_lossy(&notes).trim_end());
    }
    out.text(&String::from_utf8_lossy(&told))?;
    Ok(verdict)
}
