//! The agent is restarted under traffic: no packet is harmed, and it tells for how long nobody watched.

use super::lookout::{Blind, Lookout, now};
use super::start::{PATIENCE, agent, stopped};
use anyhow::{Context as _, Result, ensure};
use netobs_tests::node::{Family, Node};
use netobs_tests::pod::Pod;
use netobs_tests::process::Agent;
use netobs_tests::rules::Hook;
use netobs_tests::traffic::stream::Stream;
use netobs_tests::traffic::tcp::{Connection, TcpState, Towards};
use serde_json::Value;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

const PER_SECOND: u32 = 1_000;
const DATAGRAMS: u16 = 5_000;
const RESTARTS: usize = 3;
/// An agent that is killed is known to have watched until this long before.
const BEAT: Duration = Duration::from_millis(250);
/// On a machine that is busy with others, whoever looks at the clock comes late to it.
const NOISE: Duration = Duration::from_secs(1);

struct Scene {
    node: Node,
    a: Pod,
    b: Pod,
    folder: PathBuf,
}

impl Scene {
    fn new() -> Result<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("netobs-restart-{}-{number}", std::process::id()));
        fs::create_dir(&folder)?;
        let node = Node::routed()?;
        Ok(Self {
            a: node.pod("a")?,
            b: node.pod("b")?,
            node,
            folder,
        })
    }

    fn socket(&self) -> String {
        self.folder.join("netobs.sock").display().to_string()
    }

    fn start(&self, keeps_state: bool) -> Result<Agent> {
        let mut command = self.node.command(&agent()?)?;
        command.args([
            "--export",
            "stdout",
            "--no-cluster",
            "--listen",
            "none",
            "--http",
            "none",
        ]);
        command.args(["--update-every", "1", "--socket", &self.socket()]);
        if keeps_state {
            command.arg("--state-dir").arg(self.folder.join("state"));
        }
        let agent = Agent::start(&mut command)?;
        agent.wait_for_error(PATIENCE, "attached interfaces=")?;
        Ok(agent)
    }

    /// `netobs flows -f`, which finds the agent again whenever it is lost.
    fn follow(&self) -> Result<Agent> {
        let program = env::var("NETOBS_CLI")
            .context("NETOBS_CLI names no program: run these tests with `cargo xtask test lab`")?;
        let mut command = self.node.command(&program)?;
        command.args(["flows", "-f", "-o", "json"]);
        command.args(["--server", &format!("unix://{}", self.socket())]);
        Agent::start(&mut command)
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// When nobody watched, as it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    since: u64,
    until: u64,
    at_most: bool,
}

impl Told {
    fn of_line(line: &Value) -> Option<Self> {
        Some(Self {
            since: time(&line["since"])?,
            until: time(&line["until"])?,
            at_most: line["at_most"] == true,
        })
    }

    fn of_message(message: &Value) -> Option<Self> {
        let lost = &message["lost"];
        let unwatched = &lost["unwatched"];
        let nanos = |field: &str| unwatched[field].as_str()?.parse().ok();
        (lost["place"] == "LOST_PLACE_RESTART").then_some(())?;
        Some(Self {
            since: nanos("sinceUnixNanos")?,
            until: nanos("untilUnixNanos")?,
            at_most: unwatched["atMost"] == true,
        })
    }

    const fn covers(self, blind: Blind) -> bool {
        self.since <= blind.from && blind.until <= self.until
    }

    fn length(self) -> Duration {
        Duration::from_nanos(self.until - self.since)
    }
}

fn time(text: &Value) -> Option<u64> {
    let at: jiff::Timestamp = text.as_str()?.parse().ok()?;
    u64::try_from(at.as_nanosecond()).ok()
}

/// Packets of the stream to that port, in both families, as a run of the agent told them.
fn datagrams(lines: &[Value]) -> u64 {
    let mut by_id = BTreeMap::new();
    for line in lines.iter().filter(|line| line["type"] == "flow") {
        if line["destination"]["port"] == DATAGRAMS {
            by_id.insert(
                line["id"].as_u64(),
                line["sent"]["packets"].as_u64().unwrap_or_default(),
            );
        }
    }
    by_id.values().sum()
}

/// Streams of datagrams and connections under way, in both families.
struct Traffic {
    streams: Vec<Stream>,
    connections: Vec<Connection>,
}

impl Traffic {
    fn begin(scene: &Scene) -> Result<Self> {
        let at = |family, port| scene.b.socket_address(family, port);
        let families = [Family::V4, Family::V6].into_iter();
        let connect = |family| Connection::open(&scene.a, &scene.b, at(family, 80));
        let stream = |family| Stream::start(&scene.a, &scene.b, at(family, DATAGRAMS), PER_SECOND);
        Ok(Self {
            connections: families.clone().map(connect).collect::<Result<_>>()?,
            streams: families.map(stream).collect::<Result<_>>()?,
        })
    }

    fn talk(&self) -> Result<()> {
        for connection in &self.connections {
            connection.send(Towards::Server, 10_000)?;
            connection.send(Towards::Client, 10_000)?;
        }
        Ok(())
    }

    /// Nothing was lost, late or said twice. How many datagrams there were.
    fn end(self, scene: &Scene) -> Result<u64> {
        let streamed = self.streams.into_iter().map(Stream::stop).collect::<Result<Vec<_>>>()?;
        for one in &streamed {
            assert_eq!((one.lost(), one.out_of_order), (0, 0), "{one:?}");
        }
        for connection in self.connections {
            let exchange = connection.counts()?;
            for end in [exchange.client_counts, exchange.server_counts] {
                assert_eq!((end.state, end.retransmitted), (TcpState::ESTABLISHED, 0), "{end:?}");
            }
            connection.close()?;
        }
        // Each stream ends with an empty one.
        let sent = streamed.iter().map(|one| one.sent + 1).sum();
        assert_eq!(scene.node.counted_at_least("datagrams", sent)?.packets, sent);
        Ok(sent)
    }
}

/// Waits for the line that must come first, which says for how long nobody watched.
fn told_by(agent: &Agent) -> Result<Told> {
    let first = agent.wait_for(PATIENCE, |_| true)?;
    ensure!(first["type"] == "unwatched", "it began with {first}");
    Told::of_line(&first).with_context(|| format!("it is not known for how long: {first}"))
}

/// Who follows is told when it has found the agent again.
fn await_followed(follower: &Agent, told: &[Told]) -> Result<()> {
    let wanted = told.last().copied();
    follower
        .wait_for(PATIENCE, |message| {
            Told::of_message(message) == wanted && wanted.is_some()
        })
        .map(drop)
}

/// In the order of the stream: each restart once, and no flow of a run before that run began.
fn check_followed(messages: &[Value], told: &[Told]) -> Result<()> {
    let place_of = |one: &Told| {
        let found = messages
            .iter()
            .position(|message| Told::of_message(message).as_ref() == Some(one));
        found.with_context(|| format!("{one:?} was not followed"))
    };
    let places = told.iter().map(place_of).collect::<Result<Vec<_>>>()?;
    assert!(places.is_sorted(), "{places:?}");
    let told_of = messages.iter().filter_map(Told::of_message).count();
    assert_eq!(told_of, told.len(), "one was told twice");
    for (place, one) in places.iter().zip(told) {
        let last = |message: &Value| message["flow"]["lastUnixNanos"].as_str()?.parse::<u64>().ok();
        let (before, after) = messages.split_at(*place);
        let late: Vec<_> = before
            .iter()
            .filter(|message| last(message) > Some(one.until))
            .collect();
        assert!(late.is_empty(), "before {one:?} came {late:?}");
        let early = after.iter().filter_map(last).filter(|last| *last < one.since).count();
        assert_eq!(early, 0, "after {one:?}");
    }
    Ok(())
}

#[test]
fn restarted_under_traffic_it_harms_no_packet_and_tells_for_how_long_nobody_watched() -> Result<()> {
    let scene = Scene::new()?;
    scene
        .node
        .count("datagrams", Hook::Forward, &format!("udp dport {DATAGRAMS}"))?;
    let mut agent = scene.start(true)?;
    let follower = scene.follow()?;
    thread::sleep(Duration::from_millis(500));
    let traffic = Traffic::begin(&scene)?;
    follower.wait_for(PATIENCE, |message| message["flow"].is_object())?;
    let lookout = Lookout::begin(&scene.node, [&scene.a, &scene.b]);
    let (mut told, mut counted) = (Vec::new(), 0);
    for _ in 0..RESTARTS {
        thread::sleep(Duration::from_millis(300));
        traffic.talk()?;
        counted += datagrams(&stopped(agent)?.lines);
        traffic.talk()?;
        agent = scene.start(true)?;
        told.push(told_by(&agent)?);
        await_followed(&follower, &told)?;
    }
    traffic.talk()?;
    let blind = lookout.end()?;
    let sent = traffic.end(&scene)?;
    counted += datagrams(&stopped(agent)?.lines);
    agent = scene.start(true)?;
    let whole = [told.as_slice(), &[told_by(&agent)?]].concat();
    await_followed(&follower, &whole)?;
    let killed = scene.kill(agent)?;
    let whole = [whole.as_slice(), &[killed.told]].concat();
    await_followed(&follower, &whole)?;
    println!("graceful: told {told:?}, blind {:?}", lengths(&blind));
    println!(
        "killed: told {:?}, blind {:?}",
        killed.told.length(),
        killed.blind.length()
    );

    assert_eq!((told.len(), blind.len()), (RESTARTS, RESTARTS));
    for (told, blind) in told.iter().zip(&blind) {
        assert!(told.covers(*blind) && !told.at_most, "{told:?} for {blind:?}");
        assert!(told.length() < blind.length() + NOISE, "{told:?} for {blind:?}");
    }
    let Killed { told: last, blind, .. } = killed;
    assert!(last.covers(blind) && last.at_most, "{last:?} for {blind:?}");
    assert!(last.length() < blind.length() + BEAT + NOISE, "{last:?} for {blind:?}");
    // What was counted until each end was told before it: only what came while nobody watched is missing.
    let unwatched: f64 = told.iter().map(|told| told.length().as_secs_f64()).sum();
    let missing = sent.saturating_sub(counted);
    let most = (unwatched + 0.1) * 2.0 * f64::from(PER_SECOND) * 1.2;
    println!("{counted} of {sent} datagrams were counted, nobody watched for {unwatched:.3} s");
    assert!(
        counted <= sent && (missing as f64) < most,
        "{missing} of {sent} are missing, {most:.0} may"
    );
    check_followed(&follower.lines(), &whole)?;
    stopped(killed.next).map(drop)
}

struct Killed {
    told: Told,
    blind: Blind,
    next: Agent,
}

impl Scene {
    /// Under traffic, and starts another.
    fn kill(&self, agent: Agent) -> Result<Killed> {
        let port = DATAGRAMS + 1;
        let stream = Stream::start(&self.a, &self.b, self.b.socket_address(Family::V4, port), PER_SECOND)?;
        thread::sleep(Duration::from_millis(800));
        let lookout = Lookout::begin(&self.node, [&self.a, &self.b]);
        agent.kill()?;
        let next = self.start(true)?;
        let told = told_by(&next)?;
        let blind = lookout.end()?;
        let streamed = stream.stop()?;
        assert_eq!((streamed.lost(), streamed.out_of_order), (0, 0), "{streamed:?}");
        ensure!(blind.len() == 1, "{blind:?}");
        Ok(Killed {
            told,
            blind: blind[0],
            next,
        })
    }
}

#[test]
fn without_a_state_directory_it_says_that_it_is_not_known_for_how_long_nobody_watched() -> Result<()> {
    let scene = Scene::new()?;
    stopped(scene.start(true)?)?;
    let agent = scene.start(false)?;
    let first = agent.wait_for(PATIENCE, |_| true)?;
    assert_eq!(first["type"], "unwatched");
    assert!(time(&first["until"]).is_some_and(|until| until <= now()), "{first}");
    assert!(
        first.get("since").is_none() && first.get("at_most").is_none(),
        "{first}"
    );
    stopped(agent).map(drop)
}

fn lengths(blind: &[Blind]) -> Vec<Duration> {
    blind.iter().map(|one| one.length()).collect()
}
