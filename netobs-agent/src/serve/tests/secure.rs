//! Clients from other machines: TLS, certificates of clients, and handshakes that take long.
use std::{io, sync::Arc};

use hyper_util::rt::TokioIo;
use netobs_api::v1::{self, flow_service_client::FlowServiceClient};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::Endpoint;
use tower::service_fn;

use super::scene::Scene;
use crate::serve::{
    Tls,
    tls::authority::{Authority, Pair},
};

async fn scene(authority: &Authority, client_ca: Option<&Authority>) -> Scene {
    Scene::with(16, |settings, folder| {
        settings.listen = vec!["127.0.0.1:0".parse().unwrap()];
        settings.tls = Some(Tls {
            client_ca: client_ca.map(|client_ca| folder.write("ca.pem", &client_ca.pem())),
            ..authority.issue().write(folder)
        });
    })
    .await
}

/// What a client that trusts this authority, and shows this certificate, hears when it asks for the status.
async fn ask(scene: &Scene, trusted: &Authority, own: Option<Pair>) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(trusted.pem().as_bytes()).unwrap();
    roots.add(root).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match own.map(|own| own.parsed()) {
        Some((chain, key)) => config.with_client_auth_cert(chain, key).unwrap(),
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let connector = TlsConnector::from(Arc::new(config));
    let address = scene.address("https://");
    let connect = service_fn(move |_| {
        let (connector, address) = (connector.clone(), address.clone());
        async move {
            let stream = TcpStream::connect(address).await?;
            let name = ServerName::try_from("127.0.0.1").map_err(io::Error::other)?;
            connector.connect(name, stream).await.map(TokioIo::new)
        }
    });
    let endpoint = Endpoint::from_static("http://netobs");
    let channel = endpoint
        .connect_with_connector(connect)
        .await
        .map_err(|error| format!("{error:?}"))?;
    let asked = FlowServiceClient::new(channel)
        .get_status(v1::GetStatusRequest {})
        .await;
    asked.map(drop).map_err(|status| format!("{status:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_of_the_loopback_may_stay_plain_beside_one_that_is_not() {
    let authority = Authority::new();
    let scene = Scene::with(16, |settings, folder| {
        settings.listen = vec!["127.0.0.1:0".parse().unwrap()];
        settings.plain = settings.listen.clone();
        settings.tls = Some(authority.issue().write(folder));
    })
    .await;
    ask(&scene, &authority, None).await.unwrap();
    let plain = Endpoint::from_shared(format!("http://{}", scene.address("http://"))).unwrap();
    let mut client = FlowServiceClient::new(plain.connect().await.unwrap());
    client.get_status(v1::GetStatusRequest {}).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_trusts_the_authority_is_served() {
    let authority = Authority::new();
    let scene = scene(&authority, None).await;
    ask(&scene, &authority, None).await.unwrap();
    ask(&scene, &Authority::new(), None).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_client_authority_only_its_clients_are_served() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let scene = scene(&authority, Some(&clients)).await;
    ask(&scene, &authority, Some(clients.issue())).await.unwrap();
    ask(&scene, &authority, None).await.unwrap_err();
    ask(&scene, &authority, Some(authority.issue())).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_finishes_a_handshake_keeps_nobody_waiting() {
    let authority = Authority::new();
    let scene = scene(&authority, None).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(scene.address("https://")).await.unwrap());
    }
    ask(&scene, &authority, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_without_tls_is_not_served() {
    let scene = scene(&Authority::new(), None).await;
    let endpoint = Endpoint::from_shared(format!("http://{}", scene.address("https://"))).unwrap();
    if let Ok(channel) = endpoint.connect().await {
        let asked = FlowServiceClient::new(channel)
            .get_status(v1::GetStatusRequest {})
            .await;
        asked.unwrap_err();
    }
}
