//! Finds the kernel programs that `cargo xtask build-ebpf` built, so that they can be embedded.
use std::{env, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let built = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../target/bpf/netobs.o");
    let embedded = PathBuf::from(env::var("OUT_DIR")?).join("netobs.o");
    println!("cargo::rerun-if-changed={}", built.display());
    if built.exists() {
        fs::copy(&built, &embedded)?;
    } else {
        println!(
            "cargo::warning=no kernel programs to embed: run `cargo xtask build-ebpf`; this agent will refuse to start"
        );
        fs::write(&embedded, [])?;
    }
    Ok(())
}
