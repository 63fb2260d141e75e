//! `netobs explain` of what an agent knows of its cluster.
use std::net::IpAddr;

use anyhow::{Context as _, Result};
use netobs_api::{
    client::Fault,
    v1::{EndpointRef, ExplainRequest, ExplainResponse, ObjectRef, Outcome, endpoint_ref::Reference},
};
use netobs_core::event::Protocol;

use super::{Arguments, PortArgument};
use crate::{
    Format, Verdict,
    agents::{self, Answer},
    failure::Unreachable,
    global::Global,
    notes::note,
    output::Output,
    show,
};

pub(crate) async fn run(arguments: &Arguments, global: &Global, out: &mut Output) -> Result<Verdict> {
    let request = request(arguments)?;
    let answer = ask(&request, global).await?;
    match arguments.output {
        Format::Text => out.text(&show::clean_lines(&answer.text))?,
        Format::Json => out.line(&serde_json::to_string(&answer)?)?,
    }
    out.flush()?;
    let outcome = answer.explanation.as_ref().map(netobs_api::v1::Explanation::outcome);
    Ok(match outcome {
        Some(Outcome::Admits | Outcome::NotApplicable) => Verdict::Good,
        Some(Outcome::DoesNotAdmit | Outcome::Undecidable | Outcome::Unspecified) | None => Verdict::Bad,
    })
}

/// All agents know the whole cluster; the first that answers will do.
async fn ask(request: &ExplainRequest, global: &Global) -> Result<ExplainResponse> {
    let agents = agents::find(global).await?;
    let mut last = None;
    for agent in &agents {
        let answers = agents::ask(std::slice::from_ref(agent), |connection| {
            let request = request.clone();
            let mut client = connection.client;
            async move { client.explain(request).await.map(tonic::Response::into_inner) }
        });
        for Answer { agent, answer } in answers.await {
            match answer {
                Ok(answer) => return Ok(answer),
                Err(fault) if fault.is_input() => return Err(fault.into()),
                Err(fault) => {
                    if agents.len() > 1 {
                        note(format_args!("{agent}: {fault}"));
                    }
                    last = Some(fault);
                }
            }
        }
    }
    let several = agents.len() > 1;
    Err(match last.filter(|_: &Fault| !several) {
        Some(fault) => fault.into(),
        None => Unreachable("none of the agents answered".to_owned()).into(),
    })
}

fn request(arguments: &Arguments) -> Result<ExplainRequest> {
    let PortArgument { port, protocol } = arguments.port;
    let protocol = match protocol {
        Protocol::Udp => netobs_api::v1::Protocol::Udp,
        Protocol::Sctp => netobs_api::v1::Protocol::Sctp,
        Protocol::Tcp | Protocol::Icmp | Protocol::Icmpv6 | Protocol::Other(_) => netobs_api::v1::Protocol::Tcp,
    };
    Ok(ExplainRequest {
        source: Some(end(&arguments.from).context("--from")?),
        destination: Some(end(&arguments.to).context("--to")?),
        protocol: protocol.into(),
        port: port.into(),
    })
}

fn end(text: &str) -> Result<EndpointRef> {
    let reference = if text.parse::<IpAddr>().is_ok() {
        Reference::Address(text.to_owned())
    } else {
        let named = text
            .split_once('/')
            .filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty() && !name.contains('/'));
        let (namespace, name) = named.with_context(|| format!("{text:?} is neither NAMESPACE/POD nor an address"))?;
        Reference::Pod(ObjectRef {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    };
    Ok(EndpointRef {
        reference: Some(reference),
    })
}
