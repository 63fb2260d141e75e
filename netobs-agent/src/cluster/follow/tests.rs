//! One kind against a server that answers as it is told to: what comes out, and what was asked.
use std::time::Duration;

use netobs_core::change::{Key, Object};
use serde_json::{Value, json};
use tokio::{sync::mpsc, time::timeout};

use super::*;
use crate::cluster::{
    double::{Double, HASTE, Reply},
    standing::Watch,
};

mod faults;
mod lists;

/// Pods against a double, with the changes in words.
struct Scene {
    double: Double,
    board: Arc<Board>,
    changes: mpsc::Receiver<Heard>,
    following: tokio::task::JoinHandle<()>,
}

impl Scene {
    fn of(replies: Vec<Reply>) -> Self {
        Self::with_room(replies, 64)
    }

    fn with_room(replies: Vec<Reply>, room: usize) -> Self {
        let double = Double::about("/pods", replies);
        let board = Arc::new(Board::new(String::new()));
        let access = Arc::new(Access::given(double.client()));
        let (sender, changes) = mpsc::channel(room);
        let following = tokio::spawn(all(access, Arc::clone(&board), sender, HASTE));
        Self {
            double,
            board,
            changes,
            following,
        }
    }

    /// So many changes, each in a word.
    async fn next(&mut self, count: usize) -> Vec<String> {
        let mut words = Vec::new();
        while words.len() < count {
            match timeout(Duration::from_secs(10), self.changes.recv()).await {
                Ok(Some(heard)) => words.push(word(&heard.change)),
                end => panic!("after {words:?} came {end:?}, with {:?}", self.double.paths()),
            }
        }
        words
    }

    /// Waits for it to be so.
    async fn until(&self, so: impl Fn(&Watch) -> bool) -> Watch {
        for _ in 0..1_000 {
            if so(&self.pods()) {
                return self.pods();
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("it stays {:?}", self.pods());
    }

    fn pods(&self) -> Watch {
        let standing = self.board.standing();
        standing.watches.into_iter().find(|watch| watch.kind == "pods").unwrap()
    }
}

fn word(change: &Change) -> String {
    match change {
        Change::Applied(Object::Pod(pod)) => format!("+{}", pod.name),
        Change::Deleted(Key::Pod(uid)) => format!("-{}", uid.0),
        Change::RelistBegins(Kind::Pod) => "[".to_owned(),
        Change::RelistEnds(Kind::Pod) => "]".to_owned(),
        Change::Applied(_) | Change::Deleted(_) | Change::RelistBegins(_) | Change::RelistEnds(_) => {
            panic!("{change:?} is nothing of pods")
        }
    }
}

fn pod(name: &str, version: u32) -> Value {
    json!({"metadata": {"namespace": "shop", "name": name, "uid": name, "resourceVersion": version.to_string()},
           "spec": {"containers": []}, "status": {"phase": "Running"}})
}

fn broken_pod(name: &str, version: u32) -> Value {
    let mut pod = pod(name, version);
    pod["spec"]["hostNetwork"] = json!("perhaps");
    pod
}

fn added(pod: &Value) -> Value {
    json!({"type": "ADDED", "object": pod})
}

fn modified(pod: &Value) -> Value {
    json!({"type": "MODIFIED", "object": pod})
}

fn deleted(pod: &Value) -> Value {
    json!({"type": "DELETED", "object": pod})
}

fn bookmark(version: u32) -> Value {
    json!({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": version.to_string()}}})
}

fn all_told(version: u32) -> Value {
    json!({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": version.to_string(),
        "annotations": {"k8s.io/initial-events-end": "true"}}}})
}

fn refused(code: u16, reason: &str) -> Value {
    json!({"type": "ERROR", "object": {"kind": "Status", "code": code, "reason": reason, "message": reason}})
}

fn page(version: u32, next: Option<&str>, pods: &[Value]) -> Reply {
    let metadata = json!({"resourceVersion": version.to_string(), "continue": next.unwrap_or_default()});
    Reply::json(&json!({"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": pods}))
}
