//! Which machines an image is for, in the words of images.

use anyhow::{Context as _, Result, ensure};

use crate::portable;

/// A machine's kind, as image indexes name it and as compilers do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Platform {
    pub(crate) target: String,
    pub(crate) architecture: &'static str,
    pub(crate) variant: Option<&'static str>,
}

/// What compilers, and what images call an architecture. The kernel's programs are compiled for little-endian machines.
const ARCHITECTURES: [(&str, &str, Option<&str>); 4] = [
    ("x86_64", "amd64", None),
    ("aarch64", "arm64", Some("v8")),
    ("riscv64gc", "riscv64", None),
    ("powerpc64le", "ppc64le", None),
];

impl Platform {
    pub(crate) fn of(target: &str) -> Result<Self> {
        ensure!(
            target.contains("-linux-"),
            "{target} is no target on Linux, and netobs watches Linux nodes: name one like {}",
            portable::own_target()
        );
        let name = portable::architecture(target);
        let known = ARCHITECTURES.iter().find(|(compilers, ..)| *compilers == name);
        let (_, architecture, variant) = known.with_context(|| {
            let names = ARCHITECTURES.map(|(name, ..)| name).join(", ");
            format!("{name} is none of the architectures there are images for: {names}")
        })?;
        Ok(Self {
            target: target.to_owned(),
            architecture,
            variant: *variant,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_named_as_image_indexes_name_it() -> Result<()> {
        let arm = Platform::of("aarch64-unknown-linux-gnu")?;
        assert_eq!((arm.architecture, arm.variant), ("arm64", Some("v8")));
        let amd = Platform::of("x86_64-unknown-linux-musl")?;
        assert_eq!((amd.architecture, amd.variant), ("amd64", None));
        Ok(())
    }

    #[test]
    fn machines_that_cannot_be_are_refused() {
        assert!(Platform::of("x86_64-pc-windows-msvc").is_err());
        assert!(Platform::of("s390x-unknown-linux-gnu").is_err());
    }
}
