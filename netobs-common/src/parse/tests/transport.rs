//! TCP, UDP, SCTP, ICMP and ICMPv6: ports, and what a packet does to its connection.
use super::build::{Ipv4, Ipv6, echo, icmp, ports, sctp, tcp};
use crate::parse::{ICMP, ICMPV6, Packet, SCTP, TCP, Transport, Unparsed, ipv4, ipv6, sign};

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;
const URG: u8 = 0x20;
const ECE: u8 = 0x40;
const CWR: u8 = 0x80;

#[test]
fn flags_of_tcp_tell_who_asks_and_who_answers() {
    let cases = [
        (SYN, SYN | sign::REQUEST | sign::NOT_RESET),
        (SYN | ECE | CWR, SYN | sign::REQUEST | sign::NOT_RESET),
        (SYN | ACK, SYN | ACK | sign::ANSWER | sign::NOT_RESET),
        (SYN | ACK | ECE, SYN | ACK | sign::ANSWER | sign::NOT_RESET),
        (ACK, ACK | sign::NOT_RESET),
        (PSH | ACK | URG, PSH | ACK | sign::NOT_RESET),
        (FIN | ACK, FIN | ACK | sign::NOT_RESET),
        (RST, RST),
        (RST | ACK, RST | ACK),
        (0, sign::NOT_RESET),
    ];
    for (flags, signs) in cases {
        let told = v4(TCP, &tcp(1, 2, flags, 0));
        assert_eq!(told.signs, signs, "flags {flags:#04x}: {:#04x}", told.signs);
    }
}

/// The signs' high bits are ours, and flags of the wire must not be taken for them.
#[test]
fn no_flag_of_tcp_is_taken_for_a_sign_of_ours() {
    for flags in 0..=u8::MAX {
        let signs = v4(TCP, &tcp(1, 2, flags, 0)).signs;
        assert_eq!(signs & 0x1f, flags & 0x1f);
        assert_eq!(signs & sign::REQUEST != 0, flags & (SYN | ACK) == SYN);
        assert_eq!(signs & sign::ANSWER != 0, flags & (SYN | ACK) == SYN | ACK);
        assert_eq!(signs & sign::NOT_RESET != 0, flags & RST == 0);
    }
}

#[test]
fn the_header_of_tcp_is_as_long_as_it_says() {
    for option_words in 0..=10 {
        let bytes = Ipv4::of(TCP, &tcp(1, 2, ACK, option_words)).bytes();
        let parsed = ipv4(&bytes[..], 0).unwrap();
        assert_eq!(parsed.header_len, 20 + 20 + 4 * u32::from(option_words));
    }
}

#[test]
fn a_header_of_tcp_shorter_than_five_words_is_malformed() {
    for words in 0..5 {
        let mut segment = tcp(1, 2, ACK, 0);
        segment[12] = words << 4;
        assert_eq!(ipv4(&Ipv4::of(TCP, &segment).bytes()[..], 0), Err(Unparsed::Malformed));
    }
}

#[test]
fn chunks_of_sctp_tell_who_asks_answers_aborts_and_ends() {
    let cases = [
        (0, sign::NOT_RESET),                 // DATA
        (1, sign::REQUEST | sign::NOT_RESET), // INIT
        (2, sign::ANSWER | sign::NOT_RESET),  // INIT ACK
        (3, sign::NOT_RESET),                 // SACK
        (6, sign::RST),                       // ABORT
        (7, sign::NOT_RESET),                 // SHUTDOWN
        (14, sign::FIN | sign::NOT_RESET),    // SHUTDOWN COMPLETE
        (0x82, sign::NOT_RESET),              // an unknown one
    ];
    for (chunk, signs) in cases {
        let told = v4(SCTP, &sctp(2905, 36412, chunk));
        assert_eq!((told.ports, told.signs), (ports(2905, 36412), signs), "chunk {chunk}");
    }
}

#[test]
fn an_echo_and_its_reply_are_the_same_connection() {
    let request = v4(ICMP, &icmp(8, 0, [0x12, 0x34, 0, 1]));
    let reply = v4(ICMP, &icmp(0, 0, [0x12, 0x34, 0, 1]));
    assert_eq!(request.ports, echo(0x1234, 8, 0));
    assert_eq!(request.ports, reply.ports);
    assert_eq!(request.signs, sign::REQUEST | sign::NOT_RESET);
    assert_eq!(reply.signs, sign::ANSWER | sign::NOT_RESET);

    let request = v6(ICMPV6, &icmp(128, 0, [0x12, 0x34, 0, 1]));
    let reply = v6(ICMPV6, &icmp(129, 0, [0x12, 0x34, 0, 1]));
    assert_eq!(request.ports, echo(0x1234, 128, 0));
    assert_eq!(request.ports, reply.ports);
    assert_eq!(request.signs, sign::REQUEST | sign::NOT_RESET);
    assert_eq!(reply.signs, sign::ANSWER | sign::NOT_RESET);
}

#[test]
fn a_timestamp_and_its_reply_are_the_same_connection() {
    let request = v4(ICMP, &icmp(13, 0, [9, 9, 0, 1]));
    let reply = v4(ICMP, &icmp(14, 0, [9, 9, 0, 1]));
    assert_eq!(request.ports, echo(0x0909, 13, 0));
    assert_eq!(request.ports, reply.ports);
}

#[test]
fn the_sequence_of_an_echo_is_no_part_of_its_connection() {
    let first = v4(ICMP, &icmp(8, 0, [0x12, 0x34, 0, 1]));
    let second = v4(ICMP, &icmp(8, 0, [0x12, 0x34, 0, 2]));
    assert_eq!(first, second);
}

#[test]
fn other_kinds_of_icmp_are_told_by_kind_and_code_alone() {
    for (kind, code) in [(3, 1), (3, 4), (4, 0), (5, 1), (11, 0), (12, 0)] {
        let told = v4(ICMP, &icmp(kind, code, [0xaa; 4]));
        assert_eq!((told.ports, told.signs), (echo(0, kind, code), sign::NOT_RESET));
    }
    for (kind, code) in [(1, 4), (2, 0), (3, 1), (133, 0), (135, 0), (136, 0), (143, 0)] {
        let told = v6(ICMPV6, &icmp(kind, code, [0xaa; 4]));
        assert_eq!((told.ports, told.signs), (echo(0, kind, code), sign::NOT_RESET));
    }
}

/// ICMPv4's echo has the numbers of other kinds in ICMPv6, and the other way round.
#[test]
fn kinds_of_one_icmp_are_not_read_as_those_of_the_other() {
    assert_eq!(v6(ICMPV6, &icmp(8, 0, [1; 4])).ports, echo(0, 8, 0));
    assert_eq!(v4(ICMP, &icmp(128, 0, [1; 4])).ports, echo(0, 128, 0));
}

fn v4(protocol: u8, transport: &[u8]) -> Transport {
    ipv4(&Ipv4::of(protocol, transport).bytes()[..], 0).unwrap().transport
}

fn v6(protocol: u8, transport: &[u8]) -> Transport {
    let parsed: Packet<4> = ipv6(&Ipv6::of(protocol, transport).bytes()[..], 0).unwrap();
    parsed.transport
}
