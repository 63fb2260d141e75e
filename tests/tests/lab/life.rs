//! Nodes and pods come and go.

use anyhow::Result;
use netobs_tests::node::{Family, Node};
use netobs_tests::pod::Pod;
use netobs_tests::traffic::tcp;
use netobs_tests::truth::InterfaceStats;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn three_hundred_pods_are_there_within_a_minute_and_gone_in_no_time() -> Result<()> {
    for node in [Node::routed()?, Node::bridged()?] {
        let names: Vec<String> = (0..300).map(|n| format!("pod-{n}")).collect();
        let start = Instant::now();
        let pods = node.pods(&names.iter().map(String::as_str).collect::<Vec<_>>())?;
        let made = start.elapsed();
        let last = pods.last().unwrap();
        tcp::exchange(&pods[0], last, last.socket_address(Family::V6, 80), 1000, 1000)?;
        let start = Instant::now();
        node.delete_pods(pods)?;
        println!(
            "{:?}: 300 pods made in {made:?}, deleted in {:?}",
            node.network(),
            start.elapsed()
        );
        assert!(made < Duration::from_secs(60));
    }
    Ok(())
}

#[test]
fn a_deleted_pod_has_no_interface_on_the_node_and_its_neighbour_is_unharmed() -> Result<()> {
    for node in [Node::routed()?, Node::bridged()?] {
        let (a, b, gone) = (node.pod("a")?, node.pod("b")?, node.pod("gone")?);
        let interface = gone.host_interface().to_owned();
        assert_eq!(node.interface_index(&interface)?, gone.host_ifindex());
        gone.delete()?;
        assert!(node.interface_index(&interface).is_err());
        tcp::exchange(&a, &b, b.socket_address(Family::V4, 80), 1000, 1000)?;
        let successor = node.pod("successor")?;
        assert_ne!(successor.host_interface(), interface);
    }
    Ok(())
}

#[test]
fn a_node_and_its_pods_send_nothing_unasked() -> Result<()> {
    for node in [Node::routed()?, Node::bridged()?] {
        let pods = node.pods(&["a", "b", "c"])?;
        let read = || {
            pods.iter()
                .map(|pod| InterfaceStats::read(&node, pod.host_interface()))
                .collect::<Result<Vec<_>>>()
        };
        let before = read()?;
        thread::sleep(Duration::from_secs(3));
        assert_eq!(read()?, before, "{:?}", node.network());
    }
    Ok(())
}

#[test]
fn nothing_is_left_of_a_dropped_node() -> Result<()> {
    let node = Node::bridged()?;
    let pods: Vec<Pod> = node.pods(&["a", "b", "c"])?;
    let inodes = [
        node.inode()?,
        node.outside().inode()?,
        pods[0].inode()?,
        pods[1].inode()?,
        pods[2].inode()?,
    ];
    for inode in inodes {
        assert!(!holders(inode).is_empty(), "the search must find what is there");
    }
    drop((node, pods));
    for inode in inodes {
        assert_eq!(holders(inode), [] as [PathBuf; 0]);
    }
    Ok(())
}

#[test]
fn two_nodes_share_no_addresses() -> Result<()> {
    let (one, other) = (Node::routed()?, Node::routed()?);
    let (a, b) = (one.pod("a")?, other.pod("a")?);
    assert_ne!(a.addresses().v4, b.addresses().v4);
    assert_ne!(a.addresses().v6, b.addresses().v6);
    assert_ne!(one.addresses().v4, other.addresses().v4);
    Ok(())
}

/// All descriptors, threads and mounts of this machine that keep a network namespace alive.
fn holders(inode: u64) -> Vec<PathBuf> {
    let name = format!("net:[{inode}]");
    let entries = |folder: PathBuf| {
        fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
    };
    let processes = entries("/proc".into()).filter(|path| path.join("task").exists());
    let held = |process: &PathBuf| {
        let threads = entries(process.join("task")).map(|thread| thread.join("ns/net"));
        threads.chain(entries(process.join("fd"))).collect::<Vec<_>>()
    };
    let links = processes.flat_map(|process| held(&process));
    links
        .filter(|link| fs::read_link(link).is_ok_and(|target| target.to_string_lossy() == name))
        .collect()
}
