//! Sockets and addresses that are taken, stale or not ours.
use std::{
    fs,
    io::ErrorKind,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        net::UnixListener,
    },
    time::Duration,
};

use tokio::{io::AsyncReadExt as _, net::UnixStream, sync::mpsc, task::JoinSet, time::timeout};

use super::{Reception, accept, open};
use crate::serve::{
    ServeError, Server, Settings, Sides,
    tests::scene::{Folder, connect, feed, settings},
    visitors::{Bounds, Kind, Visitors},
};

async fn bind(settings: &Settings) -> Result<Server, ServeError> {
    let feeds = Sides {
        inside: feed(1),
        outside: feed(1),
    };
    Server::bind(settings, feeds, None, mpsc::channel(1).0).await
}

async fn error(settings: &Settings) -> ServeError {
    bind(settings).await.map(drop).unwrap_err()
}

#[tokio::test]
async fn the_socket_is_for_its_owner_and_group_and_goes_with_the_server() {
    let folder = Folder::new();
    let path = folder.path("run/netobs.sock");
    let server = bind(&settings(&path)).await.unwrap();
    assert_eq!(server.addresses(), [format!("unix://{}", path.display())]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    drop(server);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_socket_nobody_answers_on_is_replaced() {
    let folder = Folder::new();
    let path = folder.path("netobs.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists(), "a stale socket stays behind");
    let _server = bind(&settings(&path)).await.unwrap();
    // Nobody accepts yet, but the kernel lets one in.
    UnixStream::connect(&path).await.unwrap();
}

#[tokio::test]
async fn a_socket_somebody_answers_on_is_left_alone() {
    let folder = Folder::new();
    let path = folder.path("netobs.sock");
    let _other = UnixListener::bind(&path).unwrap();
    let error = error(&settings(&path)).await;
    assert!(matches!(error, ServeError::SocketInUse { .. }), "{error}");
    assert!(error.to_string().contains("--socket"), "{error}");
    assert!(path.exists());
}

#[tokio::test]
async fn a_file_that_is_no_socket_is_left_alone() {
    let folder = Folder::new();
    let path = folder.write("netobs.sock", "precious");
    assert!(matches!(error(&settings(&path)).await, ServeError::NotASocket { .. }));
    assert_eq!(fs::read_to_string(path).unwrap(), "precious");
}

#[tokio::test]
async fn a_socket_that_another_agent_made_since_stays() {
    let folder = Folder::new();
    let path = folder.path("netobs.sock");
    let server = bind(&settings(&path)).await.unwrap();
    fs::remove_file(&path).unwrap();
    let _other = UnixListener::bind(&path).unwrap();
    drop(server);
    assert!(path.exists());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = Folder::new();
    let file = folder.write("file", "");
    let deep = error(&settings(&folder.path("no/such/netobs.sock"))).await;
    assert!(matches!(deep, ServeError::SocketFolder { .. }), "{deep}");
    let inside_file = error(&settings(&file.join("netobs.sock"))).await.to_string();
    assert!(inside_file.contains("file"), "{inside_file}");
}

#[tokio::test]
async fn a_group_that_is_not_there_is_named() {
    let folder = Folder::new();
    let mut settings = settings(&folder.path("netobs.sock"));
    settings.socket_group = Some("no-such-group".to_owned());
    let error = error(&settings).await;
    assert!(error.to_string().contains("no-such-group"), "{error}");
}

#[tokio::test]
async fn the_socket_is_given_to_a_group_by_name_or_number() {
    let folder = Folder::new();
    let path = folder.path("netobs.sock");
    let own = fs::metadata(folder.path("")).unwrap().gid();
    let groups = fs::read_to_string("/etc/group").unwrap();
    let name = groups.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        (fields[2] == own.to_string()).then(|| fields[0].to_owned())
    });
    for group in [own.to_string(), name.unwrap()] {
        let mut settings = settings(&path);
        settings.socket_group = Some(group);
        let _server = bind(&settings).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().gid(), own);
    }
}

#[tokio::test]
async fn a_taken_address_is_named_and_leaves_no_socket_behind() {
    let folder = Folder::new();
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap();
    let mut settings = settings(&folder.path("netobs.sock"));
    settings.listen = vec![taken];
    let error = error(&settings).await.to_string();
    assert!(
        error.contains(&taken.to_string()) && error.contains("--listen"),
        "{error}"
    );
    assert!(!folder.path("netobs.sock").exists());
    settings.listen.clear();
    settings.http = Some(taken);
    let error = self::error(&settings).await.to_string();
    assert!(error.contains("--http"), "{error}");
}

#[tokio::test]
async fn an_address_others_can_reach_needs_tls() {
    let folder = Folder::new();
    let mut settings = settings(&folder.path("netobs.sock"));
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        settings.listen = vec![address.parse().unwrap()];
        let error = error(&settings).await;
        assert!(matches!(error, ServeError::NoTls { .. }), "{error}");
        assert!(error.to_string().contains("--tls-cert"), "{error}");
    }
    settings.listen.clear();
    settings.plain = vec!["0.0.0.0:0".parse().unwrap()];
    let error = error(&settings).await;
    assert!(matches!(error, ServeError::NoTls { .. }), "{error}");
    settings.plain.clear();
    for address in ["127.0.0.2:0", "[::ffff:127.0.0.1]:0"] {
        settings.listen = vec![address.parse().unwrap()];
        bind(&settings).await.map(drop).unwrap();
    }
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_is_refused() {
    let folder = Folder::new();
    let error = error(&settings(&folder.path(&"x".repeat(120)))).await;
    assert!(error.to_string().contains("108"), "{error}");
}

#[tokio::test]
async fn a_running_server_is_not_pushed_aside_by_another() {
    let scene = crate::serve::tests::scene::Scene::start().await;
    let error = error(&settings(&scene.socket())).await;
    assert!(matches!(error, ServeError::SocketInUse { .. }), "{error}");
    connect(&scene.socket()).await;
}

#[tokio::test]
async fn beyond_the_bound_who_is_idle_makes_room() {
    const LONG: Duration = Duration::from_secs(600);
    let folder = Folder::new();
    let path = folder.path("netobs.sock");
    let doors = open(&settings(&path), None).await.unwrap();
    let (sender, mut connections) = mpsc::channel(16);
    let visitors = Visitors::new(Bounds {
        most: 2,
        most_of_one: 2,
        first_call: LONG,
        idle: LONG,
        answer: LONG,
    });
    let reception = Reception::new(sender, visitors.clone());
    let mut accepting = JoinSet::new();
    for door in doors {
        accepting.spawn(accept(door, reception.clone()));
    }
    let mut clients = Vec::new();
    for _ in 0..3 {
        clients.push(UnixStream::connect(&path).await.unwrap());
    }
    let mut first = connections.recv().await.unwrap();
    let second = connections.recv().await.unwrap();
    let ended = timeout(Duration::from_secs(10), first.read_u8()).await.unwrap();
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::ConnectionAborted);
    let wait = Duration::from_millis(100);
    assert!(timeout(wait, connections.recv()).await.is_err(), "a third was let in");
    drop(first);
    let third = connections.recv().await.unwrap();
    let _calls = [second.visit(), third.visit()].map(|visit| visit.begin(Kind::Stream));
    let mut refused = UnixStream::connect(&path).await.unwrap();
    assert_eq!(refused.read(&mut [0]).await.unwrap(), 0, "nobody can make room");
    assert_eq!(visitors.attendance().refused, 1);
}
