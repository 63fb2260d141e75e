//! Blocks of addresses.
use std::{
    error::Error,
    fmt::{self, Display, Formatter},
    net::IpAddr,
    str::FromStr,
};

/// A block of addresses of one family; bits of the address beyond the prefix are cleared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    network: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// `None` if the prefix is longer than an address of that family.
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        (prefix <= length(address)).then(|| Self {
            network: masked(address, prefix),
            prefix,
        })
    }

    pub fn single(address: IpAddr) -> Self {
        Self {
            network: address,
            prefix: length(address),
        }
    }

    pub fn network(self) -> IpAddr {
        self.network
    }

    pub fn prefix(self) -> u8 {
        self.prefix
    }

    pub fn contains(self, address: IpAddr) -> bool {
        match (self.network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let difference = network.to_bits() ^ address.to_bits();
                difference.checked_shr(32 - u32::from(self.prefix)).unwrap_or(0) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let difference = network.to_bits() ^ address.to_bits();
                difference.checked_shr(128 - u32::from(self.prefix)).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }

    pub fn is_single(self) -> bool {
        self.prefix == length(self.network)
    }

    /// The address that comes after its last.
    pub(crate) fn after(self) -> Option<IpAddr> {
        let rest = u32::from(length(self.network) - self.prefix);
        match self.network {
            IpAddr::V4(network) => {
                let size = 1_u32.checked_shl(rest)?;
                Some(IpAddr::V4(network.to_bits().checked_add(size)?.into()))
            }
            IpAddr::V6(network) => {
                let size = 1_u128.checked_shl(rest)?;
                Some(IpAddr::V6(network.to_bits().checked_add(size)?.into()))
            }
        }
    }

    pub fn overlaps(self, other: Self) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// Whether every address of the other block is one of this block.
    pub fn covers(self, other: Self) -> bool {
        self.prefix <= other.prefix && self.contains(other.network)
    }
}

impl Display for Cidr {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.network, self.prefix)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CidrError {
    /// No `/`, so that it is not known how many addresses are meant.
    NoPrefix {
        text: String,
    },
    BadAddress {
        text: String,
    },
    BadPrefix {
        text: String,
    },
}

impl Error for CidrError {}

impl Display for CidrError {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPrefix { text } => write!(
                out,
                "{text:?} is not a CIDR: it has no `/`; one address is {text}/32 or /128"
            ),
            Self::BadAddress { text } => {
                write!(out, "{text:?} is not a CIDR: the part before `/` is not an IP address")
            }
            Self::BadPrefix { text } => {
                write!(
                    out,
                    "{text:?} is not a CIDR: the part after `/` is not a number up to 32 (IPv4) or 128 (IPv6)"
                )
            }
        }
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, CidrError> {
        let (address, prefix) = text
            .split_once('/')
            .ok_or_else(|| CidrError::NoPrefix { text: text.to_owned() })?;
        let address: IpAddr = address
            .parse()
            .map_err(|_| CidrError::BadAddress { text: text.to_owned() })?;
        let bad_prefix = || CidrError::BadPrefix { text: text.to_owned() };
        if prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad_prefix());
        }
        let prefix: u8 = prefix.parse().map_err(|_| bad_prefix())?;
        let (address, prefix) = match prefix.checked_sub(96) {
            Some(shorter) if address.is_ipv6() && address.to_canonical().is_ipv4() => (address.to_canonical(), shorter),
            Some(_) | None => (address, prefix),
        };
        Self::new(address, prefix).ok_or_else(bad_prefix)
    }
}

fn length(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    let prefix = u32::from(prefix);
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
            IpAddr::V4((address.to_bits() & mask).into())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
            IpAddr::V6((address.to_bits() & mask).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn a_block_contains_the_addresses_of_its_own_family_that_share_its_prefix() {
        assert!(block("10.1.0.0/16").contains("10.1.255.255".parse().unwrap()));
        assert!(!block("10.1.0.0/16").contains("10.2.0.0".parse().unwrap()));
        assert!(block("0.0.0.0/0").contains("203.0.113.9".parse().unwrap()));
        assert!(!block("0.0.0.0/0").contains("::1".parse().unwrap()));
        assert!(block("::/0").contains("2001:db8::1".parse().unwrap()));
        assert!(!block("::/0").contains("10.0.0.1".parse().unwrap()));
        assert!(block("10.0.0.1/32").contains("10.0.0.1".parse().unwrap()));
        assert!(!block("10.0.0.1/32").contains("10.0.0.2".parse().unwrap()));
        assert!(block("fd00::/8").contains("fdff::".parse().unwrap()));
    }

    #[test]
    fn an_ipv4_address_in_ipv6_clothes_is_an_ipv4_address() {
        assert!(block("10.0.0.0/8").contains("::ffff:10.1.2.3".parse().unwrap()));
        assert_eq!(block("::ffff:10.1.2.3/104"), block("10.0.0.0/8"));
        assert!("::ffff:10.0.0.0/129".parse::<Cidr>().is_err());
    }

    #[test]
    fn bits_beyond_the_prefix_do_not_matter() {
        assert_eq!(block("10.1.2.3/8").to_string(), "10.0.0.0/8");
        assert_eq!(block("fd00::1/64").to_string(), "fd00::/64");
    }

    #[test]
    fn what_is_not_a_block_is_refused_with_the_reason() {
        for (text, part) in [
            ("10.0.0.1", "it has no `/`"),
            ("10.0.0/8", "is not an IP address"),
            ("10.0.0.0/33", "up to 32"),
            ("10.0.0.0/", "is not a number"),
            ("10.0.0.0/+8", "is not a number"),
            ("fd00::/129", "128"),
            ("", "it has no `/`"),
        ] {
            let error = text.parse::<Cidr>().unwrap_err().to_string();
            assert!(error.contains(part), "{text:?}: {error}");
        }
    }

    proptest! {
        #[test]
        fn a_block_contains_exactly_what_agrees_in_the_first_bits(network: u32, address: u32, prefix in 0u8..=32) {
            let block = Cidr::new(IpAddr::V4(network.into()), prefix).unwrap();
            let agrees = (0..prefix).all(|bit| (network ^ address) >> (31 - bit) & 1 == 0);
            prop_assert_eq!(block.contains(IpAddr::V4(address.into())), agrees);
        }
    }
}
