//! Where a key's slots may lie.
use proptest::prelude::*;
use std::{collections::HashSet, vec::Vec};

use super::{CLAIMED, FREE, Places, RETIRED, WINDOW, is_live};

proptest! {
    #[test]
    fn all_places_lie_in_the_table_and_differ_within_a_window(hash: u64, bits in 3_u32..=26) {
        let mask = (1 << bits) - 1;
        let places = Places::new(hash, mask);
        let all: Vec<_> = (0..2 * WINDOW).map(|nth| places.nth(nth)).collect();
        prop_assert!(all.iter().all(|place| *place <= mask));
        for window in all.chunks(WINDOW as usize) {
            prop_assert_eq!(window.iter().collect::<HashSet<_>>().len(), WINDOW as usize);
        }
    }

    #[test]
    fn a_tag_is_the_state_of_a_live_slot(hash: u64) {
        prop_assert!(is_live(Places::new(hash, 15).tag));
    }
}

#[test]
fn a_slot_that_is_not_its_keys_is_not_live() {
    for state in [FREE, CLAIMED, RETIRED] {
        assert!(!is_live(state));
    }
}

/// Keys that collide in the first window mostly do not collide in the second.
#[test]
fn the_two_windows_are_drawn_apart() {
    const MASK: u32 = (1 << 17) - 1;
    let hashes = (0..1000_u64).map(|high| 0x1234 | high << 20);
    let seconds: HashSet<_> = hashes.map(|hash| Places::new(hash, MASK).nth(WINDOW)).collect();
    assert_eq!(seconds.len(), 1000);
}
