//! The gRPC services behind one server: ours, health, and reflection in both its versions.
use std::{
    collections::BTreeMap,
    convert::Infallible,
    future,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, StreamExt as _};
use netobs_api::{DESCRIPTORS, encoded::flow_service_server::FlowServiceServer};
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
    connection::{Connection, Side},
    error::ServeError,
    flow_service,
    sides::Sides,
};

const MOST_STREAMS_A_CONNECTION: u32 = 256;
const LARGEST_REQUEST: usize = 1 << 20;
const LARGEST_ANSWER: usize = 64 << 20;

type Request = http::Request<Body>;
type Answer = BoxFuture<http::Response<Body>, Infallible>;
type Handler = Box<dyn Fn(Request) -> Answer + Send + Sync>;

/// Clients that are gone without a word are noticed after the sum of these.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pulse {
    pub(super) ask_every: Duration,
    pub(super) answer_within: Duration,
}

/// Hands each call to the service it names, as there is one for those who come from this side.
#[derive(Clone)]
pub(super) struct Services {
    inside: Arc<Handlers>,
    outside: Arc<Handlers>,
}

type Handlers = BTreeMap<&'static str, Handler>;

impl Services {
    pub(super) fn new<H>(sides: Sides<flow_service::Service>, health: H) -> Result<Self, ServeError>
    where
        H: Service<Request, Response = http::Response<Body>, Error = Infallible, Future = Answer>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
    {
        Ok(Self {
            inside: Arc::new(handlers(sides.inside, health.clone())?),
            outside: Arc::new(handlers(sides.outside, health)?),
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
            .serve_with_incoming_shutdown(self, connections.map(Ok::<_, Infallible>), stop)
            .await
    }
}

fn handlers<H>(service: flow_service::Service, health: H) -> Result<Handlers, ServeError>
where
    H: Service<Request, Response = http::Response<Body>, Error = Infallible, Future = Answer>
        + NamedService
        + Clone
        + Send
        + Sync
        + 'static,
{
    let flows = FlowServiceServer::new(service)
        .max_decoding_message_size(LARGEST_REQUEST)
        .max_encoding_message_size(LARGEST_ANSWER);
    let services = [
        handler(flows),
        handler(health),
        handler(reflection().build_v1()?),
        handler(reflection().build_v1alpha()?),
    ];
    Ok(services.into_iter().collect())
}

fn handler<S>(service: S) -> (&'static str, Handler)
where
    S: Service<Request, Response = http::Response<Body>, Error = Infallible, Future = Answer>
        + NamedService
        + Clone
        + Send
        + Sync
        + 'static,
{
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
        let path = request.uri().path();
        let service = path.strip_prefix('/').and_then(|path| path.split_once('/'));
        // Of whom it is not known whence they come, they come from outside.
        let handlers = match request.extensions().get() {
            Some(Side::Inside) => &self.inside,
            Some(Side::Outside) | None => &self.outside,
        };
        match service.and_then(|(name, _)| handlers.get(name)) {
            Some(handler) => handler(request),
            None => {
                let status = Status::unimplemented(format!("there is no {path} here: list the services by reflection"));
                Box::pin(future::ready(Ok(status.into_http())))
            }
        }
    }
}
