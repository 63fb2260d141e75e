//! Measures what the agent costs and what it keeps up with: one JSON line a figure on standard output.

mod agent;
mod attach;
mod counting;
mod drops;
mod export;
mod figure;
mod grpc;
mod idle;
mod latency;
mod new_flows;
mod programs;
mod served;
mod summary;
mod tap;
mod throughput;
mod volley;
mod watched;

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail};

use figure::Out;

/// Figures that are measured in one go, and how.
struct Group {
    figures: &'static [&'static str],
    measure: fn(&mut Out) -> Result<()>,
}

const GROUPS: [Group; 9] = [
    Group {
        figures: &["tap_net_ns", "tap_to_pod_net_ns", "floor_net_ns", "tap_per_floor"],
        measure: tap::measure,
    },
    Group {
        figures: &["drop_net_ns"],
        measure: drops::measure,
    },
    Group {
        figures: &["new_flow_loss_percent", "cpu_us_per_flow", "rss_mib"],
        measure: new_flows::measure,
    },
    Group {
        figures: &["attach_ms_p50", "attach_ms_p99"],
        measure: attach::measure,
    },
    Group {
        figures: &["throughput_ratio"],
        measure: throughput::measure,
    },
    Group {
        figures: &["idle_cpu_percent"],
        measure: idle::measure,
    },
    Group {
        figures: &["grpc_flows_per_s", "pipeline_flows_per_s"],
        measure: grpc::measure,
    },
    Group {
        figures: &["event_to_subscriber_ms_p50", "event_to_subscriber_ms_p99"],
        measure: latency::measure,
    },
    Group {
        figures: &["cluster_rss_mib"],
        measure: watched::measure,
    },
];

fn main() -> ExitCode {
    match run(env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(mut wanted: Vec<String>) -> Result<()> {
    let markdown = wanted.iter().any(|word| word == "--markdown");
    wanted.retain(|word| word != "--markdown");
    let known: Vec<&str> = GROUPS.iter().flat_map(|group| group.figures).copied().collect();
    if let Some(unknown) = wanted.iter().find(|word| !known.contains(&word.as_str())) {
        bail!("there is no figure {unknown}; there are {}", known.join(", "));
    }
    let mut out = Out::new(markdown, wanted);
    for group in GROUPS {
        if group.figures.iter().any(|figure| out.wants(figure)) {
            (group.measure)(&mut out)?;
        }
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "standard output has nothing but figures")]
fn say(text: &str) {
    eprintln!("{text}");
}
