//! Pseudonyms: the same for the same thing under one key, and nothing that could be real.
use std::{
    fmt::{self, Debug, Formatter},
    hash::Hasher as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use siphasher::sip128::{Hasher128 as _, SipHasher24};

use crate::{labels::Symbol, policy::Cidr};

/// How pseudonyms of words begin. Neither a name nor a label's value can have a colon, so no command takes them for one.
pub const MARK: &str = "redacted:";

/// Addresses that are for no use ever (RFC 1112) stand for those of IPv4.
const V4: Ipv4Addr = Ipv4Addr::new(240, 0, 0, 0);
const V4_BITS: u8 = 28;
/// Addresses that are nobody's, as packets to them are discarded (RFC 6666), stand for those of IPv6.
const V6: Ipv6Addr = Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0);
const V6_BITS: u8 = 64;

/// What pseudonyms are made with; who does not have it cannot try out what they stand for.
#[derive(Clone, Copy)]
pub struct Key([u8; 16]);

/// What a word is, so that the same word has another pseudonym as something else.
#[derive(Clone, Copy, Debug)]
pub(super) enum Domain {
    PodName = 1,
    Label = 2,
    Address = 3,
}

/// Whether the word stands for another.
pub fn is_pseudonym(word: &str) -> bool {
    word.starts_with(MARK)
}

impl Key {
    pub const fn new(secret: [u8; 16]) -> Self {
        Self(secret)
    }

    /// From any secret, however long.
    pub fn of(secret: &[u8]) -> Self {
        let mut hasher = SipHasher24::new();
        hasher.write(secret);
        Self(hasher.finish128().as_bytes())
    }

    pub(super) fn word(&self, domain: Domain, parts: &[&str]) -> Symbol {
        let mut hasher = self.hasher(domain);
        for part in parts {
            hasher.write(part.as_bytes());
            hasher.write_u8(0xff);
        }
        let short = hasher.finish128().h1 >> 16;
        Symbol::from(format!("{MARK}{short:012x}").as_str())
    }

    /// What says nothing of anybody stays: loopback, multicast, broadcast and no address.
    pub(super) fn address(&self, address: IpAddr) -> IpAddr {
        let address = address.to_canonical();
        if is_nobodys(address) {
            return address;
        }
        self.stand_in(address, u8::MAX)
    }

    /// As long as the block itself; the one of all addresses stays.
    pub(super) fn block(&self, block: Cidr) -> Cidr {
        let network = block.network();
        let is_single = Cidr::single(network) == block;
        if is_nobodys(network) {
            return block;
        }
        let prefix = if is_single { u8::MAX } else { block.prefix() };
        Cidr::new(self.stand_in(network, prefix), block.prefix()).unwrap_or(block)
    }

    fn stand_in(&self, address: IpAddr, prefix: u8) -> IpAddr {
        let mut hasher = self.hasher(Domain::Address);
        hasher.write_u8(prefix);
        match address {
            IpAddr::V4(address) => hasher.write(&address.octets()),
            IpAddr::V6(address) => hasher.write(&address.octets()),
        }
        let hash = hasher.finish128().h1;
        match address {
            // One less than there are: the last one is the address of everybody.
            IpAddr::V4(_) => {
                let number = hash % ((1 << V4_BITS) - 1);
                Ipv4Addr::from_bits(V4.to_bits() | u32::try_from(number).unwrap_or(0)).into()
            }
            IpAddr::V6(_) => Ipv6Addr::from_bits(V6.to_bits() | u128::from(hash)).into(),
        }
    }

    fn hasher(&self, domain: Domain) -> SipHasher24 {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write_u8(domain as u8);
        hasher
    }
}

/// Whether an address of the block could be told where addresses are hidden.
pub(super) fn may_be_told(block: Cidr) -> bool {
    let overlaps = |other: Cidr| other.covers(block) || block.covers(other);
    stand_ins().any(overlaps) || is_nobodys(block.network())
}

/// Whether the address stands for another.
pub(super) fn is_stand_in(address: IpAddr) -> bool {
    address != IpAddr::V4(Ipv4Addr::BROADCAST) && stand_ins().any(|block| block.contains(address))
}

fn stand_ins() -> impl Iterator<Item = Cidr> {
    let blocks = [Cidr::new(V4.into(), 32 - V4_BITS), Cidr::new(V6.into(), 128 - V6_BITS)];
    blocks.into_iter().flatten()
}

fn is_nobodys(address: IpAddr) -> bool {
    let is_broadcast = address == IpAddr::V4(Ipv4Addr::BROADCAST);
    address.is_unspecified() || address.is_loopback() || address.is_multicast() || is_broadcast
}

/// Says nothing of the key.
impl Debug for Key {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str("Key(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: Key = Key([7; 16]);

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_keeps_its_family_and_becomes_one_that_nobody_has() {
        for real in ["10.0.0.1", "fd00::1"].map(ip) {
            let told = KEY.address(real);
            assert!(
                told != real && told.is_ipv4() == real.is_ipv4(),
                "{real} is told as {told}"
            );
            assert!(may_be_told(Cidr::single(told)) && !may_be_told(Cidr::single(real)));
        }
        assert_eq!(KEY.address(ip("::ffff:10.0.0.1")), KEY.address(ip("10.0.0.1")));
        for kept in [
            "127.0.0.1",
            "::1",
            "0.0.0.0",
            "::",
            "224.0.0.251",
            "ff02::fb",
            "255.255.255.255",
        ] {
            assert_eq!(KEY.address(ip(kept)), ip(kept));
        }
    }

    #[test]
    fn a_block_stays_as_long_as_it_is_and_all_addresses_stay_all() {
        let block = |text: &str| KEY.block(text.parse().unwrap());
        assert_eq!(block("10.1.0.0/16").prefix(), 16);
        assert_eq!(block("fd00:1::/48").prefix(), 48);
        assert_eq!(block("0.0.0.0/0").to_string(), "0.0.0.0/0");
        assert_eq!(block("10.0.0.1/32").network(), KEY.address(ip("10.0.0.1")));
        assert_ne!(block("10.0.0.0/24").network(), block("10.0.1.0/24").network());
    }

    #[test]
    fn the_same_word_has_another_pseudonym_under_another_key_or_as_something_else() {
        let word = KEY.word(Domain::Label, &["env", "prod"]);
        assert_eq!(word, KEY.word(Domain::Label, &["env", "prod"]));
        assert!(is_pseudonym(&word) && word.len() == MARK.len() + 12, "{word}");
        for other in [
            KEY.word(Domain::PodName, &["env", "prod"]),
            KEY.word(Domain::Label, &["tier", "prod"]),
            KEY.word(Domain::Label, &["envp", "rod"]),
            Key::of(b"another").word(Domain::Label, &["env", "prod"]),
        ] {
            assert_ne!(word, other);
        }
    }

    #[test]
    fn a_key_is_never_written_out() {
        assert_eq!(format!("{KEY:?}"), "Key(..)");
    }

    proptest! {
        #[test]
        fn no_pseudonym_is_an_address_that_anybody_can_have(v4: u32, v6: u128, secret: [u8; 16]) {
            let key = Key::new(secret);
            for address in [IpAddr::from(Ipv4Addr::from_bits(v4)), Ipv6Addr::from_bits(v6).into()] {
                let told = key.address(address);
                prop_assert!(may_be_told(Cidr::single(told)), "{} is told as {}", address, told);
                prop_assert_eq!(told, key.address(address));
            }
        }
    }
}
