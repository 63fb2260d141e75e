//! Packets that end too early: an error or the same connection, never another one.
use std::{fmt::Debug, vec, vec::Vec};

use super::build::{Ipv4, Ipv6, authentication, ethernet as frame, fragment, icmp, options, sctp, tcp, udp};
use crate::parse::{Packet, Unparsed, ethernet, ipv4, ipv6, plain_ipv4, plain_ipv6, sign};

#[test]
fn ipv4_cut_anywhere_is_truncated_or_the_same() {
    for (protocol, transport) in transports() {
        let plain = Ipv4::of(protocol, &transport);
        let mut with_options = plain.clone();
        with_options.options = vec![1; 12];
        let mut first_fragment = plain.clone();
        first_fragment.more_fragments = true;
        for packet in [plain, with_options, first_fragment] {
            let bytes = packet.bytes();
            never_another(&bytes, |bytes| ipv4(bytes, 0), |bytes| plain_ipv4(bytes, 0));
        }
    }
}

#[test]
fn ipv6_cut_anywhere_is_truncated_or_the_same() {
    for (protocol, transport) in transports() {
        let plain = Ipv6::of(protocol, &transport);
        let chain = plain
            .clone()
            .with(0, options(1))
            .with(51, authentication(3))
            .with(60, options(0));
        let first_fragment = plain.clone().with(44, fragment(0, true, 3));
        for packet in [plain, chain, first_fragment] {
            let bytes = packet.bytes();
            never_another(&bytes, |bytes| ipv6(bytes, 0), |bytes| plain_ipv6(bytes, 0));
        }
    }
}

#[test]
fn nothing_is_read_at_an_offset_beyond_the_packet() {
    let bytes = frame(&[], 0x0800, &Ipv4::of(17, &udp(1, 2, &[])).bytes());
    assert!(ethernet(&bytes[..]).is_ok());
    for offset in [bytes.len(), bytes.len() + 1, usize::MAX - 100, usize::MAX] {
        assert_eq!(ipv4(&bytes[..], offset), Err(Unparsed::Truncated));
        assert_eq!(ipv6(&bytes[..], offset), Err(Unparsed::Truncated));
    }
}

fn never_another<const A: usize>(
    bytes: &[u8],
    full: impl Fn(&[u8]) -> Result<Packet<A>, Unparsed>,
    plain: impl Fn(&[u8]) -> Option<Packet<A>>,
) where
    Packet<A>: Debug,
{
    let whole = full(bytes).unwrap();
    for len in 0..bytes.len() {
        match full(&bytes[..len]) {
            Ok(parsed) => assert_eq!(parsed, whole, "{len} of {} bytes", bytes.len()),
            Err(error) => assert_eq!(error, Unparsed::Truncated, "{len} of {} bytes", bytes.len()),
        }
        if let Some(parsed) = plain(&bytes[..len]) {
            assert_eq!(parsed, whole, "{len} of {} bytes", bytes.len());
        }
    }
}

fn transports() -> Vec<(u8, Vec<u8>)> {
    vec![
        (6, tcp(1000, 2000, sign::SYN, 5)),
        (17, udp(1000, 2000, &[1; 24])),
        (132, sctp(1000, 2000, 1)),
        (1, icmp(8, 0, [1, 2, 3, 4])),
        (1, icmp(3, 1, [1, 2, 3, 4])),
        (58, icmp(129, 0, [1, 2, 3, 4])),
        (47, vec![0; 16]),
    ]
}
