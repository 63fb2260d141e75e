//! Answers on their way out, and what can befall them there.

use super::refusal::Refusal;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::Value;
use std::io;
use std::time::Duration;

pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A status and what follows it.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content: Content,
    content_type: &'static str,
    retry_after_seconds: Option<u32>,
}

pub(crate) enum Content {
    Whole(Bytes),
    Stream(BoxStream<'static, io::Result<Bytes>>),
}

impl Answer {
    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self::bytes(status, value.to_string().into())
    }

    pub(crate) fn bytes(status: u16, json: Bytes) -> Self {
        Self {
            status,
            content: Content::Whole(json),
            content_type: "application/json",
            retry_after_seconds: None,
        }
    }

    pub(crate) fn text(status: u16, text: &'static str) -> Self {
        Self {
            content_type: "text/plain; charset=utf-8",
            ..Self::bytes(status, Bytes::from_static(text.as_bytes()))
        }
    }

    pub(crate) fn stream(content: BoxStream<'static, io::Result<Bytes>>) -> Self {
        Self {
            content: Content::Stream(content),
            ..Self::bytes(200, Bytes::new())
        }
    }

    pub(crate) fn refusal(refusal: &Refusal) -> Self {
        let seconds = refusal.details["retryAfterSeconds"].as_u64();
        Self {
            retry_after_seconds: seconds.and_then(|seconds| u32::try_from(seconds).ok()),
            ..Self::json(refusal.code, &refusal.status())
        }
    }

    pub(crate) fn too_many_requests(retry_after_seconds: u32) -> Self {
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            ..Self::text(429, "Too many requests, please try again later.\n")
        }
    }

    /// Half of it, then a cut.
    pub(crate) fn cut(self) -> Self {
        self.halved(|| stream::once(async { Err(cut().await) }).boxed())
    }

    /// Half of it, then nothing.
    pub(crate) fn frozen(self) -> Self {
        self.halved(|| stream::pending().boxed())
    }

    /// No more than so many bytes a second.
    pub(crate) fn slow(self, bytes_per_second: u32) -> Self {
        const PAUSE: Duration = Duration::from_millis(100);
        let piece = usize::try_from(bytes_per_second / 10).unwrap_or(usize::MAX).max(1);
        let pieces = self.content.stream().flat_map(move |chunk| pieces(chunk, piece));
        let content = pieces.then(async move |piece| {
            tokio::time::sleep(PAUSE).await;
            piece
        });
        Self {
            content: Content::Stream(content.boxed()),
            ..self
        }
    }

    pub(crate) fn response(self) -> Response<Body> {
        let body = match self.content {
            Content::Whole(bytes) => Full::new(bytes).map_err(|never| match never {}).boxed_unsync(),
            Content::Stream(stream) => StreamBody::new(stream.map(|chunk| chunk.map(Frame::data))).boxed_unsync(),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response
    }

    fn halved(self, end: impl FnOnce() -> BoxStream<'static, io::Result<Bytes>>) -> Self {
        let content = match self.content {
            Content::Whole(bytes) => stream::iter([Ok(bytes.slice(..bytes.len() / 2))]).chain(end()).boxed(),
            Content::Stream(_) => end(),
        };
        Self {
            content: Content::Stream(content),
            ..self
        }
    }
}

/// The end of a connection, once what came before it is on its way.
pub(crate) async fn cut() -> io::Error {
    const FLUSHED: Duration = Duration::from_millis(30);
    tokio::time::sleep(FLUSHED).await;
    io::ErrorKind::ConnectionReset.into()
}

impl Content {
    fn stream(self) -> BoxStream<'static, io::Result<Bytes>> {
        match self {
            Self::Whole(bytes) => stream::iter([Ok(bytes)]).boxed(),
            Self::Stream(stream) => stream,
        }
    }
}

fn pieces(chunk: io::Result<Bytes>, size: usize) -> BoxStream<'static, io::Result<Bytes>> {
    match chunk {
        Ok(bytes) => {
            let starts = (0..bytes.len()).step_by(size);
            let slices: Vec<_> = starts
                .map(|start| Ok(bytes.slice(start..bytes.len().min(start + size))))
                .collect();
            stream::iter(slices).boxed()
        }
        Err(error) => stream::iter([Err(error)]).boxed(),
    }
}
