//! A figure, and how it is told: as a JSON line, or as a row of a table beside what it should reach.

use std::io::Write as _;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::summary::Summary;

/// A measured value and what must be known to read it.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    name: &'static str,
    value: f64,
    unit: &'static str,
    /// What tells it from other figures of the same name.
    case: Vec<(&'static str, Value)>,
    details: Vec<(&'static str, Value)>,
}

impl Figure {
    pub(crate) fn new(name: &'static str, value: f64, unit: &'static str) -> Self {
        Self {
            name,
            value,
            unit,
            case: Vec::new(),
            details: Vec::new(),
        }
    }

    /// The median, with the least, the most, and of how many.
    pub(crate) fn of(name: &'static str, summary: Summary, unit: &'static str) -> Self {
        Self::new(name, summary.median, unit)
            .detail("min", rounded(summary.min))
            .detail("max", rounded(summary.max))
            .detail("runs", summary.runs)
    }

    pub(crate) fn case(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.case.push((key, value.into()));
        self
    }

    pub(crate) fn detail(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.details.push((key, value.into()));
        self
    }

    fn json(&self) -> String {
        let head = [
            ("figure", Value::from(self.name)),
            ("value", rounded(self.value)),
            ("unit", self.unit.into()),
        ];
        let fields = head.iter().chain(&self.case).chain(&self.details);
        let fields: Vec<String> = fields.map(|(key, value)| format!("\"{key}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    }

    fn told(&self, key: &str) -> Option<&Value> {
        let of_that_key = self.details.iter().find(|(told, _)| *told == key);
        of_that_key.map(|(_, value)| value)
    }

    fn row(&self) -> String {
        let words: Vec<String> = self
            .case
            .iter()
            .map(|(key, value)| format!("{key} {}", plain(value)))
            .collect();
        let (bar, aim) = wanted(self.name).unwrap_or(("–", "–"));
        let value = format!("{} {}", plain(&rounded(self.value)), self.unit);
        let range = match (self.told("min"), self.told("max")) {
            (Some(min), Some(max)) => format!("{} to {}", plain(min), plain(max)),
            _ => "–".to_owned(),
        };
        format!(
            "| `{}` | {} | {bar} | {aim} | {value} | {range} |",
            self.name,
            words.join(", "),
        )
    }
}

/// Where figures go.
#[derive(Debug)]
pub(crate) struct Out {
    markdown: bool,
    /// All, if none is named.
    named: Vec<String>,
}

impl Out {
    pub(crate) fn new(markdown: bool, named: Vec<String>) -> Self {
        Self { markdown, named }
    }

    pub(crate) fn wants(&self, figure: &str) -> bool {
        self.named.is_empty() || self.named.iter().any(|name| name == figure)
    }

    pub(crate) fn tell(&mut self, figure: &Figure) -> Result<()> {
        if !self.wants(figure.name) {
            return Ok(());
        }
        let line = if self.markdown { figure.row() } else { figure.json() };
        writeln!(std::io::stdout(), "{line}").context("standard output takes no more figures")
    }
}

/// Bar and aim.
fn wanted(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "tap_net_ns" => ("60", "40"),
        "tap_per_floor" => ("3.5", "2"),
        "drop_net_ns" => ("130", "90"),
        "new_flow_loss_percent" => ("0 at 10,000/s", "0 at 50,000/s"),
        "cpu_us_per_flow" => ("12.6", "3"),
        "rss_mib" => ("40 idle", "20 idle"),
        "attach_ms_p99" => ("100", "20"),
        "grpc_flows_per_s" => ("500,000", "2,000,000"),
        "event_to_subscriber_ms_p99" => ("100", "–"),
        "cluster_rss_mib" => ("40 at 100; 250 at 100,000", "20 at 100; 150 at 100,000"),
        _ => return None,
    })
}

/// To three decimals, and a whole number as one.
fn rounded(value: f64) -> Value {
    let value = (value * 1000.0).round() / 1000.0;
    json!(value)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
