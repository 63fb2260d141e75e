//! IPv6 after RFC 8200.
use std::vec::Vec;

use super::build::{
    DESTINATION_V6, Ipv6, SOURCE_V6, authentication, echo, fragment, icmp, options, ports, tcp, udp, words,
};
use crate::parse::{Fragment, ICMPV6, Packet, TCP, Transport, UDP, Unparsed, ipv6, plain_ipv6, sign};

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const ESP: u8 = 50;
const AUTHENTICATION: u8 = 51;
const NO_NEXT_HEADER: u8 = 59;
const DESTINATION_OPTIONS: u8 = 60;

#[test]
fn addresses_and_ports_are_kept_as_on_the_wire() {
    let bytes = Ipv6::of(TCP, &tcp(443, 50_000, sign::ACK, 3)).bytes();
    let expected = Packet {
        source: words(&SOURCE_V6),
        destination: words(&DESTINATION_V6),
        transport: Transport {
            protocol: TCP,
            ports: ports(443, 50_000),
            signs: sign::ACK | sign::NOT_RESET,
        },
        fragment: Fragment::Whole,
        header_len: 40 + 32,
    };
    assert_eq!(ipv6(&bytes[..], 0), Ok(expected));
    assert_eq!(plain_ipv6(&bytes[..], 0), Some(expected));
}

#[test]
fn every_version_but_six_is_malformed() {
    let mut bytes = Ipv6::of(UDP, &udp(1, 2, &[])).bytes();
    for version in (0..16).filter(|version| *version != 6) {
        bytes[0] = version << 4 | 0x0a;
        assert_eq!(ipv6(&bytes[..], 0), Err(Unparsed::Malformed));
        assert_eq!(plain_ipv6(&bytes[..], 0), None);
    }
}

#[test]
fn each_extension_header_is_followed_at_each_of_its_lengths() {
    for units in [0, 1, 2, 255] {
        for kind in [HOP_BY_HOP, ROUTING, DESTINATION_OPTIONS] {
            leads_to_udp(&Ipv6::of(UDP, &udp(7, 8, &[])).with(kind, options(units)));
        }
    }
    for check_value_words in [0, 3, 4, 254] {
        leads_to_udp(&Ipv6::of(UDP, &udp(7, 8, &[])).with(AUTHENTICATION, authentication(check_value_words)));
    }
}

/// The order that RFC 8200 recommends.
#[test]
fn a_chain_of_six_is_followed() {
    leads_to_udp(
        &Ipv6::of(UDP, &udp(7, 8, &[]))
            .with(HOP_BY_HOP, options(0))
            .with(DESTINATION_OPTIONS, options(1))
            .with(ROUTING, options(2))
            .with(FRAGMENT, fragment(0, false, 1))
            .with(AUTHENTICATION, authentication(3))
            .with(DESTINATION_OPTIONS, options(0)),
    );
}

#[test]
fn a_chain_of_seven_is_too_deep() {
    let mut packet = Ipv6::of(UDP, &udp(7, 8, &[]));
    for _ in 0..7 {
        packet = packet.with(DESTINATION_OPTIONS, options(0));
    }
    assert_eq!(ipv6(&packet.bytes()[..], 0), Err(Unparsed::TooDeep));
}

/// RFC 6946.
#[test]
fn an_atomic_fragment_is_whole() {
    let packet = Ipv6::of(UDP, &udp(7, 8, &[])).with(FRAGMENT, fragment(0, false, 99));
    let parsed = ipv6(&packet.bytes()[..], 0).unwrap();
    assert_eq!(parsed.fragment, Fragment::Whole);
    assert_eq!(parsed.transport.ports, ports(7, 8));
}

#[test]
fn a_first_fragment_has_ports_and_the_number_of_its_datagram() {
    let packet = Ipv6::of(UDP, &udp(7, 8, &[0; 16])).with(FRAGMENT, fragment(0, true, 0xdead_beef));
    let parsed = ipv6(&packet.bytes()[..], 0).unwrap();
    assert_eq!(parsed.fragment, Fragment::First { id: 0xdead_beef });
    assert_eq!(parsed.transport.ports, ports(7, 8));
}

#[test]
fn a_later_fragment_has_no_ports_whatever_it_holds() {
    for more in [false, true] {
        let packet = Ipv6::of(TCP, &tcp(7, 8, sign::SYN, 0))
            .with(HOP_BY_HOP, options(0))
            .with(FRAGMENT, fragment(1, more, 5));
        let parsed = ipv6(&packet.bytes()[..], 0).unwrap();
        assert_eq!(parsed.fragment, Fragment::Later { id: 5 });
        let Transport { protocol, ports, signs } = parsed.transport;
        assert_eq!((protocol, ports, signs), (TCP, 0, 0));
        assert_eq!(parsed.header_len, 40 + 8 + 8);
    }
}

/// Where a later fragment's own data look like an extension header, they are data.
#[test]
fn nothing_behind_the_header_of_a_later_fragment_is_followed() {
    let packet = Ipv6::of(DESTINATION_OPTIONS, &[UDP, 0, 0, 0]).with(FRAGMENT, fragment(185, false, 5));
    let parsed = ipv6(&packet.bytes()[..], 0).unwrap();
    assert_eq!(parsed.transport.protocol, DESTINATION_OPTIONS);
    assert_eq!(parsed.header_len, 48);
}

#[test]
fn a_tiny_first_fragment_tells_its_ports_and_no_flags() {
    let packet = Ipv6::of(TCP, &tcp(7, 8, sign::SYN, 0)[..8]).with(FRAGMENT, fragment(0, true, 5));
    let mut bytes = packet.bytes();
    let parsed = ipv6(&bytes[..], 0).unwrap();
    assert_eq!(parsed.transport.ports, ports(7, 8));
    assert_eq!(parsed.transport.signs, sign::NOT_RESET);
    bytes.extend([0xff; 18]);
    assert_eq!(ipv6(&bytes[..], 0), Ok(parsed), "padding was read as a header");
}

#[test]
fn what_cannot_be_looked_into_is_told_by_number() {
    for protocol in [ESP, NO_NEXT_HEADER, 4, 41, 135, 139, 253] {
        let bytes = Ipv6::of(protocol, &[0x77; 24]).bytes();
        let parsed = ipv6(&bytes[..], 0).unwrap();
        let Transport {
            protocol: told,
            ports,
            signs,
        } = parsed.transport;
        assert_eq!((told, ports, signs, parsed.header_len), (protocol, 0, 0, 40));
        assert_eq!(plain_ipv6(&bytes[..], 0), Some(parsed));
    }
}

#[test]
fn a_length_that_leaves_no_room_for_the_headers_is_malformed() {
    for extensions in [Vec::new(), [(HOP_BY_HOP, options(0))].to_vec()] {
        let extended = 8 * u16::try_from(extensions.len()).unwrap();
        let mut packet = Ipv6::of(UDP, &udp(7, 8, &[]));
        packet.extensions = extensions;
        for payload_len in 1..extended + 8 {
            packet.payload_len = Some(payload_len);
            assert_eq!(ipv6(&packet.bytes()[..], 0), Err(Unparsed::Malformed), "{payload_len}");
            assert_eq!(plain_ipv6(&packet.bytes()[..], 0), None, "{payload_len}");
        }
        packet.payload_len = Some(extended + 8);
        assert!(ipv6(&packet.bytes()[..], 0).is_ok());
    }
}

/// RFC 2675.
#[test]
fn a_length_of_zero_is_that_of_a_jumbogram() {
    let mut packet = Ipv6::of(TCP, &tcp(7, 8, sign::ACK, 0)).with(HOP_BY_HOP, options(0));
    packet.payload_len = Some(0);
    leads_to(&packet, ports(7, 8));
}

#[test]
fn a_multicast_report_behind_hop_by_hop_options_is_icmp() {
    let packet = Ipv6::of(ICMPV6, &icmp(131, 0, [0; 4])).with(HOP_BY_HOP, options(0));
    leads_to(&packet, echo(0, 131, 0));
}

fn leads_to_udp(packet: &Ipv6) {
    leads_to(packet, ports(7, 8));
}

fn leads_to(packet: &Ipv6, ports: u32) {
    let bytes = packet.bytes();
    let parsed = ipv6(&bytes[..], 0).unwrap();
    let kinds: Vec<_> = packet.extensions.iter().map(|(kind, _)| kind).collect();
    assert_eq!(parsed.transport.protocol, packet.protocol, "{kinds:?}");
    assert_eq!(parsed.transport.ports, ports, "{kinds:?}");
    assert_eq!(plain_ipv6(&bytes[..], 0), None, "{kinds:?}");
}
