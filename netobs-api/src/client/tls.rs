//! TLS as a client speaks it, with errors that say which side has to change what.
use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, AlertDescription, CertificateError, ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{
            CertificateDer, PrivateKeyDer, ServerName,
            pem::{self, PemObject},
        },
    },
};

use super::{Fault, Stream, TlsFault};

/// What a user may give; without `ca`, the machine's own authorities are trusted.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    pub ca: Option<PathBuf>,
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// By which the agent's certificate is checked instead of the host it is reached by.
    pub name: Option<String>,
}

pub(super) struct Connector {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Tls {
    pub(super) fn is_asked_for(&self) -> bool {
        self.ca.is_some() || self.cert.is_some() || self.key.is_some() || self.name.is_some()
    }

    pub(super) fn connector(&self, host: &str) -> Result<Connector, Fault> {
        let name = self.name.as_deref().unwrap_or(host);
        let name = ServerName::try_from(name.to_owned()).map_err(|_| Fault::TlsSettings {
            problem: format!(
                "{name:?} is no name that a certificate can have; --tls-name takes a DNS name or an address"
            ),
        })?;
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(settings)?
            .with_root_certificates(self.roots()?);
        let mut config = match (&self.cert, &self.key) {
            (Some(cert), Some(key)) => builder
                .with_client_auth_cert(certificates(cert)?, private_key(key)?)
                .map_err(settings)?,
            (None, None) => builder.with_no_client_auth(),
            (Some(_), None) | (None, Some(_)) => {
                return Err(Fault::TlsSettings {
                    problem: "--tls-cert and --tls-key go together".to_owned(),
                });
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Connector {
            connector: TlsConnector::from(Arc::new(config)),
            name,
        })
    }

    fn roots(&self) -> Result<RootCertStore, Fault> {
        let mut roots = RootCertStore::empty();
        let Some(path) = &self.ca else {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            return Ok(roots);
        };
        for certificate in certificates(path)? {
            roots
                .add(certificate)
                .map_err(|error| bad_file(path, &error.to_string()))?;
        }
        Ok(roots)
    }
}

impl Connector {
    pub(super) async fn handshake<S: Stream>(&self, stream: S) -> io::Result<TlsStream<S>> {
        self.connector.connect(self.name.clone(), stream).await
    }
}

pub(super) fn fault(error: &rustls::Error) -> TlsFault {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "rustls adds kinds of errors, and words them well enough"
    )]
    match error {
        rustls::Error::InvalidCertificate(error) => of_certificate(error),
        rustls::Error::AlertReceived(alert) => of_alert(*alert),
        // Whatever came was no record of TLS.
        rustls::Error::InvalidMessage(_) => TlsFault::NotThere,
        error => TlsFault::Failed {
            problem: error.to_string(),
        },
    }
}

/// What a handshake failed of; `None` if the other end hung up without a word.
pub(super) fn of_handshake(error: &io::Error) -> Option<TlsFault> {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(error) => Some(fault(error)),
        None if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => None,
        None => Some(TlsFault::Failed {
            problem: error.to_string(),
        }),
    }
}

fn of_certificate(error: &CertificateError) -> TlsFault {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the rest is rare, and rustls words it well enough"
    )]
    match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsFault::UnknownAuthority,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => TlsFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => TlsFault::NotYetValid,
        CertificateError::NotValidForNameContext { expected, presented } => TlsFault::OtherName {
            expected: expected.to_str().into_owned(),
            presented: presented.clone(),
        },
        error => TlsFault::Failed {
            problem: error.to_string(),
        },
    }
}

fn of_alert(alert: AlertDescription) -> TlsFault {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "most alerts are about nothing a user can change"
    )]
    match alert {
        AlertDescription::CertificateRequired => TlsFault::ClientCertificateWanted,
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateRevoked
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::DecryptError
        | AlertDescription::AccessDenied => TlsFault::ClientCertificateRefused {
            alert: format!("{alert:?}"),
        },
        alert => TlsFault::Failed {
            problem: format!("it says {alert:?}"),
        },
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| unread(path, "certificate", &error))?;
    if certificates.is_empty() {
        return Err(bad_file(
            path,
            "no certificate is in it; it takes PEM, with -----BEGIN CERTIFICATE-----",
        ));
    }
    Ok(certificates)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, Fault> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| unread(path, "private key", &error))
}

fn unread(path: &Path, what: &str, error: &pem::Error) -> Fault {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is worded well enough")]
    let problem = match error {
        pem::Error::Io(error) => format!("cannot be read: {error}"),
        pem::Error::NoItemsFound => format!("no {what} is in it; it takes PEM, with a line of -----BEGIN"),
        error => format!("no {what} can be read from it: {error}"),
    };
    bad_file(path, &problem)
}

fn bad_file(path: &Path, problem: &str) -> Fault {
    Fault::TlsFile {
        path: path.to_owned(),
        problem: problem.to_owned(),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn settings(error: rustls::Error) -> Fault {
    Fault::TlsSettings {
        problem: format!("the client certificate cannot be used: {error}"),
    }
}
