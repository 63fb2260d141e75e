//! Many objects.

use super::raw::{get, plain};
use super::scene::pod;
use anyhow::Result;
use netobs_tests::apiserver::Size;
use serde_json::Value;
use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

const PODS: u32 = 20_000;

#[test]
fn a_big_cluster_is_listed_page_by_page_while_it_changes() -> Result<()> {
    let server = plain()?;
    let began = Instant::now();
    server.fill(Size::of_pods(PODS))?;
    println!("{PODS} pods made in {:?}", began.elapsed());
    let began = Instant::now();
    let mut names = BTreeSet::new();
    let mut path = "/api/v1/pods?limit=500".to_owned();
    loop {
        let page = get(&server, &path)?.json()?;
        let items = page["items"].as_array().into_iter().flatten();
        names.extend(items.map(|item| item["metadata"]["name"].to_string()));
        server.apply(&pod("default", &format!("late-{}", names.len()), "10.9.9.9"))?;
        let Some(next) = page["metadata"]["continue"].as_str() else {
            break;
        };
        path = format!("/api/v1/pods?limit=500&continue={}", next.replace('=', "%3D"));
    }
    println!("listed in {:?}", began.elapsed());
    assert_eq!(names.len(), PODS as usize);
    assert!(names.iter().all(|name| name.starts_with("\"workload-")));
    Ok(())
}

#[test]
fn the_made_pods_are_pods() -> Result<()> {
    let server = plain()?;
    server.fill(Size::of_pods(50))?;
    let pods = server.list("pods");
    for made in &pods {
        let typed: k8s_openapi::api::core::v1::Pod = serde_json::from_value(made.clone())?;
        assert_eq!(typed.status.and_then(|status| status.phase).as_deref(), Some("Running"));
        assert_eq!(
            server
                .get(
                    "pods",
                    text(&made["metadata"]["namespace"]),
                    text(&made["metadata"]["name"])
                )
                .as_ref(),
            Some(made)
        );
    }
    let addresses: BTreeSet<_> = pods.iter().map(|pod| text(&pod["status"]["podIP"])).collect();
    assert_eq!((pods.len(), addresses.len()), (50, 50));
    Ok(())
}

#[test]
fn many_watches_each_hear_every_change() -> Result<()> {
    const WATCHES: usize = 40;
    const CHANGES: usize = 200;
    let server = plain()?;
    thread::scope(|scope| {
        let watch = || get(&server, "/api/v1/pods?watch=1&timeoutSeconds=4");
        let watches: Vec<_> = (0..WATCHES).map(|_| scope.spawn(watch)).collect();
        thread::sleep(Duration::from_millis(800));
        for number in 0..CHANGES {
            server.apply(&pod("default", &format!("pod-{number}"), "10.0.0.1"))?;
        }
        for watch in watches {
            let events = watch
                .join()
                .map_err(|_| anyhow::anyhow!("a watch panicked"))??
                .events()?;
            assert_eq!(events.len(), CHANGES);
        }
        Ok(())
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
