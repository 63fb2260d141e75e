//! Through each fault the reflector of `kube` ends with the world as it is.

use super::reflector::{Reflector, client, runtime};
use super::scene::pod;
use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::ListParams;
use kube::runtime::watcher;
use netobs_tests::apiserver::{ApiServer, Fault, On, Ordered, Settings, StreamingLists, Verb};
use std::thread;
use std::time::{Duration, Instant};

const ASKED: [Fault; 9] = [
    Fault::Unauthorized,
    Fault::Forbidden,
    Fault::Gone,
    Fault::TooManyRequests { retry_after_seconds: 1 },
    Fault::Internal,
    Fault::Hang,
    Fault::HangUp,
    Fault::Late(Duration::from_millis(500)),
    Fault::Slow {
        bytes_per_second: 2_000,
    },
];
const SENT: [Fault; 4] = [Fault::Freeze, Fault::Cut, Fault::Malformed, Fault::Garbled];

fn server_with_pods() -> Result<ApiServer> {
    let server = ApiServer::start()?;
    server.apply(&pod("default", "a", "10.0.0.1"))?;
    server.apply(&pod("default", "b", "10.0.0.2"))?;
    Ok(server)
}

fn change(server: &ApiServer) -> Result<()> {
    server.apply(&pod("default", "c", "10.0.0.3"))?;
    server.label("pods", "default", "b", "tier", Some("web"))?;
    server.delete("pods", "default", "a").map(drop)
}

/// The world changes under a fault, and again when it is over.
fn comes_through(fault: Fault, on: On, config: watcher::Config, provoke: fn(&ApiServer)) -> Result<()> {
    let server = server_with_pods()?;
    let reflector = Reflector::start(&server, config)?;
    reflector.wait_until_right(&server)?;
    let ordered = server.fault(fault, on.times(1));
    change(&server)?;
    provoke(&server);
    wait_until_met(&ordered)?;
    reflector.wait_until_right(&server)?;
    server.label("pods", "default", "b", "tier", None)?;
    reflector.wait_until_right(&server)
}

/// A watch lasts a second, then there is another.
fn wait_until_met(ordered: &Ordered) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while ordered.met() == 0 {
        ensure!(Instant::now() < deadline, "it was not met");
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn each(faults: &[Fault], on: &On, config: &watcher::Config, provoke: fn(&ApiServer)) -> Result<()> {
    thread::scope(|scope| {
        let runs = faults.iter().map(|&fault| {
            let (on, config) = (on.clone(), config.clone());
            (fault, scope.spawn(move || comes_through(fault, on, config, provoke)))
        });
        for (fault, run) in runs.collect::<Vec<_>>() {
            let run = run.join().map_err(|_| anyhow::anyhow!("{fault:?} panicked"))?;
            run.with_context(|| format!("through {fault:?}"))?;
        }
        Ok(())
    })
}

fn expire(server: &ApiServer) {
    server.fault(Fault::Expire, On::kind("pods").times(1));
}

#[test]
fn a_watch_that_fails_is_made_up_for() -> Result<()> {
    let on = On::kind("pods").verb(Verb::Watch);
    each(&ASKED, &on, &watcher::Config::default(), |_| {})
}

#[test]
fn a_watch_that_breaks_off_or_sends_nonsense_is_made_up_for() -> Result<()> {
    let on = On::kind("pods").verb(Verb::Watch);
    let relist = |server: &ApiServer| {
        thread::sleep(Duration::from_millis(300));
        expire(server);
    };
    each(&SENT, &on, &watcher::Config::default(), relist)
}

#[test]
fn a_list_that_fails_is_made_up_for() -> Result<()> {
    let on = On::kind("pods").verb(Verb::List);
    each(&ASKED, &on, &watcher::Config::default(), expire)?;
    each(&SENT, &on, &watcher::Config::default(), expire)
}

#[test]
fn a_streaming_list_that_fails_is_made_up_for() -> Result<()> {
    let on = On::kind("pods").verb(Verb::Watch);
    each(&ASKED, &on, &watcher::Config::default().streaming_lists(), expire)
}

#[test]
fn a_server_that_was_away_and_forgot_the_past_is_listed_again() -> Result<()> {
    let mut server = server_with_pods()?;
    let reflector = Reflector::start(&server, watcher::Config::default())?;
    reflector.wait_until_right(&server)?;
    server.stop();
    assert!(
        std::net::TcpStream::connect(server.address()).is_err(),
        "connections are refused"
    );
    change(&server)?;
    server.advance(10_000);
    server.compact();
    thread::sleep(Duration::from_millis(500));
    server.start_again()?;
    reflector.wait_until_right(&server)
}

#[test]
fn a_connection_that_is_cut_is_made_again() -> Result<()> {
    let server = server_with_pods()?;
    let reflector = Reflector::start(&server, watcher::Config::default())?;
    for _ in 0..3 {
        reflector.wait_until_right(&server)?;
        server.cut_connections();
        server.label("pods", "default", "b", "tier", Some(&server.version().to_string()))?;
    }
    reflector.wait_until_right(&server)
}

#[test]
fn a_token_that_was_exchanged_is_refused_and_the_new_one_is_not() -> Result<()> {
    let server = server_with_pods()?;
    let runtime = runtime()?;
    let count = |client| {
        let pods = Api::<Pod>::all(client);
        let list = runtime.block_on(pods.list(&ListParams::default()));
        list.map(|list| list.items.len()).map_err(|error| error.to_string())
    };
    let old = runtime.block_on(client(&server))?;
    assert_eq!(count(old.clone()), Ok(2));
    server.rotate_token()?;
    let refused = count(old).err().context("the old token is refused")?;
    assert!(refused.contains("Unauthorized"), "{refused}");
    assert_eq!(count(runtime.block_on(client(&server))?), Ok(2));
    Ok(())
}

#[test]
fn an_old_server_serves_lists_and_no_streams_of_them() -> Result<()> {
    let server = ApiServer::start_with(Settings {
        streaming_lists: StreamingLists::Refused,
        ..Settings::default()
    })?;
    server.apply(&pod("default", "a", "10.0.0.1"))?;
    let reflector = Reflector::start(&server, watcher::Config::default().page_size(1))?;
    reflector.wait_until_right(&server)?;
    server.apply(&pod("default", "b", "10.0.0.2"))?;
    reflector.wait_until_right(&server)
}
