//! What may not be named where: rooms by rooms, the outside world by the core, `unsafe` and tasks by most.

use std::collections::BTreeSet;

use super::finding::{Finding, Rule};
use super::imports::imports;
use super::tree::{File, Tree, lines_with};

const AGENT: &str = "netobs-agent/src/";
const ROOMS: [&str; 6] = ["kernel", "node", "cluster", "serve", "export", "store"];

const ROOM: Rule = Rule {
    why: "rooms meet one outside world each and do not know of each other",
    remedy: "let app.rs, which has all the keys, hand over what is needed",
};

const SPAWN: Rule = Rule {
    why: "who starts tasks must also see them end",
    remedy: "return the future and let netobs-agent's app.rs spawn it",
};

const PURE: Rule = Rule {
    why: "netobs-core does no I/O and reads no clock, so that all of it can be tested with values",
    remedy: "take what it yields as an argument",
};

const UNSAFE: Rule = Rule {
    why: "only what meets the kernel may be unsafe",
    remedy: "move it to netobs-common, netobs-ebpf, the agent's kernel/ or node/, or do without",
};

const SPAWNS: [&str; 3] = ["tokio::spawn", "task::spawn", "task::spawn_blocking"];

/// Core may use `std::net`'s addresses, not its sockets.
const IMPURE: [&str; 12] = [
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "UnixListener",
    "UnixDatagram",
    "SystemTime::now",
    "Instant::now",
];

const MAY_BE_UNSAFE: [&str; 7] = [
    "netobs-common/",
    "netobs-ebpf/",
    "netobs-agent/src/kernel.rs",
    "netobs-agent/src/kernel/",
    "netobs-agent/src/node.rs",
    "netobs-agent/src/node/",
    "tests/",
];

pub(crate) fn check_rooms(tree: &Tree) -> Vec<Finding> {
    let outside_app = files_in(tree, AGENT).filter(|file| !is_app(file));
    outside_app.flat_map(rooms_named_in).collect()
}

pub(crate) fn check_spawns(tree: &Tree) -> Vec<Finding> {
    let files = files_in(tree, AGENT).filter(|file| !is_app(file));
    files.flat_map(|file| named(file, &SPAWNS, &SPAWN)).collect()
}

pub(crate) fn check_core(tree: &Tree) -> Vec<Finding> {
    files_in(tree, "netobs-core/src/")
        .flat_map(|file| named(file, &IMPURE, &PURE))
        .collect()
}

pub(crate) fn check_unsafe(tree: &Tree) -> Vec<Finding> {
    let careful = tree
        .rust()
        .filter(|file| !MAY_BE_UNSAFE.iter().any(|place| file.path.starts_with(place)));
    let lines = careful.flat_map(|file| lines_with(&file.code, "unsafe").map(move |line| (file, line)));
    lines
        .map(|(file, line)| UNSAFE.broken(&file.path, line, "unsafe"))
        .collect()
}

fn files_in<'a>(tree: &'a Tree, folder: &'a str) -> impl Iterator<Item = &'a File> {
    tree.rust().filter(move |file| file.path.starts_with(folder))
}

fn is_app(file: &File) -> bool {
    room(file) == "app"
}

/// The first part of a file's path inside the agent: `kernel` for `kernel.rs` and `kernel/ring.rs`.
fn room(file: &File) -> &str {
    let inside = file.path.strip_prefix(AGENT).unwrap_or_default();
    inside.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

fn rooms_named_in(file: &File) -> Vec<Finding> {
    let own = room(file);
    let others = ROOMS.iter().filter(|other| **other != own);
    others
        .flat_map(|other| {
            lines_naming(file, other)
                .into_iter()
                .map(|line| room_named(file, line, other))
        })
        .collect()
}

fn room_named(file: &File, line: usize, other: &str) -> Finding {
    let own = room(file);
    let who = if ROOMS.contains(&own) {
        format!("room {own}")
    } else {
        own.to_owned()
    };
    ROOM.broken(&file.path, line, format!("{who} names room {other}"))
}

fn lines_naming(file: &File, other: &str) -> BTreeSet<usize> {
    let written_out = format!("crate::{other}");
    let imported = imports(&file.code)
        .into_iter()
        .filter(|import| leads_to(&import.path, file, other));
    lines_with(&file.code, &written_out)
        .chain(imported.map(|import| import.line))
        .collect()
}

/// Whether a path from the crate's root, written with `crate` or with enough `super`, goes into that room.
fn leads_to(path: &str, file: &File, other: &str) -> bool {
    let depth = file.path.strip_prefix(AGENT).unwrap_or_default().split('/').count();
    let mut parts = path.split("::").map(str::trim).peekable();
    let supers = std::iter::from_fn(|| parts.next_if_eq(&"super")).count();
    let from_root = parts.next_if_eq(&"crate").is_some() || supers >= depth;
    from_root && parts.next() == Some(other)
}

fn named(file: &File, words: &[&'static str], rule: &'static Rule) -> Vec<Finding> {
    let code = file.shipped_code();
    let written_out = words
        .iter()
        .flat_map(|word| lines_with(code, word).map(move |line| (line, *word)));
    let imported = imports(code).into_iter();
    let brought =
        imported.filter_map(|import| Some((import.line, *words.iter().find(|word| ends_in(&import.path, word))?)));
    let places: BTreeSet<(usize, &str)> = written_out.chain(brought).collect();
    places
        .into_iter()
        .map(|(line, word)| rule.broken(&file.path, line, word))
        .collect()
}

fn ends_in(path: &str, word: &str) -> bool {
    path == word || path.ends_with(&format!("::{word}")) || path.starts_with(&format!("{word}::"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::finding::places;

    #[test]
    fn a_room_may_not_name_another() {
        let tree = Tree::of(&[
            (
                "netobs-agent/src/node/links.rs",
                "use crate::kernel::Tap;\nuse crate::node::Link;\n",
            ),
            (
                "netobs-agent/src/serve.rs",
                "use crate::{app, store};\nfn a() { crate::export::b() }\n",
            ),
            ("netobs-agent/src/export.rs", "use super::cluster;\n"),
        ]);
        let expected = [
            "netobs-agent/src/node/links.rs:1 room node names room kernel",
            "netobs-agent/src/serve.rs:2 room serve names room export",
            "netobs-agent/src/serve.rs:1 room serve names room store",
            "netobs-agent/src/export.rs:1 room export names room cluster",
        ];
        assert_eq!(places(&check_rooms(&tree)), expected);
    }

    #[test]
    fn only_app_has_all_the_keys() {
        let tree = Tree::of(&[
            ("netobs-agent/src/app.rs", "use crate::{kernel, node};\n"),
            ("netobs-agent/src/app/wiring.rs", "use crate::kernel;\n"),
            ("netobs-agent/src/main.rs", "mod kernel;\nmod node;\n"),
            ("netobs-agent/src/config.rs", "use crate::kernel::Tap;\n"),
        ]);
        assert_eq!(
            places(&check_rooms(&tree)),
            ["netobs-agent/src/config.rs:1 config names room kernel"]
        );
    }

    #[test]
    fn a_rooms_own_submodule_may_have_another_rooms_name() {
        let tree = Tree::of(&[(
            "netobs-agent/src/kernel/ring.rs",
            "use super::node;\nuse crate::kernel::store;\n",
        )]);
        assert_eq!(places(&check_rooms(&tree)), Vec::<String>::new());
    }

    #[test]
    fn tasks_start_in_app_only() {
        let tree = Tree::of(&[
            ("netobs-agent/src/app.rs", "tokio::spawn(x);\n"),
            ("netobs-agent/src/serve.rs", "// tokio::spawn\ntokio::spawn(x);\n"),
            ("netobs-agent/src/node.rs", "use tokio::{net, spawn};\n"),
            (
                "netobs-agent/src/store.rs",
                "#[cfg(test)]\nmod tests {\ntokio::spawn(x);\n}\n",
            ),
        ]);
        let expected = [
            "netobs-agent/src/serve.rs:2 tokio::spawn",
            "netobs-agent/src/node.rs:1 tokio::spawn",
        ];
        assert_eq!(places(&check_spawns(&tree)), expected);
    }

    #[test]
    fn core_has_addresses_but_no_sockets_files_or_clocks() {
        let tree = Tree::of(&[
            (
                "netobs-core/src/a.rs",
                "use std::net::IpAddr;\nuse std::{fs, net::TcpStream};\n",
            ),
            (
                "netobs-core/src/b.rs",
                "let t = Instant::now();\nlet s = std::time::SystemTime::now();\n",
            ),
            ("netobs-agent/src/c.rs", "use std::fs;\n"),
        ]);
        let expected = [
            "netobs-core/src/a.rs:2 TcpStream",
            "netobs-core/src/a.rs:2 std::fs",
            "netobs-core/src/b.rs:1 Instant::now",
            "netobs-core/src/b.rs:2 SystemTime::now",
        ];
        assert_eq!(places(&check_core(&tree)), expected);
    }

    #[test]
    fn unsafe_stays_where_the_kernel_is_met() {
        let code = "unsafe { x() }\n";
        let tree = Tree::of(&[
            ("netobs-agent/src/kernel/ring.rs", code),
            ("netobs-agent/src/kernels.rs", code),
            ("tests/src/lib.rs", code),
            ("netobs-core/src/a.rs", "// unsafe\n#![deny(unsafe_code)]\n"),
        ]);
        assert_eq!(places(&check_unsafe(&tree)), ["netobs-agent/src/kernels.rs:1 unsafe"]);
    }
}
