//! How to reach the API server: configuration, credentials, and a client that can be made anew when they changed.
use std::{
    env,
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
    time::Duration,
};

use hyper_util::{
    client::legacy::{Client as HttpClient, connect::HttpConnector},
    rt::TokioExecutor,
};
use kube::{
    Client, Config,
    client::{Body, ConfigExt as _},
    config::{KubeConfigOptions, Kubeconfig},
};
use tower::{BoxError, ServiceBuilder};

pub(super) use self::problem::of_credentials;
use self::problem::{of_access, of_file, of_pod};
use super::ClusterError;

mod problem;
#[cfg(test)]
mod tests;

const CONNECT: Duration = Duration::from_secs(10);
/// A server that went without a word is noticed by the kernel after a few of these.
const KEEPALIVE: Duration = Duration::from_secs(20);

pub(super) struct Access {
    source: Source,
    server: String,
    client: RwLock<Client>,
}

enum Source {
    File {
        path: PathBuf,
        context: Option<String>,
    },
    Pod,
    #[cfg(test)]
    Given(Client),
}

impl Access {
    /// `None` if there is neither a kubeconfig nor a pod around us.
    pub(super) async fn open(kubeconfig: Option<&Path>, context: Option<&str>) -> Result<Option<Self>, ClusterError> {
        let source = match kubeconfig {
            Some(path) => Source::File {
                path: path.to_owned(),
                context: context.map(str::to_owned),
            },
            None if env::var_os("KUBERNETES_SERVICE_HOST").is_some() => Source::Pod,
            None => return Ok(None),
        };
        let (server, client) = source.connect().await?;
        Ok(Some(Self {
            source,
            server,
            client: RwLock::new(client),
        }))
    }

    #[cfg(test)]
    pub(super) fn given(client: Client) -> Self {
        Self {
            source: Source::Given(client.clone()),
            server: "http://given".to_owned(),
            client: RwLock::new(client),
        }
    }

    pub(super) fn server(&self) -> String {
        self.server.clone()
    }

    pub(super) fn client(&self) -> Client {
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads configuration and credentials again, which may have been exchanged since.
    pub(super) async fn renew(&self) -> Result<(), ClusterError> {
        let (_, client) = self.source.connect().await?;
        *self.client.write().unwrap_or_else(PoisonError::into_inner) = client;
        Ok(())
    }
}

impl Source {
    async fn connect(&self) -> Result<(String, Client), ClusterError> {
        let config = match self {
            Self::File { path, context } => read(path, context.as_deref()).await?,
            Self::Pod => Config::incluster().map_err(|error| of_pod(&error))?,
            #[cfg(test)]
            Self::Given(client) => return Ok((String::new(), client.clone())),
        };
        let client = client(&config).map_err(|error| match self {
            Self::File { path, .. } => of_access(path, &error),
            Self::Pod => ClusterError::InCluster {
                problem: error.to_string(),
                remedy: "see that the pod's service account token is mounted",
            },
            #[cfg(test)]
            Self::Given(_) => unreachable!("a client that was given needs no making"),
        })?;
        Ok((config.cluster_url.to_string(), client))
    }
}

async fn read(path: &Path, context: Option<&str>) -> Result<Config, ClusterError> {
    let file = Kubeconfig::read_from(path).map_err(|error| of_file(path, context, None, &error))?;
    let options = KubeConfigOptions {
        context: context.map(str::to_owned),
        ..KubeConfigOptions::default()
    };
    problem::check(path, context, &file)?;
    let config = Config::from_custom_kubeconfig(file.clone(), &options).await;
    let config = config.map_err(|error| of_file(path, context, Some(&file), &error))?;
    if config.root_cert.as_ref().is_some_and(Vec::is_empty) {
        return Err(problem::of_empty_authority(path));
    }
    Ok(config)
}

/// As kube's own, without its log of every failed attempt: whether one is worth a line is known only to who makes it.
fn client(config: &Config) -> Result<Client, kube::Error> {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(CONNECT));
    connector.set_keepalive(Some(KEEPALIVE));
    let https = config.rustls_https_connector_with_connector(connector)?;
    let http: HttpClient<_, Body> = HttpClient::builder(TokioExecutor::new()).build(https);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .map_err(BoxError::from)
        .service(http);
    Ok(Client::new(service, config.default_namespace.clone()))
}
