//! An archive that `docker load`, `podman load`, `ctr image import` and `skopeo` take: an OCI layout with Docker's manifest beside it.

use std::io::Write as _;

use anyhow::{Context as _, Result};
use flate2::{Compression, GzBuilder};
use serde_json::{Map, Value, json};

use super::digest::sha256;
use super::platform::Platform;
use super::source::Source;
use super::tarball::Tarball;

/// What an image is called, what runs in it, and for which machines.
pub(crate) struct Image<'a> {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) licences: &'static str,
    pub(crate) version: &'static str,
    pub(crate) entrypoint: &'static str,
    pub(crate) path: &'static str,
    pub(crate) platform: &'a Platform,
    pub(crate) source: &'a Source,
}

/// An archive and what is told of it.
pub(crate) struct Archive {
    pub(crate) bytes: Vec<u8>,
    /// Of the image's manifest; whoever pulls or loads the image knows it by this.
    pub(crate) digest: String,
}

/// A part of an image, as others refer to it.
struct Blob {
    media_type: &'static str,
    bytes: Vec<u8>,
}

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

impl Image<'_> {
    /// The image with this layer, a tar archive, in an archive of its own.
    pub(crate) fn archive(&self, layer: &[u8]) -> Result<Archive> {
        let config = Blob::json(CONFIG, &self.config(layer)?)?;
        let layer = Blob {
            media_type: LAYER,
            bytes: compressed(layer)?,
        };
        let manifest = Blob::json(MANIFEST, &self.manifest(&config, &layer)?)?;
        let mut tarball = Tarball::default();
        for blob in [&config, &layer, &manifest] {
            tarball.file(&blob.path(), 0o644, blob.bytes.clone());
        }
        let documents = [
            ("oci-layout", json!({"imageLayoutVersion": "1.0.0"})),
            ("index.json", self.index(&manifest)),
            ("manifest.json", self.for_docker(&config, &layer)),
        ];
        for (name, document) in documents {
            tarball.file(name, 0o644, serde_json::to_vec(&document)?);
        }
        Ok(Archive {
            bytes: tarball.write(self.source.time)?,
            digest: manifest.digest(),
        })
    }

    fn config(&self, layer: &[u8]) -> Result<Value> {
        let created = self.source.timestamp()?;
        let mut config = json!({
            "created": created,
            "architecture": self.platform.architecture,
            "os": "linux",
            "config": {
                "User": "0:0",
                "Env": [format!("PATH={}", self.path)],
                "Entrypoint": [self.entrypoint],
                "WorkingDir": "/",
                "Labels": self.annotations()?,
            },
            "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", sha256(layer))]},
            "history": [{"created": created, "created_by": "cargo xtask image"}],
        });
        if let Some(variant) = self.platform.variant {
            config["variant"] = variant.into();
        }
        Ok(config)
    }

    fn manifest(&self, config: &Blob, layer: &Blob) -> Result<Value> {
        Ok(json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.descriptor(),
            "layers": [layer.descriptor()],
            "annotations": self.annotations()?,
        }))
    }

    fn index(&self, manifest: &Blob) -> Value {
        let mut descriptor = manifest.descriptor();
        let mut platform = json!({"architecture": self.platform.architecture, "os": "linux"});
        if let Some(variant) = self.platform.variant {
            platform["variant"] = variant.into();
        }
        descriptor["platform"] = platform;
        // containerd takes names as they are, and the kubelet asks it for the full form of a short one.
        descriptor["annotations"] = json!({
            "org.opencontainers.image.ref.name": self.version,
            "io.containerd.image.name": format!("docker.io/library/{}", self.reference()),
        });
        json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [descriptor]})
    }

    fn for_docker(&self, config: &Blob, layer: &Blob) -> Value {
        json!([{"Config": config.path(), "RepoTags": [self.reference()], "Layers": [layer.path()]}])
    }

    fn annotations(&self) -> Result<Map<String, Value>> {
        let created = self.source.timestamp()?;
        let mut pairs = vec![
            ("title", self.title),
            ("version", self.version),
            ("licenses", self.licences),
            ("created", &created),
        ];
        pairs.extend(self.source.revision.as_deref().map(|revision| ("revision", revision)));
        let named = |(key, value): (&str, &str)| (format!("org.opencontainers.image.{key}"), value.into());
        Ok(pairs.into_iter().map(named).collect())
    }

    fn reference(&self) -> String {
        format!("{}:{}", self.name, self.version)
    }
}

impl Blob {
    fn json(media_type: &'static str, value: &Value) -> Result<Self> {
        let bytes = serde_json::to_vec(value)?;
        Ok(Self { media_type, bytes })
    }

    fn digest(&self) -> String {
        format!("sha256:{}", sha256(&self.bytes))
    }

    fn path(&self) -> String {
        format!("blobs/sha256/{}", sha256(&self.bytes))
    }

    fn descriptor(&self) -> Value {
        json!({"mediaType": self.media_type, "digest": self.digest(), "size": self.bytes.len()})
    }
}

/// Gzip without name, time or system in its head.
fn compressed(bytes: &[u8]) -> Result<Vec<u8>> {
    const UNKNOWN_SYSTEM: u8 = 255;
    let gzip = GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM);
    let mut gzip = gzip.write(Vec::new(), Compression::best());
    gzip.write_all(bytes)
        .and_then(|()| gzip.finish())
        .context("cannot compress the layer")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read as _;

    use super::*;

    fn archive(layer: &[u8], revision: Option<&str>) -> Result<Archive> {
        let image = Image {
            name: "netobs",
            title: "netobs",
            licences: "Apache-2.0",
            version: "0.1.0",
            entrypoint: "/usr/bin/netobs-agent",
            path: "/usr/bin",
            platform: &Platform::of("aarch64-unknown-linux-gnu")?,
            source: &Source {
                revision: revision.map(str::to_owned),
                time: 1_700_000_000,
            },
        };
        image.archive(layer)
    }

    fn files(archive: &Archive) -> Result<BTreeMap<String, Vec<u8>>> {
        let mut archive = tar::Archive::new(archive.bytes.as_slice());
        let mut files = BTreeMap::new();
        for entry in archive.entries()? {
            let mut entry = entry?;
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            files.insert(entry.path()?.to_string_lossy().into_owned(), bytes);
        }
        Ok(files)
    }

    fn json(files: &BTreeMap<String, Vec<u8>>, path: &str) -> Result<Value> {
        let bytes = files.get(path).with_context(|| format!("no {path}"))?;
        Ok(serde_json::from_slice(bytes)?)
    }

    /// The blob that a descriptor names.
    fn blob<'a>(files: &'a BTreeMap<String, Vec<u8>>, descriptor: &Value) -> Result<&'a [u8]> {
        let digest = descriptor["digest"].as_str().unwrap_or_default().replace(':', "/");
        let bytes = files.get(&format!("blobs/{digest}")).context("a blob of that digest")?;
        assert_eq!(descriptor["size"], bytes.len());
        Ok(bytes)
    }

    #[test]
    fn the_same_layer_of_the_same_source_gives_the_same_bytes() -> Result<()> {
        let (one, other) = (archive(b"layer", Some("abc"))?, archive(b"layer", Some("abc"))?);
        assert_eq!((&one.digest, &one.bytes), (&other.digest, &other.bytes));
        assert_ne!(one.digest, archive(b"layer", None)?.digest);
        assert_ne!(one.digest, archive(b"other", Some("abc"))?.digest);
        Ok(())
    }

    #[test]
    fn the_layer_is_found_from_the_index_and_from_dockers_manifest() -> Result<()> {
        let archive = archive(b"layer", None)?;
        let files = files(&archive)?;
        let index = json(&files, "index.json")?;
        assert_eq!(index["manifests"][0]["digest"], archive.digest);
        let manifest: Value = serde_json::from_slice(blob(&files, &index["manifests"][0])?)?;
        let mut layer = Vec::new();
        flate2::read::GzDecoder::new(blob(&files, &manifest["layers"][0])?).read_to_end(&mut layer)?;
        assert_eq!(layer, b"layer");
        let docker = &json(&files, "manifest.json")?[0];
        assert_eq!(docker["RepoTags"], json!(["netobs:0.1.0"]));
        let path = docker["Layers"][0].as_str().unwrap_or_default();
        assert_eq!(files[path], blob(&files, &manifest["layers"][0])?);
        let path = docker["Config"].as_str().unwrap_or_default();
        assert_eq!(files[path], blob(&files, &manifest["config"])?);
        Ok(())
    }

    #[test]
    fn a_revision_is_named_only_where_there_is_one() -> Result<()> {
        let annotations = |archive: &Archive| {
            let files = files(archive)?;
            let index = json(&files, "index.json")?;
            let manifest: Value = serde_json::from_slice(blob(&files, &index["manifests"][0])?)?;
            Ok::<_, anyhow::Error>(manifest["annotations"].clone())
        };
        let named = annotations(&archive(b"layer", Some("abc"))?)?;
        assert_eq!(named["org.opencontainers.image.revision"], "abc");
        let unnamed = annotations(&archive(b"layer", None)?)?;
        assert_eq!(unnamed["org.opencontainers.image.revision"], Value::Null);
        assert_eq!(unnamed["org.opencontainers.image.version"], "0.1.0");
        Ok(())
    }
}
