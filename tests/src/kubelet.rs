//! Runs the pod of a DaemonSet from an image archive, as a kubelet and its container runtime do, with nothing but `runc`.
//!
//! What a manifest asks for is done or refused, never overlooked.

mod bundle;
mod container;
mod defaults;
mod image;
mod manifest;
mod security;
mod volume;

pub use container::{Container, Exec};
pub use image::Image;
pub use manifest::{Manifest, Seccomp};
