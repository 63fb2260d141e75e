//! Where an inventory comes from: the agents that run, or a file that was written earlier.
use std::{
    cell::RefCell,
    collections::HashSet,
    fs::File,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::Args;
use jiff::Timestamp;
use netobs_api::{
    inventory_file,
    model::{Gathering, inventory_filter},
    v1::GetInventoryRequest,
};
use netobs_core::inventory::{Filter, Listing, Place};
use tonic::Status;

use crate::{
    agents,
    flows::{Now, When},
    global::Global,
};

#[derive(Args, Default)]
pub(crate) struct Source {
    /// With an end in it.
    #[arg(short, long, value_name = "NAMESPACE", value_delimiter = ',')]
    namespace: Vec<String>,
    /// With an end that is one of its pods; in the namespace, if one is given.
    #[arg(long, value_name = "[KIND/]NAME", value_delimiter = ',')]
    workload: Vec<String>,
    /// Last seen since then: 7d (ago), 10:01:58, 2026-11-20T10:01:58 or the like with Z or +01:00; of a file, ago is
    /// before it was written.
    #[arg(long, value_name = "WHEN")]
    since: Option<When>,
    /// A file that `netobs inventory -o json` wrote, or - for the standard input; otherwise all agents are asked.
    #[arg(long, value_name = "FILE|-")]
    inventory: Option<PathBuf>,
}

pub(crate) struct Gathered {
    /// What passes the filter, and the workloads in it.
    pub(crate) listing: Listing,
    pub(crate) filter: Filter,
    /// All agents answered.
    pub(crate) complete: bool,
}

impl Source {
    /// Of several agents, the same edge is one.
    pub(crate) async fn gather(&self, global: &Global) -> Result<Gathered> {
        match &self.inventory {
            Some(path) => self.read(path, global),
            None => self.ask(global).await,
        }
    }

    fn read(&self, path: &Path, global: &Global) -> Result<Gathered> {
        let mut listing = inventory_file::read(open(path)?).with_context(|| path.display().to_string())?;
        let written = Timestamp::from_nanosecond(listing.about.at.0.into()).unwrap_or_default();
        let request = self.request(&Now::at(written, global.view().clock.zone()))?;
        let filter = inventory_filter(&request)?;
        keep(&mut listing, &filter);
        Ok(Gathered {
            listing,
            filter,
            complete: true,
        })
    }

    async fn ask(&self, global: &Global) -> Result<Gathered> {
        let request = self.request(&Now::of(global.view().clock.zone()))?;
        let filter = inventory_filter(&request)?;
        let (listing, complete) = ask(&request, global).await?;
        Ok(Gathered {
            listing,
            filter,
            complete,
        })
    }

    fn request(&self, now: &Now) -> Result<GetInventoryRequest> {
        Ok(GetInventoryRequest {
            namespaces: self.namespace.clone(),
            workloads: self.workload.clone(),
            since_unix_nanos: self.since.as_ref().map(|when| when.nanos(now)).transpose()?,
        })
    }
}

/// Of all agents, and whether all answered.
pub(crate) async fn ask(request: &GetInventoryRequest, global: &Global) -> Result<(Listing, bool)> {
    let agents = agents::find(global).await?;
    let gathering = RefCell::new(Gathering::default());
    let answers = agents::ask(&agents, |connection| {
        let (request, gathering) = (request.clone(), &gathering);
        let mut client = connection.client;
        async move {
            let mut answers = client.get_inventory(request).await?.into_inner();
            while let Some(answer) = answers.message().await? {
                let taken = gathering.borrow_mut().take(&answer);
                taken.map_err(|bad| Status::data_loss(format!("cannot decode: {bad}")))?;
            }
            Ok(())
        }
    })
    .await;
    let (_, complete) = agents::answered(answers)?;
    Ok((gathering.into_inner().finish(), complete))
}

pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Box::new(BufReader::new(file)))
}

/// As an agent does that is asked so.
pub(super) fn keep(listing: &mut Listing, filter: &Filter) {
    listing.edges.retain(|edge| filter.passes(edge));
    let ends = listing
        .edges
        .iter()
        .flat_map(|edge| [&edge.key.source, &edge.key.destination]);
    let left: HashSet<_> = ends
        .filter_map(|end| match end {
            Place::Workload { namespace, workload } => Some((namespace, workload)),
            Place::Service(_) | Place::Node(_) | Place::World(_) | Place::Unknown => None,
        })
        .collect();
    listing
        .portraits
        .retain(|portrait| left.contains(&(&portrait.key.namespace, &portrait.key.workload)));
}
