//! What lies where in the image.

use std::fs;

use anyhow::{Context as _, Result};

use super::roots;
use super::tarball::Tarball;
use crate::run;

pub(crate) const AGENT: &str = "/usr/bin/netobs-agent";
pub(crate) const CLIENT: &str = "/usr/bin/netobs";
pub(crate) const PATH: &str = "/usr/bin";

/// What is not the same in every image.
pub(crate) struct Contents {
    pub(crate) agent: Vec<u8>,
    pub(crate) client: Vec<u8>,
    pub(crate) bill: String,
    pub(crate) notices: String,
}

/// Where something is mounted, so that it can be on a file system that is read-only from the start.
const PLACES: [(&str, u32); 6] = [
    ("dev", 0o755),
    ("proc", 0o555),
    ("run/netobs", 0o755),
    ("sys", 0o555),
    ("tmp", 0o755),
    ("var/lib/netobs", 0o700),
];

/// Without it names would be asked for over DNS only.
const NAME_SERVICES: &str = "hosts: files dns\n";

impl Contents {
    pub(crate) fn into_tarball(self) -> Result<Tarball> {
        let licence = run::root().join("LICENSE");
        let licence = fs::read(&licence).with_context(|| format!("cannot read {}", licence.display()))?;
        let mut tarball = Tarball::default();
        for (place, mode) in PLACES {
            tarball.folder(place, mode);
        }
        let files = [
            (AGENT, 0o755, self.agent),
            (CLIENT, 0o755, self.client),
            ("/etc/nsswitch.conf", 0o644, NAME_SERVICES.into()),
            ("/etc/ssl/certs/ca-certificates.crt", 0o644, roots::bundle().into()),
            ("/usr/share/netobs/LICENSE", 0o644, licence),
            ("/usr/share/netobs/third-party.txt", 0o644, self.notices.into()),
            ("/usr/share/netobs/sbom.cdx.json", 0o644, self.bill.into()),
        ];
        for (path, mode, bytes) in files {
            tarball.file(path.trim_start_matches('/'), mode, bytes);
        }
        Ok(tarball)
    }
}
