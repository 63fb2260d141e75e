//! What was seen: an inventory from files, or from the agents that are running.
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read},
    path::PathBuf,
};

use anyhow::{Context, Result};
use clap::Args;
use futures::StreamExt;
use netobs_api::{
    inventory_file,
    model::Gathering,
    v1::{GetInventoryRequest, GetInventoryResponse},
};
use netobs_core::inventory::Listing;

use crate::{agents, failure::Unreachable, global::Global};

#[derive(Args)]
pub(crate) struct Observed {
    /// What `netobs inventory -o json` wrote, or - for the standard input; may be given again. Without it the running agents are
    /// asked.
    #[arg(long, value_name = "FILE|-")]
    inventory: Vec<PathBuf>,
}

impl Observed {
    pub(crate) fn reads_standard_input(&self) -> bool {
        self.inventory.iter().any(|file| file.as_os_str() == "-")
    }

    pub(crate) async fn read(&self, global: &Global, wanted: GetInventoryRequest) -> Result<Listing> {
        if self.inventory.is_empty() {
            return ask(global, wanted).await;
        }
        let mut all: Box<dyn Read> = Box::new(io::empty());
        let mut names = Vec::new();
        for file in &self.inventory {
            names.push(file.display().to_string());
            // A file may lack the end of its last line.
            all = Box::new(all.chain(open(file)?).chain(Cursor::new("\n")));
        }
        inventory_file::read(BufReader::new(all)).with_context(|| format!("inventory {}", names.join(", ")))
    }
}

fn open(file: &PathBuf) -> Result<Box<dyn BufRead>> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let opened = File::open(file).with_context(|| format!("cannot read the inventory {}", file.display()))?;
    Ok(Box::new(BufReader::new(opened)))
}

/// Half of what was seen would do as little as none: one agent that does not answer is one too many.
async fn ask(global: &Global, wanted: GetInventoryRequest) -> Result<Listing> {
    let agents = agents::find(global).await?;
    let answers = agents::ask(&agents, |connection| {
        let wanted = wanted.clone();
        let mut client = connection.client;
        async move {
            let mut answers = client.get_inventory(wanted).await?.into_inner();
            let mut all: Vec<GetInventoryResponse> = Vec::new();
            while let Some(answer) = answers.next().await {
                all.push(answer?);
            }
            Ok(all)
        }
    })
    .await;
    let (answers, complete) = agents::answered(answers)?;
    if !complete {
        let problem =
            "what was seen on some nodes is missing, and policies would refuse it; try again when all agents answer";
        return Err(Unreachable(problem.to_owned()).into());
    }
    let mut gathering = Gathering::default();
    for (agent, entries) in &answers {
        for entry in entries {
            gathering
                .take(entry)
                .with_context(|| format!("{agent} told something that is not understood"))?;
        }
    }
    Ok(gathering.finish())
}
