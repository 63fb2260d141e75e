//! The cluster that the sentences of the specification are tried on.
use netobs_core::{
    event::Protocol,
    policy::{Connection, Outcome},
};
use netobs_k8s::manifests::{Manifests, Reader};

pub(crate) const CLUSTER: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: prod-a, labels: {env: prod}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: prod-b, labels: {env: prod, team: b}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: ops-utils}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: prod-a, labels: {app: web, tier: front}}
spec:
  nodeName: node-1
  containers:
  - {name: c, ports: [{name: http, containerPort: 8080}, {name: dns, containerPort: 5353, protocol: UDP}]}
  initContainers:
  - {name: sidecar, restartPolicy: Always, ports: [{name: metrics, containerPort: 9090}]}
  - {name: setup, ports: [{name: gone, containerPort: 7070}]}
status: {podIP: 10.1.0.1, podIPs: [{ip: 10.1.0.1}, {ip: 'fd00::1'}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: prod-a, labels: {app: db}}
spec: {nodeName: node-2, containers: []}
status: {podIP: 10.1.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: prod-b, labels: {app: api}}
spec: {nodeName: node-2, containers: []}
status: {podIP: 10.2.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: ops-utils, labels: {app: web}}
spec: {nodeName: node-1, containers: []}
status: {podIP: 10.3.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: agent-1, namespace: prod-b, labels: {app: api}}
spec: {nodeName: node-1, hostNetwork: true, containers: []}
status: {podIP: 192.168.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: agent-2, namespace: prod-b, labels: {app: api}}
spec: {nodeName: node-2, hostNetwork: true, containers: []}
status: {podIP: 192.168.0.2}
---
apiVersion: v1
kind: Pod
metadata: {name: planned, namespace: ops-utils, labels: {app: planned}}
spec: {containers: []}
";

pub(crate) const WEB: &str = "prod-a/web";
pub(crate) const DB: &str = "prod-a/db";
pub(crate) const API: &str = "prod-b/api";
pub(crate) const JOB: &str = "ops-utils/job";
pub(crate) const AGENT_1: &str = "prod-b/agent-1";
pub(crate) const AGENT_2: &str = "prod-b/agent-2";
pub(crate) const PLANNED: &str = "ops-utils/planned";
pub(crate) const WORLD: &str = "203.0.113.7";
pub(crate) const WORLD_6: &str = "2001:db8::7";

/// The cluster with one policy in prod-a for each spec.
pub(crate) fn cluster(specs: &[&str]) -> Manifests {
    let mut reader = Reader::default();
    reader.add("cluster.yaml", CLUSTER.as_bytes());
    for (index, spec) in specs.iter().enumerate() {
        let policy = format!(
            "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{namespace: prod-a, name: p{index}}}, \
             spec: {spec}}}"
        );
        reader.add("policy.yaml", policy.as_bytes());
    }
    let manifests = reader.finish();
    assert_eq!(manifests.findings, vec![]);
    manifests
}

pub(crate) fn ask(cluster: &Manifests, from: &str, to: &str, port: u16, protocol: Protocol) -> Outcome {
    let (source, destination) = (cluster.resolve(from).unwrap(), cluster.resolve(to).unwrap());
    cluster
        .policies
        .evaluate(&Connection::between(source, destination, protocol, port))
        .outcome()
}

pub(crate) fn outcome(spec: &str, from: &str, to: &str) -> Outcome {
    ask(&cluster(&[spec]), from, to, 8080, Protocol::Tcp)
}

pub(crate) fn tcp(spec: &str, port: u16) -> Outcome {
    ask(&cluster(&[spec]), API, WEB, port, Protocol::Tcp)
}
