//! Pods come and go while traffic runs.

use super::account::{is_last, packets};
use super::start::{PATIENCE, started, stopped};
use anyhow::{Context as _, Result, ensure};
use netobs_tests::netns::Netns;
use netobs_tests::node::{Family, Node};
use netobs_tests::packet::{Ends, Ethernet, Mac, Ports, ip_frame, protocol, udp as datagram};
use netobs_tests::pod::POD_INTERFACE;
use netobs_tests::process::Agent;
use netobs_tests::rules::Hook;
use netobs_tests::traffic::frames::FrameSender;
use netobs_tests::traffic::stream::Stream;
use netobs_tests::traffic::udp;
use netobs_tests::truth::{Holding, InterfaceStats, await_attached};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const PORT: u16 = 7;
/// Few slots, so that those of pods that are gone can be looked for one by one.
const CONNECTIONS: u32 = 512;
/// A slot in the kernel, of which the first four bytes are its state.
const SLOT_BYTES: u32 = 128;

#[test]
fn three_hundred_pods_that_come_and_go_are_all_seen_and_leave_nothing_behind() -> Result<()> {
    const WAVES: usize = 10;
    const PODS: usize = 30;
    const DATAGRAMS: u64 = 20;
    let node = Node::routed()?;
    let (a, b) = (node.pod("a")?, node.pod("b")?);
    let sink = udp::Receiver::bind(&b, b.socket_address(Family::V4, PORT))?;
    node.count("sent", Hook::Forward, &format!("udp dport {PORT}"))?;
    let agent = started(&node, &["--connections", &CONNECTIONS.to_string()])?;
    let (before, held) = (agent.usage()?, Holding::of(agent.pid())?);
    let stream = Stream::start(&a, &b, b.socket_address(Family::V4, 5000), 500)?;
    let mut gone: Vec<IpAddr> = Vec::new();
    for wave in 0..WAVES {
        let names: Vec<String> = (0..PODS).map(|n| format!("wave-{wave}-pod-{n}")).collect();
        let pods = node.pods(&names.iter().map(String::as_str).collect::<Vec<_>>())?;
        for pod in &pods {
            udp::Sender::connected(pod, b.socket_address(Family::V4, PORT))?.send(DATAGRAMS, 100)?;
        }
        gone.extend(pods.iter().map(|pod| pod.address(Family::V4)));
        node.delete_pods(pods)?;
    }
    let all = (WAVES * PODS) as u64 * DATAGRAMS;
    assert_eq!(node.counted("sent")?.packets, all);
    assert_eq!(sink.receive(all)?.packets, all);
    let streamed = stream.stop()?;
    assert_eq!(streamed.lost(), 0, "{streamed:?}");
    nothing_is_left(&agent, &held)?;
    let after = agent.usage()?;
    println!("before {before:?}, after {after:?}");
    assert_eq!((after.descriptors, after.threads), (before.descriptors, before.threads));
    let ended = stopped(agent)?;
    let told = told_by_source(&ended.lines);
    let missing: Vec<_> = gone.iter().filter(|ip| told.get(ip) != Some(&DATAGRAMS)).collect();
    assert!(missing.is_empty(), "not told, or not all of it: {missing:?}");
    Ok(())
}

/// The agent holds in the kernel what it held before there were other pods, and no slot is taken but those of pods that
/// are still there.
fn nothing_is_left(agent: &Agent, held: &Holding) -> Result<()> {
    const STILL_THERE: usize = 4;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let now = Holding::of(agent.pid())?;
        let slots = now.entries_in_use(CONNECTIONS, SLOT_BYTES)?;
        if now.objects == held.objects && slots <= STILL_THERE {
            return Ok(());
        }
        assert!(
            Instant::now() < deadline,
            "{slots} slots are in use; held is {now:?}, before it was {held:?}"
        );
        thread::sleep(Duration::from_millis(200));
    }
}

fn told_by_source(lines: &[Value]) -> BTreeMap<IpAddr, u64> {
    let mut told = BTreeMap::new();
    for line in lines
        .iter()
        .filter(|line| is_last(line) && line["destination"]["port"] == PORT)
    {
        if let Some(source) = line["source"]["ip"].as_str().and_then(|ip| ip.parse().ok()) {
            *told.entry(source).or_default() += packets(&line["sent"]);
        }
    }
    told
}

fn frame(host: Mac, source: Ipv4Addr, destination: Ipv4Addr) -> Vec<u8> {
    let ethernet = Ethernet {
        source: Mac([2, 0xe, 1, 0, 0, 1]),
        destination: host,
        tags: Vec::new(),
    };
    let ends = Ends {
        source: source.into(),
        destination: destination.into(),
    };
    let ports = Ports {
        source: 40_000,
        destination: PORT,
    };
    ip_frame(&ethernet, ends, protocol::UDP, &datagram(ends, ports, b"here"))
}

/// What was missing of one pod's packets.
#[derive(Debug)]
struct Missing {
    packets: u64,
    /// From the first packet that the pod could send to the first that was counted.
    time: Duration,
    /// From the interface's appearance to both programs being there.
    attach: Duration,
}

#[test]
fn what_a_pod_sends_before_the_attach_is_all_that_is_missing() -> Result<()> {
    const PODS: u8 = 40;
    let node = Node::routed()?;
    let agent = started(&node, &[])?;
    let eager: Vec<Eager> = (0..PODS).map(|n| Eager::run(&node, n)).collect::<Result<_>>()?;
    let ended = stopped(agent)?;
    let told = told_by_source(&ended.lines);
    let mut missing = Vec::new();
    for eager in &eager {
        let counted = told.get(&IpAddr::V4(eager.address)).copied().unwrap_or_default();
        assert!(counted > 0 && counted <= eager.arrived, "{eager:?}: {counted} are told");
        let packets = eager.arrived - counted;
        let nth = eager
            .sent
            .get(usize::try_from(packets)?)
            .context("a packet that was counted")?;
        missing.push(Missing {
            packets,
            time: *nth,
            attach: eager.attach,
        });
    }
    missing.sort_by_key(|missing| missing.attach);
    let at = |part: usize| &missing[missing.len() * part / 100];
    println!(
        "of {PODS} pods: half {:?}, 90 % {:?}, worst {:?}",
        at(50),
        at(90),
        at(99)
    );
    println!(
        "packets missing of all: {}",
        missing.iter().map(|missing| missing.packets).sum::<u64>()
    );
    assert!(at(50).attach < Duration::from_secs(1), "{missing:?}");
    let worst = missing.iter().map(|missing| missing.time).max();
    assert!(worst < Some(Duration::from_secs(5)), "{missing:?}");
    Ok(())
}

/// A pod that sends from the moment it can.
#[derive(Debug)]
struct Eager {
    address: Ipv4Addr,
    /// When each packet was sent, after the first.
    sent: Vec<Duration>,
    /// By nftables.
    arrived: u64,
    attach: Duration,
}

impl Eager {
    /// So many are sent once both programs are there.
    const PACKETS_AFTER: usize = 40;
    const INTERVAL: Duration = Duration::from_micros(250);

    fn run(node: &Node, number: u8) -> Result<Self> {
        let address = Ipv4Addr::new(198, 51, 100, number);
        let name = format!("eager{number}");
        node.count(&name, Hook::Prerouting, &format!("ip saddr {address}"))?;
        let netns = Netns::create(&name)?;
        let host = Mac([2, 0xe, 0, 0, 0, number]);
        let frame = frame(host, address, node.addresses().v4);
        let observed = AtomicBool::new(false);
        let (sent, attach) = thread::scope(|scope| {
            let sender = scope.spawn(|| Self::send(&netns, &frame, &observed));
            let attach = scope.spawn(|| await_attached(node, &name, PATIENCE));
            node.ip(&format!(
                "link add {name} address {host} type veth peer name {POD_INTERFACE} netns {}\n",
                netns.path()
            ))?;
            netns.ip(&format!("link set {POD_INTERFACE} arp off multicast off up\n"))?;
            node.ip(&format!("link set {name} up\n"))?;
            let attach = join(attach)?;
            observed.store(true, Ordering::Relaxed);
            Ok::<_, anyhow::Error>((join(sender)?, attach))
        })?;
        let arrived = node.counted_at_least(&name, sent.len() as u64)?.packets;
        assert_eq!(arrived, sent.len() as u64, "the kernel carries all that was sent");
        node.ip(&format!("link del {name}\n"))?;
        Ok(Self {
            address,
            sent,
            arrived,
            attach,
        })
    }

    /// Tries until the interface is there and both its ends are up, then sends at a steady rate until it was observed.
    fn send(netns: &Netns, frame: &[u8], observed: &AtomicBool) -> Result<Vec<Duration>> {
        let deadline = Instant::now() + PATIENCE;
        let sender = loop {
            match FrameSender::open(netns, POD_INTERFACE) {
                Ok(sender) => break sender,
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => thread::sleep(Duration::from_micros(100)),
            }
        };
        // What is sent before both ends are up is refused, or vanishes in an interface without carrier.
        while sender.send(&[frame.to_vec()]).is_err() || InterfaceStats::read(netns, POD_INTERFACE)?.tx_packets == 0 {
            ensure!(Instant::now() < deadline, "the interface has not come up");
            thread::sleep(Duration::from_micros(100));
        }
        let start = Instant::now();
        let mut sent = vec![Duration::ZERO];
        let mut after = 0;
        while after < Self::PACKETS_AFTER {
            thread::sleep(Self::INTERVAL);
            after += usize::from(observed.load(Ordering::Relaxed));
            sent.push(start.elapsed());
            sender.send(&[frame.to_vec()])?;
        }
        Ok(sent)
    }
}

fn join<T>(thread: thread::ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
