//! Packets byte by byte, as the RFCs lay them out; it shares no code with the parser.
use std::{vec, vec::Vec};

pub(super) const SOURCE_V4: [u8; 4] = [10, 1, 2, 3];
pub(super) const DESTINATION_V4: [u8; 4] = [10, 9, 8, 7];
pub(super) const SOURCE_V6: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
pub(super) const DESTINATION_V6: [u8; 16] = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 2];

/// The addresses above, as the parser keeps them.
pub(super) fn words<const N: usize>(address: &[u8]) -> [u32; N] {
    let mut words = [0; N];
    for (word, octets) in words.iter_mut().zip(address.chunks_exact(4)) {
        *word = u32::from_ne_bytes([octets[0], octets[1], octets[2], octets[3]]);
    }
    words
}

/// A word of ports, as the parser keeps it.
pub(super) fn ports(source: u16, destination: u16) -> u32 {
    let [a, b] = source.to_be_bytes();
    let [c, d] = destination.to_be_bytes();
    u32::from_ne_bytes([a, b, c, d])
}

/// The word that stands in for ports in ICMP.
pub(super) fn echo(identifier: u16, kind: u8, code: u8) -> u32 {
    ports(identifier, u16::from_be_bytes([kind, code]))
}

/// IEEE 802.3 with tags of (protocol, control information).
pub(super) fn ethernet(tags: &[(u16, u16)], ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x02; 6];
    frame.extend([0x06; 6]);
    for (protocol, control) in tags {
        frame.extend(protocol.to_be_bytes());
        frame.extend(control.to_be_bytes());
    }
    frame.extend(ethertype.to_be_bytes());
    frame.extend(payload);
    frame
}

/// RFC 791.
#[derive(Clone, Default)]
pub(super) struct Ipv4 {
    pub(super) protocol: u8,
    pub(super) options: Vec<u8>,
    pub(super) id: u16,
    pub(super) more_fragments: bool,
    /// In units of eight bytes.
    pub(super) fragment_offset: u16,
    /// What the header says, if not the truth.
    pub(super) total_len: Option<u16>,
    pub(super) payload: Vec<u8>,
}

impl Ipv4 {
    pub(super) fn of(protocol: u8, payload: &[u8]) -> Self {
        Self {
            protocol,
            payload: payload.to_vec(),
            ..Self::default()
        }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        assert_eq!(self.options.len() % 4, 0, "options are padded to words");
        let header_len = 20 + self.options.len();
        let total_len = u16::try_from(header_len + self.payload.len()).unwrap();
        let more = if self.more_fragments { 0x2000 } else { 0 };
        let mut bytes = vec![0x40 | u8::try_from(header_len / 4).unwrap(), 0];
        bytes.extend(self.total_len.unwrap_or(total_len).to_be_bytes());
        bytes.extend(self.id.to_be_bytes());
        bytes.extend((more | self.fragment_offset).to_be_bytes());
        bytes.extend([64, self.protocol, 0, 0]);
        bytes.extend(SOURCE_V4);
        bytes.extend(DESTINATION_V4);
        bytes.extend(&self.options);
        bytes.extend(&self.payload);
        bytes
    }
}

/// RFC 8200, with extension headers as (kind, bytes whose first one is overwritten with what follows).
#[derive(Clone, Default)]
pub(super) struct Ipv6 {
    pub(super) extensions: Vec<(u8, Vec<u8>)>,
    pub(super) protocol: u8,
    pub(super) payload_len: Option<u16>,
    pub(super) payload: Vec<u8>,
}

impl Ipv6 {
    pub(super) fn of(protocol: u8, payload: &[u8]) -> Self {
        Self {
            protocol,
            payload: payload.to_vec(),
            ..Self::default()
        }
    }

    #[must_use]
    pub(super) fn with(mut self, kind: u8, extension: Vec<u8>) -> Self {
        self.extensions.push((kind, extension));
        self
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let kinds = self.extensions.iter().map(|(kind, _)| *kind);
        let mut kinds = kinds.chain([self.protocol]);
        let first = kinds.next().unwrap();
        let mut rest = Vec::new();
        for ((_, extension), next) in self.extensions.iter().zip(kinds) {
            rest.push(next);
            rest.extend(&extension[1..]);
        }
        rest.extend(&self.payload);
        let payload_len = self.payload_len.unwrap_or(u16::try_from(rest.len()).unwrap());
        let mut bytes = vec![0x6a, 0xbc, 0xde, 0xf0];
        bytes.extend(payload_len.to_be_bytes());
        bytes.extend([first, 64]);
        bytes.extend(SOURCE_V6);
        bytes.extend(DESTINATION_V6);
        bytes.extend(rest);
        bytes
    }
}

/// Hop-by-hop options, destination options, or routing: a length in units of eight bytes beyond the first eight.
pub(super) fn options(units: u8) -> Vec<u8> {
    let mut extension = vec![0xee; 8 + 8 * usize::from(units)];
    extension[1] = units;
    extension
}

/// RFC 4302: a length in words, less two.
pub(super) fn authentication(check_value_words: u8) -> Vec<u8> {
    let mut extension = vec![0xee; 12 + 4 * usize::from(check_value_words)];
    extension[1] = check_value_words + 1;
    extension
}

/// RFC 8200, 4.5: an offset in units of eight bytes.
pub(super) fn fragment(offset: u16, more: bool, id: u32) -> Vec<u8> {
    let mut extension = vec![0, 0xee];
    extension.extend((offset << 3 | 0b110 | u16::from(more)).to_be_bytes());
    extension.extend(id.to_be_bytes());
    extension
}

/// RFC 9293, with options of zeros.
pub(super) fn tcp(source: u16, destination: u16, flags: u8, option_words: u8) -> Vec<u8> {
    let mut bytes = start(source, destination);
    bytes.extend([0x11; 8]);
    bytes.extend([(5 + option_words) << 4, flags, 0xff, 0xff, 0, 0, 0, 0]);
    bytes.extend(vec![0; 4 * usize::from(option_words)]);
    bytes
}

/// RFC 768.
pub(super) fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let mut bytes = start(source, destination);
    bytes.extend(u16::try_from(8 + payload.len()).unwrap().to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(payload);
    bytes
}

/// RFC 9260: the common header and one chunk.
pub(super) fn sctp(source: u16, destination: u16, chunk: u8) -> Vec<u8> {
    let mut bytes = start(source, destination);
    bytes.extend([0x22; 8]);
    bytes.extend([chunk, 0, 0, 8, 1, 2, 3, 4]);
    bytes
}

/// RFC 792 and RFC 4443: for an echo the second word begins with the identifier.
pub(super) fn icmp(kind: u8, code: u8, second_word: [u8; 4]) -> Vec<u8> {
    let mut bytes = vec![kind, code, 0xab, 0xcd];
    bytes.extend(second_word);
    bytes.extend([0x33; 16]);
    bytes
}

fn start(source: u16, destination: u16) -> Vec<u8> {
    let mut bytes = source.to_be_bytes().to_vec();
    bytes.extend(destination.to_be_bytes());
    bytes
}
