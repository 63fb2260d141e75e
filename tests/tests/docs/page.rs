//! The pages of the project, and the blocks of code in them.

use anyhow::{Context as _, Result, bail, ensure};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A page, by its path from the root.
pub(super) struct Page {
    pub(super) path: String,
    pub(super) text: String,
}

/// What stands between two fences.
pub(super) struct Block {
    page: String,
    line: usize,
    /// The words behind the opening fence.
    pub(super) words: Vec<String>,
    pub(super) text: String,
}

/// What it takes to run a block's commands, as the second word behind its fence says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing but what the tests have: they run it.
    Nothing,
    /// A machine to build, test or measure on: `cargo xtask` commands, most of which `ci` runs.
    Host,
    /// The lab: a test runs it, and what it printed is quoted.
    Lab,
    /// A cluster, with nodes and a registry.
    Cluster,
}

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All that git knows of, but what tells of the past.
pub(super) fn pages() -> Result<Vec<Page>> {
    let listed = Command::new("git")
        .args(["ls-files", "*.md"])
        .current_dir(root())
        .output()
        .context("git lists the pages")?;
    let listed = String::from_utf8(listed.stdout)?;
    let paths = listed.lines().filter(|path| *path != "CHANGELOG.md");
    let pages = paths
        .map(|path| {
            let text = fs::read_to_string(root().join(path)).with_context(|| path.to_owned())?;
            let path = path.to_owned();
            Ok(Page { path, text })
        })
        .collect::<Result<Vec<_>>>()?;
    ensure!(pages.len() > 5, "git knows of {} pages only", pages.len());
    Ok(pages)
}

impl Page {
    pub(super) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for (index, line) in self.text.lines().enumerate() {
            match (line.trim_start().strip_prefix("```"), open.take()) {
                (Some(_), Some(block)) => blocks.push(block),
                (Some(words), None) => {
                    open = Some(Block {
                        page: self.path.clone(),
                        line: index + 1,
                        words: words.split_whitespace().map(str::to_owned).collect(),
                        text: String::new(),
                    });
                }
                (None, Some(mut block)) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                    open = Some(block);
                }
                (None, None) => {}
            }
        }
        blocks
    }

    /// What stands between backquotes in the text itself.
    pub(super) fn spans(&self) -> Vec<&str> {
        let mut inside = false;
        let text = self.text.lines().filter(|line| {
            let fence = line.trim_start().starts_with("```");
            inside ^= fence;
            !inside && !fence
        });
        text.flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
    }
}

impl Block {
    /// Commands, each whole, or nothing if these are none.
    pub(super) fn commands(&self) -> Result<Vec<String>> {
        match self.words.first().map(String::as_str) {
            Some("sh") => Ok(whole(self.text.lines())),
            Some("console") => {
                let commands = whole(self.text.lines().filter_map(|line| line.strip_prefix("$ ")));
                ensure!(!commands.is_empty(), "{self}: no line of it begins with `$ `");
                Ok(commands)
            }
            Some(_) => Ok(Vec::new()),
            None => bail!("{self}: nothing behind the fence says what this is; `text` if it is not to be run"),
        }
    }

    pub(super) fn takes(&self) -> Result<Takes> {
        Ok(match self.words.get(1).map(String::as_str) {
            Some("run") => Takes::Nothing,
            Some("host") => Takes::Host,
            Some("lab") => Takes::Lab,
            Some("cluster") => Takes::Cluster,
            _ => bail!("{self}: the fence does not say what it takes to run this: run, host, lab or cluster"),
        })
    }

    pub(super) fn says(&self, word: &str) -> bool {
        self.words.iter().any(|one| one == word)
    }

    /// What a `console` block says that is printed.
    pub(super) fn printed(&self) -> String {
        let printed = self.text.lines().filter(|line| !line.starts_with("$ "));
        printed.flat_map(|line| [line, "\n"]).collect()
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.page, self.line)
    }
}

/// Lines without comments, those that end with a backslash joined with the next.
fn whole<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut commands = Vec::new();
    let mut begun = String::new();
    for line in lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if let Some(part) = line.strip_suffix('\\') {
            begun.push_str(part);
        } else {
            begun.push_str(line);
            commands.push(std::mem::take(&mut begun));
        }
    }
    commands
}

#[test]
fn blocks_commands_and_spans_are_told_apart() -> Result<()> {
    let page = Page {
        path: "a.md".to_owned(),
        text: "Run `one` or `two`:\n\n```sh run finds\n# why\na \\\n  b\nc\n```\n```console lab\n$ d\nd said\n```\n```yaml\n`e`\n```\n"
            .to_owned(),
    };
    assert_eq!(page.spans(), ["one", "two"]);
    let blocks = page.blocks();
    assert_eq!(blocks[0].commands()?, ["a   b", "c"]);
    assert_eq!(blocks[0].takes()?, Takes::Nothing);
    assert!(blocks[0].says("finds"));
    assert_eq!(blocks[1].commands()?, ["d"]);
    assert_eq!(
        (blocks[1].takes()?, blocks[1].printed()),
        (Takes::Lab, "d said\n".to_owned())
    );
    assert_eq!(blocks[2].commands()?, Vec::<String>::new());
    assert!(blocks[2].takes().is_err());
    Ok(())
}
