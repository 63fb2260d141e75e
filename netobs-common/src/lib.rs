//! What the kernel programs and the agent share: header parsing and the layouts of what passes between them.
//!
//! The parser is generic over [`packet::Bytes`], so that the code that runs in the kernel is the code the tests run.
#![no_std]
#![expect(
    clippy::cast_possible_truncation,
    reason = "the kernel's target has words of 64 bits only, and lengths of headers fit any of them"
)]

#[cfg(test)]
extern crate std;

pub mod counter;
pub mod hash;
pub mod key;
pub mod packet;
pub mod parse;
pub mod ring;
pub mod slot;
pub mod tap;
