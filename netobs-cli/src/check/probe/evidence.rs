//! What agents saw of a probe, and of others who reached the same port.
use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use netobs_api::v1::{
    EndpointFilter, Evidence as How, Filter, Flow, Judgement, Protocol, SubscribeRequest, Verdict,
    subscribe_response::Message,
};
use tonic::Status;

use super::Aim;
use crate::{
    agents::{self, Answer},
    global::Global,
    listen::Client,
};

/// Clocks of nodes differ.
const SLACK: SignedDuration = SignedDuration::from_secs(2);
/// A port that answered so long ago is likely to do so now.
const RECENTLY: SignedDuration = SignedDuration::from_mins(10);
/// One that was answered is enough.
const ANSWERED: u64 = 20;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Evidence {
    /// As policies have packets dropped: by which reason, and on which node.
    pub(super) dropped: BTreeSet<(String, String)>,
    /// For a reason that is no policy's.
    pub(super) dropped_otherwise: BTreeSet<(String, String)>,
    /// Somebody else's connection to the same port was answered lately.
    pub(super) others_are_answered: bool,
}

/// What nobody could be asked for was not seen.
pub(super) async fn of(aim: &Aim, begin: Timestamp, global: &Global) -> Evidence {
    let Ok(agents) = agents::find(global).await else {
        return Evidence::default();
    };
    let (own, others) = (own(aim, begin), others(aim, begin));
    let answers = agents::ask(&agents, |connection| {
        let (own, others) = (own.clone(), others.clone());
        async move {
            let own = flows(connection.client.clone(), own).await?;
            Ok((own, flows(connection.client, others).await?))
        }
    })
    .await;
    let mut evidence = Evidence::default();
    for Answer { answer, .. } in answers {
        let (own, others) = answer.unwrap_or_default();
        for (node, flow) in &own {
            evidence.take(node, flow);
        }
        let source = aim.from.address.to_string();
        let is_anothers = |flow: &Flow| flow.source.as_ref().is_some_and(|end| end.address != source);
        evidence.others_are_answered |= others
            .iter()
            .any(|(_, flow)| is_anothers(flow) && flow.evidence() == How::Replied);
    }
    evidence
}

impl Evidence {
    fn take(&mut self, node: &str, flow: &Flow) {
        let dropped = flow.drops.iter().filter(|drop| !drop.of_reply);
        let reasons = dropped.map(|drop| (drop.reason.clone(), node.to_owned()));
        match flow.judgement() {
            Judgement::NoPolicy => self.dropped_otherwise.extend(reasons),
            Judgement::Refused | Judgement::DroppedThoughAdmitted | Judgement::Settling | Judgement::Undecidable => {
                self.dropped.extend(reasons);
            }
            Judgement::PerhapsRefused | Judgement::NotEnforced | Judgement::Plain | Judgement::Unspecified => {}
        }
    }
}

fn own(aim: &Aim, begin: Timestamp) -> SubscribeRequest {
    let address = |address: String| EndpointFilter {
        addresses: vec![address],
        ..EndpointFilter::default()
    };
    SubscribeRequest {
        since_unix_nanos: Some(nanos(begin - SLACK)),
        include: vec![Filter {
            source: vec![address(aim.from.address.to_string())],
            ..to_port(aim)
        }],
        ..SubscribeRequest::default()
    }
}

fn others(aim: &Aim, begin: Timestamp) -> SubscribeRequest {
    SubscribeRequest {
        since_unix_nanos: Some(nanos(begin - RECENTLY)),
        last: Some(ANSWERED),
        include: vec![Filter {
            verdicts: vec![Verdict::Forwarded.into()],
            ..to_port(aim)
        }],
        ..SubscribeRequest::default()
    }
}

fn to_port(aim: &Aim) -> Filter {
    Filter {
        destination: vec![EndpointFilter {
            addresses: vec![aim.to.to_string()],
            ..EndpointFilter::default()
        }],
        ports: vec![aim.probe.port.into()],
        protocols: vec![Protocol::Tcp.into()],
        ..Filter::default()
    }
}

async fn flows(mut client: Client, request: SubscribeRequest) -> Result<Vec<(String, Flow)>, Status> {
    let mut answers = client.subscribe(request).await?.into_inner();
    let mut flows = Vec::new();
    while let Some(answer) = answers.message().await? {
        if let Some(Message::Flow(flow)) = answer.message {
            flows.push((answer.node_name, flow));
        }
    }
    Ok(flows)
}

fn nanos(time: Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond()).unwrap_or(i64::MAX)
}
