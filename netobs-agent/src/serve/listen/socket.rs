//! The unix socket: made for its owner and a group, and taken away by whoever made it.
use std::{
    fs::{self, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, chown},
    path::{Path, PathBuf},
};

use tokio::net::{UnixListener, UnixStream};
use tracing::warn;

use crate::serve::error::ServeError;

/// Whoever may write to a socket may connect to it.
const MODE: u32 = 0o660;

/// The socket's file, removed when dropped if it is still the one that was made.
#[derive(Debug)]
pub(in crate::serve) struct SocketFile {
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

pub(super) async fn bind(path: &Path, group: Option<&str>) -> Result<(UnixListener, SocketFile), ServeError> {
    let number = group.map(group_number).transpose()?;
    make_folder(path)?;
    clear(path).await?;
    let failed = |source| ServeError::Socket {
        path: path.to_owned(),
        source,
    };
    let listener = UnixListener::bind(path).map_err(failed)?;
    let file = SocketFile {
        path: path.to_owned(),
        identity: identity(path),
    };
    fs::set_permissions(path, Permissions::from_mode(MODE)).map_err(failed)?;
    if let Some(name) = group {
        chown(path, None, number).map_err(|source| ServeError::SocketGroup {
            path: path.to_owned(),
            group: name.to_owned(),
            source,
        })?;
    }
    Ok((listener, file))
}

fn make_folder(path: &Path) -> Result<(), ServeError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    match fs::create_dir(folder) {
        Err(source) if source.kind() != ErrorKind::AlreadyExists => Err(ServeError::SocketFolder {
            folder: folder.to_owned(),
            source,
        }),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Removes a socket that nobody answers on, such as one left by an agent that was killed.
async fn clear(path: &Path) -> Result<(), ServeError> {
    let failed = |source| ServeError::Socket {
        path: path.to_owned(),
        source,
    };
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    if !metadata.file_type().is_socket() {
        return Err(ServeError::NotASocket { path: path.to_owned() });
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path).map_err(failed),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Ok(_) | Err(_) => Err(ServeError::SocketInUse { path: path.to_owned() }),
    }
}

fn group_number(name: &str) -> Result<u32, ServeError> {
    const GROUPS: &str = "/etc/group";
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let groups = fs::read_to_string(GROUPS).unwrap_or_default();
    let number = groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name))
            .then(|| fields.nth(1)?.parse().ok())
            .flatten()
    });
    number.ok_or_else(|| ServeError::NoSuchGroup { name: name.to_owned() })
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    let metadata = fs::symlink_metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

impl SocketFile {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let is_ours = self.identity.is_some() && identity(&self.path) == self.identity;
        let removed = if is_ours { fs::remove_file(&self.path) } else { Ok(()) };
        removed.unwrap_or_else(|error: io::Error| {
            warn!(
                "the socket {} stays behind: {error}; the agent may not write to its folder. The next agent replaces it if it \
                 may; else remove it",
                self.path.display()
            );
        });
    }
}
