//! What is made of a probe, and of what tools say.
use super::{
    evidence::Evidence,
    exec::Fate,
    finding::findings,
    spec::Probe,
    tool::{Ended, Met, TOOLS},
    *,
};

fn probed(probe: &str, outcome: Outcome, met: Met) -> Probed {
    let refusing = match outcome {
        Outcome::DoesNotAdmit => vec!["NetworkPolicy prod-a/allow-prod (ingress)".to_owned()],
        Outcome::Admits | Outcome::NotApplicable | Outcome::Undecidable => Vec::new(),
    };
    Probed {
        probe: probe.parse().unwrap(),
        outcome,
        refusing,
        fate: Fate::Met(met),
        evidence: Evidence::default(),
    }
}

fn seen(reason: &str) -> std::collections::BTreeSet<(String, String)> {
    [(reason.to_owned(), "node-1".to_owned())].into()
}

fn said(probed: &[Probed]) -> String {
    let findings = findings(probed);
    let lines = findings.iter().map(|one| {
        let remedy = one
            .remedy
            .as_deref()
            .map_or_else(String::new, |remedy| format!(" -> {remedy}"));
        format!("{:?}: {}{remedy}\n", one.level, one.says)
    });
    lines.collect()
}

const JOB: &str = "ops/job=prod-a/api:8080";
const WEB: &str = "prod-b/web=prod-a/api:8080";

#[test]
fn what_comes_through_says_what_it_says_by_itself() {
    let admitted = probed(WEB, Outcome::Admits, Met::Connected);
    let refused = probed(JOB, Outcome::DoesNotAdmit, Met::Connected);
    assert_eq!(
        said(&[admitted, refused]),
        "Good: prod-b/web to prod-a/api:8080 comes through, as policies admit\n\
         Mend: ops/job to prod-a/api:8080 comes through, and no rule of NetworkPolicy prod-a/allow-prod (ingress) admits it: it is not \
         enforced there -> see that a policy engine runs on the nodes of both pods and reports no errors, and `netobs causes --kind \
         not-enforced`\n"
    );
}

#[test]
fn what_fails_proves_nothing_until_something_shows_that_the_port_is_open() {
    let refused = || probed(JOB, Outcome::DoesNotAdmit, Met::Unanswered);
    let alone = said(&[refused()]);
    assert!(
        alone.starts_with("Note: ops/job to prod-a/api:8080 got no answer, and no rule"),
        "{alone}"
    );
    assert!(alone.contains("give a second --probe to prod-a/api:8080"), "{alone}");

    let other_port = probed("prod-b/web=prod-a/api:9090", Outcome::Admits, Met::Connected);
    assert!(said(&[refused(), other_port]).starts_with("Note: ops/job"));

    let with_control = said(&[refused(), probed(WEB, Outcome::Admits, Met::Connected)]);
    assert!(
        with_control.starts_with("Good: ops/job to prod-a/api:8080 is refused as policies want"),
        "{with_control}"
    );
    assert!(with_control.contains("prod-b/web reached it"), "{with_control}");

    let mut answered = refused();
    answered.evidence.others_are_answered = true;
    assert!(said(&[answered]).contains("agents saw it answer others"));
}

#[test]
fn what_an_agent_saw_dropped_needs_no_control() {
    let mut refused = probed(JOB, Outcome::DoesNotAdmit, Met::Unanswered);
    refused.evidence.dropped = seen("NETFILTER_DROP");
    assert!(said(&[refused]).starts_with(
        "Good: ops/job to prod-a/api:8080 is refused as policies want: agents saw it dropped, NETFILTER_DROP on node-1"
    ));
    let mut closed = probed(JOB, Outcome::DoesNotAdmit, Met::TurnedAway);
    closed.evidence.dropped_otherwise = seen("NO_SOCKET");
    let closed = said(&[closed]);
    assert!(
        closed.starts_with("Note: ") && closed.contains("not because of a policy"),
        "{closed}"
    );
}

#[test]
fn what_policies_admit_and_something_drops_is_to_be_mended() {
    let admitted = || probed(WEB, Outcome::Admits, Met::Unanswered);
    assert!(
        said(&[admitted()])
            .starts_with("Note: prod-b/web to prod-a/api:8080 got no answer, though policies admit it; nothing shows")
    );
    let mut dropped = admitted();
    dropped.evidence.dropped = seen("NETFILTER_DROP");
    assert!(
        said(&[dropped])
            .starts_with("Mend: prod-b/web to prod-a/api:8080 got no answer, though policies admit it: agents saw")
    );
    let other = probed("prod-b/web-1=prod-a/api:8080", Outcome::Admits, Met::Connected);
    assert!(said(&[admitted(), other]).starts_with("Mend: prod-b/web to prod-a/api:8080 got no answer"));
}

#[test]
fn a_probe_names_both_pods_and_a_port_and_nothing_else() {
    let probe: Probe = JOB.parse().unwrap();
    assert_eq!(probe.to_string(), JOB);
    for text in [
        "",
        "ops/job",
        "ops/job=prod-a/api",
        "ops/job=prod-a/api:0",
        "ops/job=prod-a/api:http",
        "job=prod-a/api:80",
        "ops/job=prod-a/../api:80",
        "ops/job;id=prod-a/api:80",
        "ops/Job=prod-a/api:80",
        "ops/job=10.0.0.1:80",
    ] {
        assert!(text.parse::<Probe>().is_err(), "{text}");
    }
}

#[test]
fn what_tools_say_is_read_as_they_mean_it() {
    let read = |tool: &str, exit, said: &str, millis| {
        let tool = TOOLS.iter().find(|one| one.name == tool).unwrap();
        let (out, err) = if tool.name == "curl" { (said, "") } else { ("", said) };
        tool.read(&Ended {
            exit,
            out: out.to_owned(),
            err: err.to_owned(),
            took: Duration::from_millis(millis),
        })
    };
    assert_eq!(read("nc", 0, "", 5), Some(Met::Connected));
    assert_eq!(
        read("nc", 1, "nc: 10.0.0.1 (10.0.0.1:80): Connection refused", 5),
        Some(Met::TurnedAway)
    );
    assert_eq!(read("nc", 1, "", 3_001), Some(Met::Unanswered));
    assert_eq!(read("nc", 1, "nc: invalid option -- 'z'\nBusyBox v1.30", 5), None);
    let plain = |exit, millis| {
        let mut called_nc = TOOLS.iter().filter(|one| one.name == "nc");
        called_nc.nth(1).unwrap().read(&Ended {
            exit,
            out: String::new(),
            err: String::new(),
            took: Duration::from_millis(millis),
        })
    };
    assert_eq!(plain(143, 6_002), Some(Met::Connected));
    assert_eq!(plain(1, 3_002), Some(Met::Unanswered));
    assert_eq!(read("bash", 124, "", 3_002), Some(Met::Unanswered));
    assert_eq!(read("bash", 127, "timeout: failed to run command 'bash'", 2), None);
    assert_eq!(
        read("bash", 1, "bash: connect: Connection refused", 2),
        Some(Met::TurnedAway)
    );
    assert_eq!(
        read("python3", 1, "TimeoutError: timed out", 2_600),
        Some(Met::Unanswered)
    );
    assert_eq!(read("curl", 28, "0.000412", 4_002), Some(Met::Connected));
    assert_eq!(read("curl", 28, "0.000000", 3_002), Some(Met::Unanswered));
    assert_eq!(read("curl", 7, "0.000000", 3), Some(Met::TurnedAway));
    assert_eq!(read("curl", 1, "", 3), None);
}
