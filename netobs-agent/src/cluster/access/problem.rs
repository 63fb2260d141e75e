//! What is wrong with a configuration, in which field, and what to do about it.
use std::{io, path::Path};

use kube::{
    client::AuthError,
    config::{InClusterError, Kubeconfig, KubeconfigError, LoadDataError, NamedAuthInfo},
};

use super::ClusterError;

/// What kube would only notice with the first request, or not at all.
pub(super) fn check(path: &Path, context: Option<&str>, file: &Kubeconfig) -> Result<(), ClusterError> {
    let current = context.or(file.current_context.as_deref());
    let Some(context) = file
        .contexts
        .iter()
        .find(|one| Some(one.name.as_str()) == current)
        .and_then(|one| one.context.as_ref())
    else {
        return Ok(());
    };
    let cluster = file.clusters.iter().find(|one| one.name == context.cluster);
    if let Some((name, cluster)) = cluster.and_then(|one| Some((&one.name, one.cluster.as_ref()?))) {
        let server = cluster.server.as_deref().unwrap_or_default();
        if !server.starts_with("https://") && !server.starts_with("http://") {
            return Err(problem(
                path,
                format!("clusters[{name}].cluster.server"),
                format!("{server:?} is no address of an API server"),
                "write it with its scheme, such as https://10.0.0.1:6443",
            ));
        }
        if cluster.proxy_url.as_deref().is_some_and(|proxy| !proxy.is_empty()) {
            return Err(problem(
                path,
                format!("clusters[{name}].cluster.proxy-url"),
                "netobs reaches the API server without a proxy only",
                "take it out, in a copy of the file if others need it",
            ));
        }
    }
    let user = context.user.as_deref().filter(|user| !user.is_empty());
    let known = user.and_then(|user| file.auth_infos.iter().find(|one| one.name == user));
    if known.is_some_and(|known| !has_sendable_token(known)) {
        return Err(problem(
            path,
            format!("users[{}].user.token", user.unwrap_or_default()),
            "it has a line end or another sign that cannot be sent",
            "write it on one line, without spaces around it",
        ));
    }
    match user.filter(|_| known.is_none()) {
        Some(user) => Err(problem(
            path,
            format!("contexts[{}].context.user", current.unwrap_or_default()),
            format!("there is no user {user:?}"),
            format!(
                "name one of those in the file: {}",
                list(file.auth_infos.iter().map(|one| &one.name))
            ),
        )),
        None => Ok(()),
    }
}

/// kube ends the program over one that is not, instead of saying so.
fn has_sendable_token(user: &NamedAuthInfo) -> bool {
    let user = serde_json::to_value(&user.auth_info).unwrap_or_default();
    user["token"]
        .as_str()
        .is_none_or(|token| !token.contains(char::is_control))
}

pub(super) fn of_file(
    path: &Path,
    context: Option<&str>,
    file: Option<&Kubeconfig>,
    error: &KubeconfigError,
) -> ClusterError {
    let contexts = || list(file.into_iter().flat_map(|file| &file.contexts).map(|one| &one.name));
    let asked = if context.is_some() {
        "--context"
    } else {
        "current-context"
    };
    match error {
        KubeconfigError::ReadConfig(error, _) => {
            problem(path, "the file", format!("it cannot be read: {error}"), of_io(error))
        }
        KubeconfigError::Parse(error) => problem(
            path,
            "the file",
            // What the parser says quotes the file, which holds credentials.
            match error.location() {
                Some(at) => format!("it is no kubeconfig from line {}, column {} on", at.line(), at.column()),
                None => "it is no kubeconfig".to_owned(),
            },
            "`kubectl config view --raw --kubeconfig` with this file tells the same; mend it or name another",
        ),
        KubeconfigError::CurrentContextNotSet => problem(
            path,
            "current-context",
            "it is not set",
            format!("choose one with --context: {}", contexts()),
        ),
        KubeconfigError::LoadContext(name) => problem(
            path,
            asked,
            format!("there is no context {name:?}"),
            format!("choose one with --context: {}", contexts()),
        ),
        KubeconfigError::LoadClusterOfContext(name) => problem(
            path,
            "contexts[].context.cluster",
            format!("there is no cluster {name:?}"),
            format!(
                "name one of those in the file: {}",
                list(file.into_iter().flat_map(|file| &file.clusters).map(|one| &one.name))
            ),
        ),
        KubeconfigError::KindMismatch
        | KubeconfigError::ApiVersionMismatch
        | KubeconfigError::FindPath
        | KubeconfigError::MissingClusterUrl
        | KubeconfigError::ParseClusterUrl(_)
        | KubeconfigError::ParseProxyUrl(_)
        | KubeconfigError::LoadCertificateAuthority(_)
        | KubeconfigError::LoadClientCertificate(_)
        | KubeconfigError::LoadClientKey(_)
        | KubeconfigError::ParseCertificates(_) => of_field(path, error),
    }
}

/// What kube says when it makes a client of a configuration that it could read.
pub(super) fn of_access(path: &Path, error: &kube::Error) -> ClusterError {
    if let kube::Error::InferKubeconfig(error) = error {
        return of_field(path, error);
    }
    let (field, text, remedy) = if let kube::Error::Auth(error) = error {
        let remedy = "see that the token file is there and readable, or the command can be run, as the agent's user";
        ("users[].user", of_credentials(error), remedy)
    } else if let kube::Error::RustlsTls(error) = error {
        let remedy = "each must be PEM (base64 of it in the -data fields), and the key that of the certificate";
        let field = "certificate-authority, client-certificate or client-key";
        (field, error.to_string(), remedy)
    } else {
        (
            "the file",
            error.to_string(),
            "mend it or name another with --kubeconfig",
        )
    };
    problem(path, field, text, remedy)
}

/// What kube says quotes the credentials command and all that it printed, which may be a token.
pub(in crate::cluster) fn of_credentials(error: &AuthError) -> String {
    if let AuthError::AuthExecParse(_) = error {
        "what the credentials command printed is no ExecCredential".to_owned()
    } else if let AuthError::AuthExecRun { out, .. } = error {
        let said = String::from_utf8_lossy(&out.stderr);
        format!("the credentials command ended with {}: {}", out.status, said.trim())
    } else {
        error.to_string()
    }
}

/// kube takes a file without certificates for one, and then trusts nobody.
pub(super) fn of_empty_authority(path: &Path) -> ClusterError {
    problem(
        path,
        "clusters[].cluster.certificate-authority",
        "there is no certificate in it",
        "it must be PEM, with BEGIN CERTIFICATE (base64 of that in certificate-authority-data)",
    )
}

pub(super) fn of_pod(error: &InClusterError) -> ClusterError {
    let remedy = match error {
        InClusterError::ReadDefaultNamespace(_) | InClusterError::ReadCertificateBundle(_) => {
            "set automountServiceAccountToken: true for the agent's pod"
        }
        InClusterError::ReadEnvironmentVariable(_)
        | InClusterError::ParseClusterPort(_)
        | InClusterError::ParseClusterUrl(_) => {
            "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be the API server's address and port"
        }
        InClusterError::ParseCertificates(_) => "see that ca.crt of the service account is PEM",
    };
    ClusterError::InCluster {
        problem: error.to_string(),
        remedy,
    }
}

fn of_field(path: &Path, error: &KubeconfigError) -> ClusterError {
    let field = match error {
        KubeconfigError::MissingClusterUrl | KubeconfigError::ParseClusterUrl(_) => "clusters[].cluster.server",
        KubeconfigError::LoadCertificateAuthority(_) | KubeconfigError::ParseCertificates(_) => {
            "clusters[].cluster.certificate-authority"
        }
        KubeconfigError::LoadClientCertificate(_) => "users[].user.client-certificate",
        KubeconfigError::LoadClientKey(_) => "users[].user.client-key",
        KubeconfigError::ParseProxyUrl(_) => "clusters[].cluster.proxy-url or HTTPS_PROXY",
        KubeconfigError::KindMismatch => "kind",
        KubeconfigError::ApiVersionMismatch => "apiVersion",
        KubeconfigError::CurrentContextNotSet
        | KubeconfigError::LoadContext(_)
        | KubeconfigError::LoadClusterOfContext(_)
        | KubeconfigError::FindPath
        | KubeconfigError::ReadConfig(..)
        | KubeconfigError::Parse(_) => "the file",
    };
    if let KubeconfigError::LoadCertificateAuthority(data)
    | KubeconfigError::LoadClientCertificate(data)
    | KubeconfigError::LoadClientKey(data) = error
    {
        of_data(path, field, data)
    } else {
        problem(path, field, error.to_string(), "mend this field")
    }
}

fn of_data(path: &Path, field: &str, error: &LoadDataError) -> ClusterError {
    match error {
        LoadDataError::DecodeBase64(error) => problem(
            path,
            format!("{field}-data"),
            format!("it is not base64: {error}"),
            "write the base64 of the PEM file, on one line",
        ),
        LoadDataError::ReadFile(error, named) => problem(
            path,
            field,
            format!("{} cannot be read: {error}", named.display()),
            of_io(error),
        ),
        LoadDataError::NoBase64DataOrFile => problem(
            path,
            field,
            "it is not given, though its counterpart is",
            "give both client-certificate and client-key",
        ),
    }
}

fn of_io(error: &io::Error) -> &'static str {
    let remedies = [
        (
            io::ErrorKind::NotFound,
            "check the path; relative ones are relative to the kubeconfig",
        ),
        (io::ErrorKind::PermissionDenied, "make it readable for the agent's user"),
        (io::ErrorKind::InvalidData, "save it as UTF-8"),
    ];
    let remedy = remedies.into_iter().find(|(kind, _)| *kind == error.kind());
    remedy.map_or("see that it is a file that the agent's user can read", |(_, remedy)| {
        remedy
    })
}

fn list<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<_> = names.map(String::as_str).collect();
    if names.is_empty() {
        "there is none".to_owned()
    } else {
        names.join(", ")
    }
}

fn problem(
    path: &Path,
    field: impl Into<String>,
    problem: impl Into<String>,
    remedy: impl Into<String>,
) -> ClusterError {
    ClusterError::Kubeconfig {
        file: path.to_owned(),
        field: field.into(),
        problem: problem.into(),
        remedy: remedy.into(),
    }
}
