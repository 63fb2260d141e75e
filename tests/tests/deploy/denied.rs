//! One right of the agent's ClusterRole after the other is missing: who needs it goes on without, and says so.

use super::scene::{PATIENCE, Twin, findings, in_pod, rights_of_agent, run, said, stage, wait_until};
use anyhow::{Context as _, Result, ensure};
use netobs_api::v1::{GetStatusResponse, WatchStatus};
use netobs_tests::apiserver::{Grant, Rights};
use netobs_tests::demo::{Programs, Stage};
use std::path::PathBuf;

/// Without these nothing can be said of policies.
const NEEDED: [&str; 3] = ["namespaces", "pods", "networkpolicies"];

struct Without {
    stage: Stage,
    programs: Programs,
    rights: Rights,
}

#[test]
fn without_a_watch_the_agent_does_without_the_kind_and_says_which_right_it_lacks() -> Result<()> {
    let without = Without::begin()?;
    let watched: Vec<_> = without.grants(|grant| ["list", "watch"].contains(&&*grant.verb) && is_watched(grant));
    assert_eq!(watched.len(), 12, "{watched:?}");
    for three in watched.chunks(3) {
        let twins = three.iter().map(|grant| Ok((grant, without.agent(grant, &[])?)));
        for (grant, twin) in twins.collect::<Result<Vec<_>>>()? {
            lacks_a_kind(grant, &twin).with_context(|| format!("without {grant}"))?;
            twin.stop()?;
        }
    }
    without.stage.strike()
}

fn lacks_a_kind(grant: &Grant, twin: &Twin) -> Result<()> {
    let kind = &grant.resource;
    twin.agent
        .wait_for_error(PATIENCE, &format!("{kind} may not be read"))?;
    let remedy = format!("ClusterRole needs the verbs list and watch on {kind}");
    twin.agent.wait_for_error(PATIENCE, &remedy)?;
    let status = twin.status()?;
    let watch = watch(&status, kind)?;
    ensure!(
        watch.forbidden && !watch.listed && watch.error.contains(&remedy),
        "{watch:?}"
    );
    if NEEDED.contains(&kind.as_str()) {
        ensure!(
            !status.ready && status.not_ready.concat().contains(&remedy),
            "{status:#?}"
        );
    } else {
        wait_until("it is ready without", || Ok(twin.status()?.ready))?;
    }
    Ok(())
}

#[test]
fn without_the_right_to_write_events_or_to_name_their_objects_the_agent_says_so_and_tells_causes() -> Result<()> {
    let mut without = Without::begin()?;
    without.stage.begin_traffic();
    let events = || Ok(!without.stage.server().list("events").is_empty());
    wait_until("the agent with all rights has written an Event", events)?;
    // Of another node, so that its Event is another one; or of the same, so that it is there already.
    let (other, same): (&[&str], &[&str]) = (&["--node-name", "node-2"], &[]);
    let cases = [
        (
            "create",
            "events",
            other,
            "ClusterRole needs the verbs create and patch on events",
        ),
        (
            "patch",
            "events",
            same,
            "ClusterRole needs the verbs create and patch on events",
        ),
        (
            "get",
            "namespaces",
            other,
            "ClusterRole needs the verb get on namespaces and networkpolicies",
        ),
    ];
    for (verb, resource, arguments, says) in cases {
        let grant = without.grant(verb, resource)?;
        let twin = without.agent(&grant, arguments)?;
        twin.agent
            .wait_for_error(PATIENCE, says)
            .with_context(|| grant.to_string())?;
        let asker = twin.asker()?;
        ensure!(asker.status()?.ready, "without {grant}");
        wait_until("it tells the cause", || Ok(!asker.causes()?.is_empty()))?;
        twin.stop()?;
    }
    without.stage.strike()
}

#[test]
fn without_a_right_that_only_netobs_in_the_pod_needs_it_says_what_it_left_out() -> Result<()> {
    let without = Without::begin()?;
    let lists = without.grants(|grant| grant.verb == "list");
    assert_eq!(lists.len(), 16, "{lists:?}");
    for grant in lists.iter().filter(|grant| grant.resource != "endpointslices") {
        let kubeconfig = without.kubeconfig(grant)?;
        let mut check = in_pod(&without.stage, &without.programs, &kubeconfig, &["check", "-o", "json"])?;
        let output = run(&mut check, &[0, 1])?;
        let left_out = findings(&output, "cluster")?;
        let named = format!(
            "cannot list resource {:?} in API group {:?}",
            grant.resource, grant.group
        );
        ensure!(
            left_out.len() == 1 && left_out[0].contains(&named),
            "without {grant}: {}",
            said(&output)
        );
    }
    let grant = without.grant("get", "networkpolicies")?;
    let kubeconfig = without.kubeconfig(&grant)?;
    let words = ["preview", "--watch", "prod-a/allow-prod", "--for", "1s"];
    let output = run(
        &mut in_pod(&without.stage, &without.programs, &kubeconfig, &words)?,
        &[1],
    )?;
    let says = "does not tell whether prod-a/allow-prod is there";
    ensure!(said(&output).contains(says), "{}", said(&output));
    without.stage.strike()
}

impl Without {
    fn begin() -> Result<Self> {
        let (rights, programs) = (rights_of_agent()?, Programs::find()?);
        Ok(Self {
            stage: stage(&rights, &programs)?,
            programs,
            rights,
        })
    }

    fn grants(&self, wanted: impl Fn(&Grant) -> bool) -> Vec<Grant> {
        self.rights.grants().filter(|grant| wanted(grant)).cloned().collect()
    }

    fn grant(&self, verb: &str, resource: &str) -> Result<Grant> {
        let found = self.grants(|grant| (&*grant.verb, &*grant.resource) == (verb, resource));
        let found = found.into_iter().next();
        found.with_context(|| format!("the role does not give {verb} {resource}"))
    }

    /// Of somebody who has all rights of the agent but one.
    fn kubeconfig(&self, grant: &Grant) -> Result<PathBuf> {
        let user = format!("without {grant}");
        let kubeconfig = self.stage.server().invite(&user)?;
        self.stage.server().confine(&user, self.rights.without(grant));
        Ok(kubeconfig)
    }

    fn agent(&self, grant: &Grant, arguments: &[&str]) -> Result<Twin> {
        Twin::start(&self.stage, &self.programs, &self.kubeconfig(grant)?, arguments)
    }
}

fn is_watched(grant: &Grant) -> bool {
    let core = ["namespaces", "nodes", "pods", "services"].contains(&&*grant.resource) && grant.group.is_empty();
    let others = [
        ("networking.k8s.io", "networkpolicies"),
        ("discovery.k8s.io", "endpointslices"),
    ];
    core || others.contains(&(&*grant.group, &*grant.resource))
}

fn watch<'a>(status: &'a GetStatusResponse, kind: &str) -> Result<&'a WatchStatus> {
    let watches = status.cluster.iter().flat_map(|cluster| &cluster.watches);
    watches
        .into_iter()
        .find(|watch| watch.kind == kind)
        .with_context(|| format!("no watch of {kind}"))
}
