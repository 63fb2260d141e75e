//! `netobs guard`: admission policies that keep the labels of namespaces on which network policies select.
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    path::PathBuf,
    str::FromStr,
};

use anyhow::{Error, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use netobs_core::{
    guard::{Guard, Wishes, guard},
    labels::{Symbol, check_key, check_namespace, check_value},
    render,
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
    exempt: Vec<Namespace>,
    /// Ask this label of every namespace, though few have it or no policy selects on it; may be given again.
    #[arg(long, value_name = "KEY")]
    require: Vec<Key>,
    /// Keep this label where it is, and ask it of nobody; may be given again.
    #[arg(long, value_name = "KEY")]
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

#[derive(Clone)]
struct Namespace(Symbol);

pub(crate) fn run(
    arguments: &Arguments,
    manifests: &Manifests,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> Result<Verdict> {
    if let Some(verdict) = input::report(manifests, Format::Text, out, notes)? {
        return Ok(verdict);
    }
    let guard = guard(&manifests.policies, &manifests.snapshot, &arguments.wishes()?);
    if !guard.idle.is_empty() {
        let idle: Vec<_> = guard.idle.iter().map(render::guard::idle).collect();
        bail!(idle.join("\n"));
    }
    let text = if guard.labels.is_empty() {
        let nothing = format!(
            "there is nothing to guard: none of the {} policies selects namespaces by a label that can change",
            manifests.policies.len()
        );
        writeln!(notes, "{nothing}")?;
        format!("# {nothing}\n")
    } else {
        arguments.written(&guard)
    };
    match &arguments.output {
        Some(file) => file::replace(file, text.as_bytes())?,
        None => out.write_all(text.as_bytes())?,
    }
    Ok(Verdict::Good)
}

impl Arguments {
    fn written(&self, guard: &Guard) -> String {
        let mode = if self.enforce { Mode::Enforce } else { Mode::Audit };
        match self.format {
            Engine::Kyverno => kyverno(guard, mode),
            Engine::Vap => vap(guard, mode),
            Engine::Gatekeeper => gatekeeper(guard, mode),
        }
    }

    fn wishes(&self) -> Result<Wishes> {
        let keys = |keys: &[Key]| keys.iter().map(|key| key.0.clone()).collect::<BTreeSet<_>>();
        let mut values: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for Pair(key, value) in &self.allow {
            values.entry(key.clone()).or_default().insert(value.clone());
        }
        let (require, optional) = (keys(&self.require), keys(&self.optional));
        if let Some(both) = require.intersection(&optional).next() {
            bail!("--require {both} and --optional {both} contradict each other");
        }
        Ok(Wishes {
            require,
            optional,
            values,
            exempt: self.exempt.iter().map(|name| name.0.clone()).collect(),
        })
    }
}

impl FromStr for Key {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        check_key(text).map_err(Error::msg)?;
        Ok(Self(text.into()))
    }
}

impl FromStr for Namespace {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        check_namespace(text).map_err(Error::msg)?;
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
