//! The gRPC services behind one server: ours, health, and reflection in both its versions.
use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, StreamExt as _};
use netobs_api::{DESCRIPTORS, encoded::flow_service_server::FlowServiceServer};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tonic::{
    Status,
    body::Body,
    codegen::{BoxFuture, Service, http},
    server::NamedService,
    transport,
};
use tonic_health::pb::FILE_DESCRIPTOR_SET as HEALTH_DESCRIPTORS;
use tonic_reflection::server::Builder;

use super::{
    answer,
    connection::{Caller, Connection, Side},
    error::ServeError,
    flow_service,
    sides::Sides,
    visitors::Kind,
};

const MOST_STREAMS_A_CONNECTION: u32 = 64;
const LARGEST_REQUEST: usize = 64 << 10;
const LARGEST_HEADERS: u32 = 16 << 10;
/// What of requests may be on its way, of one and of all on a connection.
const STREAM_WINDOW: u32 = 64 << 10;
const CONNECTION_WINDOW: u32 = 256 << 10;
/// Streams that a client resets before they were looked at, or by doing what it must not; then the connection ends.
const MOST_RESETS: usize = 64;
/// Within this time a request has to be here and its answer begin.
const LONGEST_REQUEST: Duration = Duration::from_secs(15);
const LARGEST_ANSWER: usize = 64 << 20;
/// Of answers in one piece, which are held whole until they are taken, so many may be on their way to one side.
const MOST_WHOLE_ANSWERS: usize = 4;

type Request = http::Request<Body>;
type Answer = BoxFuture<http::Response<Body>, Infallible>;
type Handler = Box<dyn Fn(Request) -> Answer + Send + Sync>;

/// A service as tonic makes it.
pub(super) trait Named:
    Service<Request, Response = http::Response<Body>, Error = Infallible, Future = Answer>
    + NamedService
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Named for S where
    S: Service<Request, Response = http::Response<Body>, Error = Infallible, Future = Answer>
        + NamedService
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// Clients that are gone without a word are noticed after the sum of these.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pulse {
    pub(super) ask_every: Duration,
    pub(super) answer_within: Duration,
}

/// Hands each call to the service it names, as there is one for those who come from this side.
#[derive(Clone)]
pub(super) struct Services {
    inside: Arc<Way>,
    outside: Arc<Way>,
}

/// What those who come from one side are answered by.
struct Way {
    handlers: BTreeMap<&'static str, Handler>,
    whole_answers: Arc<Semaphore>,
}

impl Services {
    pub(super) fn new(sides: Sides<flow_service::Service>, health: impl Named) -> Result<Self, ServeError> {
        Ok(Self {
            inside: Arc::new(Way::new(sides.inside, health.clone())?),
            outside: Arc::new(Way::new(sides.outside, health)?),
        })
    }

    /// Until `stop`; then streams that are open may end.
    pub(super) async fn serve(
        self,
        connections: impl Stream<Item = Connection> + Send,
        pulse: Pulse,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), transport::Error> {
        transport::Server::builder()
            .http2_keepalive_interval(Some(pulse.ask_every))
            .http2_keepalive_timeout(Some(pulse.answer_within))
            .max_concurrent_streams(MOST_STREAMS_A_CONNECTION)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .http2_max_header_list_size(LARGEST_HEADERS)
            .http2_max_pending_accept_reset_streams(Some(MOST_RESETS))
            .http2_max_local_error_reset_streams(Some(MOST_RESETS))
            .serve_with_incoming_shutdown(self, connections.map(Ok::<_, Infallible>), stop)
            .await
    }
}

impl Way {
    fn new(service: flow_service::Service, health: impl Named) -> Result<Self, ServeError> {
        let flows = FlowServiceServer::new(service)
            .max_decoding_message_size(LARGEST_REQUEST)
            .max_encoding_message_size(LARGEST_ANSWER);
        let services = [
            handler(flows),
            handler(health),
            handler(reflection().build_v1()?),
            handler(reflection().build_v1alpha()?),
        ];
        Ok(Self {
            handlers: services.into_iter().collect(),
            whole_answers: Arc::new(Semaphore::new(MOST_WHOLE_ANSWERS)),
        })
    }

    async fn room_for(&self, path: &str) -> Option<OwnedSemaphorePermit> {
        if path != "/netobs.v1.FlowService/ListCauses" {
            return None;
        }
        Arc::clone(&self.whole_answers).acquire_owned().await.ok()
    }

    async fn begin(&self, request: Request) -> http::Response<Body> {
        let path = request.uri().path();
        let service = path.strip_prefix('/').and_then(|path| path.split_once('/'));
        match service.and_then(|(name, _)| self.handlers.get(name)) {
            Some(handler) => handler(request).await.unwrap_or_else(|never| match never {}),
            None => {
                Status::unimplemented(format!("there is no {path} here: list the services by reflection")).into_http()
            }
        }
    }
}

fn handler<S: Named>(service: S) -> (&'static str, Handler) {
    (S::NAME, Box::new(move |request| service.clone().call(request)))
}

fn reflection() -> Builder<'static> {
    Builder::configure()
        .register_encoded_file_descriptor_set(DESCRIPTORS)
        .register_encoded_file_descriptor_set(HEALTH_DESCRIPTORS)
}

impl Service<Request> for Services {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Answer {
        let services = self.clone();
        Box::pin(async move { Ok(services.answer(request).await) })
    }
}

impl Services {
    /// The visitor is busy for as long as the answer goes on.
    async fn answer(&self, request: Request) -> http::Response<Body> {
        let caller = request.extensions().get::<Caller>();
        let (visit, way) = (caller.map(|caller| Arc::clone(&caller.visit)), self.way(caller));
        let (call, kind) = (
            visit.as_ref().map(|visit| visit.begin(Kind::Aside)),
            kind(request.uri().path()),
        );
        let begun = timeout(LONGEST_REQUEST, async {
            let _turn = match &visit {
                Some(visit) => visit.turn_to_be_read().await,
                None => None,
            };
            let room = way.room_for(request.uri().path()).await;
            (way.begin(request).await, room)
        })
        .await;
        // A request that never comes to its end must not keep a place.
        if let Some(call) = &call {
            call.turns_out(kind);
        }
        let (answer, room) = begun.unwrap_or_else(|_| (too_late().into_http(), None));
        answer.map(|body| Body::new(answer::Answer::new(body, call, room)))
    }

    fn way(&self, caller: Option<&Caller>) -> &Way {
        // Of whom it is not known whence they come, they come from outside.
        match caller.map(|caller| caller.side) {
            Some(Side::Inside) => &self.inside,
            Some(Side::Outside) | None => &self.outside,
        }
    }
}

fn kind(path: &str) -> Kind {
    match path.strip_prefix("/netobs.v1.FlowService/") {
        Some("Subscribe" | "WatchCauses") => Kind::Stream,
        Some(_) => Kind::Answer,
        None => Kind::Aside,
    }
}

fn too_late() -> Status {
    Status::deadline_exceeded(format!(
        "no whole request came, or it could not be answered, within {} s: ask again",
        LONGEST_REQUEST.as_secs()
    ))
}
