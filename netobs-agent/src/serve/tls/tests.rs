//! Certificates good, bad and renewed.
use std::{fs, sync::Arc};

use netobs_core::time::Timestamp;

use super::{TlsError, TlsKeeper, authority::Authority};
use crate::serve::{Tls, tests::scene::Folder};

/// In 2025.
fn now() -> Timestamp {
    Timestamp::from_secs(1_750_000_000)
}

fn error(files: &Tls) -> TlsError {
    TlsKeeper::load(files, now).map(drop).unwrap_err()
}

#[test]
fn the_end_of_a_certificate_is_known() {
    let (folder, authority) = (Folder::new(), Authority::new());
    // 2040-01-01, and 2060-01-01, which certificates write in another way.
    for (year, seconds) in [(2040, 2_208_988_800), (2060, 2_840_140_800)] {
        let keeper = TlsKeeper::load(&authority.issue_until(year).write(&folder), now).unwrap();
        assert_eq!(keeper.expires(), Timestamp::from_secs(seconds));
    }
}

#[test]
fn a_certificate_that_ended_is_refused_with_its_end() {
    let folder = Folder::new();
    let files = Authority::new().issue_until(2024).write(&folder);
    let error = error(&files);
    assert!(matches!(error, TlsError::Expired { .. }), "{error}");
    assert!(error.to_string().contains("2024-01-01T00:00:00Z"), "{error}");
}

#[test]
fn a_certificate_that_has_not_begun_is_refused() {
    let folder = Folder::new();
    let files = Authority::new().issue().write(&folder);
    let error = TlsKeeper::load(&files, || Timestamp::from_secs(1_000_000_000)).map(drop);
    assert!(matches!(error, Err(TlsError::NotYet { .. })), "{error:?}");
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let files = authority.issue().write(&folder);
    fs::write(&files.key, authority.issue().key).unwrap();
    assert!(matches!(error(&files), TlsError::KeyOfAnother { .. }));
}

#[test]
fn files_that_hold_something_else_are_named() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let files = authority.issue().write(&folder);
    let with_cert = |text: &str| Tls {
        cert: folder.write("other.crt", text),
        ..files.clone()
    };
    let bad = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
    let no_x509 = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(error(&with_cert("")), TlsError::NoCertificate { .. }));
    assert!(matches!(error(&with_cert(bad)), TlsError::BadPem { .. }));
    assert!(matches!(error(&with_cert(no_x509)), TlsError::NotX509 { .. }));
    let without_key = Tls {
        key: files.cert.clone(),
        ..files.clone()
    };
    assert!(matches!(error(&without_key), TlsError::NoKey { .. }));
    let missing = Tls {
        client_ca: Some(folder.path("none.pem")),
        ..files.clone()
    };
    let missing = error(&missing).to_string();
    assert!(
        missing.contains("none.pem") && missing.contains("--client-ca"),
        "{missing}"
    );
    let without_authority = Tls {
        client_ca: Some(folder.write("no-ca.pem", no_x509)),
        ..files
    };
    assert!(matches!(error(&without_authority), TlsError::BadAuthority { .. }));
}

#[test]
fn a_new_certificate_is_taken_up_and_a_bad_one_is_not() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let keeper = TlsKeeper::load(&authority.issue_until(2040).write(&folder), now).unwrap();
    let first = keeper.config();
    keeper.look();
    assert!(Arc::ptr_eq(&first, &keeper.config()), "nothing changed");
    authority.issue_until(2041).write(&folder);
    keeper.look();
    let second = keeper.config();
    assert!(!Arc::ptr_eq(&first, &second));
    assert_eq!(keeper.expires(), Timestamp::from_secs(2_240_611_200));
    authority.issue_until(2024).write(&folder);
    keeper.look();
    fs::remove_file(folder.path("tls.key")).unwrap();
    keeper.look();
    assert!(Arc::ptr_eq(&second, &keeper.config()));
    authority.issue_until(2042).write(&folder);
    keeper.look();
    assert_eq!(keeper.expires(), Timestamp::from_secs(2_272_147_200));
}
