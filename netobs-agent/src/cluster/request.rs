//! One question to the API server, and its answer as it comes in.
use std::{error::Error, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::{HeaderMap, Method, Request, header};
use kube::{Client, client::Body};
use netobs_k8s::watched::{self, Refusal};
use tokio::time::timeout;

use super::fault::Fault;

/// No list's part, and no object, is larger.
const MOST: usize = 256 << 20;
/// More of a refusal's text is of no use.
const MOST_OF_REFUSAL: usize = 64 << 10;

pub(super) struct Question<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) content: Option<(&'static str, Vec<u8>)>,
    /// For the answer to begin.
    pub(super) patience: Duration,
}

impl<'a> Question<'a> {
    pub(super) const fn get(path: &'a str, patience: Duration) -> Self {
        Self {
            method: Method::GET,
            path,
            content: None,
            patience,
        }
    }
}

pub(super) struct Answer {
    body: Body,
    /// Between its parts.
    patience: Duration,
    unread: BytesMut,
}

pub(super) async fn ask(client: &Client, question: Question<'_>) -> Result<Answer, Fault> {
    let Question {
        method,
        path,
        content,
        patience,
    } = question;
    // A watch that is compressed as it goes would keep what it has to say until there is enough of it.
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT, "application/json")
        .header(header::ACCEPT_ENCODING, "identity");
    let request = match content {
        Some((kind, content)) => request.header(header::CONTENT_TYPE, kind).body(Body::from(content)),
        None => request.body(Body::empty()),
    };
    let request = request.map_err(|error| Fault::away(&error))?;
    let response = timeout(patience, client.send(request))
        .await
        .map_err(|_| Fault::Silent(patience))?
        .map_err(|error| Fault::away(&error))?;
    let (parts, body) = response.into_parts();
    let mut answer = Answer {
        body,
        patience,
        unread: BytesMut::new(),
    };
    if parts.status.is_success() {
        return Ok(answer);
    }
    Err(answer.refusal(parts.status.as_u16(), &parts.headers).await)
}

impl Answer {
    pub(super) const fn be_patient(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// All that comes.
    pub(super) async fn whole(mut self) -> Result<Bytes, Fault> {
        while let Some(part) = self.part().await? {
            self.keep(&part, MOST)?;
        }
        Ok(self.unread.freeze())
    }

    /// The next line that is not empty; none after the last. A line that is not whole is none.
    pub(super) async fn line(&mut self) -> Result<Option<Bytes>, Fault> {
        let mut searched = 0;
        loop {
            let end = self.unread[searched..].iter().position(|byte| *byte == b'\n');
            if let Some(end) = end {
                let line = self.unread.split_to(searched + end + 1).freeze();
                searched = 0;
                if !line.trim_ascii().is_empty() {
                    return Ok(Some(line));
                }
                continue;
            }
            searched = self.unread.len();
            match self.part().await? {
                Some(part) => self.keep(&part, MOST)?,
                None if self.unread.trim_ascii().is_empty() => return Ok(None),
                None => return Err(Fault::Cut),
            }
        }
    }

    fn keep(&mut self, part: &Bytes, most: usize) -> Result<(), Fault> {
        if self.unread.len() + part.len() > most {
            return Err(Fault::Garbled(format!("it has no end after {} MiB", most >> 20)));
        }
        self.unread.extend_from_slice(part);
        Ok(())
    }

    async fn part(&mut self) -> Result<Option<Bytes>, Fault> {
        loop {
            let frame = timeout(self.patience, self.body.frame())
                .await
                .map_err(|_| Fault::Silent(self.patience))?;
            match frame {
                None => return Ok(None),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
                Some(Err(error)) => return Err(broken(&error)),
            }
        }
    }

    async fn refusal(&mut self, code: u16, headers: &HeaderMap) -> Fault {
        while let Ok(Some(part)) = self.part().await {
            if self.keep(&part, MOST_OF_REFUSAL).is_err() {
                break;
            }
        }
        let told = watched::refusal(&self.unread).unwrap_or_else(|| Refusal {
            message: String::from_utf8_lossy(&self.unread).chars().take(200).collect(),
            ..Refusal::default()
        });
        let seconds = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let asked = seconds.and_then(|seconds| seconds.trim().parse().ok());
        Fault::Refused(Refusal {
            code,
            retry_after: asked.map(Duration::from_secs).or(told.retry_after),
            ..told
        })
    }
}

/// An answer that ends too early is cut, whatever layer notices.
fn broken(error: &(dyn Error + 'static)) -> Fault {
    let fault = Fault::away(error);
    let text = fault.to_string().to_ascii_lowercase();
    let signs = [
        "close_notify",
        "unexpected eof",
        "incomplete",
        "reset",
        "body from connection",
    ];
    if signs.iter().any(|sign| text.contains(sign)) {
        Fault::Cut
    } else {
        fault
    }
}
