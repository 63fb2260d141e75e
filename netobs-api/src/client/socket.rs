//! Why a unix socket cannot be used, with whose it is.
use std::{
    fs,
    io::{self, ErrorKind},
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::Path,
};

use super::Fault;

pub(super) fn fault(path: &Path, error: io::Error) -> Fault {
    let path = path.to_owned();
    let kind = error.kind();
    if kind == ErrorKind::NotFound {
        Fault::NoSocket { path }
    } else if kind == ErrorKind::PermissionDenied {
        denied(&path)
    } else if kind != ErrorKind::ConnectionRefused {
        Fault::Unreachable {
            server: path.display().to_string(),
            source: error,
        }
    } else if fs::metadata(&path).is_ok_and(|metadata| !metadata.file_type().is_socket()) {
        Fault::NotASocket { path }
    } else {
        Fault::DeadSocket { path }
    }
}

fn denied(path: &Path) -> Fault {
    let (shown, remedy) = match fs::metadata(path) {
        Ok(metadata) => of_socket(metadata.uid(), metadata.gid(), metadata.mode()),
        Err(_) => (
            "is in a folder that may not be entered".to_owned(),
            "run as root (sudo netobs …), or have the folder's owner let you in".to_owned(),
        ),
    };
    Fault::Denied {
        path: path.to_owned(),
        shown,
        remedy,
    }
}

fn of_socket(uid: u32, gid: u32, mode: u32) -> (String, String) {
    let (owner, group) = (name("/etc/passwd", uid), name("/etc/group", gid));
    let shown = format!("belongs to {owner}, group {group}, mode {:04o}", mode & 0o7777);
    let group_may = mode & 0o060 == 0o060 && gid != 0;
    let remedy = if group_may {
        format!("run as {owner}, or join the group ({}) and log in again", join(&group))
    } else {
        format!("run as {owner} (sudo netobs …), or start the agent with --socket-group and a group you are in")
    };
    (shown, remedy)
}

fn join(group: &str) -> String {
    format!("sudo usermod -aG {group} $USER")
}

/// The name that a line such as `name:x:1000:…` gives to a number; the number if none does.
fn name(file: &str, id: u32) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let wanted = id.to_string();
    let found = text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == wanted).then(|| name.to_owned())
    });
    found.unwrap_or(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_may_is_named_with_how_to_join_it() {
        let (shown, remedy) = of_socket(0, 4_000_000, 0o140_660);
        assert_eq!(shown, "belongs to root, group 4000000, mode 0660");
        assert!(remedy.contains("usermod -aG 4000000"), "{remedy}");
    }

    #[test]
    fn where_only_the_owner_may_the_agents_setting_is_named() {
        for (gid, mode) in [(0, 0o660), (4_000_000, 0o600)] {
            let (_, remedy) = of_socket(0, gid, mode);
            assert!(
                remedy.contains("run as root") && remedy.contains("--socket-group"),
                "{remedy}"
            );
        }
    }
}
