//! Any bytes are parsed or refused, the quick way says nothing that the full way does not say, and what is cut off or
//! put behind a packet never makes it another one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netobs_common::parse::{Packet, Unparsed, ethernet, ipv4, ipv6, plain_ethernet, plain_ipv4, plain_ipv6};

fuzz_target!(|bytes: &[u8]| {
    quick_says_what_full_says(bytes);
    let whole = Parsed::of(bytes);
    for len in bytes.len().saturating_sub(64)..bytes.len() {
        let cut = Parsed::of(&bytes[..len]);
        assert!(
            cut == whole || cut.is_truncated(),
            "{len} of {} bytes: {cut:?}, not {whole:?}",
            bytes.len()
        );
    }
});

#[derive(Debug, PartialEq)]
enum Parsed {
    V4(Packet<1>),
    V6(Packet<4>),
    Not(Unparsed),
}

impl Parsed {
    fn of(bytes: &[u8]) -> Self {
        let parsed = ethernet(bytes).and_then(|network| {
            if network.is_v6 {
                ipv6(bytes, network.offset).map(Self::V6)
            } else {
                ipv4(bytes, network.offset).map(Self::V4)
            }
        });
        parsed.unwrap_or_else(Self::Not)
    }

    fn is_truncated(&self) -> bool {
        *self == Self::Not(Unparsed::Truncated)
    }
}

fn quick_says_what_full_says(bytes: &[u8]) {
    if let Some(network) = plain_ethernet(bytes) {
        assert_eq!(ethernet(bytes), Ok(network));
    }
    for offset in [0, 14, 18] {
        if let Some(packet) = plain_ipv4(bytes, offset) {
            assert_eq!(ipv4(bytes, offset), Ok(packet));
        }
        if let Some(packet) = plain_ipv6(bytes, offset) {
            assert_eq!(ipv6(bytes, offset), Ok(packet));
        }
    }
}
