//! A client that knows nothing but HTTP/1.0, so that what is sent is seen as it is.

use anyhow::{Context as _, Result};
use netobs_tests::apiserver::{ApiServer, Settings};
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

/// A server without HTTPS and tokens.
pub(super) fn plain() -> Result<ApiServer> {
    ApiServer::start_with(plain_settings())
}

pub(super) fn plain_settings() -> Settings {
    Settings {
        https: false,
        token: false,
        ..Settings::default()
    }
}

pub(super) fn get(server: &ApiServer, path: &str) -> Result<Reply> {
    ask(server, "GET", path, "", "")
}

pub(super) fn ask(server: &ApiServer, method: &str, path: &str, content_type: &str, body: &str) -> Result<Reply> {
    let mut stream = TcpStream::connect(server.address()).context("connect")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nUser-Agent: raw\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut reply = Vec::new();
    // A connection that is cut gives what came until then.
    let _ = stream.read_to_end(&mut reply);
    let reply = String::from_utf8(reply)?;
    let (head, body) = reply.split_once("\r\n\r\n").context("a reply has a head")?;
    let status = head.split_whitespace().nth(1).context("a reply has a status")?;
    Ok(Reply {
        status: status.parse()?,
        head: head.to_lowercase(),
        body: body.to_owned(),
    })
}

impl Reply {
    pub(super) fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.body).with_context(|| self.body.clone())
    }

    /// The lines of a watch.
    pub(super) fn events(&self) -> Result<Vec<Value>> {
        let lines = self.body.lines();
        lines
            .map(|line| serde_json::from_str(line).with_context(|| line.to_owned()))
            .collect()
    }
}
