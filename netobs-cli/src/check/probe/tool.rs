//! What may be there in a container to open a TCP connection with, and how it says what came of it.
//!
//! Only what opens a connection and sends nothing: no shell is given a text to read, and no request is made.
use std::{net::IpAddr, time::Duration};

/// How long a connection is waited for; two of its SYNs are sent in that time.
pub(super) const WAIT: Duration = Duration::from_secs(3);
/// Who gives up before that was turned away.
const MOST_OF_WAIT: Duration = Duration::from_millis(2_700);

/// Longer than a connection is waited for by so much, somebody was there.
const HALF: Duration = Duration::from_millis(1_500);

pub(super) struct Tool {
    pub(super) name: &'static str,
    command: fn(IpAddr, u16) -> Vec<String>,
    /// Whether it says that the connection was made.
    connected: fn(&Ended) -> bool,
}

/// How a process ended that ran in a container.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) exit: i32,
    pub(super) out: String,
    pub(super) err: String,
    pub(super) took: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Met {
    Connected,
    /// An answer came that refuses it.
    TurnedAway,
    Unanswered,
}

/// In the order in which they are tried.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        name: "nc",
        command: |address, port| words(&["nc", "-z", "-w", "3"], address, port),
        connected: |ended| ended.exit == 0,
    },
    // Of busybox as some build it: it knows no -z, and goes on until the other end closes.
    Tool {
        name: "nc",
        command: |address, port| words(&["timeout", "6", "nc", "-w", "3"], address, port),
        connected: |ended| ended.exit == 0 || matches!(ended.exit, 124 | 143) && ended.took > WAIT + HALF,
    },
    Tool {
        name: "bash",
        command: |address, port| {
            let open = r#"exec 3<>"/dev/tcp/$0/$1""#;
            words(&["timeout", "3", "bash", "-c", open], address, port)
        },
        connected: |ended| ended.exit == 0,
    },
    Tool {
        name: "python3",
        command: |address, port| {
            let open = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)";
            words(&["python3", "-c", open], address, port)
        },
        connected: |ended| ended.exit == 0,
    },
    Tool {
        name: "curl",
        command: |address, port| {
            let options =
                "curl --silent --output /dev/null --write-out %{time_connect} --connect-timeout 3 --max-time 4";
            let host = match address {
                IpAddr::V4(address) => address.to_string(),
                IpAddr::V6(address) => format!("[{address}]"),
            };
            let options = options.split(' ').map(ToOwned::to_owned);
            options.chain([format!("telnet://{host}:{port}")]).collect()
        },
        // How long it took, and 0 where it was not made.
        connected: |ended| ended.out.trim().parse::<f64>().is_ok_and(|seconds| seconds > 0.0),
    },
];

impl Tool {
    pub(super) fn command(&self, address: IpAddr, port: u16) -> Vec<String> {
        (self.command)(address, port)
    }

    /// `None` where it is not there, or cannot do that: nothing was sent then.
    pub(super) fn read(&self, ended: &Ended) -> Option<Met> {
        if (self.connected)(ended) {
            return Some(Met::Connected);
        }
        let said = format!("{}\n{}", ended.err, ended.out).to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        // As shells and those who start others say that there is nobody to start, and curl that it knows no such way.
        let is_no_use = matches!(ended.exit, 126 | 127) || self.name == "curl" && matches!(ended.exit, 1 | 2);
        if is_no_use || says(&["invalid option", "unrecognized option", "usage:", "not found"]) {
            return None;
        }
        if says(&["refused", "unreachable", "no route"]) {
            return Some(Met::TurnedAway);
        }
        let gave_up = ended.took >= MOST_OF_WAIT || says(&["timed out", "timeout"]);
        Some(if gave_up { Met::Unanswered } else { Met::TurnedAway })
    }
}

fn words(command: &[&str], address: IpAddr, port: u16) -> Vec<String> {
    let command = command.iter().map(|word| (*word).to_owned());
    command.chain([address.to_string(), port.to_string()]).collect()
}
