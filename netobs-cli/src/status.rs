//! `netobs status`: how well the agents do.
use anyhow::Result;
use clap::{Args, ValueEnum};
use netobs_api::v1::{GetStatusRequest, GetStatusResponse};

use crate::{Verdict, agents, global::Global, output::Output, show::View};

mod details;
mod rows;
#[cfg(test)]
mod tests;

#[derive(Args)]
pub(crate) struct Arguments {
    /// text: a row an agent and what is amiss, and everything about a single agent; wide: everything about each;
    /// json: GetStatusResponse of the contract, one a line.
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
    let agents = agents::find(global).await?;
    let answers = agents::ask(&agents, |connection| {
        let mut client = connection.client;
        async move {
            client
                .get_status(GetStatusRequest {})
                .await
                .map(tonic::Response::into_inner)
        }
    })
    .await;
    let (answers, complete) = agents::answered(answers)?;
    let mut statuses: Vec<_> = answers.into_iter().map(|(_, status)| status).collect();
    statuses.sort_by(|one, other| one.node_name.cmp(&other.node_name));
    out.text(&shown(&statuses, arguments.output, &view)?)?;
    out.flush()?;
    let ready = statuses.iter().all(|status| status.ready);
    Ok(match (complete, ready) {
        (true, true) => Verdict::Good,
        (true, false) => Verdict::Bad,
        (false, _) => Verdict::Unreachable,
    })
}

fn shown(statuses: &[GetStatusResponse], shape: Shape, view: &View) -> Result<String> {
    let details = || -> String {
        let each = statuses.iter().map(|status| format!("\n{}", details::of(status, view)));
        each.collect()
    };
    let table = rows::table(statuses, view);
    Ok(match shape {
        Shape::Json => {
            let lines: Result<Vec<_>, _> = statuses.iter().map(serde_json::to_string).collect();
            lines?.into_iter().map(|line| line + "\n").collect()
        }
        Shape::Table => table,
        Shape::Text if statuses.len() > 1 => {
            let amiss: String = statuses.iter().map(|status| details::amiss(status, view)).collect();
            if amiss.is_empty() {
                table
            } else {
                format!("{table}\n{amiss}")
            }
        }
        Shape::Text | Shape::Wide => table + &details(),
    })
}
