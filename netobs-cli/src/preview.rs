//! `netobs preview`: what policies would do to everything that was seen.
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use netobs_api::v1::GetInventoryRequest;
use netobs_core::{
    inventory::{Edge, Listing},
    labels::Symbol,
    preview::{self, Preview, State},
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

mod idle;
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
    before: State<'a>,
    after: State<'a>,
    found: &'a Preview,
    /// What is to be known of the policies that were given.
    notes: &'a [String],
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
    let listing = arguments.observed.read(global, &wanted).await?;
    if arguments.in_force.is_asked() && in_force::is_of_another_cluster(&current, &listing) {
        bail!("{ANOTHER}");
    }
    show(arguments, &listing, &current, &given, out)
}

/// As it is with the policies and labels in force, and as it would be with those that are given.
fn show(
    arguments: &Arguments,
    listing: &Listing,
    current: &Manifests,
    given: &Manifests,
    out: &mut Output,
) -> Result<Verdict> {
    let stage_before = Stage::of(listing).relabelled(&current.snapshot.namespaces);
    let stage_after = stage_before.relabelled(&given.snapshot.namespaces);
    let policies_after = preview::applied(&current.policies, &given.policies, arguments.replace);
    let mut cluster = current.snapshot.clone();
    let cluster_before = preview::surroundings(&stage_before, &cluster);
    cluster.namespaces.extend(given.snapshot.namespaces.clone());
    let cluster_after = preview::surroundings(&stage_after, &cluster);
    let before = State {
        stage: &stage_before,
        policies: &current.policies,
        cluster: &cluster_before,
    };
    let after = State {
        stage: &stage_after,
        policies: &policies_after,
        cluster: &cluster_after,
    };
    let namespaces: Vec<Symbol> = arguments.namespace.iter().map(|name| name.as_str().into()).collect();
    let wanted = |edge: &Edge| namespaces.is_empty() || namespaces.iter().any(|one| preview::is_of(edge, one));
    let found = preview::preview(listing, &before, &after, wanted);
    let idle = idle::notes(&given.policies, &stage_after, &namespaces);
    idle.iter().for_each(note);
    let told: Vec<_> = given.findings.iter().map(ToString::to_string).chain(idle).collect();
    let scene = Scene {
        listing,
        before,
        after,
        found: &found,
        notes: &told,
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
