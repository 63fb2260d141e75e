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
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};
use tracing::{debug, warn};

use super::metrics::Sources;

const MOST_CONNECTIONS: usize = 64;
/// Also how long a connection may be idle.
const LONGEST_HEADER: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(100);

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const METRICS: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
const READING: HeaderValue = HeaderValue::from_static("GET, HEAD");
const NEVER_KEPT: HeaderValue = HeaderValue::from_static("no-store");

type Answer = Response<Full<Bytes>>;

/// Goes on as long as it is polled.
pub(super) async fn serve(listener: TcpListener, sources: Arc<Sources>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MOST_CONNECTIONS {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(serve_connection(stream, Arc::clone(&sources)));
            }
            Err(error) => {
                warn!("an HTTP client could not be accepted: {error}");
                sleep(PAUSE).await;
            }
        }
    }
}

async fn serve_connection(stream: TcpStream, sources: Arc<Sources>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let sources = Arc::clone(&sources);
        async move { Ok::<_, Infallible>(answer(request.method(), request.uri().path(), &sources).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(LONGEST_HEADER)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = served.await {
        debug!(%error, "an HTTP connection ended early");
    }
}

async fn answer(method: &Method, path: &str, sources: &Sources) -> Answer {
    if !matches!(path, "/metrics" | "/healthz" | "/readyz") {
        let known = "not found: there are /metrics, /healthz and /readyz here\n";
        return text(StatusCode::NOT_FOUND, known.to_owned());
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut answer = text(
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET and HEAD are allowed here\n".to_owned(),
        );
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
        Ok(_) => text(StatusCode::OK, "ok\n".to_owned()),
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
        return text(StatusCode::OK, "ready\n".to_owned());
    }
    let reasons: String = reasons.iter().map(|reason| format!("not ready: {reason}\n")).collect();
    text(StatusCode::SERVICE_UNAVAILABLE, reasons)
}

fn text(status: StatusCode, body: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, TEXT);
    answer.headers_mut().insert(CACHE_CONTROL, NEVER_KEPT);
    answer
}
