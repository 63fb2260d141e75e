//! The policies in force, read from an API server where no file names them.

use anyhow::{Context as _, Result, ensure};
use netobs_tests::apiserver::{ApiServer, Cluster, Fault, On, Real};
use netobs_tests::demo::Programs;
use netobs_tests::netns::Netns;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

const INVENTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../netobs-cli/tests/inventories/shop.json");
/// More than one page of a list.
const MANY: u32 = 620;

/// A folder with what is there as files too, gone with it.
struct Files(PathBuf);

impl Files {
    fn of(objects: &[Value], proposed: &Value) -> Result<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "netobs-in-force-{}-{}",
            process::id(),
            MADE.fetch_add(1, Ordering::Relaxed)
        );
        let files = Self(env::temp_dir().join(name));
        fs::create_dir(&files.0)?;
        let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
        fs::write(files.path("current.json"), list.to_string())?;
        fs::write(files.path("proposed.json"), proposed.to_string())?;
        Ok(files)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn namespace(name: &str, env: Option<&str>) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": env.map(|env| json!({"env": env}))}})
}

fn policy(name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"namespace": "shop", "name": name}, "spec": spec,
    })
}

/// A shop where the API may be called by the frontend, and the database by nobody.
fn cluster() -> Vec<Value> {
    let selects = |app: &str| json!({"matchLabels": {"app": app}});
    let mut objects = vec![
        namespace("shop", Some("prod")),
        namespace("ops", None),
        namespace("monitoring", Some("prod")),
        policy(
            "close-db",
            &json!({"podSelector": selects("db"), "policyTypes": ["Ingress"]}),
        ),
        policy(
            "from-prod",
            &json!({
                "podSelector": selects("api"), "policyTypes": ["Ingress"],
                "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"env": "prod"}}}]}],
            }),
        ),
    ];
    let unused = json!({"podSelector": selects("unused"), "policyTypes": ["Ingress"]});
    objects.extend((0..MANY).map(|number| policy(&format!("unused-{number}"), &unused)));
    objects
}

/// Lets the API call the database.
fn proposed() -> Value {
    policy(
        "open-db",
        &json!({
            "podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "api"}}}]}],
        }),
    )
}

fn netobs(place: &Netns, arguments: &[&str]) -> Result<Output> {
    let mut command: Command = place.command(&Programs::find()?.cli.to_string_lossy())?;
    command.args(arguments).env("HOME", "/nonexistent");
    for name in ["KUBECONFIG", "KUBERNETES_SERVICE_HOST", "NETOBS_SERVER"] {
        command.env_remove(name);
    }
    Ok(command.output()?)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What is said of the cluster is what is said of the same objects in a file.
fn is_the_same(place: &Netns, arguments: &[&str], live: &[&str], files: &[&str]) -> Result<String> {
    let from_cluster = netobs(place, &[arguments, live].concat())?;
    let from_files = netobs(place, &[arguments, files].concat())?;
    let said = text(&from_cluster.stderr);
    ensure!(
        from_cluster.status == from_files.status,
        "{arguments:?}: {said}{}",
        text(&from_files.stderr)
    );
    let (one, other) = (text(&from_cluster.stdout), text(&from_files.stdout));
    ensure!(one == other, "{arguments:?}: {one}\n{other}\n{said}");
    ensure!(!one.is_empty(), "{arguments:?}: {said}");
    Ok(one)
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap_or_default()
}

#[test]
fn what_is_said_of_a_cluster_is_what_is_said_of_its_objects_in_a_file() -> Result<()> {
    let place = Netns::create("in-force")?;
    is_said_of_both(&place, &ApiServer::begin(&place)?.context("the double")?)?;
    // Where one is at hand.
    match Real::start(&place)? {
        Some(real) => is_said_of_both(&place, &real),
        None => Ok(()),
    }
}

fn is_said_of_both(place: &Netns, server: &impl Cluster) -> Result<()> {
    let objects = cluster();
    for object in &objects {
        server.apply(object)?;
    }
    // As the server has them by now, with its own labels.
    let there: Vec<Value> = ["namespaces", "networkpolicies"]
        .iter()
        .map(|kind| server.list(kind))
        .collect::<Result<Vec<_>>>()?
        .concat();
    let files = Files::of(&there, &proposed())?;
    let (current, proposed) = (files.path("current.json"), files.path("proposed.json"));
    let kubeconfig = server.kubeconfig();
    let live = ["--kubeconfig", path(&kubeconfig)];
    let current = ["--current", path(&current), "-f", path(&current)];

    let preview = ["preview", "-f", path(&proposed), "--inventory", INVENTORY, "-o", "json"];
    let answer: Value = serde_json::from_str(&is_the_same(place, &preview, &live, &current[..2])?)?;
    assert_eq!(answer["policies_before"], MANY + 2);
    assert_eq!(answer["admitted"].as_array().map(Vec::len), Some(1), "{answer:#}");
    let replace = [&preview[..], &["--replace"]].concat();
    let answer: Value = serde_json::from_str(&is_the_same(place, &replace, &live, &current[..2])?)?;
    assert_eq!(answer["policies_after"], 1);

    let diff = ["generate", "-n", "shop", "--inventory", INVENTORY, "--diff"];
    is_the_same(place, &diff, &live, &current[..2])?;
    let guard = is_the_same(place, &["guard", "--format", "vap"], &live, &current[2..])?;
    assert!(guard.contains("ValidatingAdmissionPolicy"), "{guard}");
    let audit = is_the_same(place, &["audit"], &live, &current[2..])?;
    assert!(audit.contains("namespace ops"), "{audit}");
    Ok(())
}

#[test]
fn a_long_list_comes_page_by_page_and_whole_when_its_rest_is_gone() -> Result<()> {
    let place = Netns::create("in-force")?;
    let server = ApiServer::start_in(&place)?;
    for object in cluster() {
        server.apply(&object)?;
    }
    let kubeconfig = server.kubeconfig();
    let guard = ["guard", "--format", "vap", "--kubeconfig", path(&kubeconfig)];
    let whole = netobs(&place, &guard)?;
    let pages = server
        .requests()
        .into_iter()
        .filter(|asked| asked.kind == "networkpolicies");
    let pages: Vec<_> = pages.map(|asked| asked.query).collect();
    assert_eq!(pages.len(), 2, "{pages:?}");
    assert!(
        pages[0].contains("limit=500") && pages[1].contains("continue="),
        "{pages:?}"
    );
    server.fault(Fault::Gone, On::kind("networkpolicies").times(1));
    let again = netobs(&place, &guard)?;
    assert_eq!(
        (again.status.code(), text(&again.stdout)),
        (Some(0), text(&whole.stdout))
    );
    Ok(())
}

#[test]
fn what_cannot_be_read_is_told_and_never_taken_for_nothing() -> Result<()> {
    let place = Netns::create("in-force")?;
    let mut server = ApiServer::start_in(&place)?;
    for object in cluster().into_iter().take(5) {
        server.apply(&object)?;
    }
    let files = Files::of(&[], &proposed())?;
    let (proposed, kubeconfig) = (files.path("proposed.json"), server.kubeconfig());
    let preview = [
        "preview",
        "-f",
        path(&proposed),
        "--inventory",
        INVENTORY,
        "-o",
        "table",
    ];
    let live = [&preview[..], &["--kubeconfig", path(&kubeconfig)]].concat();
    let failed = |arguments: &[&str], code: i32, parts: &[&str]| {
        let output = netobs(&place, arguments)?;
        let said = text(&output.stderr);
        ensure!(
            output.status.code() == Some(code) && output.stdout.is_empty(),
            "{output:?}"
        );
        ensure!(parts.iter().all(|part| said.contains(part)), "{said}");
        Ok(())
    };

    let forbidden = server.fault(Fault::Forbidden, On::kind("networkpolicies"));
    failed(
        &live,
        3,
        &[
            "may not list networkpolicies.networking.k8s.io",
            "kubectl create clusterrole netobs-read --verb=list --resource=namespaces,networkpolicies.networking.k8s.io",
            "--serviceaccount=netobs:netobs-agent",
        ],
    )?;
    forbidden.lift();

    server.delete("namespaces", "", "shop")?;
    for name in ["ops", "monitoring"] {
        server.delete("namespaces", "", name)?;
    }
    failed(&live, 2, &["none of the namespaces that were seen"])?;
    server.stop();
    failed(&live, 3, &["the API server", "--current"])?;

    // Nobody named a cluster: that nothing is known is said, unless it was said that there is nothing.
    let unknown = netobs(&place, &preview)?;
    assert!(
        text(&unknown.stderr).contains("--current none says that there are none"),
        "{unknown:?}"
    );
    let none = netobs(&place, &[&preview[..], &["--current", "none"]].concat())?;
    assert_eq!(text(&none.stderr), "");
    assert_eq!(text(&none.stdout), text(&unknown.stdout));
    let diff = ["generate", "-n", "shop", "--inventory", INVENTORY, "--diff"];
    failed(&diff, 2, &["there is nothing to compare with"])?;
    for command in [&["audit"][..], &["guard", "--format", "vap"]] {
        failed(command, 2, &["-f names files with them"])?;
    }
    Ok(())
}
