//! A server for tests that answers as it is told to, one kind at a time.
use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http_body_util::{BodyExt, StreamBody, combinators::BoxBody};
use hyper::{Request, Response, body::Frame};
use kube::{Client, client::Body};
use serde_json::{Value, json};

use super::patience::Patience;

pub(super) const HASTE: Patience = Patience {
    answer: Duration::from_millis(300),
    quiet: Duration::from_millis(300),
    least: Duration::from_millis(10),
    most: Duration::from_millis(50),
    forbidden: Duration::from_millis(100),
};

/// One answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    text: String,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Whole,
    /// It stays open and says nothing more.
    Hangs,
    Breaks,
    /// No answer at all.
    Refused,
}

/// Answers to those requests whose path and query contain a text, in this order; then silence.
#[derive(Clone, Default)]
pub(super) struct Double {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    about: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) content: Value,
}

impl Reply {
    pub(super) fn lines(lines: &[Value]) -> Self {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        Self::of(200, text)
    }

    pub(super) fn json(value: &Value) -> Self {
        Self::of(200, value.to_string())
    }

    pub(super) fn text(text: &str) -> Self {
        Self::of(200, text.to_owned())
    }

    pub(super) fn status(code: u16, reason: &str) -> Self {
        Self::refusal(code, reason, &format!("{reason}, says the double"))
    }

    pub(super) fn refusal(code: u16, reason: &str, message: &str) -> Self {
        let status = json!({"kind": "Status", "code": code, "reason": reason, "message": message});
        Self::of(code, status.to_string())
    }

    pub(super) fn away() -> Self {
        Self {
            end: End::Refused,
            ..Self::of(0, String::new())
        }
    }

    pub(super) fn with(mut self, header: &'static str, value: &'static str) -> Self {
        self.headers.push((header, value));
        self
    }

    pub(super) fn then_hangs(mut self) -> Self {
        self.end = End::Hangs;
        self
    }

    pub(super) fn then_breaks(mut self) -> Self {
        self.end = End::Breaks;
        self
    }

    fn of(status: u16, text: String) -> Self {
        Self {
            status,
            headers: Vec::new(),
            text,
            end: End::Whole,
        }
    }
}

impl Double {
    pub(super) fn about(about: &'static str, replies: Vec<Reply>) -> Self {
        Self {
            replies: Arc::new(Mutex::new(replies.into())),
            about,
            ..Self::default()
        }
    }

    pub(super) fn client(&self) -> Client {
        let double = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| double.clone().answer(request));
        Client::new(service, "default")
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.path).collect()
    }

    async fn answer(self, request: Request<Body>) -> Result<Response<BoxBody<Bytes, io::Error>>, io::Error> {
        let path = request.uri().to_string();
        let method = request.method().to_string();
        let content = request.into_body().collect().await.unwrap().to_bytes();
        let is_about = path.contains(self.about);
        if is_about {
            self.asked.lock().unwrap().push(Asked {
                method,
                path,
                content: serde_json::from_slice(&content).unwrap_or_default(),
            });
        }
        let reply = is_about.then(|| self.replies.lock().unwrap().pop_front()).flatten();
        let Some(reply) = reply else {
            return futures::future::pending().await;
        };
        if reply.end == End::Refused {
            return Err(io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused"));
        }
        let mut response = Response::builder().status(reply.status);
        for (name, value) in &reply.headers {
            response = response.header(*name, *value);
        }
        Ok(response.body(body(&reply)).unwrap())
    }
}

/// In small pieces, so that whoever reads has to put them together.
fn body(reply: &Reply) -> BoxBody<Bytes, io::Error> {
    let pieces: Vec<_> = reply.text.as_bytes().chunks(61).map(Bytes::copy_from_slice).collect();
    let pieces = stream::iter(pieces.into_iter().map(|piece| Ok(Frame::data(piece))));
    let broken = || io::Error::new(io::ErrorKind::UnexpectedEof, "unexpected EOF during chunk size line");
    match reply.end {
        End::Whole | End::Refused => BodyExt::boxed(StreamBody::new(pieces)),
        End::Hangs => BodyExt::boxed(StreamBody::new(pieces.chain(stream::pending()))),
        End::Breaks => BodyExt::boxed(StreamBody::new(pieces.chain(stream::iter([Err(broken())])))),
    }
}
