//! The engine held against a second, naive reading of the NetworkPolicy specification that shares no code with it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on has failed, and a naive reading names what it means alone"
)]
use netobs_core::{event::Protocol, policy::Outcome};
use netobs_k8s::manifests::{Manifests, Reader};
use serde_json::{Value, json};

use self::{
    generate::Random,
    oracle::{Question, Word},
};

mod generate;
mod oracle;
mod recipes;
mod worlds;

const CLUSTERS: u64 = 11_800;
const QUESTIONS: u64 = 10;

#[test]
fn the_engine_agrees_with_the_second_reading() {
    let mut counts = [[0_u64; 4]; 2];
    let mut too_careful = [0_u64; 2];
    let mut disagreements = Vec::new();
    for seed in 0..CLUSTERS {
        let mut random = Random::new(seed);
        let objects = generate::cluster(&mut random);
        let manifests = read(&objects);
        assert!(!manifests.has_errors(), "{:?}\n{}", manifests.findings, json!(objects));
        for _ in 0..QUESTIONS {
            let [from, to] = [end(&mut random, &objects), end(&mut random, &objects)];
            let (protocol, port) = random.question();
            let question = Question {
                from: &from,
                to: &to,
                protocol,
                port,
            };
            let mut answer = ask(&manifests, question);
            let Some(wanted) = oracle::decide(&objects, question) else {
                continue;
            };
            for at in 0..2 {
                counts[at][wanted[at] as usize] += 1;
            }
            let is_told = worlds::is_told(&objects, &from) && worlds::is_told(&objects, &to);
            for at in 0..2 {
                // Where a fact is missing altogether, each rule is taken by itself, so that more may seem to depend on it.
                if answer[at] == Word::Undecidable && wanted[at] != Word::Undecidable && !is_told {
                    too_careful[at] += 1;
                    answer[at] = wanted[at];
                }
            }
            if answer != wanted {
                disagreements.push(format!(
                    "seed {seed}, {question:?}: {answer:?}, but should be {wanted:?}"
                ));
            }
        }
    }
    println!("not applicable, admitted, not admitted, undecidable: {counts:?}, too careful: {too_careful:?}");
    assert!(
        disagreements.is_empty(),
        "{} disagreements:\n{}",
        disagreements.len(),
        disagreements[..disagreements.len().min(10)].join("\n")
    );
    assert!(too_careful.iter().all(|count| *count < 200), "{too_careful:?}");
    assert!(counts.iter().flatten().all(|count| *count > 500), "{counts:?}");
    assert!(counts[0].iter().sum::<u64>() > 100_000, "{counts:?}");
}

/// The way a user takes: text, reader, ends by name, evaluation.
fn read(objects: &[Value]) -> Manifests {
    let mut reader = Reader::default();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    reader.add("cluster.json", list.to_string().as_bytes());
    reader.finish()
}

fn ask(manifests: &Manifests, question: Question<'_>) -> [Word; 2] {
    let protocol = match question.protocol {
        "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        _ => Protocol::Sctp,
    };
    let connection = manifests
        .connection(question.from, question.to, protocol, question.port)
        .unwrap();
    let evaluation = manifests.policies.evaluate(&connection);
    [&evaluation.ingress, &evaluation.egress].map(|decision| match decision.outcome() {
        Outcome::NotApplicable => Word::NotApplicable,
        Outcome::Admits => Word::Admits,
        Outcome::DoesNotAdmit => Word::DoesNotAdmit,
        Outcome::Undecidable => Word::Undecidable,
    })
}

fn end(random: &mut Random, objects: &[Value]) -> String {
    let pods: Vec<_> = objects.iter().filter(|object| object["kind"] == "Pod").collect();
    let pod = random.one(&pods);
    let by_name = format!(
        "{}/{}",
        worlds::namespace(pod),
        pod["metadata"]["name"].as_str().unwrap()
    );
    match random.below(10) {
        0..=6 => by_name,
        7 => pod["status"]["podIP"].as_str().map_or(by_name, str::to_owned),
        8 => random.one(&["192.168.0.1", "192.168.0.2", "fd00:0:0:1::1"]).to_owned(),
        _ => random.one(&generate::STRANGERS).to_owned(),
    }
}

/// A probe `from > to port protocol` with policies in namespace `x`.
fn ask_yaml(cluster: &[Value], specs: &[&str], probe: &str) -> [Word; 2] {
    let policies = specs.iter().enumerate().map(|(number, spec)| {
        format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{number}, namespace: x}}\n\
             spec: {spec}\n"
        )
    });
    let mut reader = Reader::default();
    reader.add("policies.yaml", policies.collect::<String>().as_bytes());
    let list = json!({"apiVersion": "v1", "kind": "List", "items": cluster});
    reader.add("cluster.json", list.to_string().as_bytes());
    let manifests = reader.finish();
    assert!(!manifests.has_errors(), "{specs:?}: {:?}", manifests.findings);
    let words: Vec<_> = probe.split(' ').collect();
    let question = Question {
        from: words[0],
        to: words[2],
        port: words[3].parse().unwrap(),
        protocol: words[4],
    };
    ask(&manifests, question)
}
