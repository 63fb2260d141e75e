//! `netobs guard`: admission policies that keep the labels of namespaces on which network policies select.
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::PathBuf,
    str::FromStr,
};

use anyhow::{Error, Result, anyhow};
use clap::{Args, ValueEnum};
use netobs_core::{
    guard::{Wishes, guard},
    labels::{Symbol, check_key, check_value},
};
use netobs_k8s::{
    guard::{Mode, gatekeeper, kyverno, vap},
    manifests::Manifests,
};

use crate::{
    Format, Verdict,
    in_force::Kind,
    input::{self, OptionalSource},
    inventory::file,
};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) source: OptionalSource,
    /// The engine that is to keep the labels; vap is the API server's own ValidatingAdmissionPolicy.
    #[arg(long, value_enum, value_name = "ENGINE")]
    format: Engine,
    /// Refuse what is wrong; without it, it is only told.
    #[arg(long)]
    enforce: bool,
    /// A namespace that none of it concerns; may be given again. Kubernetes' own are exempt.
    #[arg(long, value_name = "NAMESPACE")]
    exempt: Vec<String>,
    /// Ask this label of every namespace, though few have it; may be given again.
    #[arg(long, value_name = "KEY")]
    require: Vec<Key>,
    /// Keep this label where it is, and ask it of nobody; may be given again.
    #[arg(long, value_name = "KEY", conflicts_with = "require")]
    optional: Vec<Key>,
    /// Another value that a label may have, beside those selected and in use; may be given again.
    #[arg(long, value_name = "KEY=VALUE")]
    allow: Vec<Pair>,
    /// Write to this file, whole or not at all, instead of the standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) const WANTED: &[Kind] = &[Kind::Namespaces, Kind::NetworkPolicies];

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    Kyverno,
    Vap,
    Gatekeeper,
}

#[derive(Clone)]
struct Key(Symbol);

#[derive(Clone)]
struct Pair(Symbol, Symbol);

pub(crate) fn run(
    arguments: &Arguments,
    manifests: &Manifests,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> Result<Verdict> {
    if let Some(verdict) = input::report(manifests, Format::Text, out, notes)? {
        return Ok(verdict);
    }
    let guard = guard(&manifests.policies, &manifests.snapshot, &arguments.wishes());
    if guard.labels.is_empty() {
        writeln!(
            notes,
            "nothing to guard: none of the {} policies selects namespaces by a label that can change",
            manifests.policies.len()
        )?;
        return Ok(Verdict::Good);
    }
    let mode = if arguments.enforce { Mode::Enforce } else { Mode::Audit };
    let text = match arguments.format {
        Engine::Kyverno => kyverno(&guard, mode),
        Engine::Vap => vap(&guard, mode),
        Engine::Gatekeeper => gatekeeper(&guard, mode),
    };
    match &arguments.output {
        Some(file) => file::replace(file, text.as_bytes())?,
        None => out.write_all(text.as_bytes())?,
    }
    Ok(Verdict::Good)
}

impl Arguments {
    fn wishes(&self) -> Wishes {
        let keys = |keys: &[Key]| keys.iter().map(|key| key.0.clone()).collect::<BTreeSet<_>>();
        let mut values: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for Pair(key, value) in &self.allow {
            values.entry(key.clone()).or_default().insert(value.clone());
        }
        Wishes {
            require: keys(&self.require),
            optional: keys(&self.optional),
            values,
            exempt: self.exempt.iter().map(|name| name.as_str().into()).collect(),
        }
    }
}

impl FromStr for Key {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        check_key(text).map_err(Error::msg)?;
        Ok(Self(text.into()))
    }
}

impl FromStr for Pair {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let pair = text.split_once('=');
        let (key, value) = pair.ok_or_else(|| anyhow!("a label and a value of it, such as env=test"))?;
        check_key(key).and_then(|()| check_value(value)).map_err(Error::msg)?;
        Ok(Self(key.into(), value.into()))
    }
}
