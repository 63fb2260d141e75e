//! Tar archives that depend on nothing but what is put into them.

use std::collections::BTreeMap;
use std::io;

use anyhow::{Context as _, Result};
use tar::{Builder, EntryType, Header};

/// Folders and files by path; parents come before what is in them.
#[derive(Default)]
pub(crate) struct Tarball {
    entries: BTreeMap<String, Entry>,
}

enum Entry {
    Folder { mode: u32 },
    File { mode: u32, bytes: Vec<u8> },
}

impl Tarball {
    pub(crate) fn folder(&mut self, path: &str, mode: u32) {
        self.parents(path);
        self.entries.insert(path.to_owned(), Entry::Folder { mode });
    }

    pub(crate) fn file(&mut self, path: &str, mode: u32, bytes: Vec<u8>) {
        self.parents(path);
        self.entries.insert(path.to_owned(), Entry::File { mode, bytes });
    }

    /// All of it, owned by root and of that time, in seconds since 1970.
    pub(crate) fn write(&self, time: u64) -> Result<Vec<u8>> {
        let mut archive = Builder::new(Vec::new());
        for (path, entry) in &self.entries {
            entry
                .append(&mut archive, path, time)
                .with_context(|| format!("cannot put {path} into the archive"))?;
        }
        archive.into_inner().context("cannot end the archive")
    }

    fn parents(&mut self, path: &str) {
        for (at, _) in path.match_indices('/') {
            let parent = path.get(..at).unwrap_or_default().to_owned();
            self.entries.entry(parent).or_insert(Entry::Folder { mode: 0o755 });
        }
    }
}

impl Entry {
    fn append(&self, archive: &mut Builder<Vec<u8>>, path: &str, time: u64) -> io::Result<()> {
        let (kind, mode, bytes) = match self {
            Self::Folder { mode } => (EntryType::Directory, *mode, [].as_slice()),
            Self::File { mode, bytes } => (EntryType::Regular, *mode, bytes.as_slice()),
        };
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(time);
        header.set_size(bytes.len() as u64);
        let slash = if kind == EntryType::Directory { "/" } else { "" };
        archive.append_data(&mut header, format!("{path}{slash}"), bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn names(archive: &[u8]) -> Result<Vec<String>> {
        let mut archive = tar::Archive::new(archive);
        let names = archive
            .entries()?
            .map(|entry| Ok(String::from_utf8(entry?.path_bytes().into_owned())?));
        names.collect()
    }

    fn filled(paths: &[&str]) -> Tarball {
        let mut tarball = Tarball::default();
        for path in paths {
            tarball.file(path, 0o644, path.as_bytes().to_vec());
        }
        tarball
    }

    #[test]
    fn the_order_of_putting_in_does_not_matter() -> Result<()> {
        let one = filled(&["usr/bin/b", "etc/c", "usr/bin/a"]).write(7)?;
        assert_eq!(one, filled(&["etc/c", "usr/bin/a", "usr/bin/b"]).write(7)?);
        assert_eq!(
            names(&one)?,
            ["etc/", "etc/c", "usr/", "usr/bin/", "usr/bin/a", "usr/bin/b"]
        );
        Ok(())
    }

    #[test]
    fn everything_is_roots_and_of_the_time_that_is_given() -> Result<()> {
        let mut tarball = filled(&["etc/c"]);
        tarball.folder("var/lib/netobs", 0o700);
        let bytes = tarball.write(1_700_000_000)?;
        for entry in tar::Archive::new(bytes.as_slice()).entries()? {
            let header = entry?.header().clone();
            assert_eq!((header.uid()?, header.gid()?, header.mtime()?), (0, 0, 1_700_000_000));
            assert_eq!(header.mode()? & 0o022, 0, "nobody else may write");
        }
        Ok(())
    }

    #[test]
    fn a_file_comes_out_as_it_went_in() -> Result<()> {
        let bytes = filled(&["etc/c"]).write(0)?;
        let mut archive = tar::Archive::new(bytes.as_slice());
        let mut file = archive.entries()?.nth(1).context("a file behind its folder")??;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        assert_eq!((text.as_str(), file.header().mode()?), ("etc/c", 0o644));
        Ok(())
    }
}
