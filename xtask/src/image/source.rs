//! What an image is made from: its revision, and the one time that stands everywhere in it.

use std::env;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::run;

pub(crate) struct Source {
    /// The commit; none where the files are not those of a commit.
    pub(crate) revision: Option<String>,
    /// Seconds since 1970: `SOURCE_DATE_EPOCH`, or when the last commit was made.
    pub(crate) time: u64,
}

impl Source {
    pub(crate) fn read() -> Result<Self> {
        let is_clean = git(&["status", "--porcelain"]).is_some_and(|changed| changed.is_empty());
        let revision = git(&["rev-parse", "HEAD"]).filter(|_| is_clean);
        let time = match env::var("SOURCE_DATE_EPOCH") {
            Ok(given) => given
                .parse()
                .with_context(|| format!("SOURCE_DATE_EPOCH is {given:?}; it should be seconds since 1970"))?,
            Err(_) => git(&["log", "-1", "--format=%ct"])
                .and_then(|time| time.parse().ok())
                .unwrap_or_default(),
        };
        Ok(Self { revision, time })
    }

    /// The time as RFC 3339 has it.
    pub(crate) fn timestamp(&self) -> Result<String> {
        let seconds = i64::try_from(self.time).context("SOURCE_DATE_EPOCH is beyond all dates")?;
        let time = jiff::Timestamp::from_second(seconds).context("SOURCE_DATE_EPOCH is beyond all dates")?;
        Ok(time.to_string())
    }
}

/// Nothing where this is no work tree, as in an unpacked archive of the source.
fn git(arguments: &[&str]) -> Option<String> {
    let said = run::read(Command::new("git").args(arguments).current_dir(run::root())).ok()?;
    Some(said.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_written_as_rfc_3339_has_it() -> Result<()> {
        let source = Source {
            revision: None,
            time: 1_700_000_000,
        };
        assert_eq!(source.timestamp()?, "2023-11-14T22:13:20Z");
        Ok(())
    }
}
