//! An address to listen on, as an environment variable and a port make it.
use std::{
    net::{AddrParseError, IpAddr, SocketAddr},
    str::FromStr,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) at: SocketAddr,
    /// Without TLS, though there is a certificate.
    pub(crate) is_plain: bool,
}

impl FromStr for Address {
    type Err = AddrParseError;

    /// What is behind the last colon is the port, so that `$(HOST_IP):9450` is right for IPv6, too.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (is_plain, text) = match text.strip_prefix("http://") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let at = text.parse().or_else(|error: AddrParseError| {
            let parts = text.rsplit_once(':');
            let parts = parts.and_then(|(ip, port)| Some((ip.parse::<IpAddr>().ok()?, port.parse().ok()?)));
            parts.map(|(ip, port)| SocketAddr::new(ip, port)).ok_or(error)
        })?;
        Ok(Self { at, is_plain })
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    fn read(text: &str) -> Option<(String, bool)> {
        let address: Address = text.parse().ok()?;
        Some((address.at.to_string(), address.is_plain))
    }

    #[test]
    fn an_address_of_ipv6_may_have_no_brackets_and_the_port_is_last() {
        let is = |text: &str, plain| Some((text.to_owned(), plain));
        assert_eq!(read("192.0.2.1:9450"), is("192.0.2.1:9450", false));
        assert_eq!(read("[2001:db8::1]:9450"), is("[2001:db8::1]:9450", false));
        assert_eq!(read("2001:db8::1:9450"), is("[2001:db8::1]:9450", false));
        assert_eq!(read("http://127.0.0.1:4250"), is("127.0.0.1:4250", true));
        for wrong in [
            "",
            "4250",
            "127.0.0.1",
            "2001:db8::1:99999",
            ":4250",
            "https://127.0.0.1:4250",
            "node:4250",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
