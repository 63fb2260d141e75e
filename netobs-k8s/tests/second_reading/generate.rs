//! Clusters and questions at random, the same ones each time.
use serde_json::{Map, Value, json};

#[derive(Debug)]
pub(crate) struct Random(u64);

const NAMESPACES: [&str; 4] = ["default", "shop", "ops", "empty"];
const KEYS: [&str; 2] = ["env", "team"];
const VALUES: [&str; 2] = ["prod", "dev"];
const NAMES: [&str; 3] = ["web", "metrics", "nobody"];
const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];
const PORTS: [u16; 7] = [1, 53, 80, 81, 443, 8080, 65535];
const BLOCKS: [&str; 12] = [
    "0.0.0.0/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "10.0.0.0/8",
    "10.0.0.7/30",
    "10.0.0.2/32",
    "192.168.0.0/24",
    "203.0.113.0/24",
    "::/0",
    "fd00::/64",
    "fd00::2/127",
    "2001:db8::/32",
];
/// A block and parts of it.
const EXCEPTS: [(&str, &[&str]); 4] = [
    ("0.0.0.0/0", &["10.0.0.0/8", "192.168.0.1/32", "203.0.113.0/24"]),
    ("10.0.0.0/8", &["10.0.0.0/31", "10.0.0.4/30", "10.128.0.0/9"]),
    ("::/0", &["fd00::/126", "2001:db8::/64"]),
    ("fd00::/64", &["fd00::1/128", "fd00::2/127"]),
];
pub(crate) const STRANGERS: [&str; 5] = ["203.0.113.9", "10.0.0.6", "192.168.0.200", "2001:db8::9", "fd00::ffff"];

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    pub(crate) const fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    pub(crate) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        let at = self.below(of.len() as u64);
        of[usize::try_from(at).unwrap()].clone()
    }

    fn some<T>(&mut self, most: u64, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..=self.below(most)).map(|_| make(self)).collect()
    }

    /// The field is there, or absent, or written as null or empty.
    fn field(
        &mut self,
        object: &mut Value,
        name: &str,
        chance: u64,
        empty: Value,
        make: impl FnOnce(&mut Self) -> Value,
    ) {
        let value = match self.below(100) {
            roll if roll < chance => make(self),
            roll if roll % 3 == 0 => empty,
            roll if roll % 3 == 1 => Value::Null,
            _ => return,
        };
        object[name] = value;
    }

    pub(crate) fn question(&mut self) -> (&'static str, u16) {
        (self.one(&PROTOCOLS[..]), self.one(&PORTS))
    }
}

pub(crate) fn cluster(random: &mut Random) -> Vec<Value> {
    let mut objects = Vec::new();
    for name in NAMESPACES {
        if random.percent(85) {
            let mut namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            random.field(&mut namespace["metadata"], "labels", 80, json!({}), labels);
            objects.push(namespace);
        }
    }
    for number in 1..=2 {
        if random.percent(70) {
            let addresses = json!([
                {"type": "Hostname", "address": format!("node-{number}")},
                {"type": "InternalIP", "address": format!("192.168.0.{number}")},
                {"type": "InternalIP", "address": format!("fd00:0:0:1::{number}")},
            ]);
            let name = format!("node-{number}");
            objects.push(
                json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": {"addresses": addresses}}),
            );
        }
    }
    for number in 1..=2 + random.below(4) {
        objects.push(pod(random, number));
    }
    for number in 0..1 + random.below(5) {
        objects.push(policy(random, number));
    }
    let last = objects.len() - 1;
    objects.swap(0, usize::try_from(random.below(last as u64)).unwrap());
    objects
}

fn labels(random: &mut Random) -> Value {
    let mut labels = Map::new();
    for key in KEYS {
        if random.percent(60) {
            labels.insert(key.to_owned(), random.one(&VALUES).into());
        }
    }
    Value::Object(labels)
}

fn pod(random: &mut Random, number: u64) -> Value {
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("pod-{number}")}});
    if random.percent(90) {
        pod["metadata"]["namespace"] = random.one(&NAMESPACES[..3]).into();
    }
    random.field(&mut pod["metadata"], "labels", 80, json!({}), labels);
    pod["spec"] = json!({"containers": random.some(2, container)});
    let node = random.percent(90).then(|| 1 + random.below(2));
    let host = random.percent(15);
    if host || random.percent(10) {
        pod["spec"]["hostNetwork"] = host.into();
    }
    let phases = [
        "Running",
        "Running",
        "Running",
        "Running",
        "Pending",
        "Succeeded",
        "Failed",
    ];
    let Some(node) = node else { return pod };
    pod["spec"]["nodeName"] = format!("node-{node}").into();
    pod["status"] = json!({"phase": random.one(&phases), "hostIP": format!("192.168.0.{node}")});
    let (v4, v6) = match host {
        true => (format!("192.168.0.{node}"), format!("fd00:0:0:1::{node}")),
        false => (format!("10.0.0.{number}"), format!("fd00::{number}")),
    };
    let told = match random.below(10) {
        0 => return pod,
        1..=4 => vec![v4],
        5 => vec![v6],
        6..=8 => vec![v4, v6],
        _ => vec![v6, v4],
    };
    pod["status"]["podIP"] = told[0].clone().into();
    if told.len() > 1 || random.percent(50) {
        pod["status"]["podIPs"] = told.iter().map(|ip| json!({"ip": ip})).collect();
    }
    pod
}

fn container(random: &mut Random) -> Value {
    let mut container = json!({"name": "main"});
    random.field(&mut container, "ports", 80, json!([]), |random| {
        let mut ports = random.some(3, |random| {
            let mut port = json!({"containerPort": random.one(&PORTS)});
            random.field(&mut port, "protocol", 60, json!("TCP"), |random| {
                random.one(&PROTOCOLS).into()
            });
            random.field(&mut port, "name", 80, Value::Null, |random| {
                random.one(&NAMES[..2]).into()
            });
            port
        });
        ports.retain(|port| port["protocol"] != Value::Null || port["name"] != "metrics");
        ports.into()
    });
    container
}

fn policy(random: &mut Random, number: u64) -> Value {
    let mut policy = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": format!("policy-{number}")}, "spec": {},
    });
    if random.percent(90) {
        policy["metadata"]["namespace"] = random.one(&NAMESPACES[..3]).into();
    }
    let spec = &mut policy["spec"];
    random.field(spec, "podSelector", 40, json!({}), selector);
    random.field(spec, "ingress", 60, json!([]), |random| rules(random, "from"));
    random.field(spec, "egress", 60, json!([]), |random| rules(random, "to"));
    random.field(spec, "policyTypes", 60, json!([]), |random| {
        random.one(&[json!(["Ingress"]), json!(["Egress"]), json!(["Ingress", "Egress"])])
    });
    policy
}

fn rules(random: &mut Random, peers: &str) -> Value {
    let make = |random: &mut Random| {
        let mut rule = json!({});
        random.field(&mut rule, peers, 75, json!([]), |random| random.some(3, peer).into());
        random.field(&mut rule, "ports", 50, json!([]), |random| random.some(3, port).into());
        rule
    };
    random.some(3, make).into()
}

fn peer(random: &mut Random) -> Value {
    if random.percent(35) {
        return json!({"ipBlock": block(random)});
    }
    let mut peer = json!({});
    let which = random.below(3);
    if which != 0 {
        peer["podSelector"] = selector(random);
    }
    if which != 1 {
        peer["namespaceSelector"] = selector(random);
    }
    peer
}

fn block(random: &mut Random) -> Value {
    if random.percent(50) {
        return json!({"cidr": random.one(&BLOCKS)});
    }
    let (cidr, parts) = random.one(&EXCEPTS);
    let mut block = json!({ "cidr": cidr });
    random.field(&mut block, "except", 80, json!([]), |random| {
        random.some(2, |random| random.one(parts)).into()
    });
    block
}

fn port(random: &mut Random) -> Value {
    let mut port = json!({});
    random.field(&mut port, "protocol", 60, Value::Null, |random| {
        random.one(&PROTOCOLS).into()
    });
    match random.below(4) {
        0 => {}
        1 => port["port"] = random.one(&NAMES).into(),
        _ => {
            let first = random.one(&PORTS);
            port["port"] = first.into();
            random.field(&mut port, "endPort", 40, Value::Null, |random| {
                let later: Vec<_> = PORTS.into_iter().filter(|port| *port >= first).collect();
                random.one(&later).into()
            });
        }
    }
    port
}

fn selector(random: &mut Random) -> Value {
    let mut selector = json!({});
    random.field(&mut selector, "matchLabels", 35, json!({}), |random| {
        let mut labels = labels(random);
        if random.percent(10) {
            labels["kubernetes.io/metadata.name"] = random.one(&NAMESPACES).into();
        }
        labels
    });
    random.field(&mut selector, "matchExpressions", 45, json!([]), |random| {
        random.some(2, expression).into()
    });
    selector
}

fn expression(random: &mut Random) -> Value {
    let operator = random.one(&["In", "NotIn", "Exists", "DoesNotExist"]);
    let mut expression = json!({"key": random.one(&KEYS), "operator": operator});
    if random.percent(10) {
        expression["key"] = "kubernetes.io/metadata.name".into();
    }
    match operator {
        "In" | "NotIn" => {
            expression["values"] = random
                .some(2, |random| random.one(&["prod", "dev", "shop", "elsewhere"]))
                .into();
        }
        _ => random.field(&mut expression, "values", 0, json!([]), |_| Value::Null),
    }
    expression
}
