//! Policies for what comes in.
use super::{Recipe, recipe};

pub(super) const RECIPES: &[Recipe] = &[
    recipe(
        "no policy",
        &[],
        &[("y/a > x/a 80 TCP", true), ("203.0.113.1 > x/a 80 TCP", true)],
    ),
    recipe(
        "deny all",
        &["{podSelector: {}, policyTypes: [Ingress]}"],
        &[
            ("x/b > x/a 80 TCP", false),
            ("y/a > x/c 81 UDP", false),
            ("203.0.113.1 > x/a 80 TCP", false),
            ("x/a > y/a 80 TCP", true),
            ("y/a > z/a 80 TCP", true),
            ("x/a > x/a 80 TCP", true),
            ("172.18.0.1 > x/a 80 TCP", true),
            ("172.18.0.1 > x/b 80 TCP", false),
        ],
    ),
    recipe(
        "deny all by an empty list",
        &["{podSelector: {}, ingress: []}"],
        &[("x/b > x/a 80 TCP", false)],
    ),
    recipe(
        "deny all by a list that is null",
        &["{podSelector: {}, ingress: null}"],
        &[("x/b > x/a 80 TCP", false)],
    ),
    recipe(
        "deny all without any field",
        &["{}"],
        &[("x/b > x/a 80 TCP", false), ("x/b > y/a 80 TCP", true)],
    ),
    recipe(
        "allow all",
        &["{podSelector: {}, ingress: [{}]}"],
        &[("y/a > x/a 80 SCTP", true), ("203.0.113.1 > x/b 9 UDP", true)],
    ),
    recipe(
        "allow all by an empty list of peers",
        &["{podSelector: {}, ingress: [{from: [], ports: []}]}"],
        &[("y/a > x/a 80 TCP", true)],
    ),
    recipe(
        "allow all beside deny all",
        &[
            "{podSelector: {}, policyTypes: [Ingress]}",
            "{podSelector: {}, ingress: [{}]}",
        ],
        &[("y/a > x/a 80 TCP", true), ("203.0.113.1 > x/a 80 TCP", true)],
    ),
    recipe(
        "one pod is isolated",
        &["{podSelector: {matchLabels: {pod: a}}}"],
        &[("y/a > x/a 80 TCP", false), ("y/a > x/b 80 TCP", true)],
    ),
    recipe(
        "from pods of the same namespace",
        &["{podSelector: {matchLabels: {pod: a}}, ingress: [{from: [{podSelector: {matchLabels: {pod: b}}}]}]}"],
        &[
            ("x/b > x/a 80 TCP", true),
            ("x/c > x/a 80 TCP", false),
            ("y/b > x/a 80 TCP", false),
        ],
    ),
    recipe(
        "from all pods of the same namespace",
        &["{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}"],
        &[
            ("x/c > x/a 80 TCP", true),
            ("y/a > x/a 80 TCP", false),
            ("10.0.0.9 > x/a 80 TCP", false),
        ],
    ),
    recipe(
        "from all pods of all namespaces",
        &["{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}"],
        &[
            ("y/c > x/a 80 TCP", true),
            ("x/c > x/a 80 TCP", true),
            ("203.0.113.1 > x/a 80 TCP", false),
        ],
    ),
    recipe(
        "from a namespace",
        &["{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {ns: 'y'}}}]}]}"],
        &[
            ("y/c > x/a 80 TCP", true),
            ("z/c > x/a 80 TCP", false),
            ("x/b > x/a 80 TCP", false),
        ],
    ),
    recipe(
        "from a namespace by its name",
        &[
            "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: z}}}]}]}",
        ],
        &[("z/c > x/a 80 TCP", true), ("y/c > x/a 80 TCP", false)],
    ),
    recipe(
        "from namespaces by an expression",
        &[
            "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: ns, operator: NotIn, values: [x]}]}}]}]}",
        ],
        &[
            ("y/a > x/a 80 TCP", true),
            ("z/a > x/a 80 TCP", true),
            ("x/b > x/a 80 TCP", false),
        ],
    ),
    recipe(
        "from a pod and its namespace in one item",
        &[
            "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {ns: 'y'}}, podSelector: {matchLabels: {pod: b}}}]}]}",
        ],
        &[
            ("y/b > x/a 80 TCP", true),
            ("y/a > x/a 80 TCP", false),
            ("x/b > x/a 80 TCP", false),
            ("z/b > x/a 80 TCP", false),
        ],
    ),
    recipe(
        "from a namespace, or a pod, in two items",
        &[
            "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {ns: 'y'}}}, {podSelector: {matchLabels: {pod: b}}}]}]}",
        ],
        &[
            ("y/b > x/a 80 TCP", true),
            ("y/a > x/a 80 TCP", true),
            ("x/b > x/a 80 TCP", true),
            ("z/b > x/a 80 TCP", false),
        ],
    ),
    recipe(
        "labels and expressions must both match",
        &["{podSelector: {matchLabels: {pod: a}, matchExpressions: [{key: pod, operator: NotIn, values: [a]}]}}"],
        &[("y/a > x/a 80 TCP", true)],
    ),
    recipe(
        "pods without a label",
        &["{podSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}}"],
        &[("y/a > x/a 80 TCP", false)],
    ),
    recipe(
        "pods whose label is not that value include those without it",
        &["{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [front]}]}}"],
        &[("y/a > x/a 80 TCP", false)],
    ),
    recipe(
        "pods with a label",
        &[
            "{podSelector: {matchExpressions: [{key: pod, operator: Exists}, {key: pod, operator: In, values: [a, b]}]}}",
        ],
        &[
            ("y/a > x/a 80 TCP", false),
            ("y/a > x/b 80 TCP", false),
            ("y/a > x/c 80 TCP", true),
        ],
    ),
    recipe(
        "a port by number",
        &["{podSelector: {}, ingress: [{ports: [{port: 80}]}]}"],
        &[
            ("y/a > x/a 80 TCP", true),
            ("y/a > x/a 81 TCP", false),
            ("y/a > x/a 80 UDP", false),
            ("203.0.113.1 > x/a 80 TCP", true),
        ],
    ),
    recipe(
        "a port by name",
        &["{podSelector: {}, ingress: [{ports: [{port: serve-81-tcp, protocol: TCP}]}]}"],
        &[
            ("y/a > x/a 81 TCP", true),
            ("y/a > x/a 80 TCP", false),
            ("y/a > x/a 81 UDP", false),
        ],
    ),
    recipe(
        "a port by a name of another protocol",
        &["{podSelector: {}, ingress: [{ports: [{port: serve-81-udp, protocol: TCP}]}]}"],
        &[("y/a > x/a 81 TCP", false), ("y/a > x/a 81 UDP", false)],
    ),
    recipe(
        "a protocol alone",
        &["{podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]}"],
        &[
            ("y/a > x/a 7 UDP", true),
            ("y/a > x/a 80 TCP", false),
            ("y/a > x/a 80 SCTP", false),
        ],
    ),
    recipe(
        "SCTP",
        &["{podSelector: {}, ingress: [{ports: [{protocol: SCTP, port: 80}]}]}"],
        &[("y/a > x/a 80 SCTP", true), ("y/a > x/a 80 TCP", false)],
    ),
    recipe(
        "an item of ports without any field",
        &["{podSelector: {}, ingress: [{ports: [{}]}]}"],
        &[("y/a > x/a 4711 TCP", true), ("y/a > x/a 4711 UDP", false)],
    ),
    recipe(
        "a range of ports",
        &["{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 90}]}]}"],
        &[
            ("y/a > x/a 79 TCP", false),
            ("y/a > x/a 80 TCP", true),
            ("y/a > x/a 90 TCP", true),
            ("y/a > x/a 91 TCP", false),
            ("y/a > x/a 85 UDP", false),
        ],
    ),
    recipe(
        "a range of one port",
        &["{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 80}]}]}"],
        &[("y/a > x/a 80 TCP", true), ("y/a > x/a 81 TCP", false)],
    ),
    recipe(
        "ports and peers must match in the same rule",
        &[
            "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {ns: 'y'}}}], ports: [{port: 80}]}, {from: [{namespaceSelector: {matchLabels: {ns: z}}}], ports: [{port: 81}]}]}",
        ],
        &[
            ("y/a > x/a 80 TCP", true),
            ("y/a > x/a 81 TCP", false),
            ("z/a > x/a 81 TCP", true),
            ("z/a > x/a 80 TCP", false),
        ],
    ),
    recipe(
        "stacked policies add up",
        &[
            "{podSelector: {matchLabels: {pod: a}}, ingress: [{from: [{namespaceSelector: {matchLabels: {ns: 'y'}}}], ports: [{port: 80}]}]}",
            "{podSelector: {matchLabels: {pod: a}}, ingress: [{from: [{namespaceSelector: {matchLabels: {ns: z}}}], ports: [{port: 81}]}]}",
        ],
        &[
            ("y/a > x/a 80 TCP", true),
            ("z/a > x/a 81 TCP", true),
            ("y/a > x/a 81 TCP", false),
            ("x/b > x/a 80 TCP", false),
        ],
    ),
    recipe(
        "rules for ingress of a policy about egress alone mean nothing",
        &["{podSelector: {}, policyTypes: [Egress], ingress: [{}]}"],
        &[("y/a > x/a 80 TCP", true), ("x/a > y/a 80 TCP", false)],
    ),
    recipe(
        "a block with an exception",
        &["{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.128/25]}}]}]}"],
        &[
            ("203.0.113.127 > x/a 80 TCP", true),
            ("203.0.113.128 > x/a 80 TCP", false),
            ("203.0.114.0 > x/a 80 TCP", false),
            ("2001:db8::1 > x/a 80 TCP", false),
        ],
    ),
    recipe(
        "an exception of one block does not bind another",
        &[
            "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.0/25]}}, {ipBlock: {cidr: 203.0.113.1/32}}]}]}",
        ],
        &[("203.0.113.1 > x/a 80 TCP", true), ("203.0.113.2 > x/a 80 TCP", false)],
    ),
    recipe(
        "a block of IPv6",
        &["{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '2001:db8::/32'}}]}]}"],
        &[
            ("2001:db8::1 > x/a 80 TCP", true),
            ("2001:db9::1 > x/a 80 TCP", false),
            ("203.0.113.1 > x/a 80 TCP", false),
        ],
    ),
];
