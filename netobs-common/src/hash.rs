//! The hash that finds a key's slots. The seed is drawn at load time, so that nobody can aim at one slot.

const MIX: u64 = 0x9fb2_1c65_1e98_df25;

/// Mixes two words of a key into the state, which begins as the seed.
#[inline(always)]
pub const fn mix(state: u64, low: u32, high: u32) -> u64 {
    let word = (high as u64) << 32 | low as u64;
    let mixed = (state ^ word).wrapping_mul(MIX);
    mixed ^ (mixed >> 32)
}
