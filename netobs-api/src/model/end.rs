//! Filters of one end.
use netobs_core::{filter::EndFilter, labels::Selector};

use super::{BadFilter, place::Place, value, values::Room};
use crate::v1;

pub(super) fn end_filter(
    place: &Place<'_>,
    filter: &v1::EndpointFilter,
    room: &mut Room,
) -> Result<EndFilter, BadFilter> {
    Ok(EndFilter {
        namespaces: room.texts(place.field("namespaces"), &filter.namespaces, value::namespace)?,
        pods: room.texts(place.field("pods"), &filter.pods, value::pod)?,
        workloads: room.texts(place.field("workloads"), &filter.workloads, value::workload)?,
        labels: selector(&place.field("label_selector"), &filter.label_selector, room)?,
        namespace_labels: selector(
            &place.field("namespace_label_selector"),
            &filter.namespace_label_selector,
            room,
        )?,
        addresses: room.texts(place.field("addresses"), &filter.addresses, value::block)?,
        kinds: room.words::<v1::EndpointKind>(place.field("kinds"), &filter.kinds)?,
        services: room.texts(place.field("services"), &filter.services, value::service)?,
    })
}

fn selector(place: &Place<'_>, text: &str, room: &mut Room) -> Result<Selector, BadFilter> {
    let selector = value::selector(place, text)?;
    let values = selector.requirements.iter().map(|one| one.values.len().max(1)).sum();
    room.take(place, values)?;
    Ok(selector)
}
