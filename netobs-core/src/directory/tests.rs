//! Whose address it was, through everything that can happen to pods and their addresses.
use super::*;
use crate::{
    change::{Backend, EndpointSlice, Phase, ServiceKind, SlicePort},
    fixtures::{applied, at, deleted, ip, namespace, node, pod, service},
};

const GRACE: Duration = Duration::from_secs(300);

struct Told(Directory);

impl Told {
    fn of(changes: impl IntoIterator<Item = (u64, Change)>) -> Self {
        let mut directory = Directory::new(GRACE);
        for (secs, change) in changes {
            directory.apply(&change, at(secs));
        }
        Self(directory)
    }

    fn then(mut self, secs: u64, change: &Change) -> Self {
        self.0.apply(change, at(secs));
        self
    }

    fn owner(&self, address: &str, secs: u64) -> String {
        self.owner_behind(address, secs, None)
    }

    fn owner_behind(&self, address: &str, secs: u64, interface: Option<u32>) -> String {
        name(&self.0.owner(Question {
            address: ip(address),
            port: 80,
            protocol: Protocol::Tcp,
            during: Interval::at(at(secs)),
            interface: interface.map(Ifindex),
        }))
    }
}

fn name(owner: &Owner) -> String {
    match owner {
        Owner::Pod { pod, namespace } => {
            let known = if namespace.is_some() { "" } else { "?" };
            format!("{}{known}/{}", pod.namespace, pod.name)
        }
        Owner::Node { name, .. } => format!("node {name}"),
        Owner::Service(service) => format!("service {}", service.name.name),
        Owner::World { service: None } => "world".into(),
        Owner::World { service: Some(service) } => format!("world behind {}", service.name.name),
        Owner::Unknown(Doubt::Former(pod)) => format!("formerly {}", pod.name),
        Owner::Unknown(doubt) => format!("{doubt:?}"),
    }
}

fn started(secs: u64, mut pod: Pod) -> Change {
    pod.started = Some(at(secs));
    applied(pod)
}

const A: &str = "10.244.0.5";

#[test]
fn a_pod_is_found_by_each_of_its_addresses() {
    let told = Told::of([
        (0, namespace("shop", "")),
        (0, applied(pod("shop/web-0", "10.244.0.5,fd00::5", ""))),
    ]);
    assert_eq!(
        [told.owner(A, 1), told.owner("fd00::5", 1)],
        ["shop/web-0", "shop/web-0"]
    );
}

#[test]
fn a_pod_may_come_before_its_namespace() {
    let told = Told::of([(0, applied(pod("shop/web-0", A, "")))]);
    assert_eq!(told.owner(A, 1), "shop?/web-0");
    assert_eq!(told.then(2, &namespace("shop", "")).owner(A, 3), "shop/web-0");
}

#[test]
fn a_deleted_pod_answers_for_its_time_until_grace_is_over() {
    let mut told = Told::of([(0, applied(pod("shop/web-0", A, ""))), (10, deleted("web-0"))]);
    assert_eq!(told.owner(A, 9), "shop?/web-0");
    assert_eq!(told.owner(A, 11), "formerly web-0");
    told.0.expire(at(311));
    assert_eq!(told.owner(A, 9), "Unlisted");
    assert_eq!(told.0.pod_count(), 0);
}

#[test]
fn an_address_that_two_pods_held_is_given_to_each_in_its_time_only() {
    let told = Told::of([
        (0, started(0, pod("shop/web-0", A, ""))),
        (10, deleted("web-0")),
        (14, started(12, pod("evil/job-0", A, ""))),
    ]);
    let owners = [5, 10, 11, 12, 20].map(|secs| told.owner(A, secs));
    assert_eq!(
        owners,
        [
            "shop?/web-0",
            "shop?/web-0",
            "formerly web-0",
            "evil?/job-0",
            "evil?/job-0"
        ]
    );
}

#[test]
fn where_two_pods_can_have_had_an_address_neither_gets_it() {
    let told = Told::of([
        (0, started(0, pod("shop/web-0", A, ""))),
        (12, started(8, pod("evil/job-0", A, ""))),
    ]);
    assert_eq!(told.owner(A, 7), "shop?/web-0");
    assert_eq!(told.owner(A, 9), "Several");
    let told = told.then(13, &deleted("web-0"));
    assert_eq!(told.owner(A, 9), "Several");
    assert_eq!(told.owner(A, 14), "evil?/job-0");
}

#[test]
fn a_later_interface_with_the_same_address_is_not_the_pod_we_know() {
    let mut told = Told::of([(0, applied(pod("shop/web-0", A, "")))]);
    told.0.seen_at(ip(A), &PodUid("web-0".into()), Ifindex(7));
    assert_eq!(told.owner_behind(A, 5, Some(7)), "shop?/web-0");
    assert_eq!(told.owner_behind(A, 5, Some(9)), "formerly web-0");
    let told = told.then(6, &started(4, pod("evil/job-0", A, "")));
    assert_eq!(told.owner_behind(A, 5, Some(9)), "evil?/job-0");
    assert_eq!(told.owner_behind(A, 5, Some(7)), "shop?/web-0");
}

#[test]
fn a_pod_whose_sandbox_was_made_anew_is_known_at_its_new_interface() {
    let mut told = Told::of([(0, applied(pod("shop/web-0", A, "")))]);
    told.0.seen_at(ip(A), &PodUid("web-0".into()), Ifindex(7));
    let told = told.then(5, &applied(pod("shop/web-0", A, "restarted=true")));
    assert_eq!(told.owner_behind(A, 6, Some(9)), "shop?/web-0");
}

#[test]
fn a_finished_pod_still_shows_its_address_and_does_not_hold_it() {
    let mut done = pod("shop/job-0", A, "");
    done.phase = Phase::Succeeded;
    let told = Told::of([
        (0, started(0, pod("shop/job-0", A, ""))),
        (10, applied(done)),
        (20, started(18, pod("shop/web-0", A, ""))),
    ]);
    assert_eq!(
        [5, 11, 20].map(|secs| told.owner(A, secs)),
        ["shop?/job-0", "formerly job-0", "shop?/web-0"]
    );
}

#[test]
fn a_pod_on_the_network_of_its_host_is_the_node() {
    let mut proxy = pod("kube-system/proxy-0", "192.168.0.9", "");
    proxy.host_network = true;
    let told = Told::of([(0, applied(proxy))]);
    assert_eq!(told.owner("192.168.0.9", 1), "node node-1");
    assert_eq!(told.then(2, &deleted("proxy-0")).owner("192.168.0.9", 3), "Unlisted");
}

#[test]
fn a_pod_that_changes_its_address_leaves_the_old_one() {
    let told = Told::of([
        (0, applied(pod("shop/web-0", A, ""))),
        (10, applied(pod("shop/web-0", "10.244.0.6", ""))),
    ]);
    assert_eq!(told.owner(A, 11), "formerly web-0");
    assert_eq!(told.owner("10.244.0.6", 11), "shop?/web-0");
}

#[test]
fn a_packet_meets_the_labels_of_its_time() {
    let told = Told::of([
        (0, applied(pod("shop/web-0", A, "env=prod"))),
        (10, applied(pod("shop/web-0", A, "env=test"))),
    ]);
    let seen = [9, 10].map(|secs| {
        let owner = told.0.owner(Question {
            address: ip(A),
            port: 80,
            protocol: Protocol::Tcp,
            during: Interval::at(at(secs)),
            interface: None,
        });
        match owner {
            Owner::Pod { pod, .. } => pod.labels.to_string(),
            Owner::Node { .. } | Owner::Service(_) | Owner::World { .. } | Owner::Unknown(_) => name(&owner),
        }
    });
    assert_eq!(seen, ["env=prod", "env=test"]);
}

#[test]
fn what_a_new_list_does_not_name_is_gone_and_may_return() {
    let told = Told::of([
        (0, applied(pod("shop/web-0", A, ""))),
        (5, Change::RelistBegins(Kind::Pod)),
        (5, applied(pod("shop/web-1", "10.244.0.6", ""))),
        (6, Change::RelistEnds(Kind::Pod)),
    ]);
    assert_eq!(told.owner(A, 7), "formerly web-0");
    assert_eq!(told.owner("10.244.0.6", 7), "shop?/web-1");
    let told = told.then(8, &applied(pod("shop/web-0", A, "")));
    assert_eq!(told.owner(A, 9), "shop?/web-0");
    assert_eq!(told.0.pod_count(), 2);
}

#[test]
fn a_deletion_may_come_before_its_pod() {
    let told = Told::of([(5, deleted("web-0")), (6, started(0, pod("shop/web-0", A, "")))]);
    assert_eq!(told.owner(A, 4), "shop?/web-0");
    assert_eq!(told.owner(A, 7), "formerly web-0");
    assert_eq!(told.0.pod_count(), 0);
}

#[test]
fn services_and_nodes_have_addresses_too() {
    let mut balanced = service("shop/front", "10.96.0.2,203.0.113.7", 80);
    balanced.kind = ServiceKind::LoadBalancer;
    let headless = service("shop/db", "", 5432);
    let told = Told::of([balanced, headless].map(|service| (0, Change::Applied(Object::Service(Arc::new(service))))))
        .then(0, &node("node-1", "192.168.0.9"))
        .then(0, &Change::RelistEnds(Kind::Pod));
    let owners = ["10.96.0.2", "203.0.113.7", "192.168.0.9", "198.51.100.1", "10.244.0.77"];
    assert_eq!(
        owners.map(|address| told.owner(address, 1)),
        ["service front", "service front", "node node-1", "world", "Unheard"]
    );
}

#[test]
fn of_services_that_share_an_address_the_one_with_the_port_is_meant() {
    let services = [("shop/a", 443), ("shop/b", 80)].map(|(name, port)| service(name, "203.0.113.7", port));
    let told = Told::of(services.map(|service| (0, Change::Applied(Object::Service(Arc::new(service))))));
    assert_eq!(told.owner("203.0.113.7", 1), "service b");
}

#[test]
fn an_endpoint_outside_the_cluster_belongs_to_its_service() {
    let slice = EndpointSlice {
        name: Scoped {
            namespace: "shop".into(),
            name: "bank-1".into(),
        },
        service: Some("bank".into()),
        ports: [SlicePort {
            name: None,
            port: Some(80),
            protocol: Protocol::Tcp,
        }]
        .into(),
        backends: [Backend {
            addresses: [ip("198.51.100.1")].into(),
            pod: None,
        }]
        .into(),
    };
    let bank = service("shop/bank", "10.96.0.3", 80);
    let told = Told::of([
        (0, Change::Applied(Object::EndpointSlice(Arc::new(slice)))),
        (0, Change::Applied(Object::Service(Arc::new(bank.clone())))),
        (0, Change::RelistEnds(Kind::Pod)),
    ]);
    assert_eq!(told.owner("198.51.100.1", 1), "world behind bank");
    assert!(told.0.has_backend(&bank.name, ip("198.51.100.1"), 80, Protocol::Tcp));
    let slice = Key::EndpointSlice(Scoped {
        namespace: "shop".into(),
        name: "bank-1".into(),
    });
    assert_eq!(told.then(2, &Change::Deleted(slice)).owner("198.51.100.1", 3), "world");
}

#[test]
fn an_address_among_those_of_pods_is_nobodys_once_it_was_met_long_enough() {
    let mut told = Told::of([
        (0, applied(pod("shop/web-0", A, ""))),
        (0, Change::RelistEnds(Kind::Pod)),
    ]);
    told.0.meet_stranger(ip("10.244.0.9"), at(10));
    assert_eq!(told.owner("10.244.0.9", 11), "Unheard");
    assert_eq!(told.owner("10.244.0.9", 70), "world");
    assert_eq!(told.owner("10.245.0.9", 11), "world");
}

#[test]
fn more_pods_gone_than_can_be_kept_are_forgotten_early_and_counted() {
    let mut told = Told::of([(0, applied(pod("shop/first-0", A, ""))), (1, deleted("first-0"))]);
    for index in 0..GONE_KEPT {
        told = told.then(2, &deleted(&format!("unknown-{index}")));
    }
    assert_eq!(told.0.forgotten_early(), 1);
    assert!(told.0.pods.remembered().0 <= GONE_KEPT);
}

#[test]
fn what_comes_by_an_interface_that_leads_to_no_pod_may_be_anybodys() {
    let mut told = Told::of([
        (0, applied(pod("shop/web-0", A, ""))),
        (0, Change::RelistEnds(Kind::Pod)),
    ]);
    let outside = "203.0.113.7";
    assert_eq!(told.owner_behind(outside, 1, Some(2)), "Unheard");
    told.0.learn_interface(Ifindex(2), false);
    assert_eq!(told.owner_behind(outside, 1, Some(2)), "world");
    told.0.seen_at(ip(A), &PodUid("web-0".into()), Ifindex(2));
    assert_eq!(told.owner_behind(A, 1, Some(3)), "shop?/web-0", "it is not only there");
    told.0.learn_interface(Ifindex(2), true);
    assert_eq!(told.owner_behind(outside, 1, Some(2)), "Unheard");
}
