//! IPv4 after RFC 791.
use std::{vec, vec::Vec};

use super::build::{DESTINATION_V4, Ipv4, SOURCE_V4, icmp, ports, sctp, tcp, udp, words};
use crate::parse::{Fragment, Packet, SCTP, TCP, Transport, UDP, Unparsed, ipv4, plain_ipv4, sign};

#[test]
fn addresses_and_ports_are_kept_as_on_the_wire() {
    let bytes = Ipv4::of(UDP, &udp(53, 40_000, b"answer")).bytes();
    let expected = Packet {
        source: words(&SOURCE_V4),
        destination: words(&DESTINATION_V4),
        transport: Transport {
            protocol: UDP,
            ports: ports(53, 40_000),
            signs: 0,
        },
        fragment: Fragment::Whole,
        header_len: 28,
    };
    assert_eq!(ipv4(&bytes[..], 0), Ok(expected));
    assert_eq!(plain_ipv4(&bytes[..], 0), Some(expected));
}

#[test]
fn options_of_every_length_are_skipped() {
    for option_words in 1..=10 {
        let mut packet = Ipv4::of(TCP, &tcp(1, 2, sign::SYN, 3));
        packet.options = vec![0xff; 4 * option_words];
        let bytes = packet.bytes();
        let parsed = ipv4(&bytes[..], 0).unwrap();
        assert_eq!(parsed.transport.ports, ports(1, 2));
        assert_eq!(parsed.header_len as usize, 20 + 4 * option_words + 32);
        assert_eq!(plain_ipv4(&bytes[..], 0), None);
    }
}

#[test]
fn a_header_shorter_than_five_words_is_malformed() {
    let mut bytes = Ipv4::of(UDP, &udp(1, 2, &[])).bytes();
    for words in 0..5 {
        bytes[0] = 0x40 | words;
        assert_eq!(ipv4(&bytes[..], 0), Err(Unparsed::Malformed));
        assert_eq!(plain_ipv4(&bytes[..], 0), None);
    }
}

#[test]
fn every_version_but_four_is_malformed() {
    let mut bytes = Ipv4::of(UDP, &udp(1, 2, &[])).bytes();
    for version in (0..16).filter(|version| *version != 4) {
        bytes[0] = version << 4 | 5;
        assert_eq!(ipv4(&bytes[..], 0), Err(Unparsed::Malformed));
        assert_eq!(plain_ipv4(&bytes[..], 0), None);
    }
}

/// What lies behind the datagram's length is the link's padding, from which no port may be read.
#[test]
fn a_length_that_leaves_no_room_for_the_headers_is_malformed() {
    let transports: [(u8, Vec<u8>, u16); 4] = [
        (TCP, tcp(1, 2, sign::ACK, 2), 28),
        (UDP, udp(1, 2, &[]), 8),
        (SCTP, sctp(1, 2, 0), 12),
        (1, icmp(8, 0, [0; 4]), 8),
    ];
    for (protocol, transport, needed) in transports {
        let mut packet = Ipv4::of(protocol, &transport);
        for total_len in 1..20 + needed {
            packet.total_len = Some(total_len);
            let bytes = packet.bytes();
            assert_eq!(ipv4(&bytes[..], 0), Err(Unparsed::Malformed), "{protocol}, {total_len}");
            assert_eq!(plain_ipv4(&bytes[..], 0), None, "{protocol}, {total_len}");
        }
        packet.total_len = Some(20 + needed);
        assert!(ipv4(&packet.bytes()[..], 0).is_ok(), "{protocol}");
    }
}

#[test]
fn a_length_of_zero_is_that_of_a_gso_packet_beyond_64_kib() {
    let mut packet = Ipv4::of(TCP, &tcp(1, 2, sign::ACK, 0));
    packet.total_len = Some(0);
    assert_eq!(ipv4(&packet.bytes()[..], 0).unwrap().transport.ports, ports(1, 2));
    assert!(plain_ipv4(&packet.bytes()[..], 0).is_some());
}

#[test]
fn padding_behind_the_datagram_changes_nothing() {
    let bytes = Ipv4::of(TCP, &tcp(1, 2, sign::ACK, 0)).bytes();
    let mut padded = bytes.clone();
    padded.extend([0xff; 6]);
    assert_eq!(ipv4(&padded[..], 0), ipv4(&bytes[..], 0));
}

#[test]
fn do_not_fragment_makes_no_fragment() {
    let mut bytes = Ipv4::of(UDP, &udp(1, 2, &[])).bytes();
    bytes[6] |= 0x40;
    assert_eq!(plain_ipv4(&bytes[..], 0).unwrap().fragment, Fragment::Whole);
}

#[test]
fn a_first_fragment_has_ports_and_the_number_of_its_datagram() {
    let mut packet = Ipv4::of(UDP, &udp(5, 6, &[0; 16]));
    (packet.more_fragments, packet.id) = (true, 0xbeef);
    let parsed = ipv4(&packet.bytes()[..], 0).unwrap();
    assert_eq!(parsed.fragment, Fragment::First { id: 0xbeef });
    assert_eq!(parsed.transport.ports, ports(5, 6));
    assert_eq!(plain_ipv4(&packet.bytes()[..], 0), None);
}

#[test]
fn a_later_fragment_has_no_ports_whatever_it_holds() {
    for more_fragments in [false, true] {
        let mut packet = Ipv4::of(TCP, &tcp(5, 6, sign::SYN, 0));
        (packet.more_fragments, packet.fragment_offset, packet.id) = (more_fragments, 1, 7);
        let parsed = ipv4(&packet.bytes()[..], 0).unwrap();
        assert_eq!(parsed.fragment, Fragment::Later { id: 7 });
        let Transport { protocol, ports, signs } = parsed.transport;
        assert_eq!((protocol, ports, signs), (TCP, 0, 0));
        assert_eq!(parsed.header_len, 20);
        assert_eq!(plain_ipv4(&packet.bytes()[..], 0), None);
    }
}

/// RFC 791 lets the first fragment carry eight bytes, which hold the ports but not TCP's flags.
#[test]
fn a_tiny_first_fragment_tells_its_ports_and_no_flags() {
    let whole = [(TCP, tcp(5, 6, sign::SYN, 0)), (SCTP, sctp(5, 6, 1))];
    for (protocol, transport) in whole {
        let mut packet = Ipv4::of(protocol, &transport[..8]);
        packet.more_fragments = true;
        let mut bytes = packet.bytes();
        let parsed = ipv4(&bytes[..], 0).unwrap();
        assert_eq!(parsed.transport.ports, ports(5, 6));
        assert_eq!(parsed.transport.signs, sign::NOT_RESET);
        bytes.extend([0xff; 18]);
        assert_eq!(ipv4(&bytes[..], 0), Ok(parsed), "padding was read as a header");
    }
}

#[test]
fn a_first_fragment_that_cuts_the_options_of_tcp_tells_its_flags() {
    let mut packet = Ipv4::of(TCP, &tcp(5, 6, sign::SYN, 5)[..16]);
    packet.more_fragments = true;
    let parsed = ipv4(&packet.bytes()[..], 0).unwrap();
    assert_eq!(parsed.transport.signs, sign::SYN | sign::REQUEST | sign::NOT_RESET);
}

#[test]
fn a_first_fragment_without_room_for_ports_is_malformed() {
    for protocol in [TCP, UDP, SCTP] {
        let mut packet = Ipv4::of(protocol, &[0x55; 32]);
        packet.more_fragments = true;
        packet.total_len = Some(24);
        assert_eq!(ipv4(&packet.bytes()[..], 0), Err(Unparsed::Malformed));
    }
}

#[test]
fn protocols_without_ports_are_told_by_number() {
    for protocol in [0, 2, 4, 41, 47, 50, 51, 89, 103, 112, 136, 255] {
        let bytes = Ipv4::of(protocol, &[]).bytes();
        let parsed = ipv4(&bytes[..], 0).unwrap();
        let Transport {
            protocol: told,
            ports,
            signs,
        } = parsed.transport;
        assert_eq!((told, ports, signs, parsed.header_len), (protocol, 0, 0, 20));
        assert_eq!(plain_ipv4(&bytes[..], 0), Some(parsed));
    }
}
