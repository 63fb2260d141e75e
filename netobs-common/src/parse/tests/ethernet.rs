//! IEEE 802.3 frames, 802.1Q and 802.1ad tags.
use std::vec;

use super::build::ethernet as frame;
use crate::parse::{Network, Unparsed, ethernet, plain_ethernet};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const CUSTOMER: u16 = 0x8100;
const SERVICE: u16 = 0x88a8;
const OLD_SERVICE: u16 = 0x9100;

#[test]
fn an_untagged_frame_leads_to_its_network_header() {
    for (ethertype, is_v6) in [(IPV4, false), (IPV6, true)] {
        let bytes = frame(&[], ethertype, &[]);
        let expected = Network {
            offset: 14,
            is_v6,
            vlan: 0,
        };
        assert_eq!(ethernet(&bytes[..]), Ok(expected));
        assert_eq!(plain_ethernet(&bytes[..]), Some(expected));
    }
}

#[test]
fn a_tag_moves_the_network_header_and_names_the_vlan() {
    let bytes = frame(&[(CUSTOMER, 100)], IPV6, &[]);
    let expected = Network {
        offset: 18,
        is_v6: true,
        vlan: 100,
    };
    assert_eq!(ethernet(&bytes[..]), Ok(expected));
    assert_eq!(plain_ethernet(&bytes[..]), None);
}

#[test]
fn priority_and_drop_eligibility_are_no_part_of_the_vlan() {
    let bytes = frame(&[(CUSTOMER, 0xf000 | 4094)], IPV4, &[]);
    assert_eq!(ethernet(&bytes[..]).unwrap().vlan, 4094);
}

#[test]
fn of_two_tags_the_inner_one_names_the_vlan() {
    for outer in [CUSTOMER, SERVICE, OLD_SERVICE] {
        let bytes = frame(&[(outer, 7), (CUSTOMER, 300)], IPV4, &[]);
        let expected = Network {
            offset: 22,
            is_v6: false,
            vlan: 300,
        };
        assert_eq!(ethernet(&bytes[..]), Ok(expected));
    }
}

#[test]
fn three_tags_are_too_deep() {
    let bytes = frame(&[(SERVICE, 1), (CUSTOMER, 2), (CUSTOMER, 3)], IPV4, &[0; 40]);
    assert_eq!(ethernet(&bytes[..]), Err(Unparsed::TooDeep));
}

#[test]
fn what_is_not_ip_is_told_so_with_and_without_a_tag() {
    const ARP: u16 = 0x0806;
    const LLDP: u16 = 0x88cc;
    const LENGTH_OF_802_3: u16 = 64;
    for ethertype in [ARP, LLDP, LENGTH_OF_802_3, 0] {
        for tags in [vec![], vec![(CUSTOMER, 5)]] {
            let bytes = frame(&tags, ethertype, &[0; 46]);
            assert_eq!(ethernet(&bytes[..]), Err(Unparsed::NotIp));
            assert_eq!(plain_ethernet(&bytes[..]), None);
        }
    }
}

#[test]
fn a_frame_that_ends_in_its_header_is_truncated() {
    let bytes = frame(&[(SERVICE, 7), (CUSTOMER, 300)], IPV4, &[]);
    for len in 0..bytes.len() {
        assert_eq!(ethernet(&bytes[..len]), Err(Unparsed::Truncated), "{len} bytes");
        assert_eq!(plain_ethernet(&bytes[..len]), None, "{len} bytes");
    }
}
