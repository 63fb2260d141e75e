//! Opens addresses and sockets, and accepts whoever comes.
mod accept;
mod socket;
#[cfg(test)]
mod tests;

use std::{io::ErrorKind, net::SocketAddr, path::Path, sync::Arc};

use tokio::net::{TcpListener, UnixListener};

pub(super) use self::accept::{Reception, accept, not_accepted};
use self::socket::SocketFile;
use super::{Settings, error::ServeError, tls::TlsKeeper};

/// Something clients can come through.
pub(super) enum Door {
    Unix(UnixListener, SocketFile),
    Tcp(TcpListener),
    Tls(TcpListener, Arc<TlsKeeper>),
}

pub(super) async fn open(settings: &Settings, tls: Option<&Arc<TlsKeeper>>) -> Result<Vec<Door>, ServeError> {
    let plain = settings.plain.iter().map(|address| (address, None));
    let listen = settings.listen.iter().map(|address| (address, tls));
    let all: Vec<_> = plain.chain(listen).collect();
    if let Some((address, _)) = all.iter().find(|(address, tls)| tls.is_none() && !is_local(**address)) {
        return Err(ServeError::NoTls { address: **address });
    }
    let mut doors = Vec::new();
    for (address, tls) in all {
        let listener = bind(*address, "--listen").await?;
        doors.push(match tls {
            Some(tls) => Door::Tls(listener, Arc::clone(tls)),
            None => Door::Tcp(listener),
        });
    }
    // Last, so that nothing is left behind where an address is taken.
    if let Some(path) = &settings.socket {
        let (listener, file) = socket::bind(path, settings.socket_group.as_deref()).await?;
        doors.push(Door::Unix(listener, file));
    }
    Ok(doors)
}

pub(super) async fn bind(address: SocketAddr, flag: &'static str) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| {
        if source.kind() == ErrorKind::AddrInUse {
            ServeError::AddressInUse { address, flag }
        } else if source.kind() == ErrorKind::AddrNotAvailable {
            ServeError::AddressNotOurs { address, flag }
        } else {
            ServeError::Address { address, flag, source }
        }
    })
}

fn is_local(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

impl Door {
    /// As a client names it.
    pub(super) fn address(&self) -> String {
        let of = |scheme: &str, listener: &TcpListener| {
            let address = listener.local_addr().map(|address| address.to_string());
            format!("{scheme}://{}", address.unwrap_or_default())
        };
        match self {
            Self::Unix(_, file) => format!("unix://{}", Path::display(file.path())),
            Self::Tcp(listener) => of("http", listener),
            Self::Tls(listener, _) => of("https", listener),
        }
    }
}
