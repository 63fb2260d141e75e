//! What a test does to a cluster, be its server the double or a real one.

use super::{ApiServer, Settings};
use crate::netns::Netns;
use anyhow::Result;
use serde_json::{Value, json};
use std::path::PathBuf;

/// A cluster whose objects a test sets.
pub trait Cluster: Sized {
    /// One on the loopback of this place; nothing where there can be none.
    fn begin(place: &Netns) -> Result<Option<Self>>;

    /// The file for `--kubeconfig`.
    fn kubeconfig(&self) -> PathBuf;

    /// Creates or replaces an object, its status too.
    fn apply(&self, object: &Value) -> Result<Value>;

    /// The kind is named by its plural; `namespace` is empty for what is in none.
    fn delete(&self, kind: &str, namespace: &str, name: &str) -> Result<()>;

    /// As `kubectl patch --type=merge`.
    fn patch(&self, kind: &str, namespace: &str, name: &str, patch: &Value) -> Result<Value>;

    fn list(&self, kind: &str) -> Result<Vec<Value>>;

    /// Kills the server; its objects stay.
    fn stop(&mut self) -> Result<()>;

    /// On the same port.
    fn start_again(&mut self) -> Result<()>;

    fn label(&self, kind: &str, namespace: &str, name: &str, key: &str, value: Option<&str>) -> Result<Value> {
        self.patch(kind, namespace, name, &json!({"metadata": {"labels": {key: value}}}))
    }
}

impl Cluster for ApiServer {
    fn begin(place: &Netns) -> Result<Option<Self>> {
        let settings = Settings {
            place: Some(place.clone()),
            ..Settings::default()
        };
        Self::start_with(settings).map(Some)
    }

    fn kubeconfig(&self) -> PathBuf {
        self.kubeconfig()
    }

    fn apply(&self, object: &Value) -> Result<Value> {
        self.apply(object)
    }

    fn delete(&self, kind: &str, namespace: &str, name: &str) -> Result<()> {
        self.delete(kind, namespace, name).map(drop)
    }

    fn patch(&self, kind: &str, namespace: &str, name: &str, patch: &Value) -> Result<Value> {
        self.patch(kind, namespace, name, patch)
    }

    fn list(&self, kind: &str) -> Result<Vec<Value>> {
        Ok(self.list(kind))
    }

    fn stop(&mut self) -> Result<()> {
        self.stop();
        Ok(())
    }

    fn start_again(&mut self) -> Result<()> {
        self.start_again()
    }
}
