//! What the command line means to each room and to the engine.
use std::time::Duration;

use netobs_core::{engine::Limits, flow, inventory::Extent};

use crate::{
    args::Args,
    cluster,
    kernel::{Sizes, give_up_rights},
    serve, store,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

pub(super) const fn sizes(args: &Args) -> Sizes {
    /// Entries for floods, of which there are never many at once.
    const MERGED: u32 = 1024;
    Sizes {
        tap_v4: args.connections,
        tap_v6: args.connections_v6,
        drop_v4: args.drops,
        drop_v6: args.drops_v6,
        merged: MERGED,
        ring: args.ring,
    }
}

pub(super) fn limits(args: &Args) -> Limits {
    let flows = flow::Limits {
        flows: args.flows as usize,
        update_every: Duration::from_secs(args.update_every),
        ..flow::Limits::default()
    };
    Limits {
        flows,
        // All that one look can have to tell.
        outputs: flows.flows.saturating_add(flows.backlog),
        lag: Duration::from_secs(args.cluster.lag),
        inventory: Extent {
            edges: args.inventory.inventory_edges as usize,
            age: DAY.saturating_mul(args.inventory.inventory_days),
        },
        ..Limits::default()
    }
}

/// `None` where no cluster is to be looked for. `node_name` is that of the node we are on, given or found out.
pub(super) fn cluster(args: &Args, node_name: &str) -> Option<cluster::Settings> {
    let cluster = &args.cluster;
    (!cluster.no_cluster).then(|| cluster::Settings {
        kubeconfig: cluster.kubeconfig.clone(),
        context: cluster.context.clone(),
        node_name: node_name.to_owned(),
        events: !cluster.no_events,
    })
}

pub(super) fn serve(args: &Args) -> serve::Settings {
    let serve = &args.serve;
    let tls = serve.tls_cert.clone().zip(serve.tls_key.clone());
    let listen = serve.listen.iter().filter_map(|address| address.0);
    let (plain, listen): (Vec<_>, Vec<_>) = listen.partition(|address| address.is_plain);
    serve::Settings {
        socket: serve.socket.0.clone(),
        socket_group: serve.socket_group.clone(),
        listen: listen.iter().map(|address| address.at).collect(),
        plain: plain.iter().map(|address| address.at).collect(),
        tls: tls.map(|(cert, key)| serve::Tls {
            cert,
            key,
            client_ca: serve.client_ca.clone(),
        }),
        http: serve.http.0.map(|address| address.at),
        most_subscribers: serve.most_subscribers as usize,
    }
}

/// `None` where the inventory is kept in memory alone.
pub(super) fn store(args: &Args) -> Option<store::Settings> {
    let inventory = &args.inventory;
    inventory.state_dir.as_ref().map(|dir| store::Settings {
        dir: dir.clone(),
        edges: inventory.inventory_edges as usize,
        begin: give_up_rights,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use netobs_core::time::Timestamp;

    use super::{super::snapshot::Identity, *};

    #[test]
    fn the_cluster_is_told_the_nodes_name_given_or_found_out() {
        for (given, expected) in [(Some("node-a"), "node-a".to_owned()), (None, hostname())] {
            let mut args = Args::parse_from(["netobs-agent"]);
            args.cluster.node_name = given.map(str::to_owned);
            let identity = Identity::new(given, Timestamp::default());
            let settings = cluster(&args, &identity.node_name).unwrap();
            assert_eq!(settings.node_name, expected);
        }
    }

    fn hostname() -> String {
        let said = std::process::Command::new("uname").arg("-n").output().unwrap();
        String::from_utf8(said.stdout).unwrap().trim().to_owned()
    }
}
