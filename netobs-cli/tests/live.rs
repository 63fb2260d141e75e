//! `netobs` against agents that run: what it asks, what it shows, and what it says when it cannot.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod live {
    mod agent;
    mod apiserver;
    mod authority;
    mod causes;
    mod cluster;
    mod completions;
    mod explain;
    mod flows;
    mod following;
    mod inventory;
    mod messages;
    mod policies;
    mod program;
    mod reach;
    mod sockets;
    mod status;
    mod tls;
}
