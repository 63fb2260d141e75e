//! What flows are asked for.
use anyhow::{Context as _, Result, bail};
use clap::Args;
use netobs_api::v1::{self, EndpointFilter, EndpointKind, Filter};
use netobs_core::{labels::Selector, policy::Cidr};

use super::not::{Not, What};
use crate::show::words::{CAUSE_KINDS, DIRECTIONS, JUDGEMENTS, PROTOCOLS, VERDICTS, parser};

const FILTERS: &str = "Which flows (given again, any of its values will do; of different ones, all must)";

#[derive(Args, Default)]
#[command(next_help_heading = FILTERS)]
pub(super) struct Filters {
    /// Of either end.
    #[arg(short, long, value_name = "NAMESPACE", value_delimiter = ',')]
    pub(super) namespace: Vec<String>,
    /// Of either end; a * at its end stands for whatever follows.
    #[arg(long, value_name = "[NAMESPACE/]POD")]
    pub(super) pod: Vec<String>,
    /// The owner of either end's pod.
    #[arg(long, value_name = "[KIND/]NAME")]
    pub(super) workload: Vec<String>,
    /// Of either end.
    #[arg(long, value_name = "[NAMESPACE/]NAME")]
    pub(super) service: Vec<String>,
    /// The address of either end.
    #[arg(long, value_name = "ADDRESS|CIDR")]
    pub(super) ip: Vec<String>,
    /// Of either end's pod, as kubectl takes it.
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub(super) selector: Option<String>,
    /// Of the namespace of either end's pod.
    #[arg(long, value_name = "SELECTOR")]
    pub(super) namespace_selector: Option<String>,
    /// Who began the connection: a namespace, a pod or workload, an address or block, or world, node, service, unknown.
    #[arg(long, value_name = "NAMESPACE[/NAME]|CIDR|KIND")]
    pub(super) from: Vec<String>,
    /// With whom.
    #[arg(long, value_name = "NAMESPACE[/NAME]|CIDR|KIND")]
    pub(super) to: Vec<String>,
    /// What happened.
    #[arg(long, value_delimiter = ',', value_parser = parser(&VERDICTS, "VERDICT_", v1::Verdict::from_str_name))]
    pub(super) verdict: Vec<v1::Verdict>,
    /// The kernel's name of why it was dropped, such as NETFILTER_DROP.
    #[arg(long, value_name = "REASON", value_delimiter = ',')]
    pub(super) reason: Vec<String>,
    /// Of the destination.
    #[arg(long, value_delimiter = ',')]
    pub(super) port: Vec<u16>,
    #[arg(long, value_delimiter = ',', value_parser = parser(&PROTOCOLS, "PROTOCOL_", v1::Protocol::from_str_name))]
    pub(super) protocol: Vec<v1::Protocol>,
    /// As the pod on the agent's node sees it.
    #[arg(long, value_delimiter = ',', value_parser = parser(&DIRECTIONS, "TRAFFIC_DIRECTION_", v1::TrafficDirection::from_str_name))]
    pub(super) direction: Vec<v1::TrafficDirection>,
    /// Counted to such a cause: label, dns, port, …, or one cause's number.
    #[arg(long, value_name = "KIND|ID", value_delimiter = ',')]
    pub(super) cause: Vec<String>,
    /// How what happened and what policies say go together.
    #[arg(long, value_delimiter = ',', value_parser = parser(&JUDGEMENTS, "JUDGEMENT_", v1::Judgement::from_str_name))]
    pub(super) judgement: Vec<v1::Judgement>,
    /// The agent's node.
    #[arg(long, value_name = "NODE", value_delimiter = ',')]
    pub(super) node: Vec<String>,
    /// Leaves flows out, such as --not namespace=kube-system or --not port=53.
    #[arg(long, value_name = "WHAT=VALUE")]
    pub(super) not: Vec<Not>,
}

impl Filters {
    /// What to tell, and what not to.
    pub(super) fn filters(&self) -> Result<(Vec<Filter>, Vec<Filter>)> {
        let include = self.include()?;
        let exclude = self
            .not
            .iter()
            .map(|not| Self::of(not).include())
            .collect::<Result<Vec<_>>>()?;
        let some = |filter: &Filter| *filter != Filter::default();
        Ok(([include].into_iter().filter(some).collect(), exclude))
    }

    /// What that option alone would show.
    fn of(not: &Not) -> Self {
        let mut filters = Self::default();
        let value = vec![not.value.clone()];
        match not.what {
            What::Namespace => filters.namespace = value,
            What::Pod => filters.pod = value,
            What::Workload => filters.workload = value,
            What::Service => filters.service = value,
            What::Ip => filters.ip = value,
            What::Selector => filters.selector = Some(not.value.clone()),
            What::From => filters.from = value,
            What::To => filters.to = value,
            What::Verdict(verdict) => filters.verdict = vec![verdict],
            What::Reason => filters.reason = value,
            What::Port(port) => filters.port = vec![port],
            What::Protocol(protocol) => filters.protocol = vec![protocol],
            What::Node => filters.node = value,
        }
        filters
    }

    fn include(&self) -> Result<Filter> {
        let mut filter = Filter {
            either: self.either()?,
            source: ends("--from", &self.from)?,
            destination: ends("--to", &self.to)?,
            verdicts: numbers(&self.verdict),
            reasons: self.reason.iter().map(|reason| reason.to_ascii_uppercase()).collect(),
            ports: self.port.iter().copied().map(Into::into).collect(),
            protocols: numbers(&self.protocol),
            directions: numbers(&self.direction),
            judgements: numbers(&self.judgement),
            node_names: self.node.clone(),
            ..Filter::default()
        };
        for cause in &self.cause {
            match cause.parse() {
                Ok(id) => filter.cause_ids.push(id),
                Err(_) => filter.cause_kinds.push(cause_kind(cause)?.into()),
            }
        }
        Ok(filter)
    }

    /// All of one end: of each pod that was named with its namespace, and of those without.
    fn either(&self) -> Result<Vec<EndpointFilter>> {
        let base = EndpointFilter {
            namespaces: self.namespace.clone(),
            workloads: self.workload.clone(),
            services: self.service.clone(),
            addresses: self.ip.iter().map(|ip| address("--ip", ip)).collect::<Result<_>>()?,
            label_selector: selector("--selector", self.selector.as_deref())?,
            namespace_label_selector: selector("--namespace-selector", self.namespace_selector.as_deref())?,
            ..EndpointFilter::default()
        };
        let (scoped, bare): (Vec<_>, Vec<_>) = self.pod.iter().partition(|pod| pod.contains('/'));
        let mut either: Vec<_> = scoped
            .into_iter()
            .filter_map(|pod| pod.split_once('/'))
            .map(|(namespace, pod)| of_pod(&base, namespace, pod))
            .collect();
        let rest = EndpointFilter {
            pods: bare.into_iter().cloned().collect(),
            ..base
        };
        if (either.is_empty() || !rest.pods.is_empty()) && rest != EndpointFilter::default() {
            either.push(rest);
        }
        Ok(either)
    }
}

pub(super) fn cause_kind(text: &str) -> Result<v1::CauseKind> {
    let name = format!("CAUSE_KIND_{}", text.to_ascii_uppercase().replace('-', "_"));
    match v1::CauseKind::from_str_name(&name) {
        Some(kind) if CAUSE_KINDS.contains(&text) => Ok(kind),
        Some(_) | None => bail!(
            "{text:?} is no kind of cause, which is one of {}",
            CAUSE_KINDS.join(", ")
        ),
    }
}

fn ends(option: &str, texts: &[String]) -> Result<Vec<EndpointFilter>> {
    let ends = texts.iter().map(|text| end(option, text)).collect::<Result<Vec<_>>>()?;
    Ok(ends.concat())
}

/// What is any of these is the end that is meant.
fn end(option: &str, text: &str) -> Result<Vec<EndpointFilter>> {
    let of_kind = |kind: EndpointKind| {
        vec![EndpointFilter {
            kinds: vec![kind.into()],
            ..EndpointFilter::default()
        }]
    };
    let looks_like_address = text
        .split('/')
        .next()
        .is_some_and(|part| part.parse::<std::net::IpAddr>().is_ok());
    Ok(match text {
        "world" => of_kind(EndpointKind::World),
        "node" => of_kind(EndpointKind::Node),
        "service" => of_kind(EndpointKind::Service),
        "unknown" => of_kind(EndpointKind::Unknown),
        "" => bail!(
            "{option} is empty; it takes NAMESPACE, NAMESPACE/POD, NAMESPACE/WORKLOAD, an address, a CIDR, world, node, service or \
             unknown"
        ),
        text if looks_like_address => vec![EndpointFilter {
            addresses: vec![address(option, text)?],
            ..EndpointFilter::default()
        }],
        text => match text.split_once('/').unwrap_or((text, "*")) {
            ("", _) => bail!("{option}: {text:?} has no namespace before the /"),
            (namespace, name) => of_pod_or_workload(namespace, name),
        },
    })
}

fn of_pod_or_workload(namespace: &str, name: &str) -> Vec<EndpointFilter> {
    let of_pod = of_pod(&EndpointFilter::default(), namespace, name);
    let is_whole = !of_pod.pods.is_empty() && !name.ends_with('*');
    let of_workload = EndpointFilter {
        namespaces: vec![namespace.to_owned()],
        workloads: vec![name.to_owned()],
        ..EndpointFilter::default()
    };
    [of_pod].into_iter().chain(is_whole.then_some(of_workload)).collect()
}

fn of_pod(base: &EndpointFilter, namespace: &str, pod: &str) -> EndpointFilter {
    let any = matches!(pod, "*" | "");
    EndpointFilter {
        namespaces: vec![namespace.to_owned()],
        pods: if any { Vec::new() } else { vec![pod.to_owned()] },
        ..base.clone()
    }
}

fn address(option: &str, text: &str) -> Result<String> {
    if text.parse::<std::net::IpAddr>().is_err() {
        let _: Cidr = text.parse().with_context(|| option.to_owned())?;
    }
    Ok(text.to_owned())
}

fn selector(option: &str, text: Option<&str>) -> Result<String> {
    let text = text.unwrap_or_default();
    let _: Selector = text.parse().with_context(|| option.to_owned())?;
    Ok(text.to_owned())
}

fn numbers<T: Copy + Into<i32>>(words: &[T]) -> Vec<i32> {
    words.iter().copied().map(Into::into).collect()
}
