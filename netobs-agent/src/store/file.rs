//! The file: a database with a table of edges, one of portraits, and one of all else, written in whole steps.
use std::{
    collections::HashSet,
    fs, io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use netobs_api::model::InventoryReader;
use netobs_core::inventory::{Changes, Stored};
use redb::{
    Database, DatabaseError, ReadableDatabase as _, ReadableTable as _, StorageError, TableDefinition, TableError,
};
use tracing::{debug, warn};

use super::record::{self, BadRecord, VERSION};

const EDGES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("edges");
const PORTRAITS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("portraits");
const ABOUT: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("about");
const VERSION_KEY: &str = "version";
const WATCH_KEY: &str = "watch";
const FORGOTTEN_KEY: &str = "forgotten";

/// What of the file is kept in memory, beside what is about to be written.
const CACHE: usize = 4 << 20;
/// More than twice what an edge takes in the file, with its share of everything else.
const BYTES_AN_EDGE: u64 = 1_536;
/// What the file takes however little is in it.
const BYTES_AT_LEAST: u64 = 8 << 20;

/// How large the file may become.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// When it is this large, what is free in it is given back.
    compact: u64,
}

impl Sizes {
    pub(super) fn of(edges: usize) -> Self {
        Self {
            compact: BYTES_AT_LEAST + BYTES_AN_EDGE * edges as u64,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("{0}")]
    Damaged(String),
    #[error("it was written by a newer agent, as version {found}, and this one knows versions up to {VERSION}")]
    Newer { found: u32 },
    #[error("another agent uses it")]
    InUse,
    #[error("{0}")]
    Disk(io::Error),
}

pub(super) struct File {
    database: Database,
    path: PathBuf,
    sizes: Sizes,
}

impl File {
    /// Opens it, or begins a new one, and reads all of it, so that nothing that is damaged stays unnoticed.
    pub(super) fn open(path: &Path, sizes: Sizes) -> Result<(Self, Stored), Problem> {
        // Whatever is in the file, it must not be the agent's end.
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let mut file = Self {
                database: Database::builder().set_cache_size(CACHE).create(path)?,
                path: path.to_owned(),
                sizes,
            };
            let stored = file.check()?;
            Ok((file, stored))
        }));
        opened.unwrap_or_else(|_| Err(Problem::Damaged("reading it ended in a panic".to_owned())))
    }

    /// In one step: either all of it is in the file, or nothing.
    pub(super) fn write(&mut self, changes: &Changes) -> Result<(), Problem> {
        catch_unwind(AssertUnwindSafe(|| {
            self.write_tables(changes)?;
            self.compact()
        }))
        .unwrap_or_else(|_| Err(Problem::Damaged("writing it ended in a panic".to_owned())))
    }

    /// After a failure the file has to be opened anew; all that was in it still is.
    pub(super) fn compact_if_large(&mut self) -> Result<(), Problem> {
        catch_unwind(AssertUnwindSafe(|| self.compact()))
            .unwrap_or_else(|_| Err(Problem::Damaged("making it smaller ended in a panic".to_owned())))
    }

    fn check(&mut self) -> Result<Stored, Problem> {
        if let Some(found) = self.version()?
            && found > VERSION
        {
            return Err(Problem::Newer { found });
        }
        if !self.database.check_integrity()? {
            warn!(
                path = %self.path.display(),
                "the inventory on disk was repaired, as the agent or the machine had ended without a warning; what its last \
                 seconds brought may be missing, and nothing is to be done"
            );
        }
        if self.version()?.is_none() {
            return self.begin();
        }
        self.read()
    }

    fn version(&self) -> Result<Option<u32>, Problem> {
        let read = self.database.begin_read().map_err(redb::Error::from)?;
        let about = match read.open_table(ABOUT) {
            Ok(about) => about,
            Err(TableError::TableDoesNotExist(_)) => return Ok(None),
            Err(error) => return Err(redb::Error::from(error).into()),
        };
        let version = about.get(VERSION_KEY).map_err(redb::Error::from)?;
        let bytes = version.map(|bytes| bytes.value().try_into().map(u32::from_le_bytes));
        match bytes {
            Some(Ok(version)) => Ok(Some(version)),
            Some(Err(_)) | None => Err(Problem::Damaged("its version is not there".to_owned())),
        }
    }

    fn begin(&self) -> Result<Stored, Problem> {
        let write = self.database.begin_write().map_err(redb::Error::from)?;
        write
            .open_table(ABOUT)?
            .insert(VERSION_KEY, VERSION.to_le_bytes().as_slice())?;
        write.open_table(EDGES)?;
        write.open_table(PORTRAITS)?;
        write.commit().map_err(redb::Error::from)?;
        Ok(Stored::default())
    }

    fn read(&self) -> Result<Stored, Problem> {
        let read = self.database.begin_read().map_err(redb::Error::from)?;
        let mut reader = InventoryReader::default();
        let mut stored = Stored::default();
        for edge in read.open_table(EDGES)?.iter()? {
            let (key, edge) = edge?;
            stored
                .edges
                .push(record::read_edge(&mut reader, key.value(), edge.value())?);
        }
        for portrait in read.open_table(PORTRAITS)?.iter()? {
            let (_, portrait) = portrait?;
            stored
                .portraits
                .push(record::read_portrait(&mut reader, portrait.value())?);
        }
        let about = read.open_table(ABOUT)?;
        if let Some(watch) = about.get(WATCH_KEY)? {
            stored.watch = record::read_watch(watch.value())?;
        }
        if let Some(forgotten) = about.get(FORGOTTEN_KEY)? {
            stored.forgotten = record::read_forgotten(forgotten.value())?;
        }
        Ok(stored)
    }

    fn write_tables(&self, changes: &Changes) -> Result<(), Problem> {
        let write = self.database.begin_write().map_err(redb::Error::from)?;
        {
            let mut edges = write.open_table(EDGES)?;
            if changes.everything {
                let there: HashSet<_> = changes.edges.iter().map(|edge| record::edge_key(&edge.key)).collect();
                edges.retain(|key, _| there.contains(key))?;
            }
            for key in &changes.gone {
                edges.remove(record::edge_key(key).as_slice())?;
            }
            for edge in &changes.edges {
                edges.insert(record::edge_key(&edge.key).as_slice(), record::edge(edge).as_slice())?;
            }
            let mut portraits = write.open_table(PORTRAITS)?;
            if changes.all_portraits {
                let all = changes.portraits.iter();
                let there: HashSet<_> = all.map(|one| record::portrait_key(&one.key)).collect();
                portraits.retain(|key, _| there.contains(key))?;
            }
            for portrait in &changes.portraits {
                let key = record::portrait_key(&portrait.key);
                portraits.insert(key.as_slice(), record::portrait(portrait).as_slice())?;
            }
            let mut about = write.open_table(ABOUT)?;
            about.insert(WATCH_KEY, record::watch(&changes.watch).as_slice())?;
            about.insert(FORGOTTEN_KEY, record::forgotten(changes.forgotten).as_slice())?;
        }
        write.commit().map_err(redb::Error::from)?;
        Ok(())
    }

    fn compact(&mut self) -> Result<(), Problem> {
        let before = fs::metadata(&self.path).map_err(Problem::Disk)?.len();
        if before <= self.sizes.compact {
            return Ok(());
        }
        self.database.compact().map_err(redb::Error::from)?;
        let after = fs::metadata(&self.path).map_err(Problem::Disk)?.len();
        // What is in use cannot be given back, however often it is tried.
        self.sizes.compact = self.sizes.compact.max(after.saturating_mul(2));
        debug!(before, after, "the inventory on disk gave back what was free in it");
        Ok(())
    }
}

impl From<DatabaseError> for Problem {
    fn from(error: DatabaseError) -> Self {
        redb::Error::from(error).into()
    }
}

impl From<TableError> for Problem {
    fn from(error: TableError) -> Self {
        redb::Error::from(error).into()
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        redb::Error::from(error).into()
    }
}

impl From<BadRecord> for Problem {
    fn from(bad: BadRecord) -> Self {
        Self::Damaged(bad.to_string())
    }
}

impl From<redb::Error> for Problem {
    fn from(error: redb::Error) -> Self {
        if let redb::Error::Io(error) = error {
            // Where the file itself ends too early or says nothing that could be read.
            return if is_content(error.kind()) {
                Self::Damaged(error.to_string())
            } else {
                Self::Disk(error)
            };
        }
        if matches!(error, redb::Error::DatabaseAlreadyOpen) {
            return Self::InUse;
        }
        Self::Damaged(error.to_string())
    }
}

const fn is_content(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput
    )
}

#[cfg(test)]
impl Sizes {
    /// However small it is, it is too large.
    pub(super) const fn never() -> Self {
        Self { compact: 0 }
    }
}

#[cfg(test)]
impl File {
    pub(super) fn set_version(&self, version: u32) {
        let write = self.database.begin_write().unwrap();
        let bytes = version.to_le_bytes();
        write
            .open_table(ABOUT)
            .unwrap()
            .insert(VERSION_KEY, bytes.as_slice())
            .unwrap();
        write.commit().unwrap();
    }
}
