//! The bill of materials, as CycloneDX: every package in the image with its licence, where it is from, and what it needs.

use anyhow::Result;
use serde_json::{Value, json};

use super::digest::sha256;
use super::packages::{Package, Packages, key};
use super::source::Source;

/// A program in the image: of which package, where it lies, and its bytes.
pub(crate) struct Program<'a> {
    pub(crate) package: &'static str,
    pub(crate) place: &'static str,
    pub(crate) bytes: &'a [u8],
}

/// What is linked, or lies in the image, and is no package of cargo's.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) version: String,
    pub(crate) licence: &'static str,
}

/// Everything a bill is made of.
pub(crate) struct Bill<'a> {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) licence: &'static str,
    pub(crate) source: &'a Source,
    pub(crate) packages: &'a Packages,
    pub(crate) programs: &'a [Program<'a>],
    /// In every program.
    pub(crate) parts: &'a [Part],
    /// The key of the package that lies in the image as a file of certificates.
    pub(crate) roots: &'a str,
}

impl Bill<'_> {
    pub(crate) fn write(&self) -> Result<String> {
        let mut bill = json!({
            "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": {
                "timestamp": self.source.timestamp()?,
                "component": self.image(),
            },
            "components": self.components(),
            "dependencies": self.dependencies(),
        });
        bill["serialNumber"] = serial_number(&serde_json::to_vec(&bill)?).into();
        Ok(serde_json::to_string_pretty(&bill)? + "\n")
    }

    fn image(&self) -> Value {
        json!({
            "type": "container",
            "bom-ref": self.reference(),
            "name": self.name,
            "version": self.version,
            "licenses": [{"expression": self.licence}],
        })
    }

    fn components(&self) -> Vec<Value> {
        let packages = self.packages.iter().map(|(key, package)| self.package(key, package));
        packages.chain(self.parts.iter().map(Part::component)).collect()
    }

    fn package(&self, key: &str, package: &Package) -> Value {
        let program = self.programs.iter().find(|program| program.package == package.name);
        let kind = match program {
            Some(_) => "application",
            None if key == self.roots => "data",
            None => "library",
        };
        let mut component = json!({
            "type": kind,
            "bom-ref": key,
            "name": package.name,
            "version": package.version,
        });
        if let Some(licence) = &package.licence {
            component["licenses"] = json!([{"expression": licence}]);
        }
        if let Some(checksum) = &package.checksum {
            component["purl"] = format!("pkg:cargo/{}@{}", package.name, package.version).into();
            component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
        }
        if let Some(program) = program {
            component["hashes"] = json!([{"alg": "SHA-256", "content": sha256(program.bytes)}]);
            component["evidence"] = json!({"occurrences": [{"location": program.place}]});
        }
        component
    }

    fn dependencies(&self) -> Vec<Value> {
        let parts: Vec<String> = self.parts.iter().map(Part::key).collect();
        let is_program = |package: &Package| self.programs.iter().any(|program| program.package == package.name);
        let programs = self.packages.iter().filter(|(_, package)| is_program(package));
        let mut in_image: Vec<&str> = programs.map(|(key, _)| key.as_str()).collect();
        in_image.push(self.roots);
        let own = json!({"ref": self.reference(), "dependsOn": in_image});
        let of_packages = self.packages.iter().map(|(key, package)| {
            let mut needs: Vec<&str> = package.needs.iter().map(String::as_str).collect();
            if is_program(package) {
                needs.extend(parts.iter().map(String::as_str));
            }
            json!({"ref": key, "dependsOn": needs})
        });
        let of_parts = parts.iter().map(|key| json!({"ref": key, "dependsOn": []}));
        std::iter::once(own).chain(of_packages).chain(of_parts).collect()
    }

    /// Apart from the packages' names.
    fn reference(&self) -> String {
        format!("image:{}@{}", self.name, self.version)
    }
}

impl Part {
    fn key(&self) -> String {
        key(self.name, &self.version)
    }

    fn component(&self) -> Value {
        json!({
            "type": "library",
            "bom-ref": self.key(),
            "name": self.name,
            "version": self.version,
            "purl": format!("pkg:generic/{}@{}", self.name, self.version),
            "licenses": [{"expression": self.licence}],
        })
    }
}

/// A UUID that follows from what is numbered, of the version that RFC 9562 leaves to whoever makes it.
fn serial_number(bill: &[u8]) -> String {
    let digits = sha256(bill);
    let part = |from, to| digits.get(from..to).unwrap_or_default();
    format!(
        "urn:uuid:{}-{}-8{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 15),
        part(15, 18),
        part(18, 30)
    )
}
