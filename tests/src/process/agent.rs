//! A program under test that writes JSON lines, such as the agent.

use super::messages::is_unexplained;
use super::{Process, Usage};
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// More lines than this are not kept; the oldest go first.
const KEPT_LINES: usize = 200_000;
const KEPT_ERROR_LINES: usize = 2_000;
/// Standard output ends a moment before the last of standard error is read.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// Arguments for an agent of which only the export is asked: it knows no cluster and serves nobody.
pub const EXPORT_ONLY: [&str; 9] = [
    "--export",
    "stdout",
    "--no-cluster",
    "--socket",
    "none",
    "--listen",
    "none",
    "--http",
    "none",
];

/// A running program whose lines are read as they come.
#[derive(Debug)]
pub struct Agent {
    process: Process,
    said: Arc<Said>,
    readers: Vec<JoinHandle<()>>,
}

/// How a program ended and all it said.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub lines: Vec<Value>,
    pub stderr: String,
}

#[derive(Debug, Default)]
struct Said(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What lines are kept; all of them, if nothing is said.
    wanted: Option<Wanted>,
    lines: VecDeque<Value>,
    /// Lines that came before the first of `lines`.
    forgotten: usize,
    no_json: Vec<String>,
    stderr: VecDeque<String>,
    unexplained: Vec<String>,
    ended: bool,
}

type Wanted = fn(&Value) -> bool;

enum Heard {
    Line(String),
    End,
}

impl Agent {
    /// Starts a command, which [`crate::netns::Netns::command`] has placed.
    pub fn start(command: &mut Command) -> Result<Self> {
        Self::start_with(command, Said::default())
    }

    /// As [`Agent::start`], but only lines that are wanted are kept: the kernel's drops are those of the whole machine.
    pub fn start_keeping(command: &mut Command, wanted: fn(&Value) -> bool) -> Result<Self> {
        let state = State {
            wanted: Some(wanted),
            ..State::default()
        };
        Self::start_with(command, Said(Mutex::new(state)))
    }

    fn start_with(command: &mut Command, said: Said) -> Result<Self> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = Process::start(command)?;
        let said = Arc::new(said);
        let stdout = process.child().stdout.take().context("stdout is piped")?;
        let stderr = process.child().stderr.take().context("stderr is piped")?;
        let readers = vec![
            read_lines(stdout, Arc::clone(&said), State::hear_line),
            read_lines(stderr, Arc::clone(&said), State::hear_error),
        ];
        Ok(Self { process, said, readers })
    }

    /// The first line, said or still to come, that is wanted.
    pub fn wait_for(&self, timeout: Duration, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let mut seen = 0;
        self.wait(timeout, |state| {
            let fresh = state.lines.iter().skip(seen - seen.min(state.forgotten));
            seen = seen.max(state.forgotten + state.lines.len());
            fresh.clone().find(|line| wanted(line)).cloned()
        })
    }

    /// Looks at all kept lines, again when there are new ones, until the answer is found.
    pub fn wait_until<T>(&self, timeout: Duration, look: impl Fn(&VecDeque<Value>) -> Option<T>) -> Result<T> {
        self.wait(timeout, |state| look(&state.lines))
    }

    /// Waits for a line on standard error that contains this.
    pub fn wait_for_error(&self, timeout: Duration, text: &str) -> Result<()> {
        let deadline = Instant::now() + timeout;
        loop {
            let ended = self.said.lock().ended;
            if ended {
                thread::sleep(LAST_WORDS);
            }
            if self.said.lock().stderr.iter().any(|line| line.contains(text)) {
                return Ok(());
            }
            if ended || Instant::now() > deadline {
                let why = if ended { "the program has ended" } else { "time is up" };
                bail!(
                    "{text:?} not on stderr within {timeout:?} ({why}); {}",
                    self.said.lock().summary()
                );
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// All lines so far that were kept.
    pub fn lines(&self) -> Vec<Value> {
        self.said.lock().lines.iter().cloned().collect()
    }

    /// How many lines came so far, the forgotten ones too.
    pub fn line_count(&self) -> usize {
        let state = self.said.lock();
        state.forgotten + state.lines.len()
    }

    /// Does something while nobody reads what the program says, so that its pipes fill up.
    pub fn unheard<T>(&self, task: impl FnOnce() -> T) -> T {
        let _nobody_else_hears = self.said.lock();
        task()
    }

    pub fn usage(&self) -> Result<Usage> {
        self.process.usage()
    }

    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// SIGTERM, and what it had to say until its end.
    pub fn stop(mut self, timeout: Duration) -> Result<Ended> {
        let status = self.process.stop(timeout).with_context(|| self.said.lock().summary())?;
        self.finish(status)
    }

    /// As [`Agent::stop`], while nobody reads what it says until it has ended.
    pub fn stop_unheard(mut self, timeout: Duration) -> Result<Ended> {
        let said = Arc::clone(&self.said);
        let nobody_hears = said.lock();
        let status = self.process.stop(timeout);
        drop(nobody_hears);
        let status = status.with_context(|| said.lock().summary())?;
        self.finish(status)
    }

    /// SIGKILL.
    pub fn kill(mut self) -> Result<Ended> {
        let status = self.process.kill()?;
        self.finish(status)
    }

    /// Waits for it to end by itself.
    pub fn wait_for_end(mut self, timeout: Duration) -> Result<Ended> {
        let status = self.process.wait(timeout).with_context(|| self.said.lock().summary())?;
        self.finish(status)
    }

    fn wait<T>(&self, timeout: Duration, mut look: impl FnMut(&State) -> Option<T>) -> Result<T> {
        const PAUSE: Duration = Duration::from_millis(5);
        let deadline = Instant::now() + timeout;
        loop {
            let state = self.said.lock();
            let ended = state.ended;
            if let Some(found) = look(&state) {
                return Ok(found);
            }
            if ended || Instant::now() > deadline {
                let why = if ended { "the program has ended" } else { "time is up" };
                bail!("not said within {timeout:?} ({why}); {}", state.summary());
            }
            drop(state);
            thread::sleep(PAUSE);
        }
    }

    /// An error if it complained of something that nobody explains.
    fn finish(&mut self, status: ExitStatus) -> Result<Ended> {
        for reader in self.readers.drain(..) {
            // A reader does not panic; were it to, its lines would be missing, which the test sees.
            let _ = reader.join();
        }
        let State {
            lines,
            no_json,
            stderr,
            unexplained,
            ..
        } = std::mem::take(&mut *self.said.lock());
        ensure!(
            unexplained.is_empty(),
            "docs/troubleshooting.md does not tell what to do about:\n{}",
            unexplained.join("\n")
        );
        let stderr = stderr.into_iter().chain(no_json).collect::<Vec<_>>().join("\n");
        Ok(Ended {
            status,
            lines: lines.into(),
            stderr,
        })
    }
}

impl Said {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn hear_line(&mut self, heard: Heard) {
        match heard {
            Heard::End => self.ended = true,
            Heard::Line(line) => match serde_json::from_str(&line) {
                Ok(value) if self.wanted.is_none_or(|wanted| wanted(&value)) => self.lines.push_back(value),
                Ok(_) => {}
                Err(_) if self.no_json.len() < KEPT_ERROR_LINES => self.no_json.push(format!("not JSON: {line}")),
                Err(_) => {}
            },
        }
        if self.lines.len() > KEPT_LINES {
            self.lines.pop_front();
            self.forgotten += 1;
        }
    }

    fn hear_error(&mut self, heard: Heard) {
        if let Heard::Line(line) = heard {
            if self.unexplained.len() < KEPT_ERROR_LINES && is_unexplained(&line) {
                self.unexplained.push(line.clone());
            }
            self.stderr.push_back(line);
        }
        if self.stderr.len() > KEPT_ERROR_LINES {
            self.stderr.pop_front();
        }
    }

    fn summary(&self) -> String {
        const SHOWN: usize = 15;
        let said = self
            .lines
            .iter()
            .skip(self.lines.len().saturating_sub(SHOWN))
            .map(Value::to_string);
        let complained = self
            .stderr
            .iter()
            .skip(self.stderr.len().saturating_sub(SHOWN))
            .cloned();
        format!(
            "{} lines, the last:\n  {}\nstderr:\n  {}\n{}",
            self.forgotten + self.lines.len(),
            said.collect::<Vec<_>>().join("\n  "),
            complained.collect::<Vec<_>>().join("\n  "),
            self.no_json.join("\n"),
        )
    }
}

fn read_lines(source: impl Read + Send + 'static, said: Arc<Said>, hear: fn(&mut State, Heard)) -> JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            hear(&mut said.lock(), Heard::Line(line));
        }
        hear(&mut said.lock(), Heard::End);
    })
}
