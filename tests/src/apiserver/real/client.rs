//! Writes objects to a server over the network, as `kubectl` would.

use super::super::caller::Caller;
use super::super::kind::{Kind, Kinds};
use crate::netns::Netns;
use anyhow::{Context as _, Result, bail};
use kube::Api;
use kube::api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::ApiResource;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

const MANAGER: &str = "netobs-lab";

#[derive(Debug)]
pub(super) struct Client {
    caller: Caller,
    kinds: Kinds,
}

impl Client {
    pub(super) fn new(place: Netns, kubeconfig: PathBuf, kinds: Kinds) -> Self {
        Self {
            caller: Caller::new(place, kubeconfig),
            kinds,
        }
    }

    /// The status is a write of its own, where there is one.
    pub(super) fn apply(&self, object: &Value) -> Result<Value> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let kind = self.kind(&text(&object["kind"]))?;
        let (namespace, name) = (
            text(&object["metadata"]["namespace"]),
            text(&object["metadata"]["name"]),
        );
        let mut whole = object.clone();
        let status = whole.as_object_mut().and_then(|whole| whole.remove("status"));
        self.caller.run(async |client| {
            let objects = objects(client, &kind, &namespace);
            let parameters = PatchParams::apply(MANAGER).force();
            let mut stored = objects.patch(&name, &parameters, &Patch::Apply(&whole)).await?;
            if let Some(status) = status.filter(|_| kind.has_status) {
                let patch = Patch::Merge(json!({"status": status}));
                stored = objects.patch_status(&name, &PatchParams::default(), &patch).await?;
            }
            Ok(serde_json::to_value(stored)?)
        })
    }

    pub(super) fn patch(&self, kind: &str, namespace: &str, name: &str, patch: &Value) -> Result<Value> {
        let kind = self.kind(kind)?;
        self.caller.run(async |client| {
            let objects = objects(client, &kind, namespace);
            let stored = objects
                .patch(name, &PatchParams::default(), &Patch::Merge(patch))
                .await?;
            Ok(serde_json::to_value(stored)?)
        })
    }

    pub(super) fn delete(&self, kind: &str, namespace: &str, name: &str) -> Result<()> {
        let kind = self.kind(kind)?;
        let at_once = DeleteParams::default().grace_period(0);
        self.caller.run(async |client| {
            objects(client, &kind, namespace).delete(name, &at_once).await?;
            Ok(())
        })
    }

    pub(super) fn list(&self, kind: &str) -> Result<Vec<Value>> {
        let kind = self.kind(kind)?;
        self.caller.run(async |client| {
            let list = objects(client, &kind, "").list(&ListParams::default()).await?;
            list.items
                .into_iter()
                .map(|object| Ok(serde_json::to_value(object)?))
                .collect()
        })
    }

    /// A server that has just been started is there before its own roles and namespaces are.
    pub(super) fn wait_until_ready(&self) -> Result<()> {
        const PATIENCE: Duration = Duration::from_secs(120);
        let deadline = Instant::now() + PATIENCE;
        let is_ready = || {
            let health = self.caller.get("/readyz");
            let namespaces = self.list("namespaces").unwrap_or_default();
            let has_default = namespaces
                .iter()
                .any(|namespace| namespace["metadata"]["name"] == "default");
            has_default && health.is_ok_and(|health| health.body == "ok")
        };
        while !is_ready() {
            if Instant::now() > deadline {
                bail!("the API server is not ready within {PATIENCE:?}");
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    fn kind(&self, name: &str) -> Result<Arc<Kind>> {
        let kind = self
            .kinds
            .called(name)
            .with_context(|| format!("{name} is no built-in kind"))?;
        Ok(Arc::clone(self.kinds.get(kind)))
    }
}

fn objects(client: kube::Client, kind: &Kind, namespace: &str) -> Api<DynamicObject> {
    let resource = ApiResource {
        group: kind.group.clone(),
        version: kind.version.clone(),
        api_version: kind.api_version(),
        kind: kind.kind.clone(),
        plural: kind.plural.clone(),
    };
    if namespace.is_empty() {
        Api::all_with(client, &resource)
    } else {
        Api::namespaced_with(client, namespace, &resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::ApiServer;

    /// The double takes what a real server would take.
    #[test]
    fn objects_are_written_with_their_status_and_changed_and_removed() -> Result<()> {
        let place = Netns::create("client")?;
        let server = ApiServer::start_in(&place)?;
        let client = Client::new(place, server.kubeconfig(), Kinds::built_in());
        client.wait_until_ready()?;
        client.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ops"}}))?;
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "ops"},
            "spec": {"containers": [{"name": "main", "image": "registry.example/main"}]},
            "status": {"podIP": "10.0.0.1"},
        });
        let stored = client.apply(&pod)?;
        assert_eq!(stored["status"]["podIP"], "10.0.0.1");
        client.patch("pods", "ops", "web", &json!({"metadata": {"labels": {"app": "web"}}}))?;
        assert_eq!(client.list("pods")?[0]["metadata"]["labels"]["app"], "web");
        client.delete("pods", "ops", "web")?;
        assert!(client.list("pods")?.is_empty());
        assert!(client.delete("pods", "ops", "web").is_err());
        Ok(())
    }
}
