//! Generates messages, service and their JSON from the `.proto` files, without `protoc`.
use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use protox::prost::Message as _;

const PROTOS: [&str; 1] = ["netobs/v1/flow_service.proto"];
const PACKAGE: &str = ".netobs.v1";

fn main() -> anyhow::Result<()> {
    println!("cargo::rerun-if-changed=proto");
    let descriptors = protox::compile(PROTOS, ["proto"])?;
    let out = PathBuf::from(env::var_os("OUT_DIR").context("cargo names no OUT_DIR")?);
    let bytes = descriptors.encode_to_vec();
    fs::write(out.join("descriptors.bin"), &bytes)?;
    pbjson_build::Builder::new()
        .register_descriptors(&bytes)?
        .btree_map(["."])
        .build(&[PACKAGE])?;
    tonic_prost_build::configure()
        .btree_map(".")
        .compile_fds(descriptors.clone())?;
    encoded_server(descriptors, &out.join("encoded"))
}

/// The service once more, for a server whose answers to some calls are encoded already.
fn encoded_server(
    descriptors: protox::prost_reflect::prost_types::FileDescriptorSet,
    out: &Path,
) -> anyhow::Result<()> {
    fs::create_dir_all(out)?;
    tonic_prost_build::configure()
        .build_client(false)
        .extern_path(PACKAGE, "crate::v1")
        .extern_path(format!("{PACKAGE}.SubscribeResponse"), "crate::encoded::Told")
        .extern_path(format!("{PACKAGE}.ListCausesResponse"), "crate::encoded::Told")
        .out_dir(out)
        .compile_fds(descriptors)?;
    Ok(())
}
