//! A Prometheus that scrapes an agent of the story, and is asked what the dashboard and the alerts ask.

use super::alerts::{OF_TARGETS, groups, rules_of};
use super::dashboard::{dashboard, expressions};
use super::expression::named;
use super::scene::Twin;
use super::tools::{PROMETHEUS, deploy, program};
use anyhow::{Context as _, Result, ensure};
use netobs_tests::demo::{Programs, Scenario, Stage};
use netobs_tests::process::Process;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(40);
/// Only the node reaches these.
const PAGE: &str = "127.0.0.1:9450";
const SERVER: &str = "127.0.0.1:9090";

/// Metrics that only agents with TLS, or with an inventory on disk, have.
const ONLY_OF_SOME: [&str; 2] = ["netobs_tls_", "netobs_unwatched_seconds"];

struct Scraped {
    stage: Stage,
    _agent: Twin,
    _prometheus: Process,
    folder: PathBuf,
}

#[test]
fn prometheus_answers_every_question_of_dashboard_and_alerts_from_what_an_agent_serves() -> Result<()> {
    let mut scraped = Scraped::start()?;
    scraped.stage.begin_traffic();
    let missing = "max(netobs_causes{kind=\"label\",state=\"active\"})";
    let known = scraped.wait_for(missing)?;
    ensure!(known != "0", "{known}");
    let lost = "sum(increase(netobs_lost_total{place!=\"subscriber\"}[10m]))";
    scraped.wait_for(lost)?;
    let labels = scraped.labels()?;
    let served: BTreeSet<_> = labels.keys().cloned().collect();
    let documented: BTreeSet<_> = documented()?.into_iter().filter(|name| !is_of_some(name)).collect();
    assert_eq!(served, documented, "what is served, and what docs/metrics.md says");

    let rules = rules_of(&groups()?);
    let alerts = rules
        .iter()
        .filter_map(|rule| rule["expr"].as_str().map(ToOwned::to_owned));
    for expression in expressions(&dashboard()?).into_iter().chain(alerts) {
        scraped.ask(&expression).with_context(|| expression.clone())?;
        check_labels(&expression, &labels)?;
    }
    let firing = scraped.ask("ALERTS{alertname=\"NetobsLabelMissing\",severity=\"warning\"}")?;
    ensure!(
        firing.as_array().is_some_and(|all| !all.is_empty()),
        "the alert is not on its way"
    );
    scraped.end()
}

/// The names of docs/metrics.md.
pub(super) fn documented() -> Result<BTreeSet<String>> {
    let text = fs::read_to_string(deploy("../docs/metrics.md"))?;
    let rows = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let names = rows.map(|(name, _)| name.to_owned());
    Ok(names
        .filter(|name| name.starts_with("netobs_") || name.starts_with("process_"))
        .collect())
}

fn is_of_some(metric: &str) -> bool {
    ONLY_OF_SOME.iter().any(|beginning| metric.starts_with(beginning))
}

/// A label that no series of the metric has selects nothing, and nobody is told.
fn check_labels(expression: &str, known: &BTreeMap<String, BTreeSet<String>>) -> Result<()> {
    let named = named(expression);
    for (metric, label) in &named.labels {
        let of = |metric: &String| known.get(metric).is_some_and(|labels| labels.contains(label));
        let is_known = match metric {
            Some(metric) => of(metric) || is_of_some(metric),
            None => named.metrics.iter().any(|metric| of(metric) || is_of_some(metric)),
        };
        ensure!(
            is_known || OF_TARGETS.contains(&label.as_str()),
            "{label} is no label of {metric:?} in {expression}"
        );
    }
    Ok(())
}

impl Scraped {
    fn start() -> Result<Self> {
        let programs = Programs::find()?;
        let stage = Stage::set(Scenario::MissingLabel, programs.clone())?;
        let kubeconfig = stage.server().kubeconfig();
        let agent = Twin::start(&stage, &programs, &kubeconfig, &["--http", PAGE, "--update-every", "1"])?;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("prometheus-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let config = folder.join("prometheus.json");
        fs::write(&config, config_text().to_string())?;
        let mut command = stage.node().command(&program(PROMETHEUS)?.display().to_string())?;
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={SERVER}"))
            .arg("--log.level=error")
            .stdout(Stdio::null());
        let prometheus = Process::start(&mut command)?;
        Ok(Self {
            stage,
            _agent: agent,
            _prometheus: prometheus,
            folder,
        })
    }

    /// The value of an expression, as soon as it has one that is not 0 for want of samples.
    fn wait_for(&self, expression: &str) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.ask(expression);
            let value = answer.as_ref().ok().and_then(|result| result[0]["value"][1].as_str());
            match value {
                Some(value) if value != "0" || expression.contains("increase") => return Ok(value.to_owned()),
                _ => ensure!(
                    Instant::now() < deadline,
                    "{expression} has no value within {PATIENCE:?}: {answer:?}"
                ),
            }
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// What Prometheus finds.
    fn ask(&self, expression: &str) -> Result<Value> {
        let answer = self.get(&format!("query?query={}", encoded(expression)))?;
        Ok(answer["result"].clone())
    }

    /// Labels of each metric of the agent.
    fn labels(&self) -> Result<BTreeMap<String, BTreeSet<String>>> {
        let selector = encoded("{job=\"netobs-agent\",__name__=~\"netobs_.*|process_.*\"}");
        let series = self.get(&format!("series?match[]={selector}"))?;
        let mut labels: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for one in series.as_array().context("series")? {
            let name = one["__name__"].as_str().context("a name")?;
            let of = labels.entry(name.to_owned()).or_default();
            of.extend(one.as_object().context("labels")?.keys().cloned());
        }
        Ok(labels)
    }

    fn get(&self, path: &str) -> Result<Value> {
        let url = format!("http://{SERVER}/api/v1/{path}");
        let python = program(super::tools::PYTHON)?.display().to_string();
        let script = "import sys, urllib.request as r, urllib.error as e\n\
             try: print(r.urlopen(sys.argv[1]).read().decode())\n\
             except e.HTTPError as error: print(error.read().decode())";
        let printed = self.stage.node().output(&python, &["-c", script, &url], "")?;
        let answer: Value = serde_json::from_str(&printed)?;
        ensure!(answer["status"] == "success", "{answer}");
        Ok(answer["data"].clone())
    }

    fn end(self) -> Result<()> {
        fs::remove_dir_all(&self.folder)?;
        self.stage.strike()
    }
}

fn config_text() -> Value {
    json!({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [deploy("alerts/netobs.yaml")],
        "scrape_configs": [{
            "job_name": "netobs-agent",
            "static_configs": [{"targets": [PAGE], "labels": {"node": "node-1"}}],
        }],
    })
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
