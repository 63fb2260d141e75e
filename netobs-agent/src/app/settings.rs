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

/// `None` where no cluster is to be looked for.
pub(super) fn cluster(args: &Args) -> Option<cluster::Settings> {
    let cluster = &args.cluster;
    (!cluster.no_cluster).then(|| cluster::Settings {
        kubeconfig: cluster.kubeconfig.clone(),
        context: cluster.context.clone(),
        node_name: cluster.node_name.clone(),
        events: !cluster.no_events,
    })
}

pub(super) fn serve(args: &Args) -> serve::Settings {
    let serve = &args.serve;
    let tls = serve.tls_cert.clone().zip(serve.tls_key.clone());
    serve::Settings {
        socket: serve.socket.0.clone(),
        socket_group: serve.socket_group.clone(),
        listen: serve.listen.iter().filter_map(|address| address.0).collect(),
        tls: tls.map(|(cert, key)| serve::Tls {
            cert,
            key,
            client_ca: serve.client_ca.clone(),
        }),
        http: serve.http.0,
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
