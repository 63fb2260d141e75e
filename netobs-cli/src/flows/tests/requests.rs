//! From what is typed to what is asked.
use clap::Parser;
use expect_test::{Expect, expect};
use jiff::tz::TimeZone;

use super::super::{Arguments, Now};

#[derive(Parser)]
struct Typed {
    #[command(flatten)]
    arguments: Arguments,
}

/// As canonical JSON, in which what is not asked for is not there.
fn asked(typed: &str) -> Result<String, String> {
    let words = ["netobs"].into_iter().chain(typed.split_whitespace());
    let typed = Typed::try_parse_from(words).map_err(|error| error.to_string())?;
    let now = Now::at("2026-11-20T12:00:00Z".parse().unwrap(), &TimeZone::UTC);
    let request = typed.arguments.request(&now).map_err(|error| format!("{error:#}"))?;
    Ok(serde_json::to_string(&request).unwrap())
}

fn check(typed: &str, expected: &Expect) {
    expected.assert_eq(&asked(typed).unwrap());
}

fn refused(typed: &str, part: &str) {
    let error = asked(typed).unwrap_err();
    assert!(error.contains(part), "{typed}: {error}");
}

#[test]
fn without_anything_it_is_as_many_as_fit_a_screen() {
    check("", &expect![[r#"{"last":"20"}"#]]);
    check("--all", &expect!["{}"]);
    check("--last 3", &expect![[r#"{"last":"3"}"#]]);
}

#[test]
fn following_begins_now_unless_history_is_asked_for() {
    check("-f", &expect![[r#"{"follow":true}"#]]);
    check("-f --last 5", &expect![[r#"{"last":"5","follow":true}"#]]);
    check(
        "-f --since 5m",
        &expect![[r#"{"sinceUnixNanos":"1795175700000000000","follow":true}"#]],
    );
    check("-f --all", &expect![[r#"{"sinceUnixNanos":"0","follow":true}"#]]);
}

#[test]
fn a_span_of_time_has_no_other_limit() {
    check(
        "--since 5m --until 2026-11-20T11:59:00Z",
        &expect![[r#"{"sinceUnixNanos":"1795175700000000000","untilUnixNanos":"1795175940000000000"}"#]],
    );
    refused("--since 5m --until 10m", "--since is after --until");
    refused("-f --until 5m", "cannot be used with");
}

#[test]
fn what_is_said_of_one_end_is_said_of_the_same_end() {
    check(
        "-n shop,ops --pod web* -l app=web --ip 10.0.0.0/8 --workload Deployment/web",
        &expect![[
            r#"{"last":"20","include":[{"either":[{"namespaces":["shop","ops"],"pods":["web*"],"workloads":["Deployment/web"],"labelSelector":"app=web","addresses":["10.0.0.0/8"]}]}]}"#
        ]],
    );
    check(
        "--namespace-selector env=prod --service shop/db",
        &expect![[
            r#"{"last":"20","include":[{"either":[{"namespaceLabelSelector":"env=prod","services":["shop/db"]}]}]}"#
        ]],
    );
}

#[test]
fn pods_of_several_namespaces_are_ends_of_their_own() {
    check(
        "--pod a/x --pod b/y --pod z -l app=web",
        &expect![[
            r#"{"last":"20","include":[{"either":[{"namespaces":["a"],"pods":["x"],"labelSelector":"app=web"},{"namespaces":["b"],"pods":["y"],"labelSelector":"app=web"},{"pods":["z"],"labelSelector":"app=web"}]}]}"#
        ]],
    );
}

#[test]
fn ends_are_named_by_namespace_pod_workload_address_or_kind() {
    check(
        "--from ops --from ops/job --from ops/job-* --to 10.0.0.0/8 --to fd00::1 --to world --to shop/*",
        &expect![[
            r#"{"last":"20","include":[{"source":[{"namespaces":["ops"]},{"namespaces":["ops"],"pods":["job"]},{"namespaces":["ops"],"workloads":["job"]},{"namespaces":["ops"],"pods":["job-*"]}],"destination":[{"addresses":["10.0.0.0/8"]},{"addresses":["fd00::1"]},{"kinds":["ENDPOINT_KIND_WORLD"]},{"namespaces":["shop"]}]}]}"#
        ]],
    );
}

#[test]
fn words_become_the_contracts() {
    check(
        "--verdict dropped,unanswered --reason netfilter_drop --port 80,443 --protocol tcp --direction ingress \
         --judgement not-enforced --node node-a --cause no-rule,12",
        &expect![[
            r#"{"last":"20","include":[{"verdicts":["VERDICT_DROPPED","VERDICT_UNANSWERED"],"reasons":["NETFILTER_DROP"],"causeKinds":["CAUSE_KIND_NO_RULE"],"causeIds":["12"],"ports":[80,443],"protocols":["PROTOCOL_TCP"],"directions":["TRAFFIC_DIRECTION_INGRESS"],"judgements":["JUDGEMENT_NOT_ENFORCED"],"nodeNames":["node-a"]}]}"#
        ]],
    );
}

#[test]
fn what_is_left_out_is_left_out_each_by_itself() {
    check(
        "--not namespace=kube-system --not port=53 --not verdict=forwarded",
        &expect![[
            r#"{"last":"20","exclude":[{"either":[{"namespaces":["kube-system"]}]},{"ports":[53]},{"verdicts":["VERDICT_FORWARDED"]}]}"#
        ]],
    );
}

#[test]
fn bad_input_is_told_with_what_would_be_good() {
    refused("--ip 10.0.0/8", "--ip");
    refused("--ip 10.0.0.0/33", "up to 32");
    refused("--to 10.0.0.0/33", "--to");
    refused("--from /", "--from");
    refused("-l =prod", "--selector");
    refused("-l env=prod,,", "--selector");
    refused("--verdict droped", "a similar value exists: 'dropped'");
    refused("--protocol http", "sctp");
    refused("--port 70000", "70000");
    refused("--cause labels", "one of label, dns");
    refused("--not namespace", "WHAT=VALUE");
    refused("--not colour=red", "verdict");
    refused("--not port=http", "number");
    refused("--not verdict=lost", "forwarded, dropped");
    refused("--since yesterday", "5m (ago)");
    refused("--last many", "many");
}
