//! Kubernetes objects and manifests as netobs' own types: no client, no I/O.
#![forbid(unsafe_code)]

pub mod document;
pub mod finding;
pub mod generated;
pub mod guard;
pub mod manifests;
pub mod network_policy;
pub mod object;
pub mod problems;
mod selector;
mod unknown_fields;
pub mod watched;
mod writer;
mod yaml;
