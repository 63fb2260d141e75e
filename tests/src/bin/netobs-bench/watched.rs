//! What the agent keeps of a big cluster: its memory once it knows all pods.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use netobs_tests::apiserver::Size;
use netobs_tests::node::Node;

use crate::figure::{Figure, Out};
use crate::served::{Served, cluster};

const PODS: [u32; 3] = [100, 10_000, 100_000];
const SETTLED: Duration = Duration::from_secs(3);
const MIB: f64 = 1_048_576.0;

pub(crate) fn measure(out: &mut Out) -> Result<()> {
    for pods in PODS {
        let node = Node::routed()?;
        let pod = node.pod("a")?;
        let server = cluster(&node, &[&pod])?;
        server.fill(Size::of_pods(pods))?;
        let begun = Instant::now();
        let served = Served::start(&node, &[&pod], server, &[])?;
        let ready = begun.elapsed();
        thread::sleep(SETTLED);
        let usage = served.usage()?;
        out.tell(
            &Figure::new("cluster_rss_mib", usage.rss_bytes as f64 / MIB, "MiB")
                .case("pods", pods)
                .detail("ready_after_s", ready.as_secs_f64())
                .detail("cpu_s", usage.cpu.as_secs_f64()),
        )?;
        served.stop()?;
    }
    Ok(())
}
