//! WebSockets, over which parts of pods are spoken to in channels.

use super::answer::Body;
use super::call::Objects;
use super::object::Key;
use super::refusal::Refusal;
use super::store::Store;
use bytes::{BufMut as _, Bytes, BytesMut};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use hyper::upgrade::Upgraded;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

pub(super) fn is_running(store: &Store, objects: &Objects, pod: &Key) -> Result<bool, Refusal> {
    let state = store.read();
    let fields = &state.found(objects.id, pod)?.fields;
    let mut phases = fields.iter().filter(|(field, _)| *field == "status.phase");
    Ok(phases.all(|(_, phase)| phase == "Running"))
}

/// Answers 101 in the first of these protocols that the client offers.
pub(super) fn switch(request: &Request<Incoming>, protocols: &[&'static str]) -> Result<Response<Body>, Refusal> {
    let header = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let offered = header(SEC_WEBSOCKET_PROTOCOL).unwrap_or_default();
    let protocol = protocols
        .iter()
        .find(|ours| offered.split(',').any(|theirs| theirs.trim() == **ours));
    let (Some(key), Some(protocol)) = (header(SEC_WEBSOCKET_KEY), protocol) else {
        return Err(Refusal::bad_request(
            "unable to upgrade: no supported WebSocket protocol was offered",
        ));
    };
    let mut response = Response::new(Empty::new().map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()));
    headers.insert(
        SEC_WEBSOCKET_ACCEPT,
        accept.map_err(|_| Refusal::internal("no accept key"))?,
    );
    Ok(response)
}

/// Once the answer was sent.
pub(super) async fn opened(request: Request<Incoming>) -> hyper::Result<Socket> {
    let upgraded = hyper::upgrade::on(request).await?;
    Ok(Socket::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await)
}

pub(super) fn frame(channel: u8, bytes: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(bytes.len() + 1);
    frame.put_u8(channel);
    frame.put_slice(bytes);
    frame.freeze()
}
