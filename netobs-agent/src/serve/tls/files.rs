//! From PEM files to what a handshake needs, with everything checked that can be.
use std::{fmt, fs, path::Path, sync::Arc};

use netobs_core::time::Timestamp;
use rustls::{
    Error, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject as _},
    },
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};

use super::{TlsError, validity::Validity};
use crate::serve::Tls;

/// The files as they were read, to see when they change.
#[derive(Clone, Debug)]
pub(super) struct Contents(Result<Read, TlsError>);

#[derive(Clone, PartialEq, Eq)]
struct Read {
    cert: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) config: ServerConfig,
    pub(super) expires: Timestamp,
}

impl Contents {
    pub(super) fn read(files: &Tls) -> Result<Self, TlsError> {
        let client_ca = files.client_ca.as_ref();
        Ok(Self(Ok(Read {
            cert: read(&files.cert, "--tls-cert")?,
            key: read(&files.key, "--tls-key")?,
            client_ca: client_ca.map(|path| read(path, "--client-ca")).transpose()?,
        })))
    }

    pub(super) const fn unreadable(error: TlsError) -> Self {
        Self(Err(error))
    }

    pub(super) fn load(&self, files: &Tls, now: Timestamp) -> Result<Loaded, TlsError> {
        let read = self.0.as_ref().map_err(Clone::clone)?;
        let chain = certificates(&read.cert, &files.cert)?;
        let own = chain.first().and_then(|own| Validity::of(own));
        let validity = own.ok_or_else(|| TlsError::NotX509 {
            path: files.cert.clone(),
        })?;
        validity.check(&files.cert, now)?;
        let provider = Arc::new(ring::default_provider());
        let authority = read.client_ca.as_ref().zip(files.client_ca.as_ref());
        let verifier = match authority {
            Some((pem, path)) => client_verifier(pem, path, &provider)?,
            None => WebPkiClientVerifier::no_client_auth(),
        };
        let unusable = |error| unusable(files, error);
        let key = key(&read.key, &files.key)?;
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_client_cert_verifier(verifier);
        let mut config = config.with_single_cert(chain, key).map_err(unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Loaded {
            config,
            expires: validity.ends(),
        })
    }
}

/// Says nothing of what is in them: one is a key.
impl fmt::Debug for Read {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Read").finish_non_exhaustive()
    }
}

impl PartialEq for Contents {
    /// Two failures are the same if they read the same.
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Ok(one), Ok(other)) => one == other,
            (Err(one), Err(other)) => one.to_string() == other.to_string(),
            (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
        }
    }
}

fn read(path: &Path, flag: &'static str) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Unreadable {
        path: path.to_owned(),
        flag,
        source: Arc::new(source),
    })
}

fn certificates(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let all = all.map_err(|error| bad_pem(path, &error))?;
    if all.is_empty() {
        return Err(TlsError::NoCertificate { path: path.to_owned() });
    }
    Ok(all)
}

fn key(pem: &[u8], path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| {
        if matches!(error, pem::Error::NoItemsFound) {
            TlsError::NoKey { path: path.to_owned() }
        } else {
            bad_pem(path, &error)
        }
    })
}

/// What the parser says quotes the file, which may hold a key.
fn bad_pem(path: &Path, error: &pem::Error) -> TlsError {
    let problem = if matches!(error, pem::Error::MissingSectionEnd { .. }) {
        "a line BEGIN has no line END"
    } else if matches!(error, pem::Error::Base64Decode(_)) {
        "what is between BEGIN and END is no base64"
    } else {
        "a line BEGIN is not as it should be"
    };
    TlsError::BadPem {
        path: path.to_owned(),
        problem,
    }
}

fn client_verifier(
    pem: &[u8],
    path: &Path,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let bad = |reason: String| TlsError::BadAuthority {
        path: path.to_owned(),
        reason,
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem, path)? {
        roots.add(certificate).map_err(|error| bad(error.to_string()))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    builder.build().map_err(|error| bad(error.to_string()))
}

fn unusable(files: &Tls, error: Error) -> TlsError {
    let (cert, key) = (files.cert.clone(), files.key.clone());
    if matches!(error, Error::InconsistentKeys(_)) {
        TlsError::KeyOfAnother { cert, key }
    } else {
        let source = error;
        TlsError::Unusable { cert, key, source }
    }
}
