//! A shop of three tiers, with what every cluster has around it.
use expect_test::expect;

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
    expect![[r#"
        who calls shop
        FROM                   KIND         TO                   KIND         PORT      SERVICE               CONNECTIONS  FORWARDED  DROPPED  UNANSWERED  SEEN  SENT                        REPLIED                      PACKETS DROPPED  FIRST                LAST                 WATCHED  WHAT                                  EXAMPLE
        ops-utils/backup       CronJob      shop/db              StatefulSet  5432/TCP  shop/db               312          0          312      0           0     56.1 kB in 936 packets      0 B in 0 packets             936              2026-11-18 12:00:00  11:59:02             2 d      namespace ops-utils has no label env  backup-29411520-qv4zt (10.244.4.9) to db-0 (10.244.2.30)

        whom shop calls
        FROM                   KIND         TO                   KIND         PORT      SERVICE               CONNECTIONS  FORWARDED  DROPPED  UNANSWERED  SEEN  SENT                        REPLIED                      PACKETS DROPPED  FIRST                LAST                 WATCHED  WHAT                                  EXAMPLE
        shop/frontend          Deployment   mesh/tracer          Deployment   4317/TCP  mesh/tracer           96           0          0        96          0     28.8 kB in 480 packets      0 B in 0 packets             0                11:50:00             11:59:57             10 min   -                                     -

        within shop
        FROM                   KIND         TO                   KIND         PORT      SERVICE               CONNECTIONS  FORWARDED  DROPPED  UNANSWERED  SEEN  SENT                        REPLIED                      PACKETS DROPPED  FIRST                LAST                 WATCHED  WHAT                                  EXAMPLE
        shop/api               Deployment   shop/db              StatefulSet  5432/TCP  shop/db               8120         8120       0        0           0     97.4 MB in 812000 packets   1.2 GB in 812000 packets     0                2026-11-13 12:00:00  11:59:55             7 d      -                                     api-5f4d8c7b9-k8s2m (10.244.1.20) to db-0 (10.244.2.30)
        shop/frontend          Deployment   shop/api             Deployment   8080/TCP  shop/api              1204331      1204329    0        2           0     4.8 GB in 12043310 packets  24.0 GB in 12043310 packets  0                2026-11-13 12:00:00  11:59:55             7 d      -                                     frontend-7d9c5b6f4-x2v7p (10.244.1.10) to api-5f4d8c7b9-k8s2m (10.244.1.20)

        from outside to shop
        FROM                   KIND         TO                   KIND         PORT      SERVICE               CONNECTIONS  FORWARDED  DROPPED  UNANSWERED  SEEN  SENT                        REPLIED                      PACKETS DROPPED  FIRST                LAST                 WATCHED  WHAT                                  EXAMPLE
        world 203.0.113.0/24   world        shop/frontend        Deployment   8443/TCP  -                     90211        90211      0        0           0     135 MB in 902110 packets    1.8 GB in 902110 packets     0                2026-11-13 12:00:00  11:59:55             7 d      -                                     203.0.113.77 to frontend-7d9c5b6f4-x2v7p (10.244.1.10)

        from shop to the outside
        FROM                   KIND         TO                   KIND         PORT      SERVICE               CONNECTIONS  FORWARDED  DROPPED  UNANSWERED  SEEN  SENT                        REPLIED                      PACKETS DROPPED  FIRST                LAST                 WATCHED  WHAT                                  EXAMPLE
        shop/api               Deployment   world 198.51.100.10  world        443/TCP   -                     604          604        0        0           0     3.6 MB in 12080 packets     9.0 MB in 12080 packets      0                2026-11-13 12:00:00  11:59:55             7 d      -                                     api-5f4d8c7b9-k8s2m (10.244.1.20) to 198.51.100.10
        shop/frontend          Deployment   world 192.0.2.0/24   world        80/TCP    -                     1            1          0        0           0     540 B in 6 packets          4.1 kB in 5 packets          0                2026-11-17 12:00:00  2026-11-17 12:00:00  3 d      seen-once                             -

        what every cluster has
        FROM                   KIND         TO                   KIND         PORT      SERVICE               CONNECTIONS  FORWARDED  DROPPED  UNANSWERED  SEEN  SENT                        REPLIED                      PACKETS DROPPED  FIRST                LAST                 WATCHED  WHAT                                  EXAMPLE
        monitoring/prometheus  StatefulSet  shop/api             Deployment   9090/TCP  -                     20160        20160      0        0           0     16.1 MB in 201600 packets   604 MB in 201600 packets     0                2026-11-13 12:00:00  11:59:55             7 d      monitoring                            prometheus-0 (10.244.3.5) to api-5f4d8c7b9-k8s2m (10.244.1.20)
        monitoring/prometheus  StatefulSet  shop/db              StatefulSet  9187/TCP  -                     20160        20160      0        0           0     16.1 MB in 201600 packets   302 MB in 201600 packets     0                2026-11-13 12:00:00  11:59:55             7 d      monitoring                            -
        shop/api               Deployment   kube-system/coredns  Deployment   53/UDP    kube-system/kube-dns  16240        16240      0        0           0     1.2 MB in 16240 packets     1.9 MB in 16240 packets      0                2026-11-13 12:00:00  11:59:55             7 d      dns                                   -
        shop/api               Deployment   node node-a          node         6443/TCP  default/kubernetes    41           41         0        0           0     492 kB in 4100 packets      820 kB in 4100 packets       0                2026-11-13 12:00:00  11:59:55             7 d      api-server                            -
        shop/frontend          Deployment   kube-system/coredns  Deployment   53/UDP    kube-system/kube-dns  24310        24310      0        0           0     1.8 MB in 24310 packets     2.9 MB in 24310 packets      0                2026-11-13 12:00:00  11:59:55             7 d      dns                                   -
        node node-a            node         shop/frontend        Deployment   8080/TCP  -                     60480        60480      0        0           0     18.1 MB in 302400 packets   42.3 MB in 302400 packets    0                2026-11-13 12:00:00  11:59:55             7 d      probe                                 -

        13 edges, 1 seen once only, 1 with drops, 1 unanswered; watched for 7 d since 2026-11-13 12:00:00, on node-a, node-b
    "#]].assert_eq(&shown(Shape::Wide, &["shop"]));
}

#[test]
fn json_is_what_was_read() {
    assert_eq!(shown(Shape::Json, &[]), SHOP);
}

#[test]
fn csv_has_a_head_and_a_line_an_edge() {
    let csv = shown(Shape::Csv, &[]);
    assert!(csv.lines().count() == 15 && csv.split_terminator("\r\n").count() == 15);
    expect![[r#"
        source_kind,source_namespace,source,destination_kind,destination_namespace,destination,protocol,port,service,first,last,watched_seconds,connections,forwarded,dropped,unanswered,seen,sent_packets,sent_bytes,replied_packets,replied_bytes,dropped_packets,dropped_bytes,marks,cause_kind,cause,examples
        Deployment,kube-system,coredns,world,,192.0.2.53/32,UDP,53,,2026-11-13T12:00:00Z,2026-11-20T11:59:55Z,604800,2210,2210,0,0,0,4420,331500,4420,530400,0,0,dns,,,coredns-0 10.244.0.2 > 192.0.2.53
        StatefulSet,monitoring,prometheus,Deployment,shop,api,TCP,9090,,2026-11-13T12:00:00Z,2026-11-20T11:59:55Z,604800,20160,20160,0,0,0,201600,16128000,201600,604800000,0,0,monitoring,,,prometheus-0 10.244.3.5 > api-5f4d8c7b9-k8s2m 10.244.1.20
        StatefulSet,monitoring,prometheus,StatefulSet,shop,db,TCP,9187,,2026-11-13T12:00:00Z,2026-11-20T11:59:55Z,604800,20160,20160,0,0,0,201600,16128000,201600,302400000,0,0,monitoring,,,
        CronJob,ops-utils,backup,StatefulSet,shop,db,TCP,5432,shop/db,2026-11-18T12:00:00Z,2026-11-20T11:59:02Z,172800,312,0,312,0,0,936,56160,0,0,936,56160,,label,namespace ops-utils has no label env,backup-29411520-qv4zt 10.244.4.9 > db-0 10.244.2.30
        Deployment,shop,api,Deployment,kube-system,coredns,UDP,53,kube-system/kube-dns,2026-11-13T12:00:00Z,2026-11-20T11:59:55Z,604800,16240,16240,0,0,0,16240,1218000,16240,1948800,0,0,dns,,,
        Deployment,shop,api,StatefulSet,shop,db,TCP,5432,shop/db,2026-11-13T12:00:00Z,2026-11-20T11:59:55Z,604800,8120,8120,0,0,0,812000,97440000,812000,1218000000,0,0,,,,api-5f4d8c7b9-k8s2m 10.244.1.20 > db-0 10.244.2.30
        Deployment,shop,api,node,,node-a,TCP,6443,default/kubernetes,2026-11-13T12:00:00Z,2026-11-20T11:59:55Z,604800,41,41,0,0,0,4100,492000,4100,820000,0,0,api-server,,,
        Deployment,shop,api,world,,198.51.100.10/32,TCP,443,,2026-11-13T12:00:00Z,2026-11-20T11:59:55Z,604800,604,604,0,0,0,12080,3624000,12080,9060000,0,0,,,,api-5f4d8c7b9-k8s2m 10.244.1.20 > 198.51.100.10
        Deployment,shop,frontend,Deployment,kube-system,coredns,UDP,53,kube-system/kube-dns,2026-11-13T12:00:00Z,2026-11-20T11:59:55Z,604800,24310,24310,0,0,0,24310,1823250,24310,2917200,0,0,dns,,,
        Deployment,shop,frontend,Deployment,mesh,tracer,TCP,4317,mesh/tracer,2026-11-20T11:50:00Z,2026-11-20T11:59:57Z,600,96,0,0,96,0,480,28800,0,0,0,0,,,,
        Deployment,shop,frontend,Deployment,shop,api,TCP,8080,shop/api,2026-11-13T12:00:00Z,2026-11-20T11:59:55Z,604800,1204331,1204329,0,2,0,12043310,4817324000,12043310,24086620000,0,0,,,,frontend-7d9c5b6f4-x2v7p 10.244.1.10 > api-5f4d8c7b9-k8s2m 10.244.1.20
        Deployment,shop,frontend,world,,192.0.2.0/24,TCP,80,,2026-11-17T12:00:00Z,2026-11-17T12:00:00Z,259200,1,1,0,0,0,6,540,5,4100,0,0,seen-once,,,
        node,,node-a,Deployment,shop,frontend,TCP,8080,,2026-11-13T12:00:00Z,2026-11-20T11:59:55Z,604800,60480,60480,0,0,0,302400,18144000,302400,42336000,0,0,probe,,,
        world,,203.0.113.0/24,Deployment,shop,frontend,TCP,8443,,2026-11-13T12:00:00Z,2026-11-20T11:59:55Z,604800,90211,90211,0,0,0,902110,135316500,902110,1804220000,0,0,,,,203.0.113.77 > frontend-7d9c5b6f4-x2v7p 10.244.1.10
    "#]].assert_eq(&csv.replace('\r', ""));
}

#[test]
fn mermaid_has_namespaces_as_boxes_and_drops_in_red() {
    expect![[r#"
        flowchart LR
          subgraph n0["outside, calling"]
            e0{{"203.0.113.0/24"}}
          end
          subgraph n1["nodes, calling"]
            e1[["node-a"]]
          end
          subgraph n2["kube-system"]
            e2["coredns"]
          end
          subgraph n3["mesh"]
            e3["tracer"]
          end
          subgraph n4["monitoring"]
            e4["prometheus"]
          end
          subgraph n5["ops-utils"]
            e5["backup"]
          end
          subgraph n6["shop"]
            e6["api"]
            e7["frontend"]
            e8["db"]
          end
          subgraph n7["outside, called"]
            e9{{"192.0.2.0/24"}}
            e10{{"192.0.2.53"}}
            e11{{"198.51.100.10"}}
          end
          subgraph n8["nodes, called"]
            e12[["node-a"]]
          end
          e0 -->|"8443/TCP"| e7
          e1 -.->|"8080/TCP"| e7
          e2 -.->|"53/UDP"| e10
          e4 -.->|"9090/TCP"| e6
          e4 -.->|"9187/TCP"| e8
          e5 ==>|"5432/TCP dropped: namespace ops-utils has no label env"| e8
          e6 -.->|"53/UDP"| e2
          e6 -->|"5432/TCP"| e8
          e6 -->|"443/TCP"| e11
          e6 -.->|"6443/TCP"| e12
          e7 -.->|"53/UDP"| e2
          e7 -->|"4317/TCP unanswered"| e3
          e7 -->|"8080/TCP"| e6
          e7 -->|"80/TCP"| e9
          linkStyle 11 stroke:#b26a00,color:#b26a00
          linkStyle 5 stroke:#c62828,color:#c62828
    "#]]
    .assert_eq(&shown(Shape::Mermaid, &[]));
}

#[test]
fn dot_has_namespaces_as_clusters_and_drops_in_red() {
    expect![[r##"
        digraph netobs {
          graph [rankdir=LR, fontname="sans-serif", ranksep=1.2];
          node [shape=box, style="rounded,filled", fillcolor="#ffffff", color="#57606a", fontname="sans-serif", fontsize=11];
          edge [color="#57606a", fontname="sans-serif", fontsize=9];
          subgraph cluster_0 {
            label="outside, calling";
            style="rounded,filled"; color="#d0d7de"; fillcolor="#f6f8fa";
            e0 [label="203.0.113.0/24", tooltip="world world 203.0.113.0/24", shape=hexagon];
          }
          subgraph cluster_1 {
            label="nodes, calling";
            style="rounded,filled"; color="#d0d7de"; fillcolor="#f6f8fa";
            e1 [label="node-a", tooltip="node node node-a", shape=box3d];
          }
          subgraph cluster_2 {
            label="kube-system";
            style="rounded,filled"; color="#d0d7de"; fillcolor="#f6f8fa";
            e2 [label="coredns", tooltip="Deployment kube-system/coredns"];
          }
          subgraph cluster_3 {
            label="mesh";
            style="rounded,filled"; color="#d0d7de"; fillcolor="#f6f8fa";
            e3 [label="tracer", tooltip="Deployment mesh/tracer"];
          }
          subgraph cluster_4 {
            label="monitoring";
            style="rounded,filled"; color="#d0d7de"; fillcolor="#f6f8fa";
            e4 [label="prometheus", tooltip="StatefulSet monitoring/prometheus"];
          }
          subgraph cluster_5 {
            label="ops-utils";
            style="rounded,filled"; color="#d0d7de"; fillcolor="#f6f8fa";
            e5 [label="backup", tooltip="CronJob ops-utils/backup"];
          }
          subgraph cluster_6 {
            label="shop";
            style="rounded,filled"; color="#d0d7de"; fillcolor="#f6f8fa";
            e6 [label="api", tooltip="Deployment shop/api"];
            e7 [label="frontend", tooltip="Deployment shop/frontend"];
            e8 [label="db", tooltip="StatefulSet shop/db"];
          }
          subgraph cluster_7 {
            label="outside, called";
            style="rounded,filled"; color="#d0d7de"; fillcolor="#f6f8fa";
            e9 [label="192.0.2.0/24", tooltip="world world 192.0.2.0/24", shape=hexagon];
            e10 [label="192.0.2.53", tooltip="world world 192.0.2.53", shape=hexagon];
            e11 [label="198.51.100.10", tooltip="world world 198.51.100.10", shape=hexagon];
          }
          subgraph cluster_8 {
            label="nodes, called";
            style="rounded,filled"; color="#d0d7de"; fillcolor="#f6f8fa";
            e12 [label="node-a", tooltip="node node node-a", shape=box3d];
          }
          e0 -> e7 [label="8443/TCP"];
          e1 -> e7 [label="8080/TCP", style=dashed, color="#8c959f", fontcolor="#8c959f"];
          e2 -> e10 [label="53/UDP", style=dashed, color="#8c959f", fontcolor="#8c959f"];
          e4 -> e6 [label="9090/TCP", style=dashed, color="#8c959f", fontcolor="#8c959f"];
          e4 -> e8 [label="9187/TCP", style=dashed, color="#8c959f", fontcolor="#8c959f"];
          e5 -> e8 [label="5432/TCP dropped: namespace ops-utils has no label env", color="#c62828", fontcolor="#c62828", penwidth=2.5];
          e6 -> e2 [label="53/UDP", style=dashed, color="#8c959f", fontcolor="#8c959f"];
          e6 -> e8 [label="5432/TCP"];
          e6 -> e11 [label="443/TCP"];
          e6 -> e12 [label="6443/TCP", style=dashed, color="#8c959f", fontcolor="#8c959f"];
          e7 -> e2 [label="53/UDP", style=dashed, color="#8c959f", fontcolor="#8c959f"];
          e7 -> e3 [label="4317/TCP unanswered", color="#b26a00", fontcolor="#b26a00"];
          e7 -> e6 [label="8080/TCP"];
          e7 -> e9 [label="80/TCP"];
        }
    "##]].assert_eq(&shown(Shape::Dot, &[]));
}
