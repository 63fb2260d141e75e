//! Forwarded ports, as `kube` forwards them.

use super::reflector::{client, runtime};
use super::scene::pod;
use anyhow::{Context as _, Result};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use netobs_tests::apiserver::ApiServer;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Answers one client with what it said, in capitals, until that ends.
fn shouter() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        let mut said = [0; 5];
        while stream.read_exact(&mut said).is_ok() {
            said.make_ascii_uppercase();
            stream.write_all(&said)?;
        }
        std::io::Result::Ok(())
    });
    Ok(address)
}

fn server_with_pod() -> Result<ApiServer> {
    let server = ApiServer::start()?;
    server.apply(&pod("default", "web", "10.0.0.1"))?;
    Ok(server)
}

#[test]
fn bytes_reach_the_port_of_a_pod_and_come_back() -> Result<()> {
    let server = server_with_pod()?;
    server.forward("default", "web", shouter()?);
    let mut answer = [0; 10];
    runtime()?.block_on(async {
        let pods: Api<Pod> = Api::namespaced(client(&server).await?, "default");
        let mut forwarder = pods.portforward("web", &[4250]).await?;
        let mut stream = forwarder.take_stream(4250).context("the port was asked for")?;
        stream.write_all(b"hello").await?;
        stream.write_all(b"again").await?;
        stream.read_exact(&mut answer).await?;
        anyhow::Ok(())
    })?;
    assert_eq!(&answer, b"HELLOAGAIN");
    Ok(())
}

#[test]
fn a_port_where_nobody_listens_is_told_on_its_error_channel() -> Result<()> {
    let server = server_with_pod()?;
    let nobody = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    server.forward("default", "web", nobody);
    let told = runtime()?.block_on(async {
        let pods: Api<Pod> = Api::namespaced(client(&server).await?, "default");
        let mut forwarder = pods.portforward("web", &[4250]).await?;
        let told = forwarder.take_error(4250).context("the port was asked for")?;
        anyhow::Ok(told.await)
    })?;
    assert!(
        told.as_ref().is_some_and(|told| told.contains("Connection refused")),
        "{told:?}"
    );
    Ok(())
}

#[test]
fn pods_that_are_not_there_or_not_running_are_refused() -> Result<()> {
    let server = server_with_pod()?;
    server.apply(&{
        let mut done = pod("default", "done", "10.0.0.2");
        done["status"]["phase"] = json!("Succeeded");
        done
    })?;
    runtime()?.block_on(async {
        let pods: Api<Pod> = Api::namespaced(client(&server).await?, "default");
        for name in ["nobody", "done"] {
            assert!(pods.portforward(name, &[4250]).await.is_err(), "{name}");
        }
        anyhow::Ok(())
    })?;
    let statuses: Vec<_> = server.requests().iter().map(|asked| asked.status).collect();
    assert_eq!(statuses, [Some(404), Some(400)]);
    Ok(())
}
