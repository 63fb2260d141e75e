//! Generates messages and service from the `.proto` files, without `protoc`.
use std::{env, fs, path::PathBuf};

use anyhow::Context as _;

const PROTOS: [&str; 1] = ["netobs/v1/flow_service.proto"];

fn main() -> anyhow::Result<()> {
    println!("cargo::rerun-if-changed=proto");
    let descriptors = protox::compile(PROTOS, ["proto"])?;
    let out = PathBuf::from(env::var_os("OUT_DIR").context("cargo names no OUT_DIR")?);
    let bytes = protox::prost::Message::encode_to_vec(&descriptors);
    fs::write(out.join("descriptors.bin"), bytes)?;
    tonic_prost_build::configure().btree_map(".").compile_fds(descriptors)?;
    Ok(())
}
