//! Address blocks, as `ipBlock` has them.

use anyhow::{Context as _, Result, ensure};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network and its prefix length; bits behind the prefix are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    network: IpAddr,
    prefix: u8,
}

impl Block {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let (address, prefix) = text
            .split_once('/')
            .with_context(|| format!("{text} has no prefix length"))?;
        let address: IpAddr = address.parse().with_context(|| format!("{text} has no address"))?;
        let prefix: u8 = prefix.parse().with_context(|| format!("{text} has no prefix length"))?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        ensure!(prefix <= bits, "{text} has a prefix longer than {bits} bits");
        Ok(Self {
            network: masked(address, prefix),
            prefix,
        })
    }

    pub(super) fn contains(self, address: IpAddr) -> bool {
        self.network.is_ipv4() == address.is_ipv4() && masked(address, self.prefix) == self.network
    }

    pub(super) fn is_ipv4(self) -> bool {
        self.network.is_ipv4()
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    let behind = |bits: u8| u32::from(bits - prefix);
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(behind(32)).unwrap_or(0);
            Ipv4Addr::from_bits(v4.to_bits() & mask).into()
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(behind(128)).unwrap_or(0);
            Ipv6Addr::from_bits(v6.to_bits() & mask).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_the_addresses_of_its_prefix_and_no_others() -> Result<()> {
        let block = Block::parse("10.1.2.3/23")?;
        assert_eq!(block.to_string(), "10.1.2.0/23");
        assert!(block.contains("10.1.3.255".parse()?));
        assert!(!block.contains("10.1.4.0".parse()?));
        assert!(!block.contains("::a01:203".parse()?));
        assert!(Block::parse("0.0.0.0/0")?.contains("255.1.2.3".parse()?));
        assert!(Block::parse("fd00::/8")?.contains("fdff::1".parse()?));
        Ok(())
    }

    #[test]
    fn what_is_no_block_is_an_error() {
        for text in ["10.0.0.1", "10.0.0.0/33", "10.0.0/8", "::/129", "/8"] {
            assert!(Block::parse(text).is_err(), "{text}");
        }
    }
}
