//! Configurations, good and bad, and credentials that are exchanged while we run.
use std::{
    convert::Infallible,
    fs,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, header::AUTHORIZATION, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::*;
use crate::cluster::{
    fault::Fault,
    request::{Question, ask},
};

/// A folder that goes with its test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("netobs-access-{}-{}", std::process::id(), MADE.fetch_add(1, Relaxed));
        let path = env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn kubeconfig(cluster: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
         contexts: [{{name: here, context: {{cluster: c, user: u}}}}, {{name: lost, context: {{cluster: gone, user: u}}}},\n\
         {{name: anon, context: {{cluster: c, user: nobody}}}}]\n\
         clusters: [{{name: c, cluster: {cluster}}}]\nusers: [{{name: u, user: {user}}}]\n"
    )
}

async fn error(text: &str, context: Option<&str>) -> String {
    let folder = Folder::new();
    let path = folder.write("config", text);
    let error = Access::open(Some(&path), context).await.err().expect("it is a bad one");
    let error = error.to_string();
    assert!(error.contains(&path.display().to_string()), "{error}");
    error
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let path = Path::new("/nowhere/kubeconfig");
    let error = Access::open(Some(path), None).await.err().unwrap().to_string();
    assert!(
        error.contains("/nowhere/kubeconfig") && error.contains("check the path"),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_wrong_in_a_kubeconfig_is_told_with_the_field_and_what_would_be_right() {
    const SERVER: &str = "server: 'https://127.0.0.1:1'";
    let cases: [(String, Option<&str>, [&str; 2]); 14] = [
        ("clusters: [".to_owned(), None, ["no kubeconfig", "kubectl config view"]),
        ("clusters: 7".to_owned(), None, ["no kubeconfig", "line 1"]),
        (String::new(), None, ["current-context", "--context"]),
        (
            kubeconfig("{}", "{}"),
            Some("there"),
            ["no context \"there\"", "here, lost, anon"],
        ),
        (kubeconfig("{}", "{}"), Some("lost"), ["no cluster \"gone\"", "file: c"]),
        (kubeconfig("{}", "{}"), None, ["clusters[c].cluster.server", "https://"]),
        (
            kubeconfig("{server: 'localhost:6443'}", "{}"),
            None,
            ["cluster.server", "with its scheme"],
        ),
        (
            kubeconfig(&format!("{{{SERVER}}}"), "{}"),
            Some("anon"),
            ["no user \"nobody\"", "file: u"],
        ),
        (
            kubeconfig(&format!("{{{SERVER}, certificate-authority: ca.pem}}"), "{}"),
            None,
            ["certificate-authority", "ca.pem cannot be read"],
        ),
        (
            kubeconfig(&format!("{{{SERVER}, certificate-authority-data: '%%'}}"), "{}"),
            None,
            ["certificate-authority-data", "not base64"],
        ),
        (
            kubeconfig(&format!("{{{SERVER}, certificate-authority-data: 'aGVsbG8='}}"), "{}"),
            None,
            ["certificate-authority", "no certificate in it"],
        ),
        (
            kubeconfig(
                &format!("{{{SERVER}, insecure-skip-tls-verify: true}}"),
                "{client-certificate-data: 'aGVsbG8='}",
            ),
            None,
            ["client-key", "give both"],
        ),
        (
            kubeconfig("{server: 'http://127.0.0.1:1'}", "{tokenFile: not-there}"),
            None,
            ["users[].user", "not-there"],
        ),
        (
            kubeconfig(&format!("{{{SERVER}, proxy-url: 'http://proxy:3128'}}"), "{}"),
            None,
            ["proxy-url", "without a proxy"],
        ),
    ];
    for (text, context, parts) in cases {
        let error = error(&text, context).await;
        assert!(parts.iter().all(|part| error.contains(part)), "{parts:?} in: {error}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_no_bad_configuration() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let folder = Folder::new();
    let path = folder.write("config", &kubeconfig(&format!("{{server: 'http://{address}'}}"), "{}"));
    let access = Access::open(Some(&path), None).await.unwrap().unwrap();
    assert_eq!(access.server(), format!("http://{address}/"));
    let question = Question::get("/api/v1/pods", Duration::from_secs(5));
    let fault = ask(&access.client(), question).await.err().unwrap();
    assert!(
        matches!(&fault, Fault::Away(why) if why.to_lowercase().contains("refused")),
        "{fault}"
    );
}

#[tokio::test]
async fn credentials_that_were_exchanged_are_used_as_soon_as_they_are_asked_for_anew() {
    let (address, seen) = server().await;
    let folder = Folder::new();
    folder.write("token", "first");
    let text = kubeconfig(&format!("{{server: 'http://{address}'}}"), "{tokenFile: token}");
    let path = folder.write("config", &text);
    let access = Access::open(Some(&path), None).await.unwrap().unwrap();
    for token in ["first", "second"] {
        folder.write("token", token);
        access.renew().await.unwrap();
        let question = Question::get("/api/v1/pods", Duration::from_secs(5));
        let answer = ask(&access.client(), question).await.map_err(|fault| fault.to_string());
        assert_eq!(answer.unwrap().whole().await.unwrap(), "{}");
    }
    assert_eq!(*seen.lock().unwrap(), ["Bearer first", "Bearer second"]);
    fs::remove_file(&path).unwrap();
    assert!(access.renew().await.is_err());
    let question = Question::get("/api/v1/pods", Duration::from_secs(5));
    assert!(
        ask(&access.client(), question).await.is_ok(),
        "the client we had stays in use"
    );
}

/// Takes note of whose questions it was asked.
async fn server() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let service = service_fn(move |request: Request<Incoming>| {
        let whose = request
            .headers()
            .get(AUTHORIZATION)
            .map(|value| value.to_str().unwrap().to_owned());
        noted.lock().unwrap().extend(whose);
        async { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"{}")))) }
    });
    tokio::spawn(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            let serving = http1::Builder::new().serve_connection(TokioIo::new(connection), service.clone());
            tokio::spawn(serving);
        }
    });
    (address, seen)
}
