//! `prepare`: finds what the build and the tests need, and installs what is missing where it may.

mod apt;
mod cross;
mod grpcurl;
mod kubernetes;
mod linker;
mod prometheus;
mod python;
mod rustc;
mod toolchain;
mod tools;

use anyhow::Result;

pub(crate) use apt::{download as download_package, is_root, update as update_package_lists};
pub(crate) use cross::ensure as cross_tools;
pub(crate) use grpcurl::ensure as grpcurl;
pub(crate) use kubernetes::ensure as kubernetes;
pub(crate) use prometheus::ensure as prometheus;
pub(crate) use python::ensure as python;
pub(crate) use rustc::Rustc;
pub(crate) use toolchain::Toolchain;

pub(crate) fn everything() -> Result<()> {
    rustc::ensure_component("rustfmt", "fmt")?;
    rustc::ensure_component("clippy", "clippy")?;
    ebpf()?.rustc.ensure_clippy()?;
    python()?;
    grpcurl()?;
    kubernetes()?;
    prometheus()?;
    readers()?;
    containers()?;
    vm()
}

/// A compiler for the kernel's programs and the linker that fits it.
pub(crate) fn ebpf() -> Result<Toolchain> {
    toolchain::ensure()
}

/// What the tests in network namespaces call.
pub(crate) fn lab() -> Result<()> {
    tools::ensure(&[tools::NETWORK.as_slice(), &tools::PROBES].concat())
}

/// What reads the pictures and pages that `netobs` draws, for the tests of those.
pub(crate) fn readers() -> Result<()> {
    tools::ensure(&tools::READERS)
}

/// What runs the image, for the tests of that.
pub(crate) fn containers() -> Result<()> {
    tools::ensure(&tools::CONTAINERS)
}

/// What booting another kernel takes, and the lab's tools, which the guest gets too.
pub(crate) fn vm() -> Result<()> {
    tools::ensure(&[tools::NETWORK.as_slice(), &tools::MACHINE].concat())
}
