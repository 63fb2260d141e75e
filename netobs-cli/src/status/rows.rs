//! One row an agent.
use netobs_api::v1::{ClusterStatus, FlowStatus, GetStatusResponse, KernelStatus, NamedCount, ServingStatus};

use crate::show::{Cell, Colour, Table, View, age, clean};

const COLUMNS: [(&str, usize); 12] = [
    ("NODE", 0),
    ("READY", 0),
    ("UP", 0),
    ("VERSION", 0),
    ("KERNEL", 0),
    ("TAPS", 0),
    ("PODS", 0),
    ("HEARD", 0),
    ("FLOWS", 0),
    ("LOST", 0),
    ("CAUSES", 0),
    ("SUBSCRIBERS", 0),
];

pub(super) fn table(statuses: &[GetStatusResponse], view: &View) -> String {
    let rows: Vec<_> = statuses.iter().map(row).collect();
    Table::new(&COLUMNS, view.paint).whole(&rows)
}

/// All that was lost anywhere since the start.
pub(super) fn lost(status: &GetStatusResponse) -> u64 {
    let sum = |counts: &[NamedCount]| -> u64 { counts.iter().map(|count| count.count).sum() };
    let kernel = status.kernel.as_ref().map_or(0, |kernel| sum(&kernel.losses));
    let flows = status.flows.as_ref().map_or(0, |flows| sum(&flows.lost));
    kernel + flows
}

fn row(status: &GetStatusResponse) -> Vec<Cell> {
    let lost = lost(status);
    let ready = if status.ready {
        Cell::of(Colour::Green, "yes")
    } else {
        Cell::of(Colour::Red, "no")
    };
    let flows = status.flows.as_ref();
    let dash = || "-".to_owned();
    vec![
        clean(&status.node_name).into(),
        ready,
        age(status.now_unix_nanos, status.started_unix_nanos).into(),
        clean(&status.version).into(),
        clean(&status.kernel_release).into(),
        status.kernel.as_ref().map_or_else(dash, taps).into(),
        status.cluster.as_ref().map_or_else(dash, pods).into(),
        status
            .cluster
            .as_ref()
            .map_or_else(dash, |cluster| heard(cluster, status.now_unix_nanos))
            .into(),
        flows.map_or_else(dash, |flows| flows.told.to_string()).into(),
        Cell::of(if lost > 0 { Colour::Yellow } else { Colour::Plain }, lost.to_string()),
        flows.map_or_else(dash, causes).into(),
        status.serving.as_ref().map_or_else(dash, subscribers).into(),
    ]
}

fn taps(kernel: &KernelStatus) -> String {
    format!("{} by {}", kernel.interfaces, clean(&kernel.attach_by))
}

fn pods(cluster: &ClusterStatus) -> String {
    let pods = cluster.watches.iter().find(|watch| watch.kind == "pods");
    pods.map_or_else(|| "-".to_owned(), |pods| pods.objects.to_string())
}

/// Of the kind that was not heard of for the longest.
fn heard(cluster: &ClusterStatus, now: i64) -> String {
    if !cluster.configured {
        return "no cluster".to_owned();
    }
    let watched = cluster.watches.iter().filter(|watch| !watch.forbidden);
    match watched.map(|watch| watch.heard_unix_nanos).min() {
        Some(Some(oldest)) => format!("{} ago", age(now, oldest)),
        Some(None) => "not all".to_owned(),
        None => "-".to_owned(),
    }
}

fn causes(flows: &FlowStatus) -> String {
    format!("{} ({} active)", flows.causes, flows.active_causes)
}

fn subscribers(serving: &ServingStatus) -> String {
    format!("{}/{}", serving.subscribers, serving.most_subscribers)
}
