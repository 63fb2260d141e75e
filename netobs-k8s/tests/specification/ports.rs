//! Which ports a rule admits.
use netobs_core::{
    event::Protocol,
    policy::Outcome::{Admits, DoesNotAdmit},
};

use crate::cluster::{API, DB, WEB, WORLD, ask, cluster, outcome, tcp};

#[test]
fn ports_are_of_tcp_unless_they_say_otherwise_and_end_port_is_included() {
    let spec = "{podSelector: {}, ingress: [{ports: [{port: 80}, {port: 9000, endPort: 9010}, {protocol: UDP, port: 53}, \
                {protocol: SCTP}]}]}";
    for (port, protocol, expected) in [
        (80, Protocol::Tcp, Admits),
        (81, Protocol::Tcp, DoesNotAdmit),
        (80, Protocol::Udp, DoesNotAdmit),
        (8_999, Protocol::Tcp, DoesNotAdmit),
        (9_000, Protocol::Tcp, Admits),
        (9_010, Protocol::Tcp, Admits),
        (9_011, Protocol::Tcp, DoesNotAdmit),
        (53, Protocol::Udp, Admits),
        (53, Protocol::Tcp, DoesNotAdmit),
        (1, Protocol::Sctp, Admits),
        (65_535, Protocol::Sctp, Admits),
    ] {
        assert_eq!(
            ask(&cluster(&[spec]), API, WEB, port, protocol),
            expected,
            "{port} {protocol:?}"
        );
    }
}

#[test]
fn a_port_without_number_means_all_ports_of_its_protocol() {
    let all_tcp = "{podSelector: {}, ingress: [{ports: [{protocol: TCP}]}]}";
    assert_eq!(tcp(all_tcp, 1), Admits);
    assert_eq!(ask(&cluster(&[all_tcp]), API, WEB, 1, Protocol::Udp), DoesNotAdmit);
}

#[test]
fn named_ports_are_those_of_the_destination_pod() {
    let named = |name: &str| format!("{{podSelector: {{}}, ingress: [{{ports: [{{port: {name}}}]}}]}}");
    assert_eq!(tcp(&named("http"), 8_080), Admits);
    assert_eq!(tcp(&named("http"), 80), DoesNotAdmit);
    assert_eq!(tcp(&named("metrics"), 9_090), Admits);
    assert_eq!(tcp(&named("gone"), 7_070), DoesNotAdmit);
    assert_eq!(tcp(&named("dns"), 5_353), DoesNotAdmit);
    assert_eq!(
        tcp(
            "{podSelector: {}, ingress: [{ports: [{port: dns, protocol: UDP}]}]}",
            5_353
        ),
        DoesNotAdmit
    );
    let udp = cluster(&["{podSelector: {}, ingress: [{ports: [{port: dns, protocol: UDP}]}]}"]);
    assert_eq!(ask(&udp, API, WEB, 5_353, Protocol::Udp), Admits);
    let egress = "{podSelector: {matchLabels: {app: db}}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}";
    assert_eq!(outcome(egress, DB, WEB), Admits);
    assert_eq!(outcome(egress, DB, API), DoesNotAdmit);
    assert_eq!(outcome(egress, DB, WORLD), DoesNotAdmit);
}
