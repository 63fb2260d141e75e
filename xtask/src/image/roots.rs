//! The certificate authorities that Mozilla trusts, as a file: those of the lock file, whatever the building machine trusts.

use pem::{EncodeConfig, LineEnding, Pem};

/// One PEM block each.
pub(crate) fn bundle() -> String {
    let blocks: Vec<Pem> = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|root| Pem::new("CERTIFICATE", root.as_ref()))
        .collect();
    pem::encode_many_config(&blocks, EncodeConfig::new().set_line_ending(LineEnding::LF))
}
