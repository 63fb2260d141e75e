//! `netobs` as its users run it, in a home without a kubeconfig and with an end.
use std::{
    fs,
    io::{BufRead as _, BufReader, Read},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

/// Far beyond what any test needs, even on a machine that is busy.
const LONGEST: Duration = Duration::from_secs(60);

/// No test gets this port, as it would one that another has just left.
pub(super) const NOBODY: &str = "127.0.0.1:1";

#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

pub(super) struct Running {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

pub(super) fn netobs(arguments: &[&str]) -> Ran {
    Running::start(command(arguments)).end()
}

pub(super) fn command(arguments: &[&str]) -> Command {
    set_up(Command::new(env!("CARGO_BIN_EXE_netobs")), arguments)
}

/// By somebody who may not do what root may. The program is handed over open, for the way to it may not be theirs to go.
pub(super) fn command_of_nobody(arguments: &[&str]) -> Command {
    let mut command = set_up(Command::new("/proc/self/fd/0"), arguments);
    command.stdin(fs::File::open(env!("CARGO_BIN_EXE_netobs")).unwrap());
    if is_root() {
        command.uid(65_534).gid(65_534);
    }
    command
}

/// A folder of this test's own, with a path that is short enough for a socket's; gone when it is dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("netobs-cli-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Of a file in it, as a command line takes it.
    pub(super) fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Ran {
    /// Checks how it ended, and that all of it was said on the standard error.
    #[track_caller]
    pub(super) fn failed(&self, code: i32, parts: &[&str]) {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{self:?}");
        for part in parts {
            assert!(self.err.contains(part), "{part:?} is not in {}", self.err);
        }
    }

    #[track_caller]
    pub(super) fn succeeded(&self) -> &str {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{self:?}");
        &self.out
    }
}

impl Running {
    pub(super) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self {
            out: lines(child.stdout.take().unwrap()),
            err: lines(child.stderr.take().unwrap()),
            child,
        }
    }

    /// The next line of the output; it is not waited for the end.
    #[track_caller]
    pub(super) fn line(&self) -> String {
        self.out.recv_timeout(LONGEST).unwrap()
    }

    #[track_caller]
    pub(super) fn note(&self) -> String {
        self.err.recv_timeout(LONGEST).unwrap()
    }

    pub(super) fn interrupt(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    }

    /// As a reader does that has read enough.
    pub(super) fn stop_reading(&mut self) {
        self.out = mpsc::channel().1;
    }

    pub(super) fn end(mut self) -> Ran {
        let code = self.wait().code();
        let all = |lines: &Receiver<String>| lines.iter().map(|line| line + "\n").collect();
        Ran {
            code,
            out: all(&self.out),
            err: all(&self.err),
        }
    }

    fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        while start.elapsed() < LONGEST {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            thread::sleep(Duration::from_millis(10));
        }
        self.child.kill().unwrap();
        panic!("it did not end within {LONGEST:?}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn set_up(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments).stdin(Stdio::null());
    for name in ["NETOBS_SERVER", "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "NO_COLOR"] {
        command.env_remove(name);
    }
    command.env("HOME", "/nonexistent").env("TZ", "UTC");
    command
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Ends, and closes the pipe, when nobody takes lines any more.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (to, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
