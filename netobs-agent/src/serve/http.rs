//! Metrics and health over plain HTTP/1.
use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, select, task::JoinSet, time::sleep};
use tracing::debug;

use super::{
    connection::{Connection, Stream},
    listen::not_accepted,
    metrics::Sources,
    visitors::{Bounds, Kind, Peer, Visitors},
};

/// The kubelet's probes always find a place: one machine cannot take all, and nobody keeps one by asking without end.
pub(super) const BOUNDS: Bounds = Bounds {
    most: 64,
    most_of_one: 16,
    first_call: Duration::from_secs(10),
    idle: Duration::from_secs(30),
    answer: Duration::from_secs(30),
};
/// Between two requests, too.
const LONGEST_HEADER: Duration = Duration::from_secs(30);
const MOST_HEADERS: usize = 64;
const LARGEST_HEADERS: usize = 16 << 10;
const PAUSE: Duration = Duration::from_millis(100);

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const METRICS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
const READING: HeaderValue = HeaderValue::from_static("GET, HEAD");
const NEVER_KEPT: HeaderValue = HeaderValue::from_static("no-store");

type Answer = Response<Full<Bytes>>;

/// Goes on as long as it is polled.
pub(super) async fn serve(listener: TcpListener, sources: Arc<Sources>) {
    let visitors = sources.http_visitors.clone();
    select! {
        () = accept(&listener, &visitors, &sources) => {}
        () = visitors.see_off() => {}
    }
}

async fn accept(listener: &TcpListener, visitors: &Visitors, sources: &Arc<Sources>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, peer)) => {
                if let Some(place) = visitors.admit(Peer::of(peer.ip())).await {
                    let connection = Connection::new(Stream::Tcp(stream), place);
                    connections.spawn(serve_connection(connection, Arc::clone(sources)));
                }
            }
            Err(error) => {
                not_accepted(&error);
                sleep(PAUSE).await;
            }
        }
    }
}

async fn serve_connection(connection: Connection, sources: Arc<Sources>) {
    let visit = Arc::clone(connection.visit());
    let service = service_fn(move |request: Request<Incoming>| {
        let (sources, call) = (Arc::clone(&sources), visit.begin(Kind::Aside));
        async move {
            let answer = answer(request.method(), request.uri().path(), &sources).await;
            drop(call);
            Ok::<_, Infallible>(answer)
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(LONGEST_HEADER)
        .max_headers(MOST_HEADERS)
        .max_buf_size(LARGEST_HEADERS)
        .serve_connection(TokioIo::new(connection), service);
    if let Err(error) = served.await {
        debug!(%error, "an HTTP connection ended early");
    }
}

async fn answer(method: &Method, path: &str, sources: &Sources) -> Answer {
    if !matches!(path, "/metrics" | "/healthz" | "/readyz") {
        let known = "not found: there are /metrics, /healthz and /readyz here\n";
        return text(StatusCode::NOT_FOUND, known);
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are allowed here\n");
        answer.headers_mut().insert(ALLOW, READING);
        return answer;
    }
    match path {
        "/metrics" => {
            let mut answer = text(StatusCode::OK, sources.metrics().await);
            answer.headers_mut().insert(CONTENT_TYPE, METRICS);
            answer
        }
        "/healthz" => health(sources).await,
        _ => readiness(sources).await,
    }
}

/// Alive is who answers: an agent that does not for long should be started again.
async fn health(sources: &Sources) -> Answer {
    match sources.app.snapshot().await {
        Ok(_) => text(StatusCode::OK, "ok\n"),
        Err(error) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}

async fn readiness(sources: &Sources) -> Answer {
    let mut reasons = match sources.app.snapshot().await {
        Ok(snapshot) => snapshot.not_ready,
        Err(error) => vec![error.to_string()],
    };
    if let Some(screen) = &sources.screen {
        reasons.iter_mut().for_each(|reason| *reason = screen.text(reason));
    }
    if reasons.is_empty() {
        return text(StatusCode::OK, "ready\n");
    }
    let reasons: String = reasons.iter().map(|reason| format!("not ready: {reason}\n")).collect();
    text(StatusCode::SERVICE_UNAVAILABLE, reasons)
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, TEXT);
    answer.headers_mut().insert(CACHE_CONTROL, NEVER_KEPT);
    answer
}
