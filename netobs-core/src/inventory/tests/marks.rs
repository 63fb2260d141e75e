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

#[test]
fn the_surest_of_what_a_mark_is_told_by_stays() {
    let mut known = Marks::default();
    known.add(Mark::Dns, By::Port);
    known.add(Mark::Dns, By::Service);
    known.add(Mark::Dns, By::PodLabel);
    assert_eq!(known.get(Mark::Dns), Some(By::Service));
    assert!(!known.has(Mark::Probe));
}
