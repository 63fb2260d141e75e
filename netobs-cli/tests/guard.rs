//! `netobs guard` as its users run it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
use std::{
    env, fs,
    path::PathBuf,
    process::{self, Command, Output},
};

const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clusters/shop.yaml");

fn guard(more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_netobs"))
        .args(["guard", "-f"])
        .args(more)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn each_engine_gets_its_objects_and_audit_comes_first() {
    for (format, kind, mode) in [
        ("kyverno", "kind: ClusterPolicy", "failureAction: Audit"),
        (
            "vap",
            "kind: ValidatingAdmissionPolicyBinding",
            "validationActions: [Warn, Audit]",
        ),
        ("gatekeeper", "kind: ConstraintTemplate", "enforcementAction: warn"),
    ] {
        let output = guard(&[SHOP, "--format", format]);
        let out = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0));
        assert!(out.contains(kind) && out.contains(mode), "{out}");
        assert!(
            out.contains("perhaps: kubectl label namespace long-value env=prod --overwrite"),
            "{out}"
        );
    }
}

#[test]
fn a_file_is_written_whole_and_nothing_is_left_beside_it() {
    let folder = folder("guard-whole");
    let file = folder.join("guard.yaml");
    fs::write(&file, "before").unwrap();
    let output = guard(&[SHOP, "--format", "vap", "--enforce", "-o", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty());
    assert!(fs::read_to_string(&file).unwrap().contains("[Deny, Audit]"));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn bad_input_is_told_with_its_place_and_leaves_the_file_as_it_was() {
    let folder = folder("guard-bad");
    let (bad, file) = (folder.join("bad.yaml"), folder.join("guard.yaml"));
    fs::write(
        &bad,
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, spec: {podSelektor: {}}}",
    )
    .unwrap();
    fs::write(&file, "before").unwrap();
    let output = guard(&[bad.to_str().unwrap(), "--format", "vap", "-o", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    for part in ["bad.yaml", "document 1", "spec.podSelektor"] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "before");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn where_nothing_can_be_written_it_is_said_and_the_code_is_2() {
    let output = guard(&[SHOP, "--format", "vap", "-o", "/nonexistent/guard.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("/nonexistent/guard.yaml"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn labels_that_kubernetes_would_refuse_are_refused() {
    for wrong in [["--allow", "env"], ["--allow", "env=a b"], ["--require", "-env"]] {
        let output = guard(&[SHOP, "--format", "vap", wrong[0], wrong[1]]);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn a_label_that_is_required_by_hand_is_written_with_the_values_that_are_allowed() {
    for format in ["kyverno", "vap", "gatekeeper"] {
        let asked = ["--require", "owner", "--allow", "owner=shop", "--optional", "env"];
        let output = guard(&[&[SHOP, "--format", format], &asked[..]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let out = text(&output.stdout);
        let told = "the namespace needs the label owner=shop: every namespace is asked for it";
        assert!(out.contains(told), "{out}");
        assert!(out.contains("# owner: required, with one of these values"), "{out}");
        assert!(out.contains("# env: kept as it is where it is"), "{out}");
    }
}

#[test]
fn wishes_that_nothing_is_about_are_refused_with_the_key_that_was_perhaps_meant() {
    for (wish, told) in [
        (&["--optional", "tier"][..], "the label tier, so"),
        (&["--allow", "enviroment=dev"], "the label enviroment (env, perhaps?)"),
        (&["--exempt", "No such!"], "a namespace's name is of at most 63"),
        (&["--require", "kubernetes.io/metadata.name"], "needs no guard"),
        (&["--require", "env", "--optional", "env"], "contradict each other"),
    ] {
        let output = guard(&[&[SHOP, "--format", "vap"], wish].concat());
        assert_eq!(output.status.code(), Some(2), "{wish:?}");
        assert!(output.stdout.is_empty());
        assert!(text(&output.stderr).contains(told), "{}", text(&output.stderr));
    }
}

#[test]
fn where_there_is_nothing_to_guard_no_file_of_an_earlier_guard_stays() {
    let folder = folder("guard-nothing");
    let (policies, file) = (folder.join("policies.yaml"), folder.join("guard.yaml"));
    fs::write(
        &policies,
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: shop}, spec: {podSelector: {}}}",
    )
    .unwrap();
    fs::write(&file, "before").unwrap();
    let asked = [policies.to_str().unwrap(), "--format", "vap"];
    let output = guard(&[&asked[..], &["-o", file.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(0));
    let told = "there is nothing to guard";
    assert!(text(&output.stderr).contains(told), "{}", text(&output.stderr));
    let written = fs::read_to_string(&file).unwrap();
    assert!(
        written.starts_with('#') && written.contains(told) && written.lines().count() == 1,
        "{written}"
    );
    assert_eq!(text(&guard(&asked).stdout), written);
    let output = guard(&[&asked[..], &["--require", "team"]].concat());
    assert!(text(&output.stdout).contains("the namespace needs the label team"));
    fs::remove_dir_all(folder).unwrap();
}

fn folder(name: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("netobs-{name}-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}
