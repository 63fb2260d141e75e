//! `netobs preview` and `netobs generate` as their users run them, over an inventory in a file.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{self, Command, Output},
};

use expect_test::expect;
use serde_json::Value;

const INVENTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/inventories/shop.json");

fn netobs(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netobs"))
        .args(arguments)
        .output()
        .unwrap()
}

fn generated(more: &[&str]) -> Output {
    netobs(&[&["generate", "-n", "shop", "--inventory", INVENTORY], more].concat())
}

fn previewed(policies: &Path, more: &[&str]) -> Output {
    let policies = policies.to_str().unwrap();
    netobs(&[&["preview", "-f", policies, "--inventory", INVENTORY], more].concat())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A folder that is gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("netobs-{name}-{}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let file = self.0.join(name);
        fs::write(&file, content).unwrap();
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_is_generated_breaks_nothing() {
    let folder = Folder::new("whole");
    let output = generated(&["--include-seen-once"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let policies = folder.file("shop.yaml", &text(&output.stdout));
    let output = previewed(&policies, &["-o", "table"]);
    expect![[r#"
        REFUSED      ops/shell to shop/db on 5432/TCP: 12 connections until 2026-03-01T09:56:40Z
        edges: 9; would break: 0, undecidable: 0, refused and never came through: 1, newly admitted: 0 (policies: 0 in force, 6 then)
    "#]]
    .assert_eq(&text(&output.stdout));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_policy_that_is_missing_breaks_the_edge_it_was_for_and_the_preview_says_why() {
    let folder = Folder::new("less");
    let all = text(&generated(&["--include-seen-once"]).stdout);
    let less: Vec<_> = all
        .split("---\n")
        .filter(|one| !one.contains("name: allow-api\n"))
        .collect();
    let policies = folder.file("shop.yaml", &less.join("---\n"));
    let output = previewed(&policies, &["-n", "shop", "-o", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let breaks = answer["breaks"].as_array().unwrap();
    let ends: Vec<_> = breaks.iter().map(|one| one["text"].as_str().unwrap()).collect();
    expect![[r#"
        [
            "shop/api to shop/db on 5432/TCP: 4400 connections until 2026-03-01T09:56:40Z",
            "shop/api to 203.0.113.7/32 on 443/TCP: 512 connections until 2026-03-01T09:56:40Z",
            "shop/frontend to shop/api on 8080/TCP: 90210 connections until 2026-03-01T09:56:40Z",
        ]
    "#]]
    .assert_debug_eq(&ends);
    let explanation = &breaks[2]["explanation"];
    assert_eq!(explanation["decision"], "does_not_admit");
    assert_eq!(explanation["egress"]["decision"], "admits");
    assert_eq!(
        (&breaks[2]["before"], &breaks[2]["after"]),
        (&"not_applicable".into(), &"does_not_admit".into())
    );
    let output = previewed(&policies, &[]);
    assert!(
        text(&output.stdout).contains("BREAKS shop/api to shop/db"),
        "{}",
        text(&output.stdout)
    );
    assert!(
        text(&output.stdout).contains("shop/api-1 is isolated by"),
        "{}",
        text(&output.stdout)
    );
}

#[test]
fn what_is_added_to_the_policies_in_force_admits_and_what_replaces_them_refuses() {
    let folder = Folder::new("current");
    let all = text(&generated(&["--include-seen-once"]).stdout);
    let of = |name: &str| {
        all.split("---\n")
            .find(|one| one.contains(&format!("name: {name}\n")))
            .unwrap()
    };
    let less: Vec<_> = all
        .split("---\n")
        .filter(|one| !one.contains("name: allow-db\n"))
        .collect();
    let current = folder.file("current.yaml", &less.join("---\n"));
    let given = folder.file("given.yaml", of("allow-db"));
    let current = current.to_str().unwrap();
    let output = previewed(&given, &["--current", current, "-o", "table"]);
    assert_eq!(output.status.code(), Some(0));
    expect![[r#"
        ADMITTED     shop/api to shop/db on 5432/TCP: 4400 connections until 2026-03-01T09:56:40Z
        ADMITTED     shop/frontend to shop/db on 5432/TCP: 1 connection until 2026-03-01T09:56:40Z
        edges: 9; would break: 0, undecidable: 0, refused and never came through: 0, newly admitted: 2 (policies: 5 in force, 6 then)
    "#]]
    .assert_eq(&text(&output.stdout));
    let deny = folder.file("deny.yaml", of("default-deny"));
    let output = previewed(&deny, &["--current", current, "--replace", "-o", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&answer["policies_before"], &answer["policies_after"]),
        (&5.into(), &1.into())
    );
    assert_eq!(answer["breaks"].as_array().unwrap().len(), 5);
    assert_eq!(answer["refused_before"], 2);
}

#[test]
fn a_label_that_a_namespace_loses_breaks_what_it_admitted() {
    let folder = Folder::new("relabelled");
    let namespace = |env: &str| {
        format!("{{apiVersion: v1, kind: Namespace, metadata: {{name: monitoring, labels: {{env: {env}}}}}}}\n---\n")
    };
    let policy = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: allow-prod, namespace: shop}, spec: \
                  {podSelector: {matchLabels: {app: api}}, ingress: [{from: [{namespaceSelector: {matchLabels: {env: prod}}}]}]}}";
    let current = folder.file("current.yaml", &(namespace("prod") + policy));
    let given = folder.file("given.yaml", &(namespace("production") + policy));
    let found = |current: &Path, given: &Path| {
        let output = previewed(given, &["--current", current.to_str().unwrap(), "-o", "json"]);
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let counts = ["breaks", "admitted"].map(|kind| answer[kind].as_array().unwrap().len());
        (output.status.code(), counts)
    };
    assert_eq!(found(&current, &given), (Some(1), [1, 0]));
    assert_eq!(found(&given, &current), (Some(0), [0, 1]));
    assert_eq!(found(&given, &given), (Some(0), [0, 0]));
}

#[test]
fn a_policy_that_is_for_nothing_that_was_seen_is_noted() {
    let folder = Folder::new("idle");
    let deny = |metadata: &str| {
        format!(
            "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: deny{metadata}}}, spec: {{podSelector: {{}}}}}}"
        )
    };
    let misspelt = folder.file("misspelt.yaml", &deny(", namespace: shopp"));
    let unnamed = folder.file("unnamed.yaml", &deny(""));
    let output = previewed(&misspelt, &["--current", "none"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        text(&output.stderr),
        "netobs: of NetworkPolicy shopp/deny nothing can be said: nothing was seen of namespace shopp; perhaps shop is meant\n"
    );
    let output = previewed(&misspelt, &["--current", "none", "-n", "shop"]);
    assert_eq!(text(&output.stderr), "");
    let output = previewed(&unnamed, &["--current", "none", "-o", "json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let notes: Vec<_> = answer["notes"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(Value::as_str)
        .collect();
    assert!(
        notes[0].contains("metadata.namespace: it names no namespace"),
        "{notes:?}"
    );
    assert_eq!(
        notes[1..],
        ["of NetworkPolicy default/deny nothing can be said: nothing was seen of namespace default"]
    );
}

#[test]
fn changes_to_policies_that_are_there_are_shown() {
    let folder = Folder::new("diff");
    let all = text(&generated(&[]).stdout);
    let current = folder.file("current.yaml", &all.replace("port: postgres", "port: 5433"));
    let output = generated(&["--diff", "--current", current.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    expect![[r#"
        --- a/shop/allow-api.yaml
        +++ b/shop/allow-api.yaml
        @@ -22,7 +22,7 @@
                     matchLabels:
                       app: db
               ports:
        -        - port: 5433
        +        - port: postgres
                   protocol: TCP
             - to:
                 - ipBlock:
        --- a/shop/allow-db.yaml
        +++ b/shop/allow-db.yaml
        @@ -14,5 +14,5 @@
                     matchLabels:
                       app: api
               ports:
        -        - port: 5433
        +        - port: postgres
                   protocol: TCP
    "#]]
    .assert_eq(&text(&output.stdout));
    let same = folder.file("same.yaml", &all);
    let output = generated(&["--diff", "--current", same.to_str().unwrap()]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
}

#[test]
fn a_policy_that_is_for_nothing_any_more_is_told_apart_from_one_that_stays() {
    let folder = Folder::new("spare");
    let all = text(&generated(&[]).stdout);
    let beside = |name: &str, peer: &str| {
        format!(
            "---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: {name}, namespace: shop}}, \
             spec: {{podSelector: {{}}, ingress: [{{from: [{peer}]}}]}}}}\n"
        )
    };
    let shell = beside(
        "shell",
        "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}",
    );
    let cron = beside("cron", "{podSelector: {matchLabels: {app: cron}}}");
    for (more, exit, told) in [
        (
            shell,
            0,
            "NetworkPolicy shop/shell is there beside what is generated, and stays",
        ),
        (cron, 1, "`kubectl delete networkpolicy -n shop cron`"),
    ] {
        let current = folder.file("current.yaml", &format!("{all}{more}"));
        let output = generated(&["--diff", "--current", current.to_str().unwrap()]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(exit), 0));
        assert!(text(&output.stderr).contains(told), "{}", text(&output.stderr));
    }
}

#[test]
fn a_file_is_written_whole_and_json_has_the_same_objects() {
    let folder = Folder::new("written");
    let file = folder.file("shop.yaml", "before");
    let output = generated(&["--write", file.to_str().unwrap()]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    let written = fs::read_to_string(&file).unwrap();
    assert_eq!(written, text(&generated(&[]).stdout));
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1);
    let list: Value = serde_json::from_slice(&generated(&["-o", "json"]).stdout).unwrap();
    let names: Vec<_> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["metadata"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "default-deny",
            "allow-dns",
            "allow-monitoring",
            "allow-api",
            "allow-db",
            "allow-frontend"
        ]
    );
}

#[test]
fn bad_input_is_told_with_its_place_and_leaves_files_as_they_were() {
    let folder = Folder::new("bad");
    let bad = folder.file(
        "bad.yaml",
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, spec: {ingres: []}}",
    );
    let output = previewed(&bad, &[]);
    assert_eq!(output.status.code(), Some(2));
    for part in ["bad.yaml", "document 1", "spec.ingres"] {
        assert!(text(&output.stderr).contains(part), "{}", text(&output.stderr));
    }
    let none = folder.file("none.yaml", "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
    assert_eq!(previewed(&none, &[]).status.code(), Some(2));
    let broken = folder.file("inventory.json", "{\"about\": {}}\n{\"edge\": 7}\n");
    let file = folder.file("shop.yaml", "before");
    let output = netobs(&[
        "generate",
        "-n",
        "shop",
        "--inventory",
        broken.to_str().unwrap(),
        "--write",
        file.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("inventory.json: line 2"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "before");
    let output = netobs(&["generate", "-n", "shopp", "--inventory", INVENTORY]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("kube-system, monitoring, ops, shop"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn where_no_name_server_is_known_it_is_said_what_becomes_of_name_resolution() {
    let folder = Folder::new("unresolved");
    let lines = fs::read_to_string(INVENTORY).unwrap();
    let without: Vec<_> = lines
        .lines()
        .filter(|line| !line.contains("EDGE_MARK_KIND_DNS"))
        .collect();
    let without = folder.file("inventory.json", &without.join("\n"));
    let phase = |inventory: &str, phase| {
        let output = netobs(&["generate", "-n", "shop", "--phase", phase, "--inventory", inventory]);
        assert!(output.status.success());
        (text(&output.stdout), text(&output.stderr))
    };
    for (name, becomes) in [
        ("dns", "there is nothing to apply"),
        ("baseline", "name resolution is refused"),
        ("full", "name resolution is refused"),
    ] {
        let (unresolved, note) = phase(without.to_str().unwrap(), name);
        assert!(!unresolved.contains("allow-dns"), "{unresolved}");
        for told in [&unresolved, &note] {
            assert!(
                told.contains("No name server is known") && told.contains(becomes),
                "{told}"
            );
            assert!(told.contains("`netobs check` names"), "{told}");
        }
        let (resolved, note) = phase(INVENTORY, name);
        assert!(resolved.contains("name: allow-dns"), "{resolved}");
        assert_eq!(note, "");
    }
}
