//! Clients that are gone without a word.
use std::{future, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    sync::{Semaphore, mpsc},
    task::JoinSet,
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;

use super::scene::feed;
use crate::serve::{
    app::App,
    connection::{Connection, Stream},
    flow_service::Service,
    grpc::{Pulse, Services},
    seats::Seats,
    sides::Sides,
    visitors::{Bounds, Peer, Visitors},
};

/// How HTTP/2 begins, with settings that say nothing.
const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

const LONG: Duration = Duration::from_secs(600);
const BOUNDS: Bounds = Bounds {
    most: 1,
    most_of_one: 1,
    first_call: LONG,
    idle: LONG,
    answer: LONG,
};

#[tokio::test]
async fn who_does_not_answer_any_more_is_let_go() {
    let service = || Service {
        feed: feed(1),
        seats: Seats::new(1),
        app: App(mpsc::channel(1).0),
        listeners: Vec::new(),
        screen: None,
        copies: Arc::new(Semaphore::new(1)),
    };
    let sides = Sides {
        inside: service(),
        outside: service(),
    };
    let services = Services::new(sides, tonic_health::server::health_reporter().1).unwrap();
    let pulse = Pulse {
        ask_every: Duration::from_millis(50),
        answer_within: Duration::from_millis(50),
    };
    let (sender, connections) = mpsc::channel(1);
    let mut serving = JoinSet::new();
    serving.spawn(services.serve(ReceiverStream::new(connections), pulse, future::pending()));
    let (near, mut far) = UnixStream::pair().unwrap();
    let visitors = Visitors::new(BOUNDS);
    let place = visitors.admit(Peer::Unknown).await.unwrap();
    let connection = Connection::new(Stream::Unix(near), place);
    assert!(sender.send(connection).await.is_ok());
    far.write_all(HELLO).await.unwrap();
    let mut heard = Vec::new();
    let ended = timeout(Duration::from_secs(10), far.read_to_end(&mut heard)).await;
    ended.expect("it is still connected").unwrap();
    let place = timeout(Duration::from_secs(10), visitors.admit(Peer::Unknown)).await;
    assert!(place.unwrap().is_some(), "its place is still taken");
}
