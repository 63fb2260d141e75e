//! `deploy/Dockerfile` makes the same image with a container engine, which no test has: what can be said of it without one.

use std::fs;
use std::path::Path;

use clap::Parser as _;

use super::programs::names;
use crate::{Command, portable, run};

/// Where the layer is unpacked, as the file's own steps have it.
const UNPACKED: &str = "/root-of-image";

/// Instructions and their arguments, of each stage, with continued lines as one.
fn stages() -> Vec<Vec<(String, String)>> {
    let text = fs::read_to_string(run::root().join("deploy/Dockerfile")).unwrap();
    let text = text.replace("\\\n", "");
    let mut stages = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (instruction, arguments) = line.split_once(' ').unwrap();
        if instruction == "FROM" {
            stages.push(Vec::new());
        }
        let stage: &mut Vec<_> = stages.last_mut().unwrap();
        stage.push((instruction.to_owned(), arguments.to_owned()));
    }
    stages
}

fn of<'a>(stage: &'a [(String, String)], instruction: &str) -> Vec<&'a str> {
    let all = stage.iter().filter(|(one, _)| one == instruction);
    all.map(|(_, arguments)| arguments.as_str()).collect()
}

#[test]
fn it_is_built_where_no_path_in_the_programs_can_be_taken_for_that_place() {
    let stages = stages();
    let [place] = of(&stages[0], "WORKDIR")[..] else {
        panic!("one folder")
    };
    for told in [
        format!("{}/netobs-agent/src/app.rs", portable::OWN),
        format!(
            "{}/registry/src/index.crates.io-1949cf8c6b5b557f/clap-4.5.0/src/lib.rs",
            portable::CARGO
        ),
        format!(
            "{}/target/portable/build/netobs-agent-0123456789abcdef/out/contract.rs",
            portable::OWN
        ),
        "/rustc/0123456789abcdef/library/std/src/sys/fs/unix.rs".to_owned(),
        "/usr/share/netobs /run/netobs/netobs.sock /var/lib/netobs /etc/netobs".to_owned(),
    ] {
        assert!(!names(told.as_bytes(), Path::new(place)), "{place} is in {told}");
    }
}

#[test]
fn it_copies_what_is_there_and_runs_a_command_that_there_is() {
    let stages = stages();
    assert_eq!(stages.len(), 2, "{stages:?}");
    let copied = [". .".to_owned(), format!("--from=build {UNPACKED}/ /")];
    for (stage, copied) in stages.iter().zip(copied) {
        assert_eq!(of(stage, "COPY"), [copied]);
    }
    let toolchain = of(&stages[0], "FROM")[0];
    let wanted = format!("rust:{}-", env!("CARGO_PKG_RUST_VERSION"));
    assert!(
        toolchain.starts_with(&wanted) && toolchain.ends_with(" AS build"),
        "{toolchain}"
    );
    let steps = of(&stages[0], "RUN");
    let words: Vec<_> = steps[0].strip_prefix("cargo ").unwrap().split(' ').collect();
    let Ok(Command::Image(options)) = Command::try_parse_from(words) else {
        panic!("{steps:?}")
    };
    let output = options.output.to_str().unwrap();
    assert!(
        steps[1].contains(&format!("--file {output} ")) && steps[1].ends_with(UNPACKED),
        "{steps:?}"
    );
}

#[test]
fn what_it_starts_is_where_the_image_has_it() {
    let stages = stages();
    let agent = format!("[\"/{}\"]", super::contents::AGENT.trim_start_matches('/'));
    assert_eq!(of(&stages[1], "ENTRYPOINT"), [agent]);
    assert_eq!(of(&stages[1], "ENV"), [format!("PATH={}", super::contents::PATH)]);
}

#[test]
fn what_the_image_is_made_of_is_not_left_out() {
    let ignored = fs::read_to_string(run::root().join("deploy/Dockerfile.dockerignore")).unwrap();
    let ignored: Vec<_> = ignored.lines().filter(|line| !line.starts_with('#')).collect();
    for needed in [
        ".cargo",
        ".git",
        "Cargo.lock",
        "Cargo.toml",
        "xtask",
        "netobs-agent",
        "netobs-ebpf",
    ] {
        assert!(!ignored.contains(&needed), "{needed} is not copied");
        // A checkout made by `git worktree`, or an archive of the sources, has no such folder.
        assert!(
            needed == ".git" || run::root().join(needed).exists(),
            "{needed} is not there"
        );
    }
}
