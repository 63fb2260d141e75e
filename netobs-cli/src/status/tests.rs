//! How statuses are shown.
use expect_test::expect;
use netobs_api::v1::{
    Ability, ClusterStatus, FlowStatus, GetStatusResponse, KernelStatus, NamedCount, ServingStatus, Unwatched,
    WatchStatus,
};

use super::{Shape, details, shown};
use crate::show::View;

/// 10:01:58 of the tests' day.
const TEN: i64 = 1_795_168_918_000_000_000;
const SECOND: i64 = 1_000_000_000;

fn well() -> GetStatusResponse {
    let watch = |kind: &str, objects| WatchStatus {
        kind: kind.to_owned(),
        listed: true,
        objects,
        heard_unix_nanos: Some(TEN + 58 * SECOND),
        ..WatchStatus::default()
    };
    GetStatusResponse {
        version: "0.1.0".to_owned(),
        node_name: "node-a".to_owned(),
        kernel_release: "6.12.9".to_owned(),
        started_unix_nanos: TEN,
        now_unix_nanos: TEN + 60 * SECOND,
        ready: true,
        not_ready: vec![],
        kernel: Some(KernelStatus {
            attach_by: "tcx".to_owned(),
            interfaces: 12,
            abilities: vec![Ability {
                name: "drops".to_owned(),
                there: true,
                remedy: String::new(),
            }],
            losses: vec![],
            skipped: vec![NamedCount {
                name: "arp".to_owned(),
                count: 9,
            }],
        }),
        cluster: Some(ClusterStatus {
            configured: true,
            server: "https://10.96.0.1".to_owned(),
            watches: vec![watch("namespaces", 4), watch("pods", 40)],
        }),
        flows: Some(FlowStatus {
            kept: 1,
            told: 1000,
            history: 900,
            history_capacity: 65_536,
            oldest_unix_nanos: Some(TEN + SECOND),
            causes: 3,
            active_causes: 2,
            ..FlowStatus::default()
        }),
        serving: Some(ServingStatus {
            listeners: vec![
                "unix:///run/netobs/netobs.sock".to_owned(),
                "http://127.0.0.1:4250".to_owned(),
            ],
            subscribers: 1,
            most_subscribers: 128,
            lost: 0,
        }),
        unwatched: None,
        redacted: vec![],
    }
}

fn unwell() -> GetStatusResponse {
    let mut status = well();
    status.node_name = "node-b".to_owned();
    status.ready = false;
    status.not_ready = vec!["pods were not listed yet".to_owned()];
    let kernel = status.kernel.as_mut().unwrap();
    kernel.abilities[0].there = false;
    kernel.abilities[0].remedy = "drops are not seen without BTF; boot a kernel with CONFIG_DEBUG_INFO_BTF".to_owned();
    kernel.losses = vec![NamedCount {
        name: "ring full".to_owned(),
        count: 7,
    }];
    let watches = &mut status.cluster.as_mut().unwrap().watches;
    watches[0].forbidden = true;
    watches[1].listed = false;
    watches[1].heard_unix_nanos = None;
    watches[1].error = "connection refused\x1b[31m".to_owned();
    status.flows.as_mut().unwrap().lost = vec![NamedCount {
        name: "flow table".to_owned(),
        count: 5,
    }];
    status.serving.as_mut().unwrap().lost = 1;
    status
}

#[test]
fn one_agent_is_told_whole() {
    expect![[r#"
        NODE    READY  UP    VERSION  KERNEL  TAPS       PODS  HEARD    FLOWS  LOST  CAUSES        SUBSCRIBERS
        node-a  yes    60 s  0.1.0    6.12.9  12 by tcx  40    2 s ago  1000   0     3 (2 active)  1/128

        node-a: ready, netobs 0.1.0 on Linux 6.12.9, since 10:01:58
          kernel: programs on 12 interfaces, attached by tcx
            yes  drops
            packets that are no connection's: arp 9
          cluster: https://10.96.0.1
            namespaces: 4, heard of 2 s ago
            pods: 40, heard of 2 s ago
          flows: 1000 told, 1 connection kept now
            history: 900 of 65536, back to 10:01:59
            causes: 3, 2 active
          serving: unix:///run/netobs/netobs.sock, http://127.0.0.1:4250
            subscribers: 1 of at most 128; they were too slow for 0 flows
    "#]]
    .assert_eq(&shown(&[well()], Shape::Text, &View::plain()).unwrap());
}

#[test]
fn of_several_agents_only_what_is_amiss_is_told_beside_the_table() {
    expect![[r#"
        NODE    READY  UP    VERSION  KERNEL  TAPS       PODS  HEARD    FLOWS  LOST  CAUSES        SUBSCRIBERS
        node-a  yes    60 s  0.1.0    6.12.9  12 by tcx  40    2 s ago  1000   0     3 (2 active)  1/128
        node-b  no     60 s  0.1.0    6.12.9  12 by tcx  40    not all  1000   12    3 (2 active)  1/128

        node-b
          not ready: pods were not listed yet
            no   drops: drops are not seen without BTF; boot a kernel with CONFIG_DEBUG_INFO_BTF
            namespaces: not watched, the agent may not; give its role list and watch of it
            pods: 40, not all listed yet; connection refused [31m
    "#]]
    .assert_eq(&shown(&[well(), unwell()], Shape::Text, &View::plain()).unwrap());
    let table = shown(&[well(), well()], Shape::Text, &View::plain()).unwrap();
    assert_eq!(table, shown(&[well(), well()], Shape::Table, &View::plain()).unwrap());
}

#[test]
fn wide_tells_all_of_each() {
    expect![[r#"
        NODE    READY  UP    VERSION  KERNEL  TAPS       PODS  HEARD    FLOWS  LOST  CAUSES        SUBSCRIBERS
        node-b  no     60 s  0.1.0    6.12.9  12 by tcx  40    not all  1000   12    3 (2 active)  1/128

        node-b: not ready, netobs 0.1.0 on Linux 6.12.9, since 10:01:58
          not ready: pods were not listed yet
          kernel: programs on 12 interfaces, attached by tcx
            no   drops: drops are not seen without BTF; boot a kernel with CONFIG_DEBUG_INFO_BTF
            lost in the kernel: ring full 7
            packets that are no connection's: arp 9
          cluster: https://10.96.0.1
            namespaces: not watched, the agent may not; give its role list and watch of it
            pods: 40, not all listed yet; connection refused [31m
          flows: 1000 told, 1 connection kept now
            history: 900 of 65536, back to 10:01:59
            causes: 3, 2 active
            lost: flow table 5
          serving: unix:///run/netobs/netobs.sock, http://127.0.0.1:4250
            subscribers: 1 of at most 128; they were too slow for 1 flow
    "#]]
    .assert_eq(&shown(&[unwell()], Shape::Wide, &View::plain()).unwrap());
}

#[test]
fn it_says_for_how_long_nobody_watched_and_what_is_redacted() {
    let status = |since, at_most| GetStatusResponse {
        unwatched: Some(Unwatched {
            since_unix_nanos: since,
            until_unix_nanos: TEN,
            at_most,
        }),
        redacted: vec!["ips".to_owned(), "label owner".to_owned()],
        ..well()
    };
    let second_lines = [
        (Some(TEN - SECOND), false),
        (Some(TEN - 9 * SECOND), true),
        (None, false),
    ]
    .map(|(since, at_most)| {
        let text = details::of(&status(since, at_most), &View::plain());
        text.lines()
            .skip(1)
            .take(2)
            .map(str::trim)
            .collect::<Vec<_>>()
            .join("\n")
    });
    expect![[r#"
          nobody watched for 1.0 s, 10:01:57.000 to 10:01:58.000
          redacted here: ips, label owner
          nobody watched for at most 9.0 s, 10:01:49.000 to 10:01:58.000
          redacted here: ips, label owner
          it watches since 10:01:58; for how long nobody had before is not known
          redacted here: ips, label owner"#]]
    .assert_eq(&second_lines.join("\n"));
}

#[test]
fn without_a_cluster_it_says_what_is_missed() {
    let status = GetStatusResponse {
        cluster: Some(ClusterStatus::default()),
        ..well()
    };
    let text = shown(&[status], Shape::Text, &View::plain()).unwrap();
    assert!(text.contains("  no cluster  "), "{text}");
    assert!(
        text.contains("start the agent in a pod, or with --kubeconfig"),
        "{text}"
    );
}

#[test]
fn json_is_the_contracts_own_a_line_each() {
    let text = shown(&[well(), unwell()], Shape::Json, &View::plain()).unwrap();
    let read: Vec<GetStatusResponse> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, [well(), unwell()]);
}
