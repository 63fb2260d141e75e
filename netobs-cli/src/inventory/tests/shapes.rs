//! A shop of three tiers, with what every cluster has around it.
use expect_test::{expect, expect_file};

use super::*;

#[test]
fn a_table_says_who_calls_the_namespace_and_whom_it_calls() {
    expect![[r#"
        who calls shop
        FROM                   TO                   PORT      CONNECTIONS  VERDICT                          LAST                 WATCHED  WHAT
        ops-utils/backup       shop/db              5432/TCP  312          dropped                          11:59:02             2 d      namespace ops-utils has no label env

        whom shop calls
        FROM                   TO                   PORT      CONNECTIONS  VERDICT                          LAST                 WATCHED  WHAT
        shop/frontend          mesh/tracer          4317/TCP  96           unanswered                       11:59:57             10 min   -

        within shop
        FROM                   TO                   PORT      CONNECTIONS  VERDICT                          LAST                 WATCHED  WHAT
        shop/api               shop/db              5432/TCP  8120         forwarded                        11:59:55             7 d      -
        shop/frontend          shop/api             8080/TCP  1204331      2 unanswered, 1204329 forwarded  11:59:55             7 d      -

        from outside to shop
        FROM                   TO                   PORT      CONNECTIONS  VERDICT                          LAST                 WATCHED  WHAT
        world 203.0.113.0/24   shop/frontend        8443/TCP  90211        forwarded                        11:59:55             7 d      -

        from shop to the outside
        FROM                   TO                   PORT      CONNECTIONS  VERDICT                          LAST                 WATCHED  WHAT
        shop/api               world 198.51.100.10  443/TCP   604          forwarded                        11:59:55             7 d      -
        shop/frontend          world 192.0.2.0/24   80/TCP    1            forwarded                        2026-11-17 12:00:00  3 d      seen-once

        what every cluster has
        FROM                   TO                   PORT      CONNECTIONS  VERDICT                          LAST                 WATCHED  WHAT
        monitoring/prometheus  shop/api             9090/TCP  20160        forwarded                        11:59:55             7 d      monitoring
        monitoring/prometheus  shop/db              9187/TCP  20160        forwarded                        11:59:55             7 d      monitoring
        shop/api               kube-system/coredns  53/UDP    16240        forwarded                        11:59:55             7 d      dns
        shop/api               node node-a          6443/TCP  41           forwarded                        11:59:55             7 d      api-server
        shop/frontend          kube-system/coredns  53/UDP    24310        forwarded                        11:59:55             7 d      dns
        node node-a            shop/frontend        8080/TCP  60480        forwarded                        11:59:55             7 d      probe

        13 edges, 1 seen once only, 1 with drops, 1 unanswered; watched for 7 d since 2026-11-13 12:00:00, on node-a, node-b
    "#]].assert_eq(&shown(Shape::Table, &["shop"]));
}

#[test]
fn without_a_namespace_a_table_goes_from_namespace_to_namespace() {
    expect![[r#"
        from namespace to namespace
        FROM                   TO                   PORT      CONNECTIONS  VERDICT                          LAST                 WATCHED  WHAT
        ops-utils/backup       shop/db              5432/TCP  312          dropped                          11:59:02             2 d      namespace ops-utils has no label env
        shop/frontend          mesh/tracer          4317/TCP  96           unanswered                       11:59:57             10 min   -

        within namespaces
        FROM                   TO                   PORT      CONNECTIONS  VERDICT                          LAST                 WATCHED  WHAT
        shop/api               shop/db              5432/TCP  8120         forwarded                        11:59:55             7 d      -
        shop/frontend          shop/api             8080/TCP  1204331      2 unanswered, 1204329 forwarded  11:59:55             7 d      -

        from outside
        FROM                   TO                   PORT      CONNECTIONS  VERDICT                          LAST                 WATCHED  WHAT
        world 203.0.113.0/24   shop/frontend        8443/TCP  90211        forwarded                        11:59:55             7 d      -

        to the outside
        FROM                   TO                   PORT      CONNECTIONS  VERDICT                          LAST                 WATCHED  WHAT
        shop/api               world 198.51.100.10  443/TCP   604          forwarded                        11:59:55             7 d      -
        shop/frontend          world 192.0.2.0/24   80/TCP    1            forwarded                        2026-11-17 12:00:00  3 d      seen-once

        what every cluster has
        FROM                   TO                   PORT      CONNECTIONS  VERDICT                          LAST                 WATCHED  WHAT
        kube-system/coredns    world 192.0.2.53     53/UDP    2210         forwarded                        11:59:55             7 d      dns
        monitoring/prometheus  shop/api             9090/TCP  20160        forwarded                        11:59:55             7 d      monitoring
        monitoring/prometheus  shop/db              9187/TCP  20160        forwarded                        11:59:55             7 d      monitoring
        shop/api               kube-system/coredns  53/UDP    16240        forwarded                        11:59:55             7 d      dns
        shop/api               node node-a          6443/TCP  41           forwarded                        11:59:55             7 d      api-server
        shop/frontend          kube-system/coredns  53/UDP    24310        forwarded                        11:59:55             7 d      dns
        node node-a            shop/frontend        8080/TCP  60480        forwarded                        11:59:55             7 d      probe

        14 edges, 1 seen once only, 1 with drops, 1 unanswered; watched for 7 d since 2026-11-13 12:00:00, on node-a, node-b
    "#]].assert_eq(&shown(Shape::Table, &[]));
}

#[test]
fn a_wide_table_has_all_counts() {
    expect_file!["../../../tests/inventory/shop.wide.txt"].assert_eq(&shown(Shape::Wide, &["shop"]));
}

#[test]
fn json_is_what_was_read() {
    assert_eq!(shown(Shape::Json, &[]), SHOP);
}

#[test]
fn csv_has_a_head_and_a_line_an_edge() {
    let csv = shown(Shape::Csv, &[]);
    assert!(csv.lines().count() == 15 && csv.split_terminator("\r\n").count() == 15);
    expect_file!["../../../tests/inventory/shop.csv"].assert_eq(&csv.replace("\r\n", "\n"));
}

#[test]
fn mermaid_has_namespaces_as_boxes_and_drops_in_red() {
    expect_file!["../../../tests/inventory/shop.mmd"].assert_eq(&shown(Shape::Mermaid, &[]));
}

#[test]
fn dot_has_namespaces_as_clusters_and_drops_in_red() {
    expect_file!["../../../tests/inventory/shop.dot"].assert_eq(&shown(Shape::Dot, &[]));
}
