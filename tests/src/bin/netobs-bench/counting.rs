//! A subscriber that counts messages instead of reading them, so that what is measured is the one who serves.

use anyhow::{Context as _, Result};
use bytes::Buf as _;
use netobs_api::v1;
use prost::Message as _;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder, Streaming};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Request, Status};

const SUBSCRIBE: &str = "/netobs.v1.FlowService/Subscribe";
/// The tag of the first field, as the wire has it.
const FLOW: u8 = 1 << 3 | 2;

/// What a message is, as far as it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Flow,
    Other,
}

pub(crate) async fn subscribe(channel: Channel, request: v1::SubscribeRequest) -> Result<Streaming<Seen>> {
    let mut grpc = Grpc::new(channel);
    grpc.ready().await.context("the agent is not there")?;
    let path = PathAndQuery::from_static(SUBSCRIBE);
    let answer = grpc.server_streaming(Request::new(request), path, Counting).await?;
    Ok(answer.into_inner())
}

/// Flows until the stream ends.
pub(crate) async fn count(stream: &mut Streaming<Seen>) -> Result<u64> {
    let mut flows = 0;
    while let Some(seen) = stream.message().await? {
        flows += u64::from(seen == Seen::Flow);
    }
    Ok(flows)
}

#[derive(Clone, Copy, Debug, Default)]
struct Counting;

impl Codec for Counting {
    type Encode = v1::SubscribeRequest;
    type Decode = Seen;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Counting {
    type Item = v1::SubscribeRequest;
    type Error = Status;

    fn encode(&mut self, request: Self::Item, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        request
            .encode(buffer)
            .map_err(|error| Status::internal(error.to_string()))
    }
}

impl Decoder for Counting {
    type Item = Seen;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Seen>, Status> {
        let is_flow = buffer.chunk().first() == Some(&FLOW);
        buffer.advance(buffer.remaining());
        Ok(Some(if is_flow { Seen::Flow } else { Seen::Other }))
    }
}
