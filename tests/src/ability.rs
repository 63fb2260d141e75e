//! Abilities of the machine that a test may do without, if whoever runs it says so.

use std::env;

/// Whether the ability is named in `NETOBS_TEST_MAY_SKIP`, a list separated by commas.
///
/// A test that lacks an ability fails unless this is so; nothing is skipped silently.
pub fn may_skip(ability: &str) -> bool {
    const MAY_SKIP: &str = "NETOBS_TEST_MAY_SKIP";
    env::var(MAY_SKIP).is_ok_and(|named| named.split(',').any(|name| name.trim() == ability))
}
