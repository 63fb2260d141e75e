//! Filters of flows.
use netobs_core::{
    cause::CauseId,
    filter::{EndFilter, Filters, FlowFilter, MOST_FILTERS},
};

use super::{BadFilter, end::end_filter, place::Place, value, values::Room};
use crate::v1;

pub fn filter(include: &[v1::Filter], exclude: &[v1::Filter]) -> Result<Filters, BadFilter> {
    let filters = include.len() + exclude.len();
    if filters > MOST_FILTERS {
        let found = format_args!("{filters} filters with those of exclude");
        let wanted = format!("there may be up to {MOST_FILTERS}; make them more general, or ask twice");
        return Err(BadFilter::number(&Place::of("include"), &found, wanted));
    }
    let mut room = Room::new();
    let mut read = |field, filters: &[v1::Filter]| -> Result<Vec<_>, _> {
        let filters = filters.iter().enumerate();
        filters
            .map(|(index, filter)| flow_filter(&Place::of(field).at(index), filter, &mut room))
            .collect()
    };
    Ok(Filters {
        include: read("include", include)?,
        exclude: read("exclude", exclude)?,
    })
}

fn flow_filter(place: &Place<'_>, filter: &v1::Filter, room: &mut Room) -> Result<FlowFilter, BadFilter> {
    Ok(FlowFilter {
        either: ends(place.field("either"), &filter.either, room)?,
        source: ends(place.field("source"), &filter.source, room)?,
        destination: ends(place.field("destination"), &filter.destination, room)?,
        verdicts: room.words::<v1::Verdict>(place.field("verdicts"), &filter.verdicts)?,
        reasons: room.texts(place.field("reasons"), &filter.reasons, value::reason)?,
        cause_kinds: room.words::<v1::CauseKind>(place.field("cause_kinds"), &filter.cause_kinds)?,
        cause_ids: room.read(place.field("cause_ids"), &filter.cause_ids, |_, id| Ok(CauseId(*id)))?,
        ports: room.read(place.field("ports"), &filter.ports, |place, port| {
            value::port(place, *port)
        })?,
        protocols: room.words::<v1::Protocol>(place.field("protocols"), &filter.protocols)?,
        directions: room.words::<v1::TrafficDirection>(place.field("directions"), &filter.directions)?,
        judgements: room.words::<v1::Judgement>(place.field("judgements"), &filter.judgements)?,
        nodes: room.texts(place.field("node_names"), &filter.node_names, value::node)?,
    })
}

fn ends(place: Place<'_>, filters: &[v1::EndpointFilter], room: &mut Room) -> Result<Vec<EndFilter>, BadFilter> {
    room.take(&place, filters.len())?;
    let filters = filters.iter().enumerate();
    filters
        .map(|(index, filter)| end_filter(&place.at(index), filter, room))
        .collect()
}
