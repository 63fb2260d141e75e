//! The service for a server that encodes what it tells once, however many subscribers there are.
use bytes::{Buf, BufMut, Bytes, BytesMut};
use prost::{
    DecodeError, Message,
    encoding::{DecodeContext, WireType, skip_field},
};

pub use self::generated::flow_service_server;

#[expect(
    unused_qualifications,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::too_many_lines,
    reason = "generated code"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/encoded/netobs.v1.rs"));
}

/// A whole `SubscribeResponse` or `ListCausesResponse` as it goes over the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told(pub Bytes);

impl Told {
    /// Of messages that each hold a part of one: what is repeated in them is added up.
    pub fn joined<M: Message>(parts: impl IntoIterator<Item = M>) -> Self {
        let mut bytes = BytesMut::new();
        for part in parts {
            bytes.reserve(part.encoded_len());
            part.encode_raw(&mut bytes);
        }
        Self(bytes.freeze())
    }
}

/// For writing only: a server never reads what it tells.
impl Message for Told {
    fn encode_raw(&self, out: &mut impl BufMut) {
        out.put_slice(&self.0);
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        input: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        skip_field(wire_type, tag, input, context)
    }

    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0 = Bytes::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::{Cause, ListCausesResponse, Lost, SubscribeResponse, subscribe_response};

    #[test]
    fn what_is_encoded_goes_over_the_wire_as_it_is() {
        let response = SubscribeResponse {
            message: Some(subscribe_response::Message::Lost(Lost {
                place: 1,
                count: 7,
                unwatched: None,
            })),
            node_name: "node-1".to_owned(),
        };
        let told = Told(response.encode_to_vec().into());
        assert_eq!(told.encoded_len(), response.encoded_len());
        assert_eq!(SubscribeResponse::decode(&*told.encode_to_vec()).unwrap(), response);
    }

    #[test]
    fn parts_of_a_message_go_over_the_wire_as_one() {
        let cause = |id| Cause { id, ..Cause::default() };
        let whole = ListCausesResponse {
            causes: vec![cause(1), cause(2)],
            node_name: "node-1".to_owned(),
            not_kept: 7,
        };
        let parts = [
            ListCausesResponse {
                causes: vec![cause(1)],
                ..ListCausesResponse::default()
            },
            ListCausesResponse {
                causes: vec![cause(2)],
                ..ListCausesResponse::default()
            },
            ListCausesResponse {
                causes: Vec::new(),
                ..whole.clone()
            },
        ];
        assert_eq!(ListCausesResponse::decode(Told::joined(parts).0).unwrap(), whole);
    }
}
