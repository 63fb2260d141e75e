//! Metrics, held against what nftables, the kernel and the traffic itself say.

use anyhow::{Context as _, Result, bail};
use netobs_tests::node::{Family, Node};
use netobs_tests::rules::{Hook, Refusal};
use netobs_tests::served::{HTTP, PATIENCE, Scene, VERBOSE};
use netobs_tests::traffic::tcp;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

const REFUSED: u16 = 81;
const CONNECTIONS: usize = 12;
const DROPPED: &str = "netobs_dropped_packets_total{reason=\"NETFILTER_DROP\"}";

type Page = BTreeMap<String, f64>;

#[test]
fn what_metrics_say_of_traffic_is_what_happened() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    node.count("refused", Hook::Forward, &format!("tcp dport {REFUSED}"))?;
    node.refuse(Refusal::Drop, Hook::Forward, &format!("tcp dport {REFUSED}"))?;
    let settings = ["--listen", "none", "--update-every", "1"];
    let scene = Scene::start(node, &[&settings[..], &VERBOSE].concat())?;
    let before = page(&scene)?;
    assert_eq!(before["netobs_ready"].total_cmp(&1.0), std::cmp::Ordering::Equal);
    // The pods' and the uplink, which in the lab is a veth, too.
    let interfaces = value(&before, "netobs_interfaces").context("no count of interfaces")?;
    assert!(interfaces >= 2.0, "{before:?}");

    for _ in 0..CONNECTIONS {
        tcp::exchange(&a, &b, b.socket_address(Family::V4, 80), 100, 100)?;
        tcp::attempt(&a, b.socket_address(Family::V4, REFUSED), Duration::from_millis(100))?;
    }
    let refused = scene.node.counted_at_least("refused", CONNECTIONS as u64)?.packets;
    wait(&scene, "all drops are counted", |page| {
        gain(&before, page, DROPPED) >= refused as f64
    })?;
    let after = page(&scene)?;
    is(&after, DROPPED, before.get(DROPPED).unwrap_or(&0.0) + refused as f64);
    let connections = CONNECTIONS as f64;
    wait(&scene, "closed connections have ended", |page| {
        gain(&before, page, "netobs_flows_ended_total{verdict=\"forwarded\"}") >= connections
    })?;
    for told in ["forwarded", "dropped"] {
        let name = format!("netobs_flows_told_total{{verdict=\"{told}\"}}");
        assert!(gain(&before, &after, &name) >= connections, "{name}: {after:?}");
    }
    is(&after, "netobs_kernel_lost_packets_total{place=\"tap\"}", 0.0);

    let c = scene.node.pod("c")?;
    scene.await_interface(&c)?;
    wait(&scene, "the new pod's interface is counted", |page| {
        gain(&before, page, "netobs_interfaces") > 0.5
    })?;
    c.delete()?;
    wait(&scene, "the gone pod's interface is not", |page| {
        gain(&before, page, "netobs_interfaces") < 0.5
    })?;
    scene.stop()
}

#[test]
fn what_metrics_say_of_subscribers_is_who_is_there() -> Result<()> {
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    let scene = Scene::start(node, &["--listen", "none"])?;
    is(&page(&scene)?, "netobs_subscribers", 0.0);
    let mut stream = scene.runtime.block_on(scene.follow())?;
    wait(&scene, "the subscriber is counted", |page| {
        value(page, "netobs_subscribers") == Some(1.0)
    })?;
    tcp::exchange(&a, &b, b.socket_address(Family::V4, 80), 100, 100)?;
    scene.runtime.block_on(stream.message())?.context("the stream ended")?;
    wait(&scene, "messages to it are counted", |page| {
        value(page, "netobs_messages_sent_total").is_some_and(|sent| sent >= 1.0)
    })?;
    drop(stream);
    wait(&scene, "it is not counted any more", |page| {
        value(page, "netobs_subscribers") == Some(0.0)
    })?;
    scene.stop()
}

fn value(page: &Page, name: &str) -> Option<f64> {
    page.get(name).copied()
}

fn is(page: &Page, name: &str, wanted: f64) {
    let found = value(page, name).unwrap_or_default();
    assert!(
        (found - wanted).abs() < 0.5,
        "{name} is {found}, not {wanted}: {page:?}"
    );
}

fn gain(before: &Page, after: &Page, name: &str) -> f64 {
    value(after, name).unwrap_or_default() - value(before, name).unwrap_or_default()
}

fn wait(scene: &Scene, what: &str, is_so: impl Fn(&Page) -> bool) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let page = page(scene)?;
        if is_so(&page) {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("not within {PATIENCE:?}: {what}; {page:#?}");
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn page(scene: &Scene) -> Result<Page> {
    let text = scene.node.run(|| get("/metrics"))?;
    let (_, body) = text.split_once("\r\n\r\n").context("an answer without a body")?;
    let samples = body.lines().filter(|line| !line.starts_with('#') && line.contains(' '));
    samples
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').context("a sample without a value")?;
            Ok((name.to_owned(), value.parse()?))
        })
        .collect()
}

fn get(path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(HTTP).context("connect to the metrics")?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
