//! What was seen: an inventory from files, or from the agents that are running.
use std::{
    io::{self, BufReader, Cursor, Read},
    path::PathBuf,
};

use anyhow::{Context, Result, bail};
use clap::Args;
use jiff::Timestamp;
use netobs_api::{inventory_file, v1::GetInventoryRequest};
use netobs_core::{inventory::Listing, redact::is_redacted};

use crate::{failure::Unreachable, flows::Now, global::Global, inventory::source};

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

    /// Not of what runs now.
    pub(crate) const fn is_of_file(&self) -> bool {
        !self.inventory.is_empty()
    }

    /// Half of what was seen would do as little as none: one agent that does not answer is one too many.
    pub(crate) async fn read(&self, global: &Global, wanted: &GetInventoryRequest) -> Result<Listing> {
        let listing = self.read_all(global, wanted).await?;
        if is_redacted(&listing) {
            bail!(
                "what was seen is redacted, and policies made of it would be for nobody; ask at the agents' unix socket, as with \
                 kubectl exec -n NAMESPACE PODNAME -- netobs inventory -o json, and give what each wrote with --inventory"
            );
        }
        Ok(listing)
    }

    async fn read_all(&self, global: &Global, wanted: &GetInventoryRequest) -> Result<Listing> {
        if self.is_of_file() {
            return self.read_files();
        }
        let (listing, complete) = source::ask(wanted, global).await?;
        if !complete {
            let problem = "what was seen on some nodes is missing, and policies would refuse it; try again when all agents answer";
            return Err(Unreachable(problem.to_owned()).into());
        }
        Ok(listing)
    }

    /// What `ago` is before: of a file, when it was written.
    pub(crate) fn now(&self, listing: &Listing, global: &Global) -> Now {
        let view = global.view();
        let written = Timestamp::from_nanosecond(listing.about.at.0.into());
        match written {
            Ok(written) if self.is_of_file() => Now::at(written, view.clock.zone()),
            Ok(_) | Err(_) => Now::of(view.clock.zone()),
        }
    }

    fn read_files(&self) -> Result<Listing> {
        let mut all: Box<dyn Read> = Box::new(io::empty());
        let mut names = Vec::new();
        for file in &self.inventory {
            names.push(file.display().to_string());
            // A file may lack the end of its last line.
            all = Box::new(all.chain(source::open(file)?).chain(Cursor::new("\n")));
        }
        inventory_file::read(BufReader::new(all)).with_context(|| format!("inventory {}", names.join(", ")))
    }
}
