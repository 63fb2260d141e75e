//! Many pods at once, written rather than composed: a big cluster within a second.

use super::super::kind::KindId;
use super::super::object::{Key, Object};
use super::super::refusal::Refusal;
use super::State;
use serde_json::json;
use std::net::Ipv4Addr;
use std::sync::Arc;

/// How big a cluster is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub pods: u32,
    pub namespaces: u32,
    pub nodes: u32,
    /// Pods of one workload.
    pub replicas: u32,
}

impl Size {
    /// A hundred pods a node, twenty a workload, a hundred namespaces.
    pub fn of_pods(pods: u32) -> Self {
        Self {
            pods,
            namespaces: 100,
            nodes: (pods / 100).max(1),
            replicas: 20,
        }
    }
}

impl State {
    /// Adds namespaces `team-0`…, nodes `node-0`… and running pods with addresses from 10.0.0.0/8.
    pub(crate) fn fill(&mut self, size: Size) -> Result<(), Refusal> {
        for number in 0..size.namespaces {
            let env = if number % 2 == 0 { "prod" } else { "test" };
            let labels = json!({"env": env, "team": format!("team-{number}")});
            self.add(json!({
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": format!("team-{number}"), "labels": labels},
            }))?;
        }
        for number in 0..size.nodes {
            self.add(json!({
                "apiVersion": "v1", "kind": "Node", "metadata": {"name": format!("node-{number}")},
                "status": {"addresses": [{"type": "InternalIP", "address": host(number).to_string()}]},
            }))?;
        }
        let pods = self.kinds.called("pods").ok_or_else(Refusal::no_such_resource)?;
        for number in 0..size.pods {
            self.add_pod(pods, number, size);
        }
        Ok(())
    }

    fn add(&mut self, object: serde_json::Value) -> Result<(), Refusal> {
        let kind = self.kinds.of(&object)?;
        self.put(kind, object, super::Expected::Either).map(drop)
    }

    fn add_pod(&mut self, kind: KindId, number: u32, size: Size) {
        let workload = number / size.replicas;
        let pod = Pod {
            name: format!("workload-{workload}-6d4cf56db6-{number:x}"),
            namespace: format!("team-{}", workload % size.namespaces),
            labels: vec![
                ("app".to_owned(), format!("workload-{workload}")),
                ("pod-template-hash".to_owned(), "6d4cf56db6".to_owned()),
                (
                    "tier".to_owned(),
                    ["web", "api", "data"][workload as usize % 3].to_owned(),
                ),
            ],
            node: format!("node-{}", number % size.nodes),
            uid: self.next_uid(),
            version: self.history.next_version(),
            address: Ipv4Addr::from_bits(0x0A00_0000 + 0x0001_0000 + number),
            host: host(number % size.nodes),
        };
        let object = Arc::new(pod.written());
        let before = self.get(kind, &object.key).cloned();
        self.insert(kind, before, object);
    }
}

struct Pod {
    name: String,
    namespace: String,
    labels: Vec<(String, String)>,
    node: String,
    uid: String,
    version: u64,
    address: Ipv4Addr,
    host: Ipv4Addr,
}

impl Pod {
    fn written(self) -> Object {
        let labels = self.labels.iter().map(|(key, value)| format!(r#""{key}":"{value}""#));
        let (labels, app) = (labels.collect::<Vec<_>>().join(","), &self.labels[0].1);
        let Self {
            name,
            namespace,
            node,
            uid,
            version,
            address,
            host,
            ..
        } = &self;
        let metadata = format!(
            r#"{{"name":"{name}","generateName":"{app}-6d4cf56db6-","namespace":"{namespace}","uid":"{uid}","resourceVersion":"{version}","creationTimestamp":"2026-01-02T03:04:05Z","labels":{{{labels}}},"annotations":{{"kubernetes.io/config.seen":"2026-01-02T03:04:05.678901234Z","checksum/config":"0f343b0931126a20f133d67c2b018a3b"}},"ownerReferences":[{{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"{app}-6d4cf56db6","uid":"{uid}","controller":true,"blockOwnerDeletion":true}}]}}"#
        );
        let spec = format!(
            r#"{{"containers":[{{"name":"main","image":"registry.example/{app}:1.4.2","ports":[{{"name":"http","containerPort":8080,"protocol":"TCP"}}],"env":[{{"name":"POD_NAME","valueFrom":{{"fieldRef":{{"apiVersion":"v1","fieldPath":"metadata.name"}}}}}}],"resources":{{"limits":{{"memory":"256Mi"}},"requests":{{"cpu":"100m","memory":"128Mi"}}}},"volumeMounts":[{{"name":"token","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}}],"imagePullPolicy":"IfNotPresent"}}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default","nodeName":"{node}","schedulerName":"default-scheduler"}}"#
        );
        let status = format!(
            r#"{{"phase":"Running","conditions":[{{"type":"Ready","status":"True","lastProbeTime":null,"lastTransitionTime":"2026-01-02T03:04:09Z"}}],"hostIP":"{host}","podIP":"{address}","podIPs":[{{"ip":"{address}"}}],"startTime":"2026-01-02T03:04:05Z","containerStatuses":[{{"name":"main","state":{{"running":{{"startedAt":"2026-01-02T03:04:08Z"}}}},"ready":true,"restartCount":0,"image":"registry.example/{app}:1.4.2","imageID":"","started":true}}],"qosClass":"Burstable"}}"#
        );
        Object {
            body: format!(r#"{{"metadata":{metadata},"spec":{spec},"status":{status}}}"#).into(),
            fields: vec![
                ("spec.nodeName", node.clone()),
                ("spec.serviceAccountName", "default".to_owned()),
                ("spec.restartPolicy", "Always".to_owned()),
                ("spec.schedulerName", "default-scheduler".to_owned()),
                ("status.phase", "Running".to_owned()),
                ("status.podIP", address.to_string()),
            ],
            key: Key::new(namespace, name),
            labels: self.labels,
        }
    }
}

fn host(number: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(0xAC10_0000 + number)
}
