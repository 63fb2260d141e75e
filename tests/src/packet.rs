//! Frames and packets made by hand, byte for byte, with right checksums.

mod checksum;
mod ethernet;
mod ip;
mod transport;

pub use ethernet::{Ethernet, Mac, Tag};
pub use ip::{Extension, Fragment, Ipv4, Ipv6, ip_frame};
pub use transport::{Ends, Ports, Tcp, icmp_echo, sctp, udp};

/// Numbers of protocols above IP.
pub mod protocol {
    pub const ICMP: u8 = 1;
    pub const TCP: u8 = 6;
    pub const UDP: u8 = 17;
    pub const ICMPV6: u8 = 58;
    pub const NO_NEXT_HEADER: u8 = 59;
    pub const SCTP: u8 = 132;
}

/// Kinds of payload of an Ethernet frame.
pub mod ethertype {
    pub const IPV4: u16 = 0x0800;
    pub const ARP: u16 = 0x0806;
    pub const IPV6: u16 = 0x86dd;
    pub const VLAN: u16 = 0x8100;
    pub const QINQ: u16 = 0x88a8;
}

/// A length as a header carries it; what is longer than the field can say is cut.
fn length16(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}
