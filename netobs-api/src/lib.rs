//! The gRPC contract `netobs.v1`: its messages and service, and what the reflection service tells of them.
#![forbid(unsafe_code)]

pub mod client;

/// The generated messages, clients and servers.
pub mod v1 {
    tonic::include_proto!("netobs.v1");
}

/// The `FileDescriptorSet` of the contract, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
