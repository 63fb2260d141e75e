//! `netobs explain` as its users run it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use std::{
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

use expect_test::{Expect, expect};
use serde_json::{Value, json};

const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clusters/shop.yaml");

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(arguments: &[&str], input: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_netobs"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

fn explain(from: &str, to: &str, port: &str) -> Ran {
    run(&["explain", "-f", SHOP, "--from", from, "--to", to, "--port", port], "")
}

fn explain_json(from: &str, to: &str, port: &str) -> Value {
    let ran = run(
        &[
            "explain", "-f", SHOP, "--from", from, "--to", to, "--port", port, "-o", "json",
        ],
        "",
    );
    serde_json::from_str(&ran.out).unwrap()
}

fn check(ran: &Ran, code: i32, expected: &Expect) {
    expected.assert_eq(&ran.out);
    assert_eq!((ran.code, ran.err.as_str()), (Some(code), ""));
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_namespace_without_the_label_is_named_with_the_command_that_mends_it() {
    check(
        &explain("ops-utils/job", "prod-a/api", "8080/tcp"),
        1,
        &expect![[r#"
        NOT ADMITTED: ops-utils/job to prod-a/api on 8080/TCP

        egress: no policy isolates ops-utils/job

        ingress: not admitted; prod-a/api is isolated by NetworkPolicy prod-a/allow-prod
          NetworkPolicy prod-a/allow-prod, ingress rule 1, peer 1:
            - namespace ops-utils has no label env; env=prod is wanted

        Any of these would admit it:

          kubectl label namespace ops-utils env=prod
            also opens: ops-utils/job, ops-utils/other to all pods of prod-a on http/TCP (NetworkPolicy prod-a/allow-prod)

          kubectl patch networkpolicy -n prod-a allow-prod --type=json -p '[{"op":"add","path":"/spec/ingress/-","value":{"from":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"ops-utils"}},"podSelector":{"matchLabels":{"app":"job"}}}],"ports":[{"protocol":"TCP","port":8080}]}}]'
    "#]],
    );
}

#[test]
fn what_is_admitted_names_the_rule_and_exits_with_0() {
    check(
        &explain("prod-b/web", "prod-a/api", "8080"),
        0,
        &expect![[r#"
        ADMITTED: prod-b/web to prod-a/api on 8080/TCP

        egress: no policy isolates prod-b/web

        ingress: admitted by NetworkPolicy prod-a/allow-prod, rule 1
    "#]],
    );
    check(
        &explain("prod-a/api", "ops-utils/job", "1/udp"),
        0,
        &expect![[r#"
        ADMITTED: prod-a/api to ops-utils/job on 1/UDP; no policy isolates either end

        egress: no policy isolates prod-a/api

        ingress: no policy isolates ops-utils/job
    "#]],
    );
}

#[test]
fn near_misses_and_annotations_are_hinted_at() {
    for (from, hint, command) in [
        (
            "ops-utils/job",
            "key_missing",
            "kubectl label namespace ops-utils env=prod",
        ),
        ("typo/client", "near_miss_key", "kubectl label namespace typo env=prod"),
        (
            "long-value/client",
            "near_miss_value",
            "kubectl label namespace long-value env=prod --overwrite",
        ),
        ("noted/client", "annotation", "kubectl label namespace noted env=prod"),
    ] {
        let answer = explain_json(from, "prod-a/api", "8080/tcp");
        let mismatch = &answer["ingress"]["mismatches"][0];
        assert_eq!(mismatch["kind"], "namespace_label", "{from}");
        assert_eq!(
            (&mismatch["key"], &mismatch["wanted"]),
            (&"env".into(), &"prod".into()),
            "{from}"
        );
        assert_eq!(
            (&mismatch["hint"], &answer["suggestions"][0]["command"]),
            (&hint.into(), &command.into()),
            "{from}"
        );
    }
}

#[test]
fn the_json_has_what_its_document_says() {
    let answer = explain_json("ops-utils/job", "prod-a/api", "8080/tcp");
    assert_eq!(
        (&answer["version"], &answer["decision"]),
        (&1.into(), &"does_not_admit".into())
    );
    assert_eq!(answer["egress"]["decision"], "not_applicable");
    let policy = serde_json::json!({"kind": "NetworkPolicy", "namespace": "prod-a", "name": "allow-prod"});
    assert_eq!(answer["ingress"]["policies"], serde_json::json!([policy]));
    assert_eq!(
        answer["ingress"]["nearest"],
        serde_json::json!({"policy": policy, "rule": 0, "peer": 0})
    );
    assert_eq!(answer["ingress"]["mismatches"][0]["found"], Value::Null);
    let pods = serde_json::json!(["ops-utils/job", "ops-utils/other"]);
    assert_eq!(answer["suggestions"][0]["opens"][0]["pods"], pods);
    let wrong_port = explain_json("prod-b/web", "prod-a/api", "9090/tcp");
    assert_eq!(wrong_port["ingress"]["mismatches"][0]["kind"], "port");
    assert_eq!(wrong_port["ingress"]["mismatches"][0]["hint"], "named_port_differs");
    let wrong_protocol = explain_json("prod-b/web", "prod-a/api", "8080/udp");
    assert_eq!(wrong_protocol["ingress"]["mismatches"][0]["kind"], "protocol");
    let world = explain_json("203.0.113.7", "prod-a/api", "8080/tcp");
    assert_eq!(world["ingress"]["mismatches"][0]["kind"], "ip_block");
    assert_eq!(explain_json("10.0.2.1", "10.0.1.1", "8080")["decision"], "admits");
}

#[test]
fn a_suggested_patch_is_one_that_the_policy_takes() {
    let answer = explain_json("prod-b/web", "prod-a/api", "9090/tcp");
    let command = answer["suggestions"][0]["command"].as_str().unwrap();
    let (start, patch) = command.split_once(" -p ").unwrap();
    assert_eq!(start, "kubectl patch networkpolicy -n prod-a allow-prod --type=json");
    let patch: Value = serde_json::from_str(patch.trim_matches('\'')).unwrap();
    let expected = serde_json::json!(
        [{"op": "add", "path": "/spec/ingress/0/ports/-", "value": {"protocol": "TCP", "port": 9090}}]
    );
    assert_eq!(patch, expected);
}

#[test]
fn the_standard_input_and_folders_are_read_like_files() {
    let shop = fs::read_to_string(SHOP).unwrap();
    let ask = ["--from", "ops-utils/job", "--to", "prod-a/api", "--port", "8080"];
    let from_input = run(&[&["explain", "-f", "-"][..], &ask].concat(), &shop);
    let folder = folder("folders");
    fs::create_dir_all(folder.join("inner")).unwrap();
    fs::write(folder.join("inner/shop.yml"), &shop).unwrap();
    fs::write(folder.join("README.md"), "no: [manifest").unwrap();
    let from_folder = run(&[&["explain", "-f", folder.to_str().unwrap()][..], &ask].concat(), "");
    assert_eq!((from_input.code, from_folder.code), (Some(1), Some(1)));
    assert_eq!(from_input.out, from_folder.out);
}

#[test]
fn bad_input_exits_with_2_and_names_the_place() {
    let folder = folder("bad");
    let file = folder.join("bad.yaml");
    fs::write(&file, "a: [\n").unwrap();
    let file = file.to_str().unwrap();
    let missing = folder.join("missing").display().to_string();
    let ask = |file: &str, from: &str, port: &str| {
        let ran = run(
            &[
                "explain",
                "-f",
                file,
                "--from",
                from,
                "--to",
                "prod-a/api",
                "--port",
                port,
            ],
            "",
        );
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{}", ran.err);
        ran.err
    };
    assert!(ask(file, "a/b", "80").contains("bad.yaml, document 1, line"));
    assert!(ask(&missing, "a/b", "80").contains("cannot read"));
    assert!(ask(folder.to_str().unwrap(), "a/b", "80").contains("bad.yaml"));
    assert!(ask(SHOP, "ops-utils/jab", "80").contains("there is no pod ops-utils/jab in the files"));
    assert!(ask(SHOP, "ops-utils", "80").contains("neither NAMESPACE/POD nor an IP address"));
    assert!(ask(SHOP, "ops-utils/job", "80/icmp").contains("none of tcp, udp and sctp"));
}

#[test]
fn bad_input_is_json_where_json_is_wanted() {
    let policy = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, spec: {ingress: [{ports: \
                  [{port: 0}]}]}}";
    let arguments = [
        "explain", "-f", "-", "--from", "1.2.3.4", "--to", "1.2.3.5", "--port", "80", "-o", "json",
    ];
    let ran = run(&arguments, policy);
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &answer["error"]), (Some(2), &"bad_input".into()));
    assert_eq!(answer["findings"][0]["field"], "spec.ingress[0].ports[0].port");
    assert_eq!(answer["findings"][0]["document"], 1);
    assert_eq!(answer["findings"][0]["item"], Value::Null);
    let listed = run(
        &arguments,
        &format!("{{apiVersion: v1, kind: List, items: [{policy}]}}"),
    );
    let answer: Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(answer["findings"][0]["item"], "items[0]");
}

#[test]
fn the_address_of_a_service_is_told_apart_from_the_pods_behind_it() {
    let service = "{apiVersion: v1, kind: Service, metadata: {namespace: prod-a, name: api}, spec: {clusterIP: 10.96.0.1, \
                   selector: {app: api}}}";
    let arguments = [
        "explain",
        "-f",
        SHOP,
        "-f",
        "-",
        "--from",
        "ops-utils/job",
        "--to",
        "10.96.0.1",
        "--port",
        "80",
    ];
    let ran = run(&arguments, service);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.err.contains("service prod-a/api") && ran.err.contains("(prod-a/api)"),
        "{}",
        ran.err
    );
}

#[test]
fn what_would_steer_a_terminal_is_shown_and_does_not() {
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2Jprod";
    let pod = |namespace: &str, name: &str| {
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": namespace, "name": name, "annotations": {"env": hostile}},
            "status": {"podIP": "10.0.0.1", "phase": "Running"},
        })
    };
    let namespace = |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "annotations": {"env": hostile}}});
    let manifests = json!({"apiVersion": "v1", "kind": "List", "items": [
        namespace("shop"), namespace("away"), pod("shop", "web"), pod("away", "job"),
        {
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"namespace": "shop", "name": hostile},
            "spec": {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"env": "prod"}}}]}]},
        },
    ]})
    .to_string();
    let explain = [
        "explain", "-f", "-", "--from", "away/job", "--to", "shop/web", "--port", "80",
    ];
    for arguments in [&explain[..], &["audit", "-f", "-"]] {
        let ran = run(arguments, &manifests);
        let shown = ran.out + &ran.err;
        let steering = shown.chars().find(|one| one.is_control() && *one != '\n');
        assert_eq!(steering, None, "{arguments:?}: {shown:?}");
        assert!(shown.contains("owned"), "{arguments:?}: {shown:?}");
    }
}
