//! Ten thousand connections from loopback that mean no good, while pods talk and others ask in earnest.

use super::hostile::Hostile;
use anyhow::{Context as _, Result, ensure};
use netobs_api::client::{Connection, Server, Tls};
use netobs_api::v1::{self, subscribe_response::Message};
use netobs_tests::node::{Family, Node};
use netobs_tests::pod::{POD_INTERFACE, Pod};
use netobs_tests::rules::Hook;
use netobs_tests::served::{GRPC, HTTP, PATIENCE, Scene};
use netobs_tests::traffic::flood::Flood;
use std::collections::{BTreeSet, VecDeque};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::time::timeout;

const CONNECTIONS: usize = 10_000;
const ATTACKERS: usize = 8;
/// Connections that each attacker leaves open behind it.
const HELD: usize = 100;
/// Those that take all places of the HTTP listener and say nothing.
const SILENT: usize = 200;
const FLOWS: usize = 5_000;
const PER_SECOND: u32 = 500;
const PORT: u16 = 5_300;
/// Within this an honest question is answered, on a busy machine, whatever others do.
const SOON: Duration = Duration::from_secs(4);
/// So many in a row have a kubelet start a container again.
const FAILURES_OF_A_PROBE: usize = 3;
/// What the agent may take more than before, with all that it leaves to its allocator.
const MOST_GROWTH: u64 = 128 << 20;

#[derive(Default)]
struct Storm {
    begun: AtomicUsize,
    is_over: AtomicBool,
}

/// What those heard who asked in earnest while it went on.
#[derive(Debug, Default)]
struct Asked {
    by_socket: usize,
    by_address: usize,
    failed_by_address: usize,
    healthy: usize,
    unhealthy: usize,
    unhealthy_in_a_row: usize,
    /// Over the socket.
    slowest: Duration,
}

#[test]
fn ten_thousand_hostile_connections_take_little_memory_and_nothing_from_capture() -> Result<()> {
    let node = Node::routed()?;
    let (from, to) = (node.pod("from")?, node.pod("to")?);
    node.count("sent", Hook::Forward, &format!("udp dport {PORT}"))?;
    let scene = Scene::start(node, &[])?;
    let _sink = to.run(|| UdpSocket::bind(to.socket_address(Family::V4, PORT)).context("bind the sink"))?;
    let hearing = hear(&scene)?;
    let before = scene.usage()?.rss_bytes;
    let began = Instant::now();
    let (asked, peak) = weather(&scene, &from, &to)?;
    let lasted = began.elapsed();
    let after_storm = Instant::now();
    by_address(&scene).context("after the storm")?;
    let served_again = after_storm.elapsed();
    let heard = scene.runtime.block_on(hearing)??;
    thread::sleep(Duration::from_secs(2));
    let after = scene.usage()?.rss_bytes;
    let page = get(&scene, "/metrics")?;
    let let_go = page.lines().filter(|line| line.starts_with("netobs_connections_"));
    println!(
        "{CONNECTIONS} connections in {lasted:.1?}; RSS {} MiB before, {} at most, {} after; served again after \
         {served_again:.0?}; {asked:?}\n{}",
        before >> 20,
        peak >> 20,
        after >> 20,
        let_go.collect::<Vec<_>>().join("\n")
    );
    assert_eq!(scene.node.counted_at_least("sent", FLOWS as u64)?.packets, FLOWS as u64);
    assert_eq!(heard, FLOWS, "flows that a subscriber was told");
    let kernel = scene.status()?.kernel.context("the status has no kernel")?;
    // Drops are those of the whole machine, and the storm's own connections are full of them.
    let of_taps = kernel.losses.iter().find(|loss| loss.name != "drops_missed");
    assert_eq!(of_taps, None);
    assert!(peak < before + MOST_GROWTH, "{} MiB", peak >> 20);
    assert!(
        asked.slowest < SOON && asked.unhealthy_in_a_row < FAILURES_OF_A_PROBE,
        "{asked:?}"
    );
    scene.stop()
}

/// Attackers, traffic and honest clients, until the last connection was made; and the most memory the agent took.
fn weather(scene: &Scene, from: &Pod, to: &Pod) -> Result<(Asked, u64)> {
    let storm = &Storm::default();
    thread::scope(|scope| {
        let attackers: Vec<_> = (0..ATTACKERS)
            .map(|number| scope.spawn(move || scene.node.run(|| attack(storm, number))))
            .collect();
        let silent = scope.spawn(|| scene.node.run(|| keep_silent(storm)));
        let sending = scope.spawn(|| send(from, to));
        let watching = scope.spawn(|| watch(scene, storm));
        let asking = scope.spawn(|| ask(scene, storm));
        let attacked: Result<Vec<()>> = attackers.into_iter().map(join).collect();
        let sent = join(sending);
        storm.is_over.store(true, Ordering::Relaxed);
        let (silent, peak, asked) = (join(silent), join(watching), join(asking));
        attacked?;
        silent?;
        ensure!(sent? == FLOWS as u64, "not all datagrams were sent");
        Ok((asked?, peak?))
    })
}

fn join<T>(task: thread::ScopedJoinHandle<'_, T>) -> T {
    task.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn attack(storm: &Storm, number: usize) -> Result<()> {
    let mut held = VecDeque::new();
    for kind in Hostile::ALL.iter().cycle().skip(number) {
        if storm.begun.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS {
            return Ok(());
        }
        // On a busy machine the queue is full for a moment, which is the attacker's trouble.
        let Ok(mut stream) = connect(GRPC) else {
            continue;
        };
        // It may be closed at any moment, which is what is wanted of the agent.
        let _ = stream.write_all(&kind.says());
        held.push_back(stream);
        if held.len() > HELD {
            held.pop_front();
        }
    }
    Ok(())
}

fn keep_silent(storm: &Storm) -> Result<()> {
    let mut held = Vec::new();
    while !storm.is_over.load(Ordering::Relaxed) {
        held.clear();
        for number in 0..SILENT {
            let Ok(mut stream) = connect(HTTP) else {
                continue;
            };
            if number.is_multiple_of(2) {
                let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: here\r\nX-Long: ");
            }
            held.push(stream);
        }
        thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}

fn connect(address: &str) -> Result<TcpStream> {
    const LONGEST: Duration = Duration::from_secs(5);
    let address: SocketAddr = address.parse()?;
    let stream = TcpStream::connect_timeout(&address, LONGEST).with_context(|| format!("connect to {address}"))?;
    stream.set_write_timeout(Some(LONGEST))?;
    Ok(stream)
}

fn send(from: &Pod, to: &Pod) -> Result<u64> {
    let sources = [from.address(Family::V4)];
    let to = to.socket_address(Family::V4, PORT);
    let flood = Flood::datagrams(&from.ethernet(), &sources, to, FLOWS, 64)?;
    Ok(flood.send_paced(from, POD_INTERFACE, PER_SECOND)?.sent)
}

fn watch(scene: &Scene, storm: &Storm) -> Result<u64> {
    let mut peak = 0;
    while !storm.is_over.load(Ordering::Relaxed) {
        peak = peak.max(scene.usage()?.rss_bytes);
        thread::sleep(Duration::from_millis(20));
    }
    Ok(peak)
}

fn ask(scene: &Scene, storm: &Storm) -> Result<Asked> {
    let (mut asked, mut in_a_row) = (Asked::default(), 0);
    while !storm.is_over.load(Ordering::Relaxed) {
        let began = Instant::now();
        scene.status().context("by the socket, during the storm")?;
        asked.slowest = asked.slowest.max(began.elapsed());
        asked.by_socket += 1;
        match by_address(scene) {
            Ok(()) => asked.by_address += 1,
            Err(_) => asked.failed_by_address += 1,
        }
        if get(scene, "/healthz").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            asked.healthy += 1;
            in_a_row = 0;
        } else {
            asked.unhealthy += 1;
            in_a_row += 1;
            asked.unhealthy_in_a_row = asked.unhealthy_in_a_row.max(in_a_row);
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(asked)
}

/// As a client on the node's loopback, which all attackers are, too.
fn by_address(scene: &Scene) -> Result<()> {
    let server: Server = format!("http://{GRPC}").parse()?;
    scene.node.run(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut connection = Connection::open(&server, &Tls::default(), PATIENCE).await?;
            connection.client.get_status(v1::GetStatusRequest {}).await?;
            Ok(())
        })
    })
}

fn get(scene: &Scene, path: &str) -> Result<String> {
    scene.node.run(|| {
        let mut stream = connect(HTTP)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    })
}

/// Follows over the socket until it has heard of all flows, or of nothing for a while.
fn hear(scene: &Scene) -> Result<tokio::task::JoinHandle<Result<usize>>> {
    let mut stream = scene.runtime.block_on(scene.follow())?;
    Ok(scene.runtime.spawn(async move {
        let mut ports = BTreeSet::new();
        while ports.len() < FLOWS {
            match timeout(PATIENCE, stream.message())
                .await
                .context("nothing more is told")??
                .and_then(|told| told.message)
            {
                Some(Message::Flow(flow)) if flow.destination_port == u32::from(PORT) => {
                    ports.insert(flow.source_port);
                }
                Some(Message::Flow(_)) => {}
                other => anyhow::bail!("after {} flows: {other:?}", ports.len()),
            }
        }
        Ok(ports.len())
    }))
}
