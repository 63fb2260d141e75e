//! When the agent watched last, written down again and again, so that the next one can tell for how long nobody did.
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use netobs_core::{time::Timestamp, unwatched};
use tracing::warn;

use super::{StoreError, error::may_pass};

const NAME: &str = "last-seen";
/// By so much less is known of an agent that was killed.
const EVERY: Duration = Duration::from_millis(250);
/// How long the last record may take, and how often it is looked after.
const LAST_RECORD: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(1);
/// Longer than any record.
const MOST: usize = 128;

/// Writes on a thread of its own: whoever watches never waits for the disk.
pub(crate) struct LastSeen {
    at: Arc<AtomicU64>,
    end: Option<SyncSender<Timestamp>>,
    thread: JoinHandle<()>,
}

impl LastSeen {
    /// For an agent that watches from that time on. Also what an agent before left, if it can be read. `begin` is
    /// what the thread that writes does first.
    pub(crate) fn open(
        dir: &Path,
        from: Timestamp,
        begin: fn(),
    ) -> Result<(Self, Option<unwatched::LastSeen>), StoreError> {
        let path = dir.join(NAME);
        let file = match open(&path) {
            Ok(file) => Some(file),
            Err(error) if may_pass(error.kind()) => None,
            Err(error) => return Err(StoreError::Unusable { path, error }),
        };
        let before = file.as_ref().and_then(read);
        let at = Arc::new(AtomicU64::new(0));
        let (end, ended) = sync_channel(1);
        let mut writer = Writer {
            file,
            path,
            at: Arc::clone(&at),
            failed: false,
        };
        // The room it takes is taken now: the disk may be full later.
        writer.write("watching", from.0);
        let thread = thread::Builder::new()
            .name("last-seen".into())
            .spawn(move || {
                begin();
                writer.write_all(&ended);
            })
            .map_err(StoreError::NoThread)?;
        let end = Some(end);
        Ok((Self { at, end, thread }, before))
    }

    /// The agent watched at that time.
    pub(crate) fn watched(&self, at: Timestamp) {
        self.at.store(at.0, Relaxed);
    }

    /// From that time on it does not. Written at once, whatever else there is to do before the end.
    pub(crate) fn ended(&self, at: Timestamp) {
        if let Some(end) = &self.end {
            // Fails only where it was said before.
            let _ = end.try_send(at);
        }
    }
}

impl Drop for LastSeen {
    fn drop(&mut self) {
        self.end = None;
        let deadline = Instant::now() + LAST_RECORD;
        while !self.thread.is_finished() && Instant::now() < deadline {
            thread::sleep(PAUSE);
        }
    }
}

struct Writer {
    /// `None` while it cannot be made.
    file: Option<File>,
    path: PathBuf,
    at: Arc<AtomicU64>,
    failed: bool,
}

impl Writer {
    fn write_all(mut self, ended: &Receiver<Timestamp>) {
        let mut written = 0;
        loop {
            match ended.recv_timeout(EVERY) {
                Ok(at) => return self.write("ended", at.0),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let at = self.at.load(Relaxed);
            if at > written {
                self.write("watching", at);
                written = at;
            }
        }
    }

    /// In place, and into the kernel's memory only: that outlives the agent, and if the machine goes down, an older record
    /// is as true.
    fn write(&mut self, word: &str, at: u64) {
        let written = self.try_to_write(&record(word, at));
        if let Err(error) = &written
            && !self.failed
        {
            warn!(
                path = %self.path.display(), %error,
                "it cannot be written when the agent watches, so the next one cannot tell for how long nobody did: make room \
                 on that disk, or give another --state-dir"
            );
        }
        self.failed = written.is_err();
    }

    fn try_to_write(&mut self, record: &str) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => open(&self.path)?,
        };
        self.file.insert(file).write_all_at(record.as_bytes(), 0)
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).open(path)
}

/// The time twice, so that half a record is none. All are of one length.
fn record(word: &str, at: u64) -> String {
    format!("{word:<8} {at:020} {at:020}\n")
}

/// What cannot be read says nothing.
fn read(file: &File) -> Option<unwatched::LastSeen> {
    let mut bytes = [0; MOST];
    let length = read_all(file, &mut bytes).ok()?;
    let text = str::from_utf8(bytes.get(..length)?).ok()?;
    let words: Vec<_> = text.lines().next()?.split_whitespace().collect();
    let [word, at, again] = *words.as_slice() else {
        return None;
    };
    let ended = match word {
        "ended" => true,
        "watching" => false,
        _ => return None,
    };
    let at = (at == again).then(|| at.parse().ok()).flatten()?;
    Some(unwatched::LastSeen {
        at: Timestamp(at),
        ended,
    })
}

fn read_all(file: &File, bytes: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while let Some(rest) = bytes.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, length as u64)? {
            0 => break,
            more => length += more,
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use std::{env, process};

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = env::temp_dir().join(format!("netobs-last-seen-{}-{name}", process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        /// What the next agent reads, once that is so.
        fn becomes(&self, at: u64, ended: bool) {
            let wanted = Some(unwatched::LastSeen {
                at: Timestamp(at),
                ended,
            });
            let began = Instant::now();
            while began.elapsed() < Duration::from_secs(10) {
                if read(&File::open(self.0.join(NAME)).unwrap()) == wanted {
                    return;
                }
                thread::sleep(Duration::from_millis(5));
            }
            panic!("{wanted:?} was not written: {:?}", fs::read(self.0.join(NAME)));
        }

        fn holds(&self, content: &[u8]) -> Option<unwatched::LastSeen> {
            fs::write(self.0.join(NAME), content).unwrap();
            LastSeen::open(&self.0, Timestamp(1), || {}).unwrap().1
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn one_that_is_killed_leaves_when_it_watched_last() {
        let folder = Folder::new("killed");
        let (last_seen, before) = LastSeen::open(&folder.0, Timestamp(1), || {}).unwrap();
        assert_eq!(before, None);
        folder.becomes(1, false);
        last_seen.watched(Timestamp(1_000));
        folder.becomes(1_000, false);
        last_seen.watched(Timestamp(2_000));
        folder.becomes(2_000, false);
    }

    #[test]
    fn one_that_stops_leaves_when_it_stopped_and_does_not_wait_to_write_it() {
        let folder = Folder::new("stopped");
        let (last_seen, _) = LastSeen::open(&folder.0, Timestamp(1), || {}).unwrap();
        last_seen.watched(Timestamp(1_000));
        last_seen.ended(Timestamp(1_500));
        folder.becomes(1_500, true);
        let (_, before) = LastSeen::open(&folder.0, Timestamp(1), || {}).unwrap();
        assert_eq!(before.map(|before| before.ended), Some(true));
    }

    #[test]
    fn what_could_not_be_made_is_made_when_it_can() {
        let folder = Folder::new("later");
        let dir = folder.0.join("state");
        fs::write(&dir, "in the way").unwrap();
        let mut writer = Writer {
            file: None,
            path: dir.join(NAME),
            at: Arc::default(),
            failed: false,
        };
        writer.write("watching", 1);
        assert!(writer.failed);
        fs::remove_file(&dir).unwrap();
        writer.write("watching", 2);
        let before = LastSeen::open(&dir, Timestamp(3), || {}).unwrap().1;
        assert_eq!(before.map(|before| before.at), Some(Timestamp(2)));
    }

    #[test]
    fn what_is_damaged_or_of_another_kind_says_nothing() {
        let folder = Folder::new("damaged");
        let good = record("watching", 7);
        assert!(folder.holds(good.as_bytes()).is_some());
        for bad in [
            b"".as_slice(),
            b"watching",
            b"watching 7 8\n",
            b"elsewhere 7 7\n",
            b"watching seven seven\n",
            &good.as_bytes()[..20],
            &[0xff; 60],
            &[0; 4096],
        ] {
            assert_eq!(folder.holds(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn all_records_are_of_one_length_so_that_none_is_left_of_a_longer_one() {
        assert_eq!(record("ended", 0).len(), record("watching", u64::MAX).len());
    }
}
