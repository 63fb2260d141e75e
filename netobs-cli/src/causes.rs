//! `netobs causes`: why traffic is dropped, and what would mend it.
use anyhow::Result;
use clap::{Args, ValueEnum};
use netobs_api::v1::{
    self, CauseFilter, CauseKind, CauseState, ListCausesRequest, WatchCausesResponse, watch_causes_response::Message,
};

pub(crate) use self::ledger::Key;
use self::{joined::Joined, ledger::Ledger};
use crate::{
    Verdict, agents,
    flows::When,
    global::Global,
    notes::note,
    output::Output,
    show::{
        View, plural,
        words::{CAUSE_KINDS, parser},
    },
};

mod joined;
mod ledger;
mod rows;
#[cfg(test)]
mod tests;
mod text;
mod watch;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Of any end affected, of what lacks a label, or of a policy.
    #[arg(short, long, value_name = "NAMESPACE", value_delimiter = ',')]
    namespace: Vec<String>,
    /// Only such causes.
    #[arg(long, value_delimiter = ',', value_parser = parser(&CAUSE_KINDS, "CAUSE_KIND_", CauseKind::from_str_name))]
    kind: Vec<CauseKind>,
    /// Last seen since then: 5m (ago), 10:01:58, 2026-11-20T10:01:58 or the like with Z or +01:00.
    #[arg(long, value_name = "WHEN")]
    since: Option<When>,
    /// Also those that are mended.
    #[arg(long)]
    all: bool,
    /// Goes on with causes as they come, change and are mended, until Ctrl-C.
    #[arg(short, long)]
    follow: bool,
    /// wide: all suggestions, and what is odd; json: WatchCausesResponse of the contract, one a line, each agent's by itself.
    #[arg(short, long, value_enum, default_value_t = Shape::Text)]
    output: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shape {
    Text,
    Table,
    Wide,
    Json,
}

pub(crate) async fn run(arguments: &Arguments, global: &Global, out: &mut Output) -> Result<Verdict> {
    let view = global.view();
    let filter = arguments.filter(&view)?;
    let agents = agents::find(global).await?;
    if arguments.follow {
        return watch::run(arguments, &agents, filter, &view, out).await;
    }
    let request = ListCausesRequest { filter: Some(filter) };
    let answers = agents::ask(&agents, |connection| {
        let request = request.clone();
        let mut client = connection.client;
        async move { client.list_causes(request).await.map(tonic::Response::into_inner) }
    })
    .await;
    let (answers, complete) = agents::answered(answers)?;
    let answers: Vec<_> = answers.into_iter().map(|(_, answer)| answer).collect();
    let found = list(&answers, arguments.output, &view, out)?;
    out.flush()?;
    Ok(match (found, complete) {
        (true, _) => Verdict::Bad,
        (false, true) => Verdict::Good,
        (false, false) => Verdict::Unreachable,
    })
}

/// What is wrong, and the way to mend it, as one agent tells it.
pub(crate) fn paragraph(node: &str, cause: v1::Cause, view: &View) -> String {
    text::cause(&Joined::of(node, cause), false, view)
}

impl Arguments {
    fn filter(&self, view: &View) -> Result<CauseFilter> {
        let now = crate::flows::Now::of(view.clock.zone());
        // Who follows wants to see them mended.
        let any_state = self.all || self.follow;
        let states = if any_state {
            vec![]
        } else {
            vec![CauseState::Active.into(), CauseState::Drifted.into()]
        };
        Ok(CauseFilter {
            kinds: self.kind.iter().copied().map(Into::into).collect(),
            states,
            namespaces: self.namespace.clone(),
            since_unix_nanos: self.since.as_ref().map(|when| when.nanos(&now)).transpose()?,
        })
    }
}

/// Whether there is any that is not mended.
fn list(answers: &[v1::ListCausesResponse], shape: Shape, view: &View, out: &mut Output) -> Result<bool> {
    let mut ledger = Ledger::default();
    let told = answers
        .iter()
        .flat_map(|answer| answer.causes.iter().map(|cause| (&answer.node_name, cause)));
    for (node, cause) in told {
        if shape == Shape::Json {
            out.line(&json(node, cause)?)?;
        }
        ledger.tell(node, cause.clone());
    }
    let causes = ledger.all();
    if shape != Shape::Json {
        out.text(&shown(&causes, shape, view))?;
    }
    let not_kept: u64 = answers.iter().map(|answer| answer.not_kept).sum();
    if not_kept > 0 {
        note(format_args!(
            "{} belong to causes for which the agents had no room",
            plural(not_kept, "packet or connection")
        ));
    }
    if causes.is_empty() {
        out.flush()?;
        note("no causes: nothing that policies explain was dropped");
    }
    Ok(causes.iter().any(|cause| !cause.is_mended()))
}

fn shown(causes: &[Joined], shape: Shape, view: &View) -> String {
    match shape {
        Shape::Table if !causes.is_empty() => rows::table(causes, view),
        Shape::Table | Shape::Json => String::new(),
        Shape::Text | Shape::Wide => {
            let causes: Vec<_> = causes
                .iter()
                .map(|cause| text::cause(cause, shape == Shape::Wide, view))
                .collect();
            causes.join("\n")
        }
    }
}

fn json(node: &str, cause: &v1::Cause) -> Result<String> {
    let answer = WatchCausesResponse {
        message: Some(Message::Cause(cause.clone())),
        node_name: node.to_owned(),
    };
    Ok(serde_json::to_string(&answer)?)
}
