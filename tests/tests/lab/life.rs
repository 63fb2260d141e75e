//! Nodes and pods come and go.

use anyhow::Result;
use netobs_tests::node::Node;
use std::time::Instant;

#[test]
fn three_hundred_pods_are_there_within_a_minute() -> Result<()> {
    for node in [Node::routed()?, Node::bridged()?] {
        let names: Vec<String> = (0..300).map(|n| format!("pod-{n}")).collect();
        let start = Instant::now();
        let pods = node.pods(&names.iter().map(String::as_str).collect::<Vec<_>>())?;
        println!("{:?}: 300 pods in {:?}", node.network(), start.elapsed());
        assert!(start.elapsed().as_secs() < 60);
        let deletion = Instant::now();
        node.delete_pods(pods)?;
        println!("deleted in {:?}", deletion.elapsed());
    }
    Ok(())
}
