//! An authority for tests, and certificates from it.
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

use crate::serve::{Tls, tests::scene::Folder};

pub(in crate::serve) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, as PEM.
pub(in crate::serve) struct Pair {
    pub(in crate::serve) cert: String,
    pub(in crate::serve) key: String,
}

impl Authority {
    pub(in crate::serve) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(in crate::serve) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(in crate::serve) fn issue(&self) -> Pair {
        self.issue_until(2040)
    }

    /// For 127.0.0.1, until that year begins.
    pub(in crate::serve) fn issue_until(&self, year: i32) -> Pair {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        Pair {
            cert: params.signed_by(&key, &self.0).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }
}

impl Pair {
    pub(in crate::serve) fn write(&self, folder: &Folder) -> Tls {
        Tls {
            cert: folder.write("tls.crt", &self.cert),
            key: folder.write("tls.key", &self.key),
            client_ca: None,
        }
    }

    pub(in crate::serve) fn parsed(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let cert = CertificateDer::from_pem_slice(self.cert.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).unwrap();
        (vec![cert], key)
    }
}
