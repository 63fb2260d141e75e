//! The engine held against a second, naive reading of the NetworkPolicy specification that shares no code with it.
use netobs_core::{
    event::Protocol,
    policy::{Connection, Outcome},
};
use netobs_k8s::manifests::{Manifests, Reader};
use serde_json::{Value, json};

use self::{
    generate::Random,
    oracle::{Question, Word},
};

mod generate;
mod oracle;
mod worlds;

const CLUSTERS: u64 = 14_000;
const QUESTIONS: u64 = 8;

#[test]
fn the_engine_agrees_with_the_second_reading() {
    let mut counts = [[0_u64; 4]; 2];
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
            let answer = ask(&manifests, question);
            let Some(wanted) = oracle::decide(&objects, question) else {
                continue;
            };
            for at in 0..2 {
                counts[at][wanted[at] as usize] += 1;
            }
            if answer != wanted {
                disagreements.push(format!(
                    "seed {seed}, {question:?}: {answer:?}, but should be {wanted:?}"
                ));
            }
        }
    }
    println!("not applicable, admitted, not admitted, undecidable: {counts:?}");
    assert!(
        disagreements.is_empty(),
        "{} disagreements:\n{}",
        disagreements.len(),
        disagreements[..disagreements.len().min(10)].join("\n")
    );
    assert!(counts.iter().flatten().all(|count| *count > 1_000), "{counts:?}");
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
    let source = manifests.resolve(question.from).unwrap();
    let destination = manifests.resolve(question.to).unwrap();
    let connection = Connection::between(source, destination, protocol, question.port);
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
