//! Which keys and values Kubernetes accepts for labels.

/// Why Kubernetes would refuse this text as a label's key, if it would.
pub fn check_key(key: &str) -> Result<(), &'static str> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if prefix.is_some_and(|prefix| !is_subdomain(prefix)) {
        return Err("the part of a label key before the slash must be a lower-case DNS name of at most 253 characters");
    }
    if name.is_empty() {
        return Err("a label key must not be empty");
    }
    check_name(name)
}

/// Why Kubernetes would refuse this text as a label's value, if it would.
pub fn check_value(value: &str) -> Result<(), &'static str> {
    if value.is_empty() { Ok(()) } else { check_name(value) }
}

/// Why Kubernetes would refuse this text as a namespace's name, if it would.
pub fn check_namespace(name: &str) -> Result<(), &'static str> {
    if name.len() <= 63 && is_dns_label(name) {
        Ok(())
    } else {
        Err(
            "a namespace's name is of at most 63 lower-case letters, digits and '-', and begins and ends with a letter or digit",
        )
    }
}

fn check_name(name: &str) -> Result<(), &'static str> {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let outer = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    if name.len() > 63 {
        Err("label keys and values have at most 63 characters")
    } else if !name.bytes().all(inner) {
        Err("label keys and values are letters, digits, '-', '_' and '.'")
    } else if !outer(name.as_bytes().first()) || !outer(name.as_bytes().last()) {
        Err("label keys and values begin and end with a letter or digit")
    } else {
        Ok(())
    }
}

fn is_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}

fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_clusters_use_are_accepted() {
        for key in [
            "env",
            "app.kubernetes.io/name",
            "kubernetes.io/metadata.name",
            "a",
            "A_b-c.d",
            "example.com/X",
        ] {
            assert_eq!(check_key(key), Ok(()), "{key}");
        }
    }

    #[test]
    fn keys_and_values_that_the_api_server_refuses_are_refused() {
        let long = "a".repeat(64);
        for key in [
            "",
            "/",
            "a/",
            "/a",
            "Example.com/a",
            "a/b/c",
            "-a",
            "a-",
            "a b",
            "ä",
            long.as_str(),
        ] {
            assert!(check_key(key).is_err(), "{key}");
        }
        for value in ["-a", "a.", "a/b", "a b", long.as_str()] {
            assert!(check_value(value).is_err(), "{value}");
        }
        assert_eq!(check_value(""), Ok(()));
        assert_eq!(check_value("v1.2_x"), Ok(()));
    }
}
