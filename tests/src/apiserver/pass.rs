//! What lets a client in: a certificate, a token, and the kubeconfig that names both.

use crate::owned_name;
use anyhow::{Context as _, Result};
use k8s_openapi::ByteString;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Who bears the token that the first kubeconfig names.
pub(crate) const AGENT: &str = "system:serviceaccount:netobs:netobs-agent";

/// A folder of credentials, removed when this goes.
#[derive(Debug)]
pub(crate) struct Pass {
    folder: PathBuf,
    /// Nothing if everybody may come in.
    token: Option<Mutex<Token>>,
    guests: Mutex<Vec<Guest>>,
}

/// Somebody else than the agent, with a token that stays.
#[derive(Debug)]
struct Guest {
    name: String,
    token: String,
}

#[derive(Debug)]
struct Token {
    valid: String,
    issued: u32,
}

/// A server's certificate and the authority a client must trust for it.
pub(crate) struct Certified {
    pub(crate) authority_pem: String,
    pub(crate) certificate_pem: String,
    pub(crate) key_pem: String,
    pub(crate) public_key_pem: String,
    pub(crate) config: Arc<ServerConfig>,
}

impl Pass {
    pub(crate) fn issue(with_token: bool) -> Result<Self> {
        let folder = std::env::temp_dir().join(owned_name::new());
        fs::create_dir_all(&folder).with_context(|| format!("make the folder {}", folder.display()))?;
        let token = with_token.then(|| {
            Mutex::new(Token {
                valid: String::new(),
                issued: 0,
            })
        });
        let pass = Self {
            folder,
            token,
            guests: Mutex::default(),
        };
        pass.rotate()?;
        Ok(pass)
    }

    /// A new token takes the place of the old one, which is worth nothing from now on.
    pub(crate) fn rotate(&self) -> Result<()> {
        let Some(mut token) = self.token() else {
            return Ok(());
        };
        token.issued += 1;
        token.valid = format!("netobs-token-{}-of-{}", token.issued, std::process::id());
        // A reader must see the old one or the new one.
        let (fresh, file) = (self.folder.join("token.new"), self.token_file());
        fs::write(&fresh, &token.valid)
            .and_then(|()| fs::rename(&fresh, &file))
            .with_context(|| format!("write the token to {}", file.display()))
    }

    /// Whom an `Authorization` header lets in: the agent where no token is needed.
    pub(crate) fn bearer(&self, header: Option<&str>) -> Option<String> {
        let shown = header.and_then(|header| header.strip_prefix("Bearer "));
        let guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(guest) = guests.iter().find(|guest| shown == Some(&guest.token)) {
            return Some(guest.name.clone());
        }
        let is_agent = self.token().is_none_or(|token| shown == Some(&token.valid));
        is_agent.then(|| AGENT.to_owned())
    }

    /// A kubeconfig for somebody else.
    pub(crate) fn invite(&self, name: &str) -> Result<PathBuf> {
        let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
        let token = format!("netobs-guest-{}-of-{}", guests.len(), std::process::id());
        let mut config: Value = serde_json::from_slice(&fs::read(self.kubeconfig())?)?;
        config["users"][0]["user"] = json!({"token": token});
        let file = self.folder.join(format!("kubeconfig-{}", guests.len()));
        fs::write(&file, config.to_string()).with_context(|| format!("write {}", file.display()))?;
        guests.push(Guest {
            name: name.to_owned(),
            token,
        });
        Ok(file)
    }

    /// The one that lets in now; empty if none is needed.
    pub(crate) fn valid_token(&self) -> String {
        self.token().map(|token| token.valid.clone()).unwrap_or_default()
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    /// The files that pods of a namespace find instead of a kubeconfig.
    pub(crate) fn service_account(&self, namespace: &str) -> Result<PathBuf> {
        fs::write(self.folder.join("namespace"), namespace).context("write the namespace")?;
        Ok(self.folder.clone())
    }

    pub(crate) fn write_kubeconfig(&self, address: SocketAddr, authority_pem: Option<&str>) -> Result<()> {
        let mut cluster = json!({"server": format!("http://{address}")});
        if let Some(pem) = authority_pem {
            fs::write(self.folder.join("ca.crt"), pem).context("write the authority's certificate")?;
            cluster["server"] = json!(format!("https://{address}"));
            cluster["certificate-authority-data"] = serde_json::to_value(ByteString(pem.as_bytes().to_vec()))?;
        }
        let user = match self.token {
            Some(_) => json!({"tokenFile": self.token_file()}),
            None => json!({}),
        };
        // JSON is YAML.
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "lab",
            "clusters": [{"name": "lab", "cluster": cluster}],
            "users": [{"name": "agent", "user": user}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "agent", "namespace": "default"}}],
        });
        fs::write(self.kubeconfig(), format!("{config:#}\n")).context("write the kubeconfig")
    }

    fn token_file(&self) -> PathBuf {
        self.folder.join("token")
    }

    fn token(&self) -> Option<MutexGuard<'_, Token>> {
        let token = self.token.as_ref()?;
        Some(token.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        // What cannot be removed is no concern of the test.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Certified {
    /// For 127.0.0.1 and ::1, by an authority of its own.
    pub(crate) fn new() -> Result<Self> {
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority
            .distinguished_name
            .push(DnType::CommonName, "netobs lab authority");
        let authority_key = KeyPair::generate()?;
        let authority_pem = authority.self_signed(&authority_key)?.pem();
        let issuer = Issuer::new(authority, authority_key);
        let names = ["127.0.0.1", "::1", "localhost", "kubernetes.default.svc"];
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(names.map(str::to_owned))?.signed_by(&key, &issuer)?;
        Ok(Self {
            authority_pem,
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            public_key_pem: key.public_key_pem(),
            config: server_config(certificate.der().clone(), &key)?,
        })
    }
}

fn server_config(certificate: CertificateDer<'static>, key: &KeyPair) -> Result<Arc<ServerConfig>> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
