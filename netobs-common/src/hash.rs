//! The hash that finds a key's slots: the sum of products of two words each, every word moved by one of the seed's.
//!
//! It is UMAC's NH: under a seed drawn at load time, two keys have the same sum with one chance in 2^32, whatever they are,
//! so that nobody can aim at one slot. And no product waits for another.

/// Products that the longest key has.
pub const PRODUCTS: usize = 7;

const MIX: u64 = 0x9fb2_1c65_1e98_df25;

/// Of two words of a key, with the seed's two for this place.
#[inline(always)]
pub const fn product(seed: u64, one: u32, other: u32) -> u64 {
    let one = one.wrapping_add(seed as u32);
    let other = other.wrapping_add((seed >> 32) as u32);
    one as u64 * other as u64
}

/// Makes every bit depend on those of the sum.
#[inline(always)]
pub const fn spread(sum: u64) -> u64 {
    let mixed = (sum ^ (sum >> 32)).wrapping_mul(MIX);
    mixed ^ (mixed >> 32)
}
