//! The gRPC contract `netobs.v1`: its messages and service, and what the reflection service tells of them.
#![forbid(unsafe_code)]

pub use self::encoder::Encoder;

pub mod client;
pub mod encoded;
mod encoder;
#[cfg(test)]
mod fixtures;
pub mod inventory_file;
pub mod model;
pub mod wire;
mod words;

/// The generated messages, clients and servers; their JSON is protobuf's own.
#[expect(
    unused_qualifications,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::cognitive_complexity,
    clippy::large_enum_variant,
    clippy::too_many_lines,
    reason = "generated code"
)]
pub mod v1 {
    tonic::include_proto!("netobs.v1");
    include!(concat!(env!("OUT_DIR"), "/netobs.v1.serde.rs"));
}

/// The `FileDescriptorSet` of the contract, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
