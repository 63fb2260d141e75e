//! The cluster that is meant, as kubectl would find it.
use std::{env, path::PathBuf};

use anyhow::{Context as _, Result};
use kube::{
    Config,
    config::{KubeConfigOptions, Kubeconfig},
};

use crate::global::Global;

/// `None` if no cluster is named anywhere.
pub(crate) async fn config(global: &Global) -> Result<Option<Config>> {
    let Some((kubeconfig, named)) = read(global)? else {
        return in_cluster(global);
    };
    let options = KubeConfigOptions {
        context: global.context.clone(),
        ..KubeConfigOptions::default()
    };
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
    let wrong =
        || format!("{named} does not say how to reach the cluster; `kubectl config get-contexts` lists its contexts");
    config.map(Some).with_context(wrong)
}

fn read(global: &Global) -> Result<Option<(Kubeconfig, String)>> {
    if let Some(path) = &global.kubeconfig {
        let named = format!("the kubeconfig {}", path.display());
        let read = Kubeconfig::read_from(path).with_context(|| format!("{named} cannot be used"))?;
        return Ok(Some((read, named)));
    }
    let from_env = Kubeconfig::from_env().context("what KUBECONFIG names cannot be used")?;
    if let Some(kubeconfig) = from_env {
        return Ok(Some((kubeconfig, "what KUBECONFIG names".to_owned())));
    }
    let Some(path) = home().filter(|path| path.exists()) else {
        return Ok(None);
    };
    let named = format!("the kubeconfig {}", path.display());
    let read = Kubeconfig::read_from(&path).with_context(|| format!("{named} cannot be used"))?;
    Ok(Some((read, named)))
}

fn in_cluster(global: &Global) -> Result<Option<Config>> {
    if env::var_os("KUBERNETES_SERVICE_HOST").is_none() {
        anyhow::ensure!(
            global.context.is_none(),
            "--context names one of a kubeconfig's contexts, and there is no kubeconfig; name it with --kubeconfig"
        );
        return Ok(None);
    }
    let config = Config::incluster().context("this pod's service account cannot be used to ask the API server")?;
    Ok(Some(config))
}

fn home() -> Option<PathBuf> {
    Some(PathBuf::from(env::var_os("HOME")?).join(".kube/config"))
}
