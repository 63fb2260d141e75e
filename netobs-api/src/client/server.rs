//! Where an agent is.
use std::{
    fmt::{self, Display, Formatter},
    path::PathBuf,
    str::FromStr,
};

use tonic::transport::Uri;

/// The port on which agents listen unless told otherwise.
const PORT: u16 = 4250;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    Unix(PathBuf),
    Plain(String, u16),
    Tls(String, u16),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadServer {
    #[error("{text:?} names no way to speak: write http://{text} or, if the agent has a certificate, https://{text}")]
    NoScheme { text: String },
    #[error(
        "{scheme}:// is not spoken by agents: it is one of unix:///run/netobs/netobs.sock, http://HOST:PORT and https://HOST:PORT"
    )]
    Scheme { scheme: String },
    #[error(
        "{text:?} is no address: it is like unix:///run/netobs/netobs.sock, http://127.0.0.1:4250 or https://node-a:4250"
    )]
    Malformed { text: String },
    #[error("{text:?} has something after the port; gRPC's paths are known, so leave it away")]
    Path { text: String },
}

impl FromStr for Server {
    type Err = BadServer;

    fn from_str(text: &str) -> Result<Self, BadServer> {
        if let Some(path) = text.strip_prefix("unix:") {
            return unix(text, path.strip_prefix("//").unwrap_or(path));
        }
        if text.starts_with(['/', '.']) {
            return unix(text, text);
        }
        let Some((scheme, _)) = text.split_once("://") else {
            return Err(without_scheme(text));
        };
        let make = match scheme {
            "http" => Self::Plain,
            "https" => Self::Tls,
            scheme => {
                return Err(BadServer::Scheme {
                    scheme: scheme.to_owned(),
                });
            }
        };
        let malformed = || BadServer::Malformed { text: text.to_owned() };
        let uri: Uri = text.parse().map_err(|_| malformed())?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(malformed)?;
        let authority = uri.authority().ok_or_else(malformed)?.as_str();
        if uri.port().is_none() && authority.len() != host.len() {
            return Err(malformed());
        }
        if uri.path() != "/" && !uri.path().is_empty() || uri.query().is_some() {
            return Err(BadServer::Path { text: text.to_owned() });
        }
        let host = host.trim_start_matches('[').trim_end_matches(']');
        Ok(make(host.to_owned(), uri.port_u16().unwrap_or(PORT)))
    }
}

impl Display for Server {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = match self {
            Self::Unix(path) => return write!(out, "unix://{}", path.display()),
            Self::Plain(host, port) => ("http", host, port),
            Self::Tls(host, port) => ("https", host, port),
        };
        if host.contains(':') {
            write!(out, "{scheme}://[{host}]:{port}")
        } else {
            write!(out, "{scheme}://{host}:{port}")
        }
    }
}

fn unix(text: &str, path: &str) -> Result<Server, BadServer> {
    if path.is_empty() || path.ends_with('/') {
        return Err(BadServer::Malformed { text: text.to_owned() });
    }
    Ok(Server::Unix(PathBuf::from(path)))
}

fn without_scheme(text: &str) -> BadServer {
    let text = text.to_owned();
    let port = text
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if port || text.contains('.') {
        BadServer::NoScheme { text }
    } else {
        BadServer::Malformed { text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_in_each_way_they_are_written() {
        let unix = |path: &str| Server::Unix(path.into());
        for (text, server, shown) in [
            (
                "unix:///run/netobs/netobs.sock",
                unix("/run/netobs/netobs.sock"),
                "unix:///run/netobs/netobs.sock",
            ),
            ("unix:/run/a.sock", unix("/run/a.sock"), "unix:///run/a.sock"),
            ("/run/a.sock", unix("/run/a.sock"), "unix:///run/a.sock"),
            ("./a.sock", unix("./a.sock"), "unix://./a.sock"),
            (
                "http://127.0.0.1:4251",
                Server::Plain("127.0.0.1".into(), 4251),
                "http://127.0.0.1:4251",
            ),
            (
                "http://node-a",
                Server::Plain("node-a".into(), 4250),
                "http://node-a:4250",
            ),
            (
                "http://node-a/",
                Server::Plain("node-a".into(), 4250),
                "http://node-a:4250",
            ),
            (
                "https://[fd00::1]:443",
                Server::Tls("fd00::1".into(), 443),
                "https://[fd00::1]:443",
            ),
        ] {
            let parsed: Server = text.parse().unwrap();
            assert_eq!((parsed.to_string().as_str(), &parsed), (shown, &server), "{text}");
            assert_eq!(shown.parse(), Ok(server), "{shown}");
        }
    }

    #[test]
    fn what_is_no_server_is_told_with_what_would_be_one() {
        let error = |text: &str| text.parse::<Server>().unwrap_err().to_string();
        assert!(error("127.0.0.1:4250").contains("http://127.0.0.1:4250"));
        assert!(error("grpc://a:1").contains("https://HOST:PORT"));
        assert!(error("http://a:1/netobs").contains("after the port"));
        for text in [
            "",
            "netobs",
            "http://",
            "http://a:b",
            "http://a:99999",
            "unix://",
            "unix:///run/",
        ] {
            assert!(error(text).contains("unix:///run/netobs/netobs.sock"), "{text}");
        }
    }
}
