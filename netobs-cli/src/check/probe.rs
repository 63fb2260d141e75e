//! `netobs check --probe`: one connection from a pod that was named to another, and what became of it.
//!
//! Nothing else of `netobs` ever sends anything. What will be sent is said before, and no pod is used that was not named.
use std::{net::IpAddr, time::Duration};

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use netobs_core::{
    event::Protocol,
    explain::Explanation,
    policy::{Direction, Outcome},
    render,
};
use netobs_k8s::manifests::Manifests;
use tokio::time::sleep;

use self::{
    end::End,
    evidence::Evidence,
    exec::{Executor, Fate},
};
pub(super) use self::{finding::findings, spec::Probe};
use crate::{
    agents,
    apiserver::ApiServer,
    failure::Unreachable,
    global::Global,
    in_force::{self, Kind},
    notes::note,
};

mod end;
mod evidence;
mod exec;
mod finding;
mod spec;
#[cfg(test)]
mod tests;
mod tool;

/// More than these are a scan.
const MOST: usize = 16;
/// What an agent sees is told within it.
const UNTIL_TOLD: Duration = Duration::from_secs(2);
const WANTED: &[Kind] = &[Kind::Namespaces, Kind::NetworkPolicies, Kind::Pods];

/// What was asked, and all that is known of it.
#[derive(Debug)]
pub(super) struct Probed {
    probe: Probe,
    /// What policies say.
    outcome: Outcome,
    /// The policies that do not admit it, or of which it cannot be told.
    refusing: Vec<String>,
    /// What the process in the pod met.
    fate: Fate,
    /// What agents saw.
    evidence: Evidence,
}

/// A probe that can be made.
struct Aim {
    probe: Probe,
    outcome: Outcome,
    refusing: Vec<String>,
    from: End,
    to: IpAddr,
}

/// Makes all of them, one after the other; an error if one cannot be made as it was asked.
pub(super) async fn run(probes: &[Probe], global: &Global) -> Result<Vec<Probed>> {
    if probes.is_empty() {
        return Ok(Vec::new());
    }
    if probes.len() > MOST {
        bail!(
            "{} probes are more than {MOST}, and one of each kind of connection says as much",
            probes.len()
        );
    }
    let nowhere =
        "--probe goes through the API server, and no cluster is named: name it with --kubeconfig or KUBECONFIG";
    let config = agents::cluster(global).await?.context(nowhere)?;
    let there = in_force::ask(WANTED, global).await?.context(nowhere)?;
    let server = ApiServer::of(config, global.patience()).map_err(|fault| Unreachable(fault.to_string()))?;
    let mut aims = Vec::new();
    for probe in probes {
        aims.push(Aim::take(probe, &there, &server).await?);
    }
    for aim in &aims {
        note(aim.announcement());
    }
    let begin = Timestamp::now();
    let executor = Executor::new(&server, global.patience());
    let mut fates = Vec::new();
    for aim in &aims {
        fates.push(executor.connect(aim).await?);
    }
    sleep(UNTIL_TOLD).await;
    let mut probed = Vec::new();
    for (aim, fate) in aims.into_iter().zip(fates) {
        let evidence = evidence::of(&aim, begin, global).await;
        let Aim {
            probe,
            outcome,
            refusing,
            ..
        } = aim;
        probed.push(Probed {
            probe,
            outcome,
            refusing,
            fate,
            evidence,
        });
    }
    Ok(probed)
}

impl Aim {
    async fn take(probe: &Probe, there: &Manifests, server: &ApiServer) -> Result<Self> {
        let names = [&probe.from, &probe.to].map(ToString::to_string);
        let connection = match there.connection(&names[0], &names[1], Protocol::Tcp, probe.port) {
            Ok(connection) => connection,
            Err((_, error)) => bail!("--probe {probe}: {error}"),
        };
        let explanation = there.policies.explain(&connection, &there.snapshot);
        let [from, to] = [
            End::find(&probe.from, server).await?,
            End::find(&probe.to, server).await?,
        ];
        Ok(Self {
            probe: probe.clone(),
            outcome: explanation.outcome(),
            refusing: refusing(&explanation),
            from,
            to: to.address,
        })
    }

    fn announcement(&self) -> String {
        let Probe { from, to, port } = &self.probe;
        format!(
            "probing: a process in pod {from} (container {}) opens one TCP connection to pod {to} at {} port {port}, sends nothing over \
             it, and waits {} s for it at the longest",
            self.from.container,
            self.to,
            tool::WAIT.as_secs()
        )
    }
}

fn refusing(explanation: &Explanation) -> Vec<String> {
    let mut refusing = Vec::new();
    for direction in [Direction::Egress, Direction::Ingress] {
        let one = explanation.of(direction);
        if matches!(one.outcome(), Outcome::DoesNotAdmit | Outcome::Undecidable) {
            let policies = one.policies.iter();
            refusing.extend(policies.map(|policy| format!("{policy} ({})", render::word(direction))));
        }
    }
    refusing
}
