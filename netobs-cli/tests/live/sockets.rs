//! Agents of this machine, by their socket.
use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, net::UnixListener},
};

use super::{
    agent::{Agent, Script},
    messages::status,
    program::{Folder, Running, command_of_nobody, netobs},
};

fn mode(path: &std::path::Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn an_agent_is_asked_over_its_socket() {
    let folder = Folder::new("asked");
    let path = folder.path().join("netobs.sock");
    let script = Script {
        status: status("node-a", true),
        ..Script::default()
    };
    let _agent = Agent::on_socket(&path, script);
    let path = path.to_str().unwrap();
    for server in [path.to_owned(), format!("unix://{path}")] {
        assert!(netobs(&["status", "--server", &server]).succeeded().contains("node-a"));
    }
}

#[test]
fn a_socket_that_is_not_there_is_told_with_where_agents_run() {
    let folder = Folder::new("absent");
    let path = folder.path().join("netobs.sock");
    let ran = netobs(&["causes", "--server", path.to_str().unwrap()]);
    ran.failed(
        3,
        &[
            "does not exist",
            "is the agent running on this node?",
            "kubectl get pods",
        ],
    );
}

#[test]
fn a_socket_that_was_left_behind_is_told_apart() {
    let folder = Folder::new("stale");
    let path = folder.path().join("netobs.sock");
    drop(UnixListener::bind(&path).unwrap());
    netobs(&["causes", "--server", path.to_str().unwrap()]).failed(3, &["nobody listens on", "has ended"]);
}

#[test]
fn a_file_is_no_socket() {
    let folder = Folder::new("file");
    let path = folder.path().join("netobs.sock");
    fs::write(&path, "").unwrap();
    netobs(&["causes", "--server", path.to_str().unwrap()]).failed(2, &["is not a socket", "--socket"]);
}

#[test]
fn who_may_not_use_the_socket_is_told_who_may() {
    let folder = Folder::new("denied");
    mode(folder.path(), 0o755);
    let path = folder.path().join("netobs.sock");
    let _agent = Agent::on_socket(&path, Script::default());
    mode(&path, 0o400);
    let ran = Running::start(command_of_nobody(&["causes", "--server", path.to_str().unwrap()])).end();
    ran.failed(3, &["permission denied", "belongs to ", "mode 0400", "--socket-group"]);
    mode(folder.path(), 0o000);
    let ran = Running::start(command_of_nobody(&["causes", "--server", path.to_str().unwrap()])).end();
    ran.failed(3, &["permission denied", "folder"]);
    mode(folder.path(), 0o700);
}
