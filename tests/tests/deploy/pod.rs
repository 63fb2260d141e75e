//! What the agent's pod may do and what it is told, in every way it can be rendered.

use super::rendered::{everything, find, odd_chart, overlay};
use super::tools::output;
use anyhow::{Context as _, Result, ensure};
use netobs_tests::demo::Programs;
use serde_json::{Value, json};
use std::process::Command;

#[test]
fn no_pod_may_do_more_than_it_needs() -> Result<()> {
    for (from, objects) in everything()? {
        let set = daemon_set(&objects)?;
        let pod = &set["spec"]["template"]["spec"];
        check(pod).with_context(|| from.clone())?;
        let image = pod["containers"][0]["image"].as_str().unwrap_or_default();
        let version = env!("CARGO_PKG_VERSION");
        ensure!(
            image.ends_with(&format!("netobs:{version}")),
            "{from}: {image} is not of {version}"
        );
    }
    Ok(())
}

#[test]
fn wherever_the_agent_is_told_to_listen_it_is_asked_and_its_arguments_are_its_own() -> Result<()> {
    let agent = Programs::find()?.agent;
    for (from, objects) in everything()? {
        let container = &daemon_set(&objects)?["spec"]["template"]["spec"]["containers"][0];
        for address in ["192.0.2.1", "2001:db8::1"] {
            let arguments = list(&container["args"]).iter().filter_map(Value::as_str);
            let mut command = Command::new(&agent);
            command.args(arguments.map(|argument| argument.replace("$(HOST_IP)", address)));
            // What is wrong with the others is said before.
            let said = output(command.arg("--version")).with_context(|| from.clone())?;
            ensure!(said.contains(env!("CARGO_PKG_VERSION")), "{said}");
        }
        let told = container["args"].to_string();
        let ports = list(&container["ports"]);
        let http = ports.iter().find(|port| port["name"] == "http").context("http")?;
        let outside = told.contains("--http=$(HOST_IP)");
        assert_eq!(http["hostIP"].is_null(), outside, "{from}: {http}");
        for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
            let get = &container[probe]["httpGet"];
            assert_eq!(get["port"], "http", "{from}");
            let host = if outside { Value::Null } else { json!("127.0.0.1") };
            assert_eq!(get["host"], host, "{from}: {probe}");
        }
        let secured = !told.contains("--listen=$(HOST_IP)") || told.contains("--client-ca");
        ensure!(secured, "{from}: anybody may read flows over the network: {told}");
        assert_eq!(
            told.contains("--listen=http:"),
            from == "odd chart",
            "{from}: only who asks for it has a door without credentials beside TLS: {told}"
        );
    }
    Ok(())
}

#[test]
fn a_profile_of_its_own_and_a_quota_are_added_by_components_and_by_values() -> Result<()> {
    let named = json!({"type": "Localhost", "localhostProfile": "netobs-agent.json"});
    for objects in [super::rendered::all_components()?, odd_chart()?] {
        let pod = &daemon_set(&objects)?["spec"]["template"]["spec"];
        assert_eq!(pod["securityContext"]["seccompProfile"], named);
        let quota = objects.iter().find(|object| object["kind"] == "ResourceQuota");
        let quota = quota.context("a quota")?;
        let scopes = &quota["spec"]["scopeSelector"]["matchExpressions"][0]["values"];
        assert_eq!(scopes[0], pod["priorityClassName"]);
    }
    Ok(())
}

#[test]
fn policies_are_for_agents_and_nobody_else_in_their_namespace() -> Result<()> {
    for (from, objects) in everything()? {
        let agents = &daemon_set(&objects)?["spec"]["selector"];
        let policies: Vec<_> = objects
            .iter()
            .filter(|object| object["kind"] == "NetworkPolicy")
            .collect();
        ensure!(!policies.is_empty(), "{from}: no policy");
        for policy in policies {
            assert_eq!(&policy["spec"]["podSelector"], agents, "{from}");
        }
    }
    Ok(())
}

#[test]
fn nodes_that_run_no_pods_of_daemon_sets_are_not_waited_for() -> Result<()> {
    for (from, objects) in everything()? {
        let affinity = &daemon_set(&objects)?["spec"]["template"]["spec"]["affinity"]["nodeAffinity"];
        let terms = list(&affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]);
        ensure!(!terms.is_empty(), "{from}");
        for (key, value) in [
            ("eks.amazonaws.com/compute-type", "fargate"),
            ("type", "virtual-kubelet"),
        ] {
            let except = json!({"key": key, "operator": "NotIn", "values": [value]});
            let of_all = terms
                .iter()
                .all(|term| list(&term["matchExpressions"]).contains(&except));
            ensure!(of_all, "{from}: {terms:?}");
        }
    }
    Ok(())
}

#[test]
fn the_namespace_admits_what_the_pod_wants() -> Result<()> {
    let objects = overlay("default")?;
    let labels = &find(&objects, "Namespace", "netobs")?["metadata"]["labels"];
    for mode in ["enforce", "audit", "warn"] {
        assert_eq!(labels[format!("pod-security.kubernetes.io/{mode}")], "privileged");
    }
    Ok(())
}

pub(super) fn daemon_set(objects: &[Value]) -> Result<&Value> {
    let mut sets = objects.iter().filter(|object| object["kind"] == "DaemonSet");
    sets.next().context("there is no DaemonSet")
}

fn check(pod: &Value) -> Result<()> {
    let container = &pod["containers"][0];
    let context = &container["securityContext"];
    assert_eq!(list(&pod["containers"]).len(), 1);
    assert_eq!(
        context["capabilities"],
        json!({"drop": ["ALL"], "add": ["BPF", "NET_ADMIN", "PERFMON"]})
    );
    let wanted = [
        (&context["privileged"], false),
        (&context["allowPrivilegeEscalation"], false),
        (&context["readOnlyRootFilesystem"], true),
        (&pod["hostNetwork"], true),
        (&pod["automountServiceAccountToken"], true),
    ];
    for (field, value) in wanted {
        ensure!(*field == value, "{pod:#}");
    }
    ensure!(pod["hostPID"].is_null() && pod["hostIPC"].is_null(), "{pod:#}");
    ensure!(
        pod["securityContext"]["seccompProfile"]["type"] != "Unconfined",
        "{pod:#}"
    );
    ensure!(container["resources"]["limits"]["memory"].is_string(), "{container:#}");
    ensure!(container["resources"]["requests"]["cpu"].is_string(), "{container:#}");
    let mounts = list(&container["volumeMounts"]);
    for volume in list(&pod["volumes"]) {
        let mount = mounts.iter().find(|mount| mount["name"] == volume["name"]);
        let mount = mount.with_context(|| format!("{volume} is mounted nowhere"))?;
        let is_ours = mount["mountPath"] == "/var/lib/netobs" && volume["hostPath"]["type"] == "DirectoryOrCreate";
        ensure!(volume["hostPath"].is_null() || is_ours, "{volume}");
        ensure!(volume["secret"].is_null() || mount["readOnly"] == true, "{volume}");
    }
    Ok(())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
