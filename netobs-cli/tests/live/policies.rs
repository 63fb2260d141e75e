//! `netobs preview` and `netobs generate` of what an agent saw.
use std::{fs, path::Path};

use netobs_api::v1::GetInventoryResponse;
use tonic::Status;

use super::{
    agent::{Agent, Script},
    program::netobs,
};

const INVENTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/inventories/shop.json");

fn agent() -> Agent {
    let file = fs::read_to_string(Path::new(INVENTORY)).unwrap();
    let inventory: Vec<GetInventoryResponse> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    Agent::start(Script {
        inventory,
        ..Script::default()
    })
}

#[test]
fn policies_are_generated_from_what_an_agent_saw_as_from_its_file() {
    let agent = agent();
    let live = netobs(&["generate", "-n", "shop", "--server", &agent.server()]);
    let file = netobs(&["generate", "-n", "shop", "--inventory", INVENTORY]);
    assert_eq!(live.succeeded(), file.succeeded());
    // What else labels would select is known only where everything is.
    assert!(agent.asked().inventories[0].namespaces.is_empty());
}

#[test]
fn a_preview_asks_an_agent_for_the_namespaces_it_is_about() {
    let agent = agent();
    let server = agent.server();
    let policies = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clusters/shop.yaml");
    let live = netobs(&[
        "preview",
        "-f",
        policies,
        "--current",
        "none",
        "-n",
        "shop,ops",
        "-o",
        "table",
        "--server",
        &server,
    ]);
    let file = netobs(&[
        "preview",
        "-f",
        policies,
        "-n",
        "shop,ops",
        "-o",
        "table",
        "--inventory",
        INVENTORY,
        "--current",
        "none",
    ]);
    assert_eq!(live.succeeded(), file.succeeded());
    assert_eq!(agent.asked().inventories[0].namespaces, ["shop", "ops"]);
}

#[test]
fn half_an_answer_is_none() {
    let agent = Agent::start(Script {
        refusal: Some(Status::unavailable("the inventory is being read")),
        ..Script::default()
    });
    netobs(&["generate", "-n", "shop", "--server", &agent.server()]).failed(3, &["the inventory is being read"]);
    let broken = Agent::start(Script {
        end: Some(Status::unavailable("going away")),
        ..Script::default()
    });
    netobs(&["generate", "-n", "shop", "--server", &broken.server()]).failed(3, &["going away"]);
}
