//! `netobs preview --watch`: what is newly dropped because of a policy that was applied, and whether it can stay.
use std::{str::FromStr, time::Duration};

use anyhow::{Error, Result, anyhow, bail};
use clap::Args;
use jiff::SignedDuration;
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::{Api, Client};
use netobs_api::v1::{
    EndpointFilter, Filter, SubscribeRequest, SubscribeResponse, Verdict as FlowVerdict, WatchCausesRequest,
    WatchCausesResponse, subscribe_response, watch_causes_response,
};
use tokio::time::{Instant, sleep_until, timeout};

use self::tally::Tally;
use super::Shape;
use crate::{
    Verdict, agents, causes, flows,
    global::Global,
    listen::Listener,
    notes::note,
    output::Output,
    show::{View, duration},
};

mod tally;
#[cfg(test)]
mod tests;
mod told;

#[derive(Args)]
pub(super) struct Window {
    /// Instead of asking what was seen: a NetworkPolicy that was applied. What is dropped because of it from now on is told as it
    /// happens, and at the end whether it can stay; exits with 0 only if it can.
    #[arg(long = "watch", value_name = "NAMESPACE/POLICY",
        conflicts_with_all = ["files", "inventory", "current", "replace", "namespace"])]
    policy: Option<Named>,
    /// How long to watch, such as 30s, 5m or 1h; longer than whatever must not break takes to come round.
    #[arg(long = "for", value_name = "DURATION", default_value = "5m", value_parser = span)]
    span: Duration,
}

/// A policy by its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    namespace: String,
    name: String,
}

#[expect(clippy::large_enum_variant, reason = "there is one of it at a time")]
enum Told {
    Cause(WatchCausesResponse),
    Flow(SubscribeResponse),
    End,
}

impl Window {
    pub(super) const fn policy(&self) -> Option<&Named> {
        self.policy.as_ref()
    }
}

pub(super) async fn run(
    policy: &Named,
    window: &Window,
    shape: Shape,
    global: &Global,
    out: &mut Output,
) -> Result<Verdict> {
    let agents = agents::find(global).await?;
    check_is_there(policy, global).await?;
    let mut causes = Listener::new(&agents, &WatchCausesRequest::default());
    let mut flows = Listener::new(&agents, &came_through(policy));
    let (begin, view) = (Instant::now(), global.view());
    let mut tally = Tally::new(policy.clone(), agents.len());
    note(format_args!(
        "watching what {policy} refuses for {}; Ctrl-C ends it before",
        duration(window.span)
    ));
    loop {
        let next = async {
            tokio::select! {
                told = causes.next() => told.map(Told::Cause),
                told = flows.next() => told.map(Told::Flow),
                () = sleep_until(begin + window.span) => Some(Told::End),
            }
        };
        match out.next(next, true).await? {
            Some(Told::Cause(told)) => out.text(&cause(&mut tally, told, shape, &view)?)?,
            Some(Told::Flow(told)) => flow(&mut tally, told, &view),
            Some(Told::End) => break,
            None if out.was_interrupted() => break,
            // All agents are lost.
            None => return causes.finish(false).and(flows.finish(false)),
        }
    }
    let outcome = tally.outcome(begin.elapsed());
    out.text(&match shape {
        Shape::Json => serde_json::to_string_pretty(&told::json(&outcome))? + "\n",
        Shape::Text | Shape::Table => told::text(&outcome, &view),
    })?;
    out.flush()?;
    Ok(outcome.verdict().exit())
}

impl Named {
    /// For who reads it, and for `kubectl`.
    fn roll_back(&self) -> String {
        format!("kubectl delete networkpolicy -n {} {}", self.namespace, self.name)
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}/{}", self.namespace, self.name)
    }
}

impl FromStr for Named {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = text
            .split_once('/')
            .filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty() && !name.contains('/'));
        let (namespace, name) =
            named.ok_or_else(|| anyhow!("a policy is NAMESPACE/NAME, such as prod-a/allow-prod"))?;
        Ok(Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }
}

/// A slip of the pen would be watched in vain, and found to be harmless.
async fn check_is_there(policy: &Named, global: &Global) -> Result<()> {
    let Some(config) = agents::cluster(global).await? else {
        return Ok(());
    };
    let server = config.cluster_url.to_string();
    let api: Api<NetworkPolicy> = Api::namespaced(Client::try_from(config)?, &policy.namespace);
    match timeout(global.patience(), api.get_opt(&policy.name)).await {
        Ok(Ok(Some(_))) => {}
        Ok(Ok(None)) => bail!(
            "the API server {server} has no NetworkPolicy {policy}; apply it first, or name the agents' cluster with --kubeconfig"
        ),
        Ok(Err(error)) => note(format_args!(
            "the API server {server} does not tell whether {policy} is there: {error}"
        )),
        Err(_) => note(format_args!(
            "the API server {server} did not tell in time whether {policy} is there"
        )),
    }
    Ok(())
}

/// Without any of these it is not known whether anything was tried.
fn came_through(policy: &Named) -> SubscribeRequest {
    let end = EndpointFilter {
        namespaces: vec![policy.namespace.clone()],
        ..EndpointFilter::default()
    };
    let filter = Filter {
        either: vec![end],
        verdicts: vec![FlowVerdict::Forwarded.into()],
        ..Filter::default()
    };
    SubscribeRequest {
        follow: true,
        include: vec![filter],
        ..SubscribeRequest::default()
    }
}

/// What is to be written of it.
fn cause(tally: &mut Tally, told: WatchCausesResponse, shape: Shape, view: &View) -> Result<String> {
    let WatchCausesResponse { message, node_name } = told;
    match message {
        Some(watch_causes_response::Message::Cause(cause)) => {
            let is_news = tally.cause(&node_name, &cause);
            Ok(match shape {
                _ if !is_news => String::new(),
                Shape::Json => String::new(),
                Shape::Text | Shape::Table => causes::paragraph(&node_name, cause, view) + "\n",
            })
        }
        Some(watch_causes_response::Message::CaughtUp(_)) => {
            tally.caught_up(node_name);
            Ok(String::new())
        }
        Some(watch_causes_response::Message::Lost(lost)) => {
            note(flows::lost(&lost, &node_name, view));
            Ok(String::new())
        }
        None => Ok(String::new()),
    }
}

fn flow(tally: &mut Tally, told: SubscribeResponse, view: &View) {
    match told.message {
        Some(subscribe_response::Message::Flow(flow)) => tally.came_through(&told.node_name, flow.id),
        Some(subscribe_response::Message::Lost(lost)) => note(flows::lost(&lost, &told.node_name, view)),
        None => {}
    }
}

fn span(text: &str) -> Result<Duration> {
    let span: Option<SignedDuration> = text.parse().ok();
    let span = span.and_then(|span| Duration::try_from(span).ok());
    span.filter(|span| !span.is_zero())
        .ok_or_else(|| anyhow!("a duration is like 30s, 5m or 1h"))
}
