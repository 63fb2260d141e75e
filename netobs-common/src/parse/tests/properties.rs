//! What holds for any bytes, and what a parser written by others says of any packet.
use etherparse::{IpFragOffset, IpNumber, Ipv4Header, Ipv4Options, PacketBuilder, SlicedPacket, TransportSlice};
use proptest::{collection::vec, prelude::*};
use std::vec::Vec;

use super::build::{
    Ipv4, Ipv6, authentication, ethernet as frame, fragment, icmp, options, ports, sctp, tcp, udp, words,
};
use crate::parse::{
    Fragment, Packet, TCP, UDP, Unparsed, ethernet, ipv4, ipv6, plain_ethernet, plain_ipv4, plain_ipv6,
};

type Parsed = Result<(Packet<4>, bool), Unparsed>;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in vec(any::<u8>(), 0..200)) {
        agree(&bytes)?;
    }

    #[test]
    fn a_frame_with_any_byte_changed_is_parsed_or_refused(mut bytes in frames(), at: prop::sample::Index, to: u8) {
        *at.get_mut(&mut bytes) = to;
        agree(&bytes)?;
    }

    #[test]
    fn a_part_of_a_frame_is_the_same_connection_or_refused(bytes in frames(), len: prop::sample::Index) {
        let cut = parse(&bytes[..len.index(bytes.len())]);
        prop_assert!(cut.is_err() || cut == parse(&bytes));
    }

    #[test]
    fn bytes_behind_a_packet_change_nothing(bytes in frames(), padding in vec(any::<u8>(), 0..40)) {
        let mut padded = bytes.clone();
        padded.extend(padding);
        let expected = parse(&bytes);
        prop_assume!(expected != Err(Unparsed::Truncated));
        prop_assert_eq!(parse(&padded), expected);
    }

    #[test]
    fn frames_read_as_by_others(bytes in frames()) {
        let Ok(theirs) = SlicedPacket::from_ethernet(&bytes) else { return Ok(()) };
        let Some(transport) = theirs.transport else { return Ok(()) };
        let (protocol, expected) = match transport {
            TransportSlice::Tcp(tcp) => (TCP, ports(tcp.source_port(), tcp.destination_port())),
            TransportSlice::Udp(udp) => (UDP, ports(udp.source_port(), udp.destination_port())),
            TransportSlice::Icmpv4(_) | TransportSlice::Icmpv6(_) | TransportSlice::Igmp(_) => return Ok(()),
        };
        let ours = parse(&bytes);
        // They follow longer chains than the kernel's verifier lets us follow.
        prop_assume!(ours != Err(Unparsed::TooDeep));
        let (ours, _) = ours.unwrap();
        prop_assert_eq!(ours.transport.protocol, protocol);
        prop_assert_eq!(ours.transport.ports, expected);
    }

    #[test]
    fn packets_built_by_others_are_read(
        source: [u8; 4], destination: [u8; 4], from: u16, to: u16, payload in vec(any::<u8>(), 0..64),
    ) {
        let builder = PacketBuilder::ethernet2([1; 6], [2; 6]).single_vlan(77.try_into().unwrap()).ipv4(source, destination, 9);
        let mut bytes = Vec::new();
        builder.tcp(from, to, 1, 2).write(&mut bytes, &payload).unwrap();
        let network = ethernet(&bytes[..]).unwrap();
        prop_assert_eq!(network.vlan, 77);
        let packet = ipv4(&bytes[..], network.offset).unwrap();
        prop_assert_eq!(packet.source, words(&source));
        prop_assert_eq!(packet.destination, words(&destination));
        prop_assert_eq!(packet.transport.ports, ports(from, to));
        prop_assert_eq!(packet.header_len as usize, bytes.len() - network.offset - payload.len());
    }

    #[test]
    fn headers_built_by_others_are_read(
        option_words in 0_usize..=10, offset in 0_u16..0x1fff, more_fragments: bool, id: u16, from: u16, to: u16,
    ) {
        let datagram = udp(from, to, &[0; 16]);
        let mut header = Ipv4Header {
            options: Ipv4Options::try_from(&[1; 40][..4 * option_words]).unwrap(),
            fragment_offset: IpFragOffset::try_new(offset).unwrap(),
            more_fragments,
            identification: id,
            ..Ipv4Header::new(0, 64, IpNumber::UDP, [1; 4], [2; 4]).unwrap()
        };
        header.set_payload_len(datagram.len()).unwrap();
        let mut bytes = header.to_bytes().to_vec();
        bytes.extend(&datagram);
        let id = u32::from(id);
        let (expected, ports) = match (offset, more_fragments) {
            (0, false) => (Fragment::Whole, ports(from, to)),
            (0, true) => (Fragment::First { id }, ports(from, to)),
            _ => (Fragment::Later { id }, 0),
        };
        let packet = ipv4(&bytes[..], 0).unwrap();
        prop_assert_eq!((packet.fragment, packet.transport.ports), (expected, ports));
    }
}

/// The quick way says what the full way says, or nothing.
fn agree(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Some(network) = plain_ethernet(bytes) {
        prop_assert_eq!(ethernet(bytes), Ok(network));
    }
    for offset in [0, 14, 18, 22] {
        if let Some(packet) = plain_ipv4(bytes, offset) {
            prop_assert_eq!(ipv4(bytes, offset), Ok(packet));
        }
        if let Some(packet) = plain_ipv6(bytes, offset) {
            prop_assert_eq!(ipv6(bytes, offset), Ok(packet));
        }
    }
    parse(bytes).ok();
    Ok(())
}

/// The whole way, with addresses of IPv4 in the first word of one.
fn parse(bytes: &[u8]) -> Parsed {
    let network = ethernet(bytes)?;
    if network.is_v6 {
        return Ok((ipv6(bytes, network.offset)?, true));
    }
    let packet = ipv4(bytes, network.offset)?;
    let widened = Packet {
        source: [packet.source[0], 0, 0, 0],
        destination: [packet.destination[0], 0, 0, 0],
        transport: packet.transport,
        fragment: packet.fragment,
        header_len: packet.header_len,
    };
    Ok((widened, false))
}

fn frames() -> impl Strategy<Value = Vec<u8>> {
    let tag = prop_oneof![Just(0x8100), Just(0x88a8)];
    (vec((tag, any::<u16>()), 0..=3), prop_oneof![frames_v4(), frames_v6()])
        .prop_map(|(tags, (ethertype, packet))| frame(&tags, ethertype, &packet))
}

fn frames_v4() -> impl Strategy<Value = (u16, Vec<u8>)> {
    let fragments = prop_oneof![3 => Just((false, 0)), 1 => (any::<bool>(), 0_u16..0x1fff)];
    (transports(), 0_usize..=10, fragments, any::<u16>()).prop_map(
        |((protocol, payload), option_words, fragment, id)| {
            let packet = Ipv4 {
                protocol,
                options: [1].repeat(4 * option_words),
                id,
                more_fragments: fragment.0,
                fragment_offset: fragment.1,
                total_len: None,
                payload,
            };
            (0x0800, packet.bytes())
        },
    )
}

fn frames_v6() -> impl Strategy<Value = (u16, Vec<u8>)> {
    let extension = prop_oneof![
        (prop_oneof![Just(0), Just(43), Just(60)], (0_u8..4).prop_map(options)),
        (Just(51), (0_u8..8).prop_map(authentication)),
        (
            Just(44),
            (0_u16..4, any::<bool>(), any::<u32>()).prop_map(|(at, more, id)| fragment(at, more, id))
        ),
    ];
    (transports(), vec(extension, 0..=7)).prop_map(|((protocol, payload), extensions)| {
        let packet = Ipv6 {
            extensions,
            protocol,
            payload_len: None,
            payload,
        };
        (0x86dd, packet.bytes())
    })
}

fn transports() -> impl Strategy<Value = (u8, Vec<u8>)> {
    prop_oneof![
        any::<(u16, u16, u8)>().prop_map(|(from, to, flags)| (6, tcp(from, to, flags, flags % 11))),
        (any::<(u16, u16)>(), vec(any::<u8>(), 0..32)).prop_map(|((from, to), data)| (17, udp(from, to, &data))),
        any::<(u16, u16, u8)>().prop_map(|(from, to, chunk)| (132, sctp(from, to, chunk))),
        any::<(u8, u8, [u8; 4])>().prop_map(|(kind, code, word)| (1, icmp(kind, code, word))),
        any::<(u8, u8, [u8; 4])>().prop_map(|(kind, code, word)| (58, icmp(kind, code, word))),
        (any::<u8>(), vec(any::<u8>(), 0..32)),
    ]
}
