//! Sockets and addresses that are taken, stale or not ours.
