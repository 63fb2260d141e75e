//! Programs under test: what they say, how they end, what they use.

use anyhow::Result;
use netobs_tests::foreign::{Cgroup, Fate};
use netobs_tests::netns::Netns;
use netobs_tests::process::{Agent, Capability, keep_capabilities};
use std::process::Command;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);

fn shell(netns: &Netns, script: &str) -> Result<Command> {
    let mut command = netns.command("sh")?;
    command.args(["-c", script]);
    Ok(command)
}

#[test]
fn lines_are_heard_as_they_come_and_the_rest_at_the_end() -> Result<()> {
    let netns = Netns::create("alone")?;
    let script = r#"trap 'echo "{\"n\":3}"; echo "bye" >&2; exit 4' TERM
        echo '{"n":1}'; echo nonsense; sleep 0.2; echo '{"n":2}'; echo ready >&2; while :; do sleep 0.01; done"#;
    let agent = Agent::start(&mut shell(&netns, script)?)?;
    assert_eq!(agent.wait_for(PATIENCE, |line| line["n"] == 2)?["n"], 2);
    assert_eq!(
        agent.wait_until(PATIENCE, |lines| (lines.len() == 2).then_some(lines.len()))?,
        2
    );
    agent.wait_for_error(PATIENCE, "ready")?;
    let usage = agent.usage()?;
    assert!(
        usage.rss_bytes > 0 && usage.descriptors >= 3 && usage.threads == 1,
        "{usage:?}"
    );
    let ended = agent.stop(PATIENCE)?;
    assert_eq!(ended.status.code(), Some(4));
    assert_eq!(
        ended.lines.iter().map(|line| line["n"].clone()).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(ended.stderr, "ready\nbye\nnot JSON: nonsense");
    Ok(())
}

#[test]
fn what_is_never_said_is_an_error_that_shows_what_was() -> Result<()> {
    let netns = Netns::create("alone")?;
    let agent = Agent::start(&mut shell(&netns, r#"echo '{"n":1}'; echo because >&2"#)?)?;
    let error = agent.wait_for(PATIENCE, |line| line["n"] == 2).unwrap_err().to_string();
    assert!(
        error.contains("the program has ended") && error.contains(r#"{"n":1}"#),
        "{error}"
    );
    assert!(agent.wait_for_end(PATIENCE)?.status.success());
    Ok(())
}

#[test]
fn a_program_runs_inside_its_namespace() -> Result<()> {
    let netns = Netns::create("alone")?;
    let seen = netns.output("readlink", &["/proc/self/ns/net"], "")?;
    assert_eq!(seen.trim(), format!("net:[{}]", netns.inode()?));
    let here = std::fs::read_link("/proc/thread-self/ns/net")?;
    assert_ne!(seen.trim(), here.to_string_lossy(), "the caller stays where it is");
    Ok(())
}

#[test]
fn a_program_has_only_the_capabilities_it_was_left() -> Result<()> {
    let netns = Netns::create("alone")?;
    let mut command = shell(
        &netns,
        r#"echo "{\"cap\":\"$(sed -n 's/CapEff:.//p' /proc/self/status)\"}""#,
    )?;
    keep_capabilities(
        &mut command,
        &[Capability::NetAdmin, Capability::Perfmon, Capability::Bpf],
    );
    let ended = Agent::start(&mut command)?.wait_for_end(PATIENCE)?;
    assert_eq!(
        ended.lines[0]["cap"],
        format!("{:016x}", 1_u64 << 12 | 1 << 38 | 1 << 39)
    );
    Ok(())
}

#[test]
fn a_program_can_be_a_member_of_a_cgroup() -> Result<()> {
    let netns = Netns::create("alone")?;
    let cgroup = Cgroup::with_egress_program(Fate::Next)?;
    let mut command = shell(
        &netns,
        r#"echo "{\"cgroup\":\"$(sed -n 's/^0:://p' /proc/self/cgroup)\"}""#,
    )?;
    cgroup.adopt(&mut command)?;
    let ended = Agent::start(&mut command)?.wait_for_end(PATIENCE)?;
    let own = ended.lines[0]["cgroup"].as_str().unwrap();
    assert!(own.contains("netobs-lab-"), "{own}");
    Ok(())
}

#[test]
fn a_dropped_handle_leaves_no_process() -> Result<()> {
    let netns = Netns::create("alone")?;
    let process = netns.spawn(netns.command("sleep")?.arg("60"))?;
    let folder = format!("/proc/{}", process.pid());
    assert!(std::path::Path::new(&folder).exists());
    drop(process);
    assert!(!std::path::Path::new(&folder).exists());
    Ok(())
}
