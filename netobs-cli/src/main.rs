//! `netobs`: asks agents and the policy engine from a terminal or a pipeline.
use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

use anyhow::{Context as _, Result};
use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};
use netobs_k8s::manifests::Manifests;
use tokio::runtime::Builder;

use crate::{global::Global, in_force::Kind, input::OptionalSource, output::Output};

mod agents;
mod apiserver;
mod audit;
mod causes;
mod check;
mod completions;
mod explain;
mod failure;
mod flows;
mod generate;
mod global;
mod guard;
mod in_force;
mod input;
mod inventory;
mod listen;
mod merge;
mod notes;
mod observed;
mod output;
mod preview;
mod show;
mod status;

/// Which pods talk, what is dropped, and which missing label is the cause.
#[derive(Parser)]
#[command(name = "netobs", version, propagate_version = true, after_help = EXIT_CODES)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 all is well, 1 something was found (a cause that is not mended, a connection that is not admitted, a finding, an \
agent that is not ready), 2 bad input, 3 an agent cannot be reached or its connection was lost. Ctrl-C while following is 0.";

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one of it")]
enum Command {
    /// Say why traffic is dropped, and the command that mends it.
    ///
    /// Exits with 0 if there is no cause but mended ones, 1 if there is one, 2 if the input is bad, 3 if an agent cannot be reached.
    #[command(after_help = "\
Examples:
  netobs causes
  netobs causes -n prod-a --since 10m
  netobs causes -f --kind label,dns
  netobs causes -o json | jq .cause.suggestions[0].commands")]
    Causes(causes::Arguments),
    /// Show flows with their ends, what happened to them, and why.
    ///
    /// Exits with 0, with 2 if the input is bad, and with 3 if an agent cannot be reached.
    #[command(after_help = "\
Examples:
  netobs flows -f -n prod-a
  netobs flows --verdict dropped --since 5m
  netobs flows --from ops-utils --to prod-a/api --port 8080
  netobs flows -l app=web,tier!=test --not namespace=kube-system
  netobs flows --all -o json | jq .flow.verdict")]
    Flows(flows::Arguments),
    /// Say how the agents do: what they can see here, how well they know the cluster, what they lost.
    ///
    /// Exits with 0 if all are ready, 1 if one is not, 3 if one cannot be reached.
    #[command(after_help = "\
Examples:
  netobs status
  netobs status --server https://node-a:4250 --tls-ca ca.pem
  netobs status -o json | jq .notReady")]
    Status(status::Arguments),
    /// Say whether policies admit a connection, and which label is missing if they do not.
    ///
    /// With -f from manifests alone, otherwise as a running agent knows the cluster.
    /// Exits with 0 if it is admitted, 1 if it is not (or cannot be decided), 2 if the input is bad, 3 if no agent can be reached.
    #[command(after_help = "\
Examples:
  netobs explain --from ops-utils/job --to prod-a/api --port 8080/tcp
  kubectl get ns,po,netpol -A -o yaml | netobs explain -f - --from ops-utils/job --to prod-a/api --port 8080/tcp")]
    Explain(explain::Arguments),
    /// Say who talks to whom: who calls a namespace, whom it calls, what is outside, and for how long that was watched.
    ///
    /// Exits with 0, with 2 if the input is bad, and with 3 if an agent cannot be reached.
    #[command(after_help = "\
Examples:
  netobs inventory -n payments --since 7d
  netobs inventory -o json --output-file inventory.json
  netobs inventory --inventory inventory.json -n payments -o html --output-file payments.html")]
    Inventory(inventory::Arguments),
    /// Look for labels that policies select on and objects lack, and for policies that select nothing.
    ///
    /// With -f in manifests, otherwise in the cluster.
    /// Exits with 0 if nothing is found, 1 if something is, 2 if the input is bad, 3 if the API server cannot be asked.
    #[command(after_help = "\
Examples:
  netobs audit
  netobs audit -f manifests/ -o json")]
    Audit(audit::Arguments),
    /// Say what network policies would do to everything that was seen: what would break, and what would newly be admitted.
    ///
    /// With --watch what a policy that was applied does.
    ///
    /// Exits with 0 if nothing that came through would be refused (with --watch: if the policy can stay), 1 if anything would, 2 if
    /// the input is bad, 3 if an agent or the API server cannot be reached.
    #[command(after_help = "\
Examples:
  netobs preview -f policies/ -n shop
  netobs preview -f policies/ --current cluster/ --inventory inventory.json
  kubectl apply -f policy.yaml && netobs preview --watch shop/policy --for 10m")]
    Preview(preview::Arguments),
    /// Write network policies for what was seen, as a person would write them.
    ///
    /// Exits with 0, with 1 if --diff finds a difference, with 2 if the input is bad, with 3 if an agent cannot be reached.
    #[command(after_help = "\
Examples:
  netobs generate -n shop --since 7d > shop.yaml
  netobs generate -n shop --phase dns | kubectl apply -f -
  netobs generate -n shop --diff")]
    Generate(generate::Arguments),
    /// Write admission policies that keep the labels of namespaces on which network policies select.
    ///
    /// With -f for the policies in manifests, otherwise for those of the cluster.
    /// Exits with 0, with 2 if the input is bad, with 3 if the API server cannot be asked.
    #[command(after_help = "\
Examples:
  netobs guard --format vap
  netobs guard -f cluster/ --format kyverno --enforce --allow env=staging -o guard.yaml")]
    Guard(guard::Arguments),
    /// Say what is there in the cluster, whether policies are enforced, and what to mend before they are relied on.
    ///
    /// From what agents saw and the API server tells; nothing is sent into the cluster's network, but what --probe asks for.
    /// Exits with 0 if there is nothing to mend, 1 if there is, 2 if the input is bad, 3 if no agent or not the API server can be
    /// reached.
    #[command(after_help = "\
Examples:
  netobs check
  netobs check --probe ops-utils/job-0=prod-a/api-0:8080 --probe prod-b/web-0=prod-a/api-0:8080
  netobs check -o json | jq '.findings[] | select(.level == \"mend\")'")]
    Check(check::Arguments),
    /// Print what a shell needs to complete netobs' commands and options.
    #[command(after_help = "\
Examples:
  source <(netobs completions bash)
  netobs completions fish > ~/.config/fish/completions/netobs.fish")]
    Completions(completions::Arguments),
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
    Unreachable,
}

fn main() -> ExitCode {
    let Arguments { global, command } = Arguments::parse();
    let result = match command {
        Command::Explain(arguments) if arguments.has_manifests() => {
            collected(|out, notes| explain::run(&arguments, out, notes))
        }
        Command::Audit(arguments) => of_objects(&arguments.source, audit::WANTED, &global, |objects, out, notes| {
            audit::run(&arguments, objects, out, notes)
        }),
        Command::Guard(arguments) => of_objects(&arguments.source, guard::WANTED, &global, |objects, out, notes| {
            guard::run(&arguments, objects, out, notes)
        }),
        Command::Completions(arguments) => collected(|out, _| completions::run(&arguments, Arguments::command(), out)),
        Command::Check(arguments) => live(async |out| check::run(&arguments, &global, out).await),
        Command::Causes(arguments) => live(async |out| causes::run(&arguments, &global, out).await),
        Command::Flows(arguments) => live(async |out| flows::run(&arguments, &global, out).await),
        Command::Inventory(arguments) => live(async |out| inventory::run(&arguments, &global, out).await),
        Command::Preview(arguments) => live(async |out| preview::run(&arguments, &global, out).await),
        Command::Generate(arguments) => live(async |out| generate::run(&arguments, &global, out).await),
        Command::Status(arguments) => live(async |out| status::run(&arguments, &global, out).await),
        Command::Explain(arguments) => live(async |out| explain::live::run(&arguments, &global, out).await),
    };
    let verdict = result.unwrap_or_else(|error| {
        let verdict = failure::verdict(&error);
        if verdict.is_some() {
            notes::note(format_args!("{error:#}"));
        }
        verdict.unwrap_or(Verdict::Good)
    });
    ExitCode::from(match verdict {
        Verdict::Good => 0,
        Verdict::Bad => 1,
        Verdict::BadInput => 2,
        Verdict::Unreachable => 3,
    })
}

fn live(run: impl AsyncFnOnce(&mut Output) -> Result<Verdict>) -> Result<Verdict> {
    let mut out = Output::new();
    let verdict = waited_for(run(&mut out));
    // What came before something went wrong is shown.
    out.flush().map_err(Into::into).and(verdict)
}

/// Of manifests where they are given, and of the cluster otherwise.
fn of_objects(
    source: &OptionalSource,
    wanted: &[Kind],
    global: &Global,
    run: impl FnOnce(&Manifests, &mut dyn Write, &mut dyn Write) -> Result<Verdict>,
) -> Result<Verdict> {
    let objects = if source.is_given() {
        source.read()?
    } else {
        let there = waited_for(in_force::ask(wanted, global))?;
        there
            .context("no objects to look at: -f names files with them, and --kubeconfig or KUBECONFIG their cluster")?
    };
    collected(|out, notes| run(&objects, out, notes))
}

fn waited_for<T>(answer: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.context("no threads to ask with")?;
    let answer = runtime.block_on(answer);
    runtime.shutdown_background();
    answer
}

/// What is said beside the output comes first, so that it can be read where both go to a terminal.
fn collected(run: impl FnOnce(&mut dyn Write, &mut dyn Write) -> Result<Verdict>) -> Result<Verdict> {
    let mut out = Vec::new();
    let mut notes = Vec::new();
    let result = run(&mut out, &mut notes);
    let [out, notes] = [out, notes].map(|bytes| show::clean_lines(&String::from_utf8_lossy(&bytes)));
    let _ = io::stderr().write_all(notes.as_bytes());
    match io::stdout().write_all(out.as_bytes()) {
        // Whoever reads has read enough, as `head` does.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write the output"),
        Ok(()) | Err(_) => result,
    }
}
