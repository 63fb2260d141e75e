//! What hostile clients say, as bytes.

use netobs_api::v1;
use prost::Message as _;

const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
const DATA: u8 = 0;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

#[derive(Clone, Copy, Debug)]
pub(super) enum Hostile {
    Nothing,
    Noise,
    Http1,
    BrokenFrames,
    HugeHeaders,
    HeadersWithoutEnd,
    ResetStorm,
    ManyStreams,
    RequestWithoutEnd,
    HugeRequest,
    SubscriberThatDoesNotRead,
    InventoryThatNobodyReads,
}

impl Hostile {
    pub(super) const ALL: [Self; 12] = [
        Self::Nothing,
        Self::Noise,
        Self::Http1,
        Self::BrokenFrames,
        Self::HugeHeaders,
        Self::HeadersWithoutEnd,
        Self::ResetStorm,
        Self::ManyStreams,
        Self::RequestWithoutEnd,
        Self::HugeRequest,
        Self::SubscriberThatDoesNotRead,
        Self::InventoryThatNobodyReads,
    ];

    pub(super) fn says(self) -> Vec<u8> {
        const MANY: u32 = 100;
        let streams = || (0..MANY).map(|number| 2 * number + 1);
        match self {
            Self::Nothing => Vec::new(),
            Self::Noise => (0_u32..4096)
                .map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0])
                .collect(),
            Self::Http1 => b"GET / HTTP/1.1\r\nHost: here\r\n\r\n".repeat(8),
            Self::BrokenFrames => opened((0..=255).flat_map(|kind| frame(kind, 0xff, 7, &[kind; 9])).collect()),
            Self::HugeHeaders => opened(begun_headers(1, true)),
            Self::HeadersWithoutEnd => opened(begun_headers(1, false)),
            Self::ResetStorm => opened(
                streams()
                    .flat_map(|stream| {
                        [
                            ask("GetStatus", stream, END_STREAM),
                            frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]),
                        ]
                        .concat()
                    })
                    .collect(),
            ),
            Self::ManyStreams => opened(streams().flat_map(|stream| ask("GetStatus", stream, 0)).collect()),
            Self::RequestWithoutEnd => opened([ask("Explain", 1, 0), frame(DATA, 0, 1, &[0, 0, 0, 0, 99, 1])].concat()),
            Self::HugeRequest => {
                let mut said = [ask("Subscribe", 1, 0), frame(DATA, 0, 1, &[0, 0x7f, 0xff, 0xff, 0xff])].concat();
                said.extend((0..4).flat_map(|_| frame(DATA, 0, 1, &[0x0a; 4096])));
                opened(said)
            }
            Self::SubscriberThatDoesNotRead => {
                let request = v1::SubscribeRequest {
                    follow: true,
                    last: Some(u64::MAX),
                    ..v1::SubscribeRequest::default()
                };
                opened([ask("Subscribe", 1, 0), message(1, &request.encode_to_vec())].concat())
            }
            Self::InventoryThatNobodyReads => opened([ask("GetInventory", 1, 0), message(1, &[])].concat()),
        }
    }
}

fn opened(rest: Vec<u8>) -> Vec<u8> {
    [HELLO.to_vec(), frame(SETTINGS, 0, 0, &[]), rest].concat()
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap_or_default().to_be_bytes();
    let mut bytes = vec![len[1], len[2], len[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The headers of a call; names and values are shorter than 127 bytes, so that one byte tells each length.
fn ask(method: &str, stream: u32, flags: u8) -> Vec<u8> {
    const METHOD_POST: u8 = 0x83;
    const SCHEME_HTTP: u8 = 0x86;
    const PATH: u8 = 0x04;
    const AUTHORITY: u8 = 0x01;
    let mut block = vec![METHOD_POST, SCHEME_HTTP, PATH];
    block.extend(text(&format!("/netobs.v1.FlowService/{method}")));
    block.push(AUTHORITY);
    block.extend(text("localhost"));
    for (name, value) in [("content-type", "application/grpc"), ("te", "trailers")] {
        block.push(0);
        block.extend(text(name));
        block.extend(text(value));
    }
    frame(HEADERS, flags | END_HEADERS, stream, &block)
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(text.len()).unwrap_or_default()];
    bytes.extend(text.as_bytes());
    bytes
}

fn message(stream: u32, message: &[u8]) -> Vec<u8> {
    let len = u32::try_from(message.len()).unwrap_or_default().to_be_bytes();
    frame(DATA, END_STREAM, stream, &[&[0], &len[..], message].concat())
}

/// A block of 32 KiB of headers over many frames.
fn begun_headers(stream: u32, ends: bool) -> Vec<u8> {
    let mut header = vec![0];
    header.extend(text("x-long"));
    header.extend(text(&"y".repeat(100)));
    let part = header.repeat(36);
    let mut bytes = frame(HEADERS, 0, stream, &part);
    for number in 0..8 {
        let is_last = ends && number == 7;
        bytes.extend(frame(
            CONTINUATION,
            if is_last { END_HEADERS } else { 0 },
            stream,
            &part,
        ));
    }
    bytes
}
