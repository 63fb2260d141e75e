//! An application of three tiers that asks for names, is monitored, is probed, and talks to the outside.
use std::{net::IpAddr, sync::Arc, time::Duration};

use expect_test::{Expect, expect};
use netobs_core::{
    event::{Count, Protocol},
    generate::{Phase, Plan, Request, generate},
    inventory::{
        About, By, Edge, EdgeKey, Example, ExampleEnd, Listing, Mark, Marks, Place, Portrait, PortraitKey, SeenPod,
        Verdicts, Watched,
    },
    labels::Labels,
    policy::NamedPort,
    time::Timestamp,
    workload::{Workload, WorkloadKind},
};
use netobs_k8s::generated;

use super::{listed, read};

#[test]
fn the_whole_application() {
    check(
        &full(),
        &expect![[r#"
            # Network policies for namespace shop, from what was seen of it. Phase full: what was seen, and nothing else, passes.
            # Seen until 2026-03-01T10:01:58Z, watched for 7 days 1 hour: 15 edges.
            #
            # Not admitted, as it was dropped whenever it was seen (--include-dropped admits it):
            #   ingress: ops/shell to shop/db on 5432/TCP: 12 connections until 2026-03-01T09:56:40Z
            #
            # Not admitted, as it was seen once (--include-seen-once admits it):
            #   ingress: shop/migrate to shop/db on 5432/TCP: 1 connection until 2026-03-01T09:56:40Z
            #   egress: shop/migrate to shop/db on 5432/TCP: 1 connection until 2026-03-01T09:56:40Z
            #
            # Not admitted, as it is not known whose the address was:
            #   egress: shop/api to an unknown address on 9000/TCP: 3 connections until 2026-03-01T09:56:40Z
            #
            # Not admitted, as network policies cannot name the protocol; what enforces them decides:
            #   ingress: shop/frontend to shop/api over ICMP: 3 connections until 2026-03-01T09:56:40Z
            #   egress: shop/frontend to shop/api over ICMP: 3 connections until 2026-03-01T09:56:40Z
            #
            # Needs no rule, as a pod is always open to its own node and to itself:
            #   ingress: node node-1 to shop/api on 8080/TCP: 60000 connections until 2026-03-01T09:56:40Z
            #
            # Nothing passes that no other policy admits.
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: default-deny
              namespace: shop
            spec:
              podSelector: {}
              policyTypes: [Ingress, Egress]
            ---
            # Every pod may ask name servers; over TCP too, as answers too long for UDP are asked for again.
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: allow-dns
              namespace: shop
            spec:
              podSelector: {}
              policyTypes: [Egress]
              egress:
                # shop/frontend to kube-system/coredns on 53/UDP: 8000 connections until 2026-03-01T09:56:40Z
                # shop/api to kube-system/coredns on 53/UDP: 7000 connections until 2026-03-01T09:56:40Z
                - to:
                    - namespaceSelector:
                        matchLabels:
                          kubernetes.io/metadata.name: kube-system
                      podSelector:
                        matchLabels:
                          k8s-app: kube-dns
                  ports:
                    - port: 53
                      protocol: UDP
                    - port: 53
                      protocol: TCP
            ---
            # Monitoring may fetch metrics.
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: allow-monitoring
              namespace: shop
            spec:
              podSelector: {}
              policyTypes: [Ingress]
              ingress:
                # monitoring/prometheus to shop/api on 9090/TCP: 2880 connections until 2026-03-01T09:56:40Z
                # monitoring/prometheus to shop/db on 9187/TCP: 2880 connections until 2026-03-01T09:56:40Z
                - from:
                    - namespaceSelector:
                        matchLabels:
                          kubernetes.io/metadata.name: monitoring
                      podSelector:
                        matchLabels:
                          app.kubernetes.io/name: prometheus
                  ports:
                    - port: 9090
                      protocol: TCP
                    - port: 9187
                      protocol: TCP
            ---
            # Who talks to api, and whom api talks to.
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: allow-api
              namespace: shop
            spec:
              podSelector:
                matchLabels:
                  app: api
              policyTypes: [Ingress, Egress]
              ingress:
                # shop/frontend to shop/api on 8080/TCP: 90210 connections until 2026-03-01T09:56:40Z
                - from:
                    - podSelector:
                        matchLabels:
                          app: frontend
                  ports:
                    - port: http
                      protocol: TCP
              egress:
                # shop/api to shop/db on 5432/TCP: 4400 connections until 2026-03-01T09:56:40Z
                - to:
                    - podSelector:
                        matchLabels:
                          app: db
                  ports:
                    - port: postgres
                      protocol: TCP
                # shop/api to node node-1 (the Kubernetes API) on 6443/TCP: 31 connections until 2026-03-01T09:56:40Z
                - to:
                    - ipBlock:
                        cidr: 192.168.0.1/32
                  ports:
                    - port: 6443
                      protocol: TCP
                # shop/api to 203.0.113.7/32 on 443/TCP: 512 connections until 2026-03-01T09:56:40Z
                # shop/api to 198.51.100.0/24 on 443/TCP: 77 connections until 2026-03-01T09:56:40Z
                - to:
                    - ipBlock:
                        cidr: 198.51.100.0/24
                    - ipBlock:
                        cidr: 203.0.113.7/32
                  ports:
                    - port: 443
                      protocol: TCP
            ---
            # Who talks to db.
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: allow-db
              namespace: shop
            spec:
              podSelector:
                matchLabels:
                  app: db
              policyTypes: [Ingress]
              ingress:
                # shop/api to shop/db on 5432/TCP: 4400 connections until 2026-03-01T09:56:40Z
                - from:
                    - podSelector:
                        matchLabels:
                          app: api
                  ports:
                    - port: postgres
                      protocol: TCP
                # Seen once, and not admitted; take the marks away to admit it:
                # shop/migrate to shop/db on 5432/TCP: 1 connection until 2026-03-01T09:56:40Z
                # - from:
                #     - podSelector:
                #         matchLabels:
                #           app: migrate
                #   ports:
                #     - port: postgres
                #       protocol: TCP
            ---
            # Who talks to frontend, and whom frontend talks to.
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: allow-frontend
              namespace: shop
            spec:
              podSelector:
                matchLabels:
                  app: frontend
              policyTypes: [Ingress, Egress]
              ingress:
                # ingress-nginx/controller to shop/frontend on 8080/TCP: 120000 connections until 2026-03-01T09:56:40Z
                - from:
                    - namespaceSelector:
                        matchLabels:
                          kubernetes.io/metadata.name: ingress-nginx
                      podSelector:
                        matchLabels:
                          app.kubernetes.io/name: ingress-nginx
                  ports:
                    - port: http
                      protocol: TCP
              egress:
                # shop/frontend to shop/api on 8080/TCP: 90210 connections until 2026-03-01T09:56:40Z
                - to:
                    - podSelector:
                        matchLabels:
                          app: api
                  ports:
                    - port: http
                      protocol: TCP
            ---
            # Whom migrate talks to.
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: allow-migrate
              namespace: shop
            spec:
              podSelector:
                matchLabels:
                  app: migrate
              policyTypes: [Egress]
              egress: []
                # Seen once, and not admitted; take the marks here and the [] above away to admit it:
                # shop/migrate to shop/db on 5432/TCP: 1 connection until 2026-03-01T09:56:40Z
                # - to:
                #     - podSelector:
                #         matchLabels:
                #           app: db
                #   ports:
                #     - port: postgres
                #       protocol: TCP
        "#]],
    );
}

#[test]
fn name_resolution_alone_leaves_everything_else_open() {
    let request = Request {
        phase: Phase::Dns,
        ..full()
    };
    check(
        &request,
        &expect![[r#"
            # Network policies for namespace shop, from what was seen of it. Phase dns: name resolution is spelt out, everything else stays open.
            # Seen until 2026-03-01T10:01:58Z, watched for 7 days 1 hour: 15 edges.
            #
            # Every pod may ask name servers; over TCP too, as answers too long for UDP are asked for again.
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: allow-dns
              namespace: shop
            spec:
              podSelector: {}
              policyTypes: [Egress]
              egress:
                # shop/frontend to kube-system/coredns on 53/UDP: 8000 connections until 2026-03-01T09:56:40Z
                # shop/api to kube-system/coredns on 53/UDP: 7000 connections until 2026-03-01T09:56:40Z
                - to:
                    - namespaceSelector:
                        matchLabels:
                          kubernetes.io/metadata.name: kube-system
                      podSelector:
                        matchLabels:
                          k8s-app: kube-dns
                  ports:
                    - port: 53
                      protocol: UDP
                    - port: 53
                      protocol: TCP
                # Everything else stays open in this phase.
                - {}
        "#]],
    );
}

#[test]
fn the_baseline() {
    let request = Request {
        phase: Phase::Baseline,
        ..full()
    };
    check(
        &request,
        &expect![[r#"
        # Network policies for namespace shop, from what was seen of it. Phase baseline: name resolution, the namespace itself and monitoring; nothing else passes.
        # Seen until 2026-03-01T10:01:58Z, watched for 7 days 1 hour: 15 edges.
        #
        # Not admitted, as it was dropped whenever it was seen (--include-dropped admits it):
        #   ingress: ops/shell to shop/db on 5432/TCP: 12 connections until 2026-03-01T09:56:40Z
        #
        # Not admitted in this phase:
        #   ingress: ingress-nginx/controller to shop/frontend on 8080/TCP: 120000 connections until 2026-03-01T09:56:40Z
        #   egress: shop/api to node node-1 (the Kubernetes API) on 6443/TCP: 31 connections until 2026-03-01T09:56:40Z
        #   egress: shop/api to 198.51.100.0/24 on 443/TCP: 77 connections until 2026-03-01T09:56:40Z
        #   egress: shop/api to 203.0.113.7/32 on 443/TCP: 512 connections until 2026-03-01T09:56:40Z
        #   egress: shop/api to an unknown address on 9000/TCP: 3 connections until 2026-03-01T09:56:40Z
        #
        # Not admitted, as network policies cannot name the protocol; what enforces them decides:
        #   ingress: shop/frontend to shop/api over ICMP: 3 connections until 2026-03-01T09:56:40Z
        #   egress: shop/frontend to shop/api over ICMP: 3 connections until 2026-03-01T09:56:40Z
        #
        # Needs no rule, as a pod is always open to its own node and to itself:
        #   ingress: node node-1 to shop/api on 8080/TCP: 60000 connections until 2026-03-01T09:56:40Z
        #
        # Nothing passes that no other policy admits.
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: default-deny
          namespace: shop
        spec:
          podSelector: {}
          policyTypes: [Ingress, Egress]
        ---
        # Every pod may ask name servers; over TCP too, as answers too long for UDP are asked for again.
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: allow-dns
          namespace: shop
        spec:
          podSelector: {}
          policyTypes: [Egress]
          egress:
            # shop/frontend to kube-system/coredns on 53/UDP: 8000 connections until 2026-03-01T09:56:40Z
            # shop/api to kube-system/coredns on 53/UDP: 7000 connections until 2026-03-01T09:56:40Z
            - to:
                - namespaceSelector:
                    matchLabels:
                      kubernetes.io/metadata.name: kube-system
                  podSelector:
                    matchLabels:
                      k8s-app: kube-dns
              ports:
                - port: 53
                  protocol: UDP
                - port: 53
                  protocol: TCP
        ---
        # Pods of this namespace may talk to each other.
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: allow-same-namespace
          namespace: shop
        spec:
          podSelector: {}
          policyTypes: [Ingress, Egress]
          ingress:
            # shop/frontend to shop/api on 8080/TCP: 90210 connections until 2026-03-01T09:56:40Z
            # shop/api to shop/db on 5432/TCP: 4400 connections until 2026-03-01T09:56:40Z
            # shop/migrate to shop/db on 5432/TCP: 1 connection until 2026-03-01T09:56:40Z
            - from:
                - podSelector: {}
          egress:
            # shop/frontend to shop/api on 8080/TCP: 90210 connections until 2026-03-01T09:56:40Z
            # shop/api to shop/db on 5432/TCP: 4400 connections until 2026-03-01T09:56:40Z
            # shop/migrate to shop/db on 5432/TCP: 1 connection until 2026-03-01T09:56:40Z
            - to:
                - podSelector: {}
        ---
        # Monitoring may fetch metrics.
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata:
          name: allow-monitoring
          namespace: shop
        spec:
          podSelector: {}
          policyTypes: [Ingress]
          ingress:
            # monitoring/prometheus to shop/api on 9090/TCP: 2880 connections until 2026-03-01T09:56:40Z
            # monitoring/prometheus to shop/db on 9187/TCP: 2880 connections until 2026-03-01T09:56:40Z
            - from:
                - namespaceSelector:
                    matchLabels:
                      kubernetes.io/metadata.name: monitoring
                  podSelector:
                    matchLabels:
                      app.kubernetes.io/name: prometheus
              ports:
                - port: 9090
                  protocol: TCP
                - port: 9187
                  protocol: TCP
    "#]],
    );
}

#[test]
fn what_was_seen_once_or_dropped_when_that_is_asked_for() {
    let request = Request {
        seen_once: true,
        dropped: true,
        namespace_labels: vec!["team".into()],
        open_inside: true,
        ..full()
    };
    check(
        &request,
        &expect![[r#"
            # Network policies for namespace shop, from what was seen of it. Phase full: what was seen, and nothing else, passes.
            # Seen until 2026-03-01T10:01:58Z, watched for 7 days 1 hour: 15 edges.
            #
            # Not admitted, as it is not known whose the address was:
            #   egress: shop/api to an unknown address on 9000/TCP: 3 connections until 2026-03-01T09:56:40Z
            #
            # Not admitted, as network policies cannot name the protocol; what enforces them decides:
            #   ingress: shop/frontend to shop/api over ICMP: 3 connections until 2026-03-01T09:56:40Z
            #   egress: shop/frontend to shop/api over ICMP: 3 connections until 2026-03-01T09:56:40Z
            #
            # Needs no rule, as a pod is always open to its own node and to itself:
            #   ingress: node node-1 to shop/api on 8080/TCP: 60000 connections until 2026-03-01T09:56:40Z
            #
            # Nothing passes that no other policy admits.
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: default-deny
              namespace: shop
            spec:
              podSelector: {}
              policyTypes: [Ingress, Egress]
            ---
            # Every pod may ask name servers; over TCP too, as answers too long for UDP are asked for again.
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: allow-dns
              namespace: shop
            spec:
              podSelector: {}
              policyTypes: [Egress]
              egress:
                # shop/frontend to kube-system/coredns on 53/UDP: 8000 connections until 2026-03-01T09:56:40Z
                # shop/api to kube-system/coredns on 53/UDP: 7000 connections until 2026-03-01T09:56:40Z
                - to:
                    - namespaceSelector:
                        matchLabels:
                          team: kube-system
                      podSelector:
                        matchLabels:
                          k8s-app: kube-dns
                  ports:
                    - port: 53
                      protocol: UDP
                    - port: 53
                      protocol: TCP
            ---
            # Pods of this namespace may talk to each other.
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: allow-same-namespace
              namespace: shop
            spec:
              podSelector: {}
              policyTypes: [Ingress, Egress]
              ingress:
                # shop/frontend to shop/api on 8080/TCP: 90210 connections until 2026-03-01T09:56:40Z
                # shop/api to shop/db on 5432/TCP: 4400 connections until 2026-03-01T09:56:40Z
                # shop/migrate to shop/db on 5432/TCP: 1 connection until 2026-03-01T09:56:40Z
                - from:
                    - podSelector: {}
              egress:
                # shop/frontend to shop/api on 8080/TCP: 90210 connections until 2026-03-01T09:56:40Z
                # shop/api to shop/db on 5432/TCP: 4400 connections until 2026-03-01T09:56:40Z
                # shop/migrate to shop/db on 5432/TCP: 1 connection until 2026-03-01T09:56:40Z
                - to:
                    - podSelector: {}
            ---
            # Monitoring may fetch metrics.
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: allow-monitoring
              namespace: shop
            spec:
              podSelector: {}
              policyTypes: [Ingress]
              ingress:
                # monitoring/prometheus to shop/api on 9090/TCP: 2880 connections until 2026-03-01T09:56:40Z
                # monitoring/prometheus to shop/db on 9187/TCP: 2880 connections until 2026-03-01T09:56:40Z
                - from:
                    - namespaceSelector:
                        matchLabels:
                          team: monitoring
                      podSelector:
                        matchLabels:
                          app.kubernetes.io/name: prometheus
                  ports:
                    - port: 9090
                      protocol: TCP
                    - port: 9187
                      protocol: TCP
            ---
            # Whom api talks to.
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: allow-api
              namespace: shop
            spec:
              podSelector:
                matchLabels:
                  app: api
              policyTypes: [Egress]
              egress:
                # shop/api to node node-1 (the Kubernetes API) on 6443/TCP: 31 connections until 2026-03-01T09:56:40Z
                - to:
                    - ipBlock:
                        cidr: 192.168.0.1/32
                  ports:
                    - port: 6443
                      protocol: TCP
                # shop/api to 203.0.113.7/32 on 443/TCP: 512 connections until 2026-03-01T09:56:40Z
                # shop/api to 198.51.100.0/24 on 443/TCP: 77 connections until 2026-03-01T09:56:40Z
                - to:
                    - ipBlock:
                        cidr: 198.51.100.0/24
                    - ipBlock:
                        cidr: 203.0.113.7/32
                  ports:
                    - port: 443
                      protocol: TCP
            ---
            # Who talks to db.
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: allow-db
              namespace: shop
            spec:
              podSelector:
                matchLabels:
                  app: db
              policyTypes: [Ingress]
              ingress:
                # ops/shell to shop/db on 5432/TCP: 12 connections until 2026-03-01T09:56:40Z
                - from:
                    - namespaceSelector:
                        matchLabels:
                          team: ops
                      podSelector:
                        matchLabels:
                          run: shell
                  ports:
                    - port: postgres
                      protocol: TCP
            ---
            # Who talks to frontend.
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata:
              name: allow-frontend
              namespace: shop
            spec:
              podSelector:
                matchLabels:
                  app: frontend
              policyTypes: [Ingress]
              ingress:
                # ingress-nginx/controller to shop/frontend on 8080/TCP: 120000 connections until 2026-03-01T09:56:40Z
                - from:
                    - namespaceSelector:
                        matchLabels:
                          team: ingress-nginx
                      podSelector:
                        matchLabels:
                          app.kubernetes.io/name: ingress-nginx
                  ports:
                    - port: http
                      protocol: TCP
        "#]],
    );
}

fn check(request: &Request, expected: &Expect) {
    let listing = application();
    let plan = generate(&listing, request);
    let text = generated::yaml(&plan, &listing);
    expected.assert_eq(&text);
    assert_eq!(listed(&read(&text)), sorted(&plan));
}

fn sorted(plan: &Plan) -> Vec<netobs_core::policy::Policy> {
    listed(&plan.policy_set())
}

fn full() -> Request {
    Request {
        namespace: "shop".into(),
        phase: Phase::Full,
        since: None,
        seen_once: false,
        dropped: false,
        open_inside: false,
        namespace_labels: Vec::new(),
    }
}

fn application() -> Listing {
    let mut edges = vec![
        edge("ingress-nginx/controller", "shop/frontend", tcp(8080), 120_000, &[]),
        edge("shop/frontend", "shop/api", tcp(8080), 90_210, &[]),
        edge("shop/api", "shop/db", tcp(5432), 4_400, &[]),
        edge("shop/api", "203.0.113.7/32", tcp(443), 512, &[]),
        edge("shop/api", "198.51.100.0/24", tcp(443), 77, &[]),
        edge("shop/api", "node-1", tcp(6443), 31, &[(Mark::ApiServer, By::Service)]),
        edge(
            "shop/frontend",
            "kube-system/coredns",
            udp(53),
            8_000,
            &[(Mark::Dns, By::Service)],
        ),
        edge(
            "shop/api",
            "kube-system/coredns",
            udp(53),
            7_000,
            &[(Mark::Dns, By::Service)],
        ),
        edge(
            "monitoring/prometheus",
            "shop/api",
            tcp(9090),
            2_880,
            &[(Mark::Monitoring, By::PodLabel)],
        ),
        edge(
            "monitoring/prometheus",
            "shop/db",
            tcp(9187),
            2_880,
            &[(Mark::Monitoring, By::PodLabel)],
        ),
        edge("node-1", "shop/api", tcp(8080), 60_000, &[(Mark::Probe, By::OwnNode)]),
        edge("shop/migrate", "shop/db", tcp(5432), 1, &[]),
        edge("ops/shell", "shop/db", tcp(5432), 12, &[]),
        edge("shop/api", "?", tcp(9000), 3, &[]),
        edge("shop/frontend", "shop/api", (Protocol::Icmp, None), 3, &[]),
    ];
    for edge in &mut edges {
        if edge.key.source == place("ops/shell") {
            edge.verdicts = Verdicts {
                dropped: 12,
                ..Verdicts::default()
            };
        }
    }
    edges.sort_by(|left, right| left.key.cmp(&right.key));
    let mut portraits = vec![
        portrait(
            "ingress-nginx/controller",
            "app.kubernetes.io/name=ingress-nginx,app.kubernetes.io/component=controller",
            &[],
        ),
        portrait("shop/frontend", "app=frontend,pod-template-hash=7c9", &[("http", 8080)]),
        portrait(
            "shop/api",
            "app=api,version=v12,pod-template-hash=5d8",
            &[("http", 8080), ("metrics", 9090)],
        ),
        portrait(
            "shop/db",
            "app=db,statefulset.kubernetes.io/pod-name=db-0",
            &[("postgres", 5432), ("metrics", 9187)],
        ),
        portrait("shop/migrate", "job-name=migrate-12,app=migrate", &[]),
        portrait("kube-system/coredns", "k8s-app=kube-dns,pod-template-hash=1", &[]),
        portrait("monitoring/prometheus", "app.kubernetes.io/name=prometheus", &[]),
        portrait("ops/shell", "run=shell", &[]),
    ];
    portraits.sort_by(|left, right| left.key.cmp(&right.key));
    Listing {
        about: About {
            node_name: "node-1".to_owned(),
            at: Timestamp::from_secs(1_772_359_318),
            watched: Watched {
                since: Timestamp::from_secs(1_771_750_000),
                length: Duration::from_secs(7 * 86_400 + 3_600),
            },
            ..About::default()
        },
        edges,
        portraits,
    }
}

type PortOf = (Protocol, Option<u16>);

const fn tcp(port: u16) -> PortOf {
    (Protocol::Tcp, Some(port))
}

const fn udp(port: u16) -> PortOf {
    (Protocol::Udp, Some(port))
}

fn edge(source: &str, destination: &str, (protocol, port): PortOf, connections: u64, marks: &[(Mark, By)]) -> Edge {
    let mut all = Marks::default();
    for (mark, by) in marks {
        all.add(*mark, *by);
    }
    let last = Timestamp::from_secs(1_772_359_000);
    let example = Example {
        source: end(source, 0),
        destination: end(destination, 1),
        at: last,
    };
    Edge {
        key: Arc::new(EdgeKey {
            source: place(source),
            destination: place(destination),
            protocol,
            port,
        }),
        service: None,
        first: Timestamp::from_secs(1_771_750_000),
        last,
        watched: Watched::default(),
        connections,
        sent: Count::default(),
        replied: Count::default(),
        verdicts: Verdicts {
            forwarded: connections,
            ..Verdicts::default()
        },
        dropped: Count::default(),
        cause: None,
        marks: all,
        examples: [example].into_iter().collect(),
    }
}

fn end(text: &str, number: u8) -> ExampleEnd {
    let (address, name) = match place(text) {
        Place::Workload { workload, .. } => (
            IpAddr::from([10, 244, number, 9]),
            Some(format!("{}-{number}", workload.name)),
        ),
        Place::Node(node) => (IpAddr::from([192, 168, 0, 1]), Some(node.to_string())),
        Place::World(block) => (block.network(), None),
        Place::Service(_) | Place::Unknown => (IpAddr::from([10, 9, 9, 9]), None),
    };
    ExampleEnd {
        address,
        name: name.as_deref().map(Into::into),
    }
}

fn place(text: &str) -> Place {
    if text == "?" {
        return Place::Unknown;
    }
    if let Ok(block) = text.parse() {
        return Place::World(block);
    }
    match text.split_once('/') {
        Some((namespace, name)) => Place::Workload {
            namespace: namespace.into(),
            workload: workload(name),
        },
        None => Place::Node(text.into()),
    }
}

fn workload(name: &str) -> Workload {
    Workload {
        kind: match name {
            "db" => WorkloadKind::StatefulSet,
            "migrate" => WorkloadKind::Job,
            _ => WorkloadKind::Deployment,
        },
        name: name.into(),
    }
}

fn portrait(name: &str, labels: &str, ports: &[(&str, u16)]) -> Portrait {
    let (namespace, name) = name.split_once('/').unwrap();
    let named = |(name, port): &(&str, u16)| NamedPort {
        name: (*name).into(),
        protocol: Protocol::Tcp,
        port: *port,
    };
    let pod = |number: u8| SeenPod {
        name: format!("{name}-{number}").as_str().into(),
        addresses: [IpAddr::from([10, 244, number, 9])].into(),
        node: Some(format!("node-{number}").as_str().into()),
    };
    let labels = Labels::of(labels.split(',').filter_map(|pair| pair.split_once('=')));
    Portrait {
        key: PortraitKey {
            namespace: namespace.into(),
            workload: workload(name),
        },
        labels,
        namespace_labels: Some(Labels::of([
            ("kubernetes.io/metadata.name", namespace),
            ("team", namespace),
        ])),
        ports: ports.iter().map(named).collect(),
        last: Timestamp::from_secs(1_772_359_000),
        pods: [pod(0), pod(1)].into(),
    }
}
