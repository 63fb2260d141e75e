//! Single values, and what is wanted of each.
use std::net::IpAddr;

use netobs_core::{
    filter::{NamePattern, ReasonPattern, ScopedPattern, WorkloadPattern},
    labels::{Selector, Symbol},
    policy::Cidr,
    redact::MARK,
    time::Timestamp,
};

use super::{BadFilter, place::Place};
use crate::words::Word;

/// A word of one of the contract's enums.
pub(super) fn word<W: Word>(place: &Place<'_>, number: i32) -> Result<W::Meaning, BadFilter> {
    let word = W::try_from(number).ok();
    word.and_then(W::meaning).ok_or_else(|| {
        let known: Vec<_> = W::ALL.iter().map(|word| word.name()).collect();
        BadFilter::number(place, &number, format!("it has to be one of {}", known.join(", ")))
    })
}

pub(super) fn port(place: &Place<'_>, number: u32) -> Result<u16, BadFilter> {
    let port = u16::try_from(number).ok().filter(|port| *port > 0);
    port.ok_or_else(|| BadFilter::number(place, &number, "a port is a number from 1 to 65535"))
}

pub(super) fn time(place: &Place<'_>, nanos: i64) -> Result<Timestamp, BadFilter> {
    u64::try_from(nanos)
        .map(Timestamp)
        .map_err(|_| BadFilter::number(place, &nanos, "nanoseconds since 1970 are not negative"))
}

pub(super) fn address(place: &Place<'_>, text: &str) -> Result<IpAddr, BadFilter> {
    let address: Result<IpAddr, _> = text.parse();
    let address = address.map_err(|_| BadFilter::text(place, text, "an IP address is wanted, such as 10.0.0.1"))?;
    Ok(address.to_canonical())
}

/// An address stands for the block of it alone.
pub(super) fn block(place: &Place<'_>, text: &str) -> Result<Cidr, BadFilter> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(Cidr::single(address.to_canonical()));
    }
    text.parse().map_err(|_| {
        let wanted = "an IP address or a CIDR block is wanted, such as 10.0.0.1, 10.0.0.0/8 or fd00::/64";
        BadFilter::text(place, text, wanted)
    })
}

pub(super) fn selector(place: &Place<'_>, text: &str) -> Result<Selector, BadFilter> {
    text.parse()
        .map_err(|error| BadFilter::text(place, text, format!("{error}")))
}

pub(super) fn namespace(place: &Place<'_>, text: &str) -> Result<Symbol, BadFilter> {
    name(text).ok_or_else(|| BadFilter::text(place, text, "a namespace's name is wanted, such as kube-system"))
}

pub(super) fn pod(place: &Place<'_>, text: &str) -> Result<ScopedPattern, BadFilter> {
    let wanted = "a pod's name, or how it begins and *, is wanted, such as web-0, web-* or shop/web-*";
    scoped(text).ok_or_else(|| BadFilter::text(place, text, wanted))
}

pub(super) fn pod_name(place: &Place<'_>, text: &str) -> Result<String, BadFilter> {
    let name = name(text).map(|name| name.to_string());
    name.ok_or_else(|| BadFilter::text(place, text, "a pod's name is wanted, such as web-0"))
}

pub(super) fn service(place: &Place<'_>, text: &str) -> Result<ScopedPattern, BadFilter> {
    let wanted = "a service's name is wanted, such as web or shop/web";
    let pattern = scoped(text).filter(|pattern| matches!(pattern.name, NamePattern::Whole(_)));
    pattern.ok_or_else(|| BadFilter::text(place, text, wanted))
}

pub(super) fn workload(place: &Place<'_>, text: &str) -> Result<WorkloadPattern, BadFilter> {
    let pattern = match text.split_once('/') {
        Some((kind, own)) if !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            let kind = Some(Symbol::from(kind));
            name(own).map(|name| WorkloadPattern { kind, name })
        }
        Some(_) => None,
        None => name(text).map(|name| WorkloadPattern { kind: None, name }),
    };
    let wanted = "a workload's name, or its kind and name, is wanted, such as web or Deployment/web";
    pattern.ok_or_else(|| BadFilter::text(place, text, wanted))
}

pub(super) fn reason(place: &Place<'_>, text: &str) -> Result<ReasonPattern, BadFilter> {
    let is_name = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let wanted = "the kernel's name of a drop reason is wanted, such as NETFILTER_DROP";
    is_name
        .then(|| ReasonPattern::from(text.to_ascii_uppercase().as_str()))
        .ok_or_else(|| BadFilter::text(place, text, wanted))
}

pub(super) fn node(place: &Place<'_>, text: &str) -> Result<Symbol, BadFilter> {
    let name = (!text.is_empty()).then(|| Symbol::from(text));
    name.ok_or_else(|| BadFilter::text(place, text, "a node's name is wanted"))
}

/// A name in any namespace, or after that of its namespace.
fn scoped(text: &str) -> Option<ScopedPattern> {
    let (namespace, own) = match text.split_once('/') {
        Some((namespace, own)) => (Some(name(namespace)?), own),
        None => (None, text),
    };
    let name = match own.strip_suffix('*') {
        Some("") => NamePattern::Beginning(Symbol::from("")),
        Some(beginning) => NamePattern::Beginning(name(beginning)?),
        None => NamePattern::Whole(name(own)?),
    };
    Some(ScopedPattern { namespace, name })
}

/// What the name of an object may consist of, or the pseudonym that stands for one.
fn name(text: &str) -> Option<Symbol> {
    let may_be = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let own = text.strip_prefix(MARK).unwrap_or(text);
    (!text.is_empty() && own.bytes().all(may_be)).then(|| Symbol::from(text))
}
