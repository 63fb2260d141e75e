//! What a user is told where TLS is not what one of both expects.
use super::{
    agent::{Agent, Script},
    authority::{Authority, Valid},
    messages::status,
    program::{Ran, netobs},
};

fn script() -> Script {
    Script {
        status: status("node-a", true),
        ..Script::default()
    }
}

fn ask(agent: &Agent, more: &[&str]) -> Ran {
    let server = format!("https://{}", agent.address);
    netobs(&[&["status", "--server", &server], more].concat())
}

#[test]
fn an_agent_whose_certificate_is_trusted_is_asked() {
    let authority = Authority::new("trusted");
    let agent = Agent::with_tls(script(), authority.server("127.0.0.1", Valid::Now, None));
    let ca = authority.file("ca.pem");
    assert!(ask(&agent, &["--tls-ca", &ca]).succeeded().contains("node-a"));
}

#[test]
fn tls_on_one_side_only_is_told_with_what_to_write() {
    let authority = Authority::new("one-sided");
    let tls = Agent::with_tls(script(), authority.server("127.0.0.1", Valid::Now, None));
    netobs(&["status", "--server", &tls.server()]).failed(3, &["it speaks TLS; write https://"]);
    let plain = Agent::start(script());
    let ca = authority.file("ca.pem");
    ask(&plain, &["--tls-ca", &ca]).failed(3, &["does not speak TLS; write http://"]);
    let ran = netobs(&["status", "--server", &plain.server(), "--tls-ca", &ca]);
    ran.failed(2, &["without TLS", "write https://"]);
}

#[test]
fn an_authority_that_is_not_known_is_told_with_how_to_name_it() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let agent = Agent::with_tls(script(), authority.server("127.0.0.1", Valid::Now, None));
    let ca = other.file("ca.pem");
    for more in [vec!["--tls-ca", &ca], vec![]] {
        ask(&agent, &more).failed(3, &["signed by no authority known here", "--tls-ca"]);
    }
}

#[test]
fn a_certificate_for_another_name_is_told_with_its_names() {
    let authority = Authority::new("named");
    let agent = Agent::with_tls(script(), authority.server("netobs-agent.netobs.svc", Valid::Now, None));
    let ca = authority.file("ca.pem");
    let ran = ask(&agent, &["--tls-ca", &ca]);
    ran.failed(3, &["not for 127.0.0.1", "netobs-agent.netobs.svc", "--tls-name"]);
    let ran = ask(&agent, &["--tls-ca", &ca, "--tls-name", "netobs-agent.netobs.svc"]);
    assert!(ran.succeeded().contains("node-a"));
}

#[test]
fn a_certificate_that_is_not_valid_now_is_told_with_which_way_it_is_not() {
    let authority = Authority::new("dated");
    let ca = authority.file("ca.pem");
    for (valid, told) in [(Valid::Past, "has expired"), (Valid::Future, "is not valid yet")] {
        let agent = Agent::with_tls(script(), authority.server("127.0.0.1", valid, None));
        ask(&agent, &["--tls-ca", &ca]).failed(3, &[told, "clock"]);
    }
}

#[test]
fn an_agent_that_wants_a_client_certificate_says_so() {
    let (authority, clients, others) = (
        Authority::new("mutual"),
        Authority::new("clients"),
        Authority::new("others"),
    );
    let agent = Agent::with_tls(script(), authority.server("127.0.0.1", Valid::Now, Some(&clients)));
    let ca = authority.file("ca.pem");
    let with = |(cert, key): &(String, String)| ask(&agent, &["--tls-ca", &ca, "--tls-cert", cert, "--tls-key", key]);
    assert!(with(&clients.client(Valid::Now)).succeeded().contains("node-a"));
    ask(&agent, &["--tls-ca", &ca]).failed(3, &["wants a client certificate", "--tls-cert and --tls-key"]);
    for bad in [others.client(Valid::Now), clients.client(Valid::Past)] {
        with(&bad).failed(3, &["does not accept the client certificate", "--client-ca"]);
    }
}

#[test]
fn files_that_hold_something_else_are_named() {
    let authority = Authority::new("files");
    let agent = Agent::with_tls(script(), authority.server("127.0.0.1", Valid::Now, None));
    let ca = authority.file("ca.pem");
    let (cert, key) = authority.client(Valid::Now);
    for (more, told) in [
        (
            vec!["--tls-ca", "/nonexistent/ca.pem"],
            "/nonexistent/ca.pem: cannot be read",
        ),
        (vec!["--tls-ca", key.as_str()], "no certificate is in it"),
        (
            vec!["--tls-ca", &ca, "--tls-cert", &cert, "--tls-key", &cert],
            "no private key is in it",
        ),
        (vec!["--tls-ca", &ca, "--tls-cert", &cert], "go together"),
        (vec!["--tls-ca", &ca, "--tls-name", "no name"], "--tls-name"),
    ] {
        ask(&agent, &more).failed(2, &[told]);
    }
}
