//! Filters of causes.
use netobs_core::filter::CauseFilter;

use super::{BadFilter, place::Place, value, values::Room};
use crate::v1;

/// Without a filter, all pass.
pub fn cause_filter(filter: Option<&v1::CauseFilter>) -> Result<CauseFilter, BadFilter> {
    let Some(filter) = filter else {
        return Ok(CauseFilter::default());
    };
    let place = Place::of("filter");
    let mut room = Room::new();
    let since = filter.since_unix_nanos;
    Ok(CauseFilter {
        kinds: room.words::<v1::CauseKind>(place.field("kinds"), &filter.kinds)?,
        states: room.words::<v1::CauseState>(place.field("states"), &filter.states)?,
        namespaces: room.texts(place.field("namespaces"), &filter.namespaces, value::namespace)?,
        since: since
            .map(|nanos| value::time(&place.field("since_unix_nanos"), nanos))
            .transpose()?,
    })
}
