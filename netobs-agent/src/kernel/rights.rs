//! Giving up what this process may do and does not need. Rights belong to threads: each gives up its own.
use rustix::{
    io::Errno,
    thread::{
        CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set, remove_capability_from_bounding_set,
        set_capabilities, set_no_new_privs,
    },
};
use tracing::{info, warn};

const NONE: CapabilitySets = CapabilitySets {
    effective: CapabilitySet::empty(),
    permitted: CapabilitySet::empty(),
    inheritable: CapabilitySet::empty(),
};
/// Either of them lets a program read maps where the kernel wants a right for that.
const READING: CapabilitySet = CapabilitySet::BPF.union(CapabilitySet::SYS_ADMIN);

/// Before there is a second thread: nobody here, and nothing that is started from here, can gain a right any more.
pub(crate) fn gain_none() {
    let closed = set_no_new_privs(true)
        .and_then(|()| clear_ambient_capability_set())
        .and_then(|()| empty_bounding_set());
    closed.unwrap_or_else(not_given_up);
}

/// For threads that only talk to others: the calling one has no right at all afterwards.
pub(crate) fn give_up_all() {
    set_capabilities(None, NONE).unwrap_or_else(not_given_up);
}

/// Leaves the calling thread what taps on later interfaces take. `reads_maps` tries whether that goes without a right, as
/// it does since Linux 5.19.
pub(super) fn keep_for_taps(reads_maps: impl FnOnce() -> bool) {
    let kept = capabilities(None).and_then(|held| {
        let kept = held.permitted & CapabilitySet::NET_ADMIN;
        let reading = held.permitted & READING;
        hold(kept, kept | reading)?;
        let kept = if reads_maps() { kept } else { kept | one_of(reading) };
        hold(kept, kept)?;
        Ok(kept)
    });
    match kept {
        Ok(kept) => info!(kept = names(kept), "rights were given up that are not needed any more"),
        Err(error) => not_given_up(error),
    }
}

fn hold(effective: CapabilitySet, permitted: CapabilitySet) -> Result<(), Errno> {
    set_capabilities(
        None,
        CapabilitySets {
            effective,
            permitted,
            ..NONE
        },
    )
}

/// The lesser of the two that is held.
fn one_of(reading: CapabilitySet) -> CapabilitySet {
    if reading.contains(CapabilitySet::BPF) {
        CapabilitySet::BPF
    } else {
        reading
    }
}

/// Takes a right itself. Where that is not held, as in a container, the set is as small as whoever started us made it.
fn empty_bounding_set() -> Result<(), Errno> {
    for number in 0..u64::BITS {
        match remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << number)) {
            Ok(()) => {}
            // The kernel knows no more, or we may not.
            Err(Errno::INVAL | Errno::PERM) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn names(kept: CapabilitySet) -> String {
    let names: Vec<_> = kept.iter_names().map(|(name, _)| format!("CAP_{name}")).collect();
    names.join(", ")
}

fn not_given_up(error: Errno) {
    warn!(
        "the agent keeps rights that it does not need: {error}; something around it, such as a seccomp profile, refuses \
         capset or prctl: allow them, as deploy/seccomp/netobs-agent.json does"
    );
}

#[cfg(test)]
mod tests {
    use super::{CapabilitySet, names, one_of};

    #[test]
    fn where_maps_take_a_right_to_read_the_lesser_one_is_kept() {
        let both = CapabilitySet::BPF | CapabilitySet::SYS_ADMIN;
        assert_eq!(one_of(both), CapabilitySet::BPF);
        assert_eq!(one_of(CapabilitySet::SYS_ADMIN), CapabilitySet::SYS_ADMIN);
        assert_eq!(one_of(CapabilitySet::empty()), CapabilitySet::empty());
    }

    #[test]
    fn rights_are_named_as_operators_know_them() {
        assert_eq!(
            names(CapabilitySet::NET_ADMIN | CapabilitySet::BPF),
            "CAP_NET_ADMIN, CAP_BPF"
        );
    }
}
