//! The agent on a cluster that has bad days: what it tells of flows must be right, or it must say that it does not know.

mod cluster {
    mod away;
    mod events;
    mod faults;
    mod redaction;
    mod reuse;
    mod scene;
    mod secrets;
    mod subscriber;
    mod talk;
}
