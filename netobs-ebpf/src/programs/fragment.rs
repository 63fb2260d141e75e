//! Giving later fragments the ports of their first.
use netobs_common::{
    key::{TapKey, meta},
    parse::Fragment,
};

use super::maps::{FragmentPorts, Tables};

/// Remembers the ports of a first fragment, gives them to a later one, or marks one whose first was missed.
#[inline(always)]
pub(super) fn resolve<const A: usize>(key: &mut TapKey<A>, fragment: Fragment, direction: u32)
where
    Tables: FragmentPorts<A>,
{
    match fragment {
        Fragment::Whole => {}
        Fragment::First { id } => remember(key, id, direction),
        Fragment::Later { id } => recall(key, id, direction),
    }
}

#[inline(never)]
fn remember<const A: usize>(key: &TapKey<A>, id: u32, direction: u32)
where
    Tables: FragmentPorts<A>,
{
    <Tables as FragmentPorts<A>>::remember(&datagram(key, id, direction), key.ports);
}

#[inline(never)]
fn recall<const A: usize>(key: &mut TapKey<A>, id: u32, direction: u32)
where
    Tables: FragmentPorts<A>,
{
    match <Tables as FragmentPorts<A>>::recall(&datagram(key, id, direction)) {
        Some(ports) => key.ports = ports,
        None => key.meta |= meta::FRAGMENT,
    }
}

/// A fragmented datagram is known by its number where a connection is by its ports, and by its direction.
#[inline(always)]
fn datagram<const A: usize>(key: &TapKey<A>, id: u32, direction: u32) -> TapKey<A> {
    TapKey {
        ports: id,
        meta: key.meta | direction << 8,
        ..*key
    }
}
