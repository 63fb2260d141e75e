//! `pods/exec` over WebSocket, in the protocols `v5.channel.k8s.io` and `v4.channel.k8s.io`.

use super::answer::Body;
use super::call::{Call, Objects};
use super::object::Key;
use super::refusal::Refusal;
use super::socket::{self, Socket, frame};
use super::store::Store;
use crate::netns::Netns;
use anyhow::{Context as _, Result};
use futures::SinkExt as _;
use hyper::body::Incoming;
use hyper::{Request, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::{Mutex, PoisonError};
use tokio_tungstenite::tungstenite::protocol::Message;

const PROTOCOLS: [&str; 2] = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const STATUS: u8 = 3;

/// What processes of a pod can do: where they are, and the folder with their programs.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    pub(crate) network: Netns,
    pub(crate) programs: PathBuf,
}

/// Other pods are there without any program in them.
#[derive(Debug, Default)]
pub(crate) struct Rooms(Mutex<BTreeMap<Key, Room>>);

impl Rooms {
    pub(crate) fn set(&self, pod: Key, room: Room) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(pod, room);
    }

    fn of(&self, pod: &Key) -> Option<Room> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(pod).cloned()
    }
}

/// Answers 101, runs the command to its end, and tells what it wrote and how it ended.
pub(crate) fn begin(
    store: &Store,
    rooms: &Rooms,
    call: &Call,
    objects: &Objects,
    request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    let name = objects.name.as_deref().unwrap_or_default();
    let pod = objects.key(name);
    if !socket::is_running(store, objects, &pod)? {
        return Err(Refusal::bad_request(format!(
            "cannot exec into a container in a pod that is not running; current phase of pod {name} is another"
        )));
    }
    let container = call.query.get("container").unwrap_or_default();
    let stored = store.read().found(objects.id, &pod)?.value(&objects.kind);
    let mut containers = stored["spec"]["containers"].as_array().into_iter().flatten();
    if !containers.any(|one| one["name"] == container) {
        return Err(Refusal::bad_request(format!(
            "container {container} is not valid for pod {name}"
        )));
    }
    let command: Vec<String> = call.query.all("command").into_iter().map(ToOwned::to_owned).collect();
    if command.is_empty() {
        return Err(Refusal::bad_request(
            "you must specify at least one command for the container",
        ));
    }
    let response = socket::switch(&request, &PROTOCOLS)?;
    let room = rooms.of(&pod);
    tokio::spawn(async move {
        if let Ok(socket) = socket::opened(request).await {
            // The client notices that the connection ended, and that is all there is to tell.
            let _ = carry(socket, command, room).await;
        }
    });
    Ok(response)
}

async fn carry(mut socket: Socket, command: Vec<String>, room: Option<Room>) -> Result<()> {
    let ran = tokio::task::spawn_blocking(move || run(&command, room)).await??;
    let status = match ran {
        Ok(output) => {
            for (channel, bytes) in [(STDOUT, &output.stdout), (STDERR, &output.stderr)] {
                if !bytes.is_empty() {
                    socket.send(Message::Binary(frame(channel, bytes))).await?;
                }
            }
            ended(&output)
        }
        Err(program) => not_there(&program),
    };
    socket
        .send(Message::Binary(frame(STATUS, status.to_string().as_bytes())))
        .await?;
    socket.close(None).await?;
    Ok(())
}

/// Its output, or the name of the program that is not there.
fn run(command: &[String], room: Option<Room>) -> Result<Result<Output, String>> {
    let (program, arguments) = command.split_first().context("a command")?;
    let Some(room) = room else {
        return Ok(Err(program.clone()));
    };
    let mut command = room.network.command(program)?;
    command
        .args(arguments)
        .env_clear()
        .env("PATH", &room.programs)
        .stdin(Stdio::null());
    match command.output() {
        Ok(output) => Ok(Ok(output)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Err(program.clone())),
        Err(error) => Err(error).with_context(|| format!("run {program}")),
    }
}

fn ended(output: &Output) -> Value {
    match output.status.code() {
        Some(0) => json!({"metadata": {}, "status": "Success"}),
        code => {
            let code = code.unwrap_or(137);
            json!({
                "metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
                "message": format!("command terminated with non-zero exit code: exit status {code}"),
                "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]},
            })
        }
    }
}

/// As the kubelet tells what the container runtime said.
fn not_there(program: &str) -> Value {
    let message = format!(
        "error executing command in container: failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: \
         unable to start container process: exec: {program:?}: executable file not found in $PATH: unknown"
    );
    json!({
        "metadata": {}, "status": "Failure", "reason": "InternalError", "code": 500,
        "message": format!("Internal error occurred: {message}"),
        "details": {"causes": [{"message": message}]},
    })
}
