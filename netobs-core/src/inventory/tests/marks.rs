//! What is recognised, by what, and what is not.
use super::*;

const WEB: &str = "10.244.0.10";
const NODE: &str = "192.168.0.1";

/// What the first flow told to a scene is recognised as.
fn marks(set: impl FnOnce(&mut Scene), told: Flow) -> Vec<(Mark, By)> {
    let mut scene = Scene::default();
    set(&mut scene);
    scene.tell(told);
    let edge = scene.inventory.edges().next().unwrap();
    edge.marks.iter().collect()
}

fn name_server(scene: &mut Scene) {
    let pod = labelled(
        "kube-system/coredns-0",
        "10.244.0.53",
        "k8s-app=kube-dns",
        &[("metrics", 9153)],
    );
    let mut own = service("kube-system/kube-dns", "10.96.0.10", 53);
    own.ports[0].protocol = Protocol::Udp;
    scene.hear(&applied(pod)).serve(own, 53, &["coredns-0"]);
}

#[test]
fn questions_to_name_servers_are_told_by_service_label_address_and_port() {
    let ask = |to| udp(flow(1, WEB, to, 53, 1));
    assert_eq!(marks(name_server, ask("10.96.0.10")), [(Mark::Dns, By::Service)]);
    assert_eq!(marks(name_server, ask("10.244.0.53")), [(Mark::Dns, By::PodLabel)]);
    assert_eq!(marks(name_server, ask("169.254.20.10")), [(Mark::Dns, By::Address)]);
    assert_eq!(marks(name_server, ask("203.0.113.53")), [(Mark::Dns, By::Port)]);
}

#[test]
fn a_name_servers_metrics_are_no_questions_for_names() {
    assert_eq!(marks(name_server, flow(1, WEB, "10.244.0.53", 9153, 1)), []);
}

#[test]
fn a_monitoring_system_is_told_by_its_labels_or_by_namespace_and_port() {
    let scrape = |labels: &'static str| {
        move |scene: &mut Scene| {
            scene
                .hear(&applied(labelled("monitoring/prom-0", "10.244.0.60", labels, &[])))
                .hear(&applied(labelled(
                    "shop/api-0",
                    "10.244.0.61",
                    "",
                    &[("http-metrics", 9090), ("http", 8080)],
                )));
        }
    };
    let told = |port| flow(1, "10.244.0.60", "10.244.0.61", port, 1);
    let labels = "app.kubernetes.io/name=prometheus";
    assert_eq!(marks(scrape(labels), told(8080)), [(Mark::Monitoring, By::PodLabel)]);
    assert_eq!(
        marks(scrape("app=grafana"), told(9090)),
        [(Mark::Monitoring, By::NamespaceAndPort)]
    );
    assert_eq!(marks(scrape("app=grafana"), told(8080)), []);
}

fn api_server(scene: &mut Scene) {
    scene.serve(service("default/kubernetes", "10.96.0.1", 443), 6443, &["192.168.0.1"]);
}

#[test]
fn questions_to_the_api_server_are_told_by_its_service_and_by_what_is_behind_it() {
    assert_eq!(
        marks(api_server, flow(1, WEB, "10.96.0.1", 443, 1)),
        [(Mark::ApiServer, By::Service)]
    );
    assert_eq!(
        marks(api_server, flow(1, WEB, NODE, 6443, 1)),
        [(Mark::ApiServer, By::Address)]
    );
    assert_eq!(marks(api_server, flow(1, WEB, NODE, 9100, 1)), []);
}

#[test]
fn what_the_api_server_asks_a_pod_is_a_webhook_and_what_the_own_node_asks_a_probe() {
    let elsewhere = |scene: &mut Scene| {
        api_server(scene);
        let there = Pod {
            node: Some("node-2".into()),
            ..pod("shop/hook-0", "10.244.2.1", "")
        };
        scene.hear(&applied(there));
    };
    assert_eq!(
        marks(elsewhere, flow(1, NODE, "10.244.2.1", 8443, 1)),
        [(Mark::Webhook, By::Address)]
    );
    let probe = flow(1, NODE, WEB, 8080, 1);
    assert_eq!(marks(|_| (), probe.clone()), [(Mark::Probe, By::OwnNode)]);
    // On the API server's own node either may be meant.
    assert_eq!(
        marks(api_server, probe),
        [(Mark::Webhook, By::Address), (Mark::Probe, By::OwnNode)]
    );
}

/// The edge of a probe and of a connection to the same workload on another node, told in this order.
fn probe_and_other(order: [&Flow; 2]) -> Scene {
    let there = Pod {
        node: Some("node-2".into()),
        ..pod("shop/db-2", "10.244.2.1", "app=db")
    };
    let mut scene = Scene::default();
    scene.hear(&applied(there));
    for told in order {
        scene.tell(told.clone());
    }
    scene
}

#[test]
fn what_comes_from_the_own_node_is_neither_mark_nor_example_beside_what_goes_to_other_nodes() {
    let probe = flow(1, NODE, "10.244.0.11", 8080, 1);
    let other = flow(2, NODE, "10.244.2.1", 8080, 9);
    let shown = |edge: &Edge| {
        let to = |example: &Example| example.destination.name.clone().unwrap();
        (
            edge.marks.has(Mark::Probe),
            edge.examples.iter().map(to).collect::<Vec<_>>(),
        )
    };
    let crossing = (false, vec!["db-2".into()]);
    for order in [[&probe, &other], [&other, &probe]] {
        let scene = probe_and_other(order);
        let edges: Vec<_> = scene.inventory.edges().collect();
        assert_eq!(edges.len(), 1);
        assert_eq!((shown(edges[0]), edges[0].connections), (crossing.clone(), 2));
    }
    let alone = |told| Edge::clone(probe_and_other([told, told]).inventory.edges().next().unwrap());
    let (probed, crossed) = (alone(&probe), alone(&other));
    assert_eq!(shown(&probed), (true, vec!["db-0".into()]));
    for (one, another) in [(&probed, &crossed), (&crossed, &probed)] {
        let mut joined = one.clone();
        joined.join_with_another_agent(another);
        assert_eq!(shown(&joined), crossing);
    }
}

#[test]
fn what_asks_a_service_from_a_node_is_no_probe() {
    let service = |scene: &mut Scene| {
        scene.serve(service("shop/db", "10.96.0.7", 5432), 5432, &["db-0", "db-1"]);
    };
    assert_eq!(marks(service, flow(1, NODE, "10.96.0.7", 5432, 1)), []);
}

#[test]
fn the_surest_of_what_a_mark_is_told_by_stays() {
    let mut known = Marks::default();
    known.add(Mark::Dns, By::Port);
    known.add(Mark::Dns, By::Service);
    known.add(Mark::Dns, By::PodLabel);
    assert_eq!(known.get(Mark::Dns), Some(By::Service));
    assert!(!known.has(Mark::Probe));
}
