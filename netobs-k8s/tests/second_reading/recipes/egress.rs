//! Policies for what goes out.
use super::{Recipe, recipe};

pub(super) const RECIPES: &[Recipe] = &[
    recipe(
        "deny all",
        &["{podSelector: {}, policyTypes: [Egress]}"],
        &[
            ("x/a > y/a 80 TCP", false),
            ("x/a > x/b 80 TCP", false),
            ("x/a > 203.0.113.1 443 TCP", false),
            ("x/a > 172.18.0.1 80 TCP", false),
            ("y/a > x/a 80 TCP", true),
            ("x/a > x/a 80 TCP", true),
        ],
    ),
    recipe(
        "deny all both ways",
        &["{podSelector: {}, policyTypes: [Ingress, Egress]}"],
        &[
            ("x/a > y/a 80 TCP", false),
            ("y/a > x/a 80 TCP", false),
            ("y/a > z/a 80 TCP", true),
        ],
    ),
    recipe(
        "an empty list without types isolates for ingress alone",
        &["{podSelector: {}, egress: []}"],
        &[("x/a > y/a 80 TCP", true), ("y/a > x/a 80 TCP", false)],
    ),
    recipe(
        "rules without types isolate both ways",
        &["{podSelector: {}, egress: [{}]}"],
        &[("x/a > y/a 80 TCP", true), ("y/a > x/a 80 TCP", false)],
    ),
    recipe(
        "an empty list of types is as none",
        &["{podSelector: {}, policyTypes: [], egress: [{ports: [{port: 81}]}]}"],
        &[
            ("x/a > y/a 80 TCP", false),
            ("x/a > y/a 81 TCP", true),
            ("y/a > x/a 81 TCP", false),
        ],
    ),
    recipe(
        "rules for egress of a policy about ingress alone mean nothing",
        &["{podSelector: {}, policyTypes: [Ingress], egress: [{to: [{podSelector: {}}]}]}"],
        &[("x/a > y/a 80 TCP", true), ("y/a > x/a 80 TCP", false)],
    ),
    recipe(
        "DNS alone",
        &[
            "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}]}",
        ],
        &[
            ("x/a > y/a 53 UDP", true),
            ("x/a > y/a 53 TCP", true),
            ("x/a > 203.0.113.1 53 UDP", true),
            ("x/a > y/a 80 TCP", false),
            ("x/a > y/a 53 SCTP", false),
        ],
    ),
    recipe(
        "to a namespace",
        &["{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {ns: 'y'}}}]}]}"],
        &[
            ("x/a > y/a 80 TCP", true),
            ("x/a > z/a 80 TCP", false),
            ("x/a > x/b 80 TCP", false),
            ("x/a > 10.0.1.0 80 TCP", true),
        ],
    ),
    recipe(
        "to a pod in a namespace, by a port's name",
        &[
            "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {ns: 'y'}}, podSelector: {matchLabels: {pod: b}}}], ports: [{port: serve-80-tcp}]}]}",
        ],
        &[
            ("x/a > y/b 80 TCP", true),
            ("x/a > y/b 81 TCP", false),
            ("x/a > y/a 80 TCP", false),
        ],
    ),
    recipe(
        "a port's name means nothing outside the cluster",
        &["{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: serve-80-tcp}]}]}"],
        &[("x/a > 203.0.113.1 80 TCP", false), ("x/a > y/a 80 TCP", true)],
    ),
    recipe(
        "to the world but not to the cluster",
        &[
            "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}]}",
        ],
        &[
            ("x/a > 203.0.113.1 443 TCP", true),
            ("x/a > y/a 80 TCP", false),
            ("x/a > 2001:db8::1 443 TCP", false),
        ],
    ),
    recipe(
        "a block can hold a pod",
        &["{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.1.0/32}}]}]}"],
        &[("x/a > y/a 80 TCP", true), ("x/a > y/b 80 TCP", false)],
    ),
    recipe(
        "an exception yields to another policy",
        &[
            "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.0/16, except: [10.0.1.0/24]}}]}]}",
            "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.1.1/32}}]}]}",
        ],
        &[
            ("x/a > y/a 80 TCP", false),
            ("x/a > y/b 80 TCP", true),
            ("x/a > z/a 80 TCP", true),
        ],
    ),
    recipe(
        "admitted out and not in",
        &[
            "{podSelector: {matchLabels: {pod: a}}, policyTypes: [Egress], egress: [{}]}",
            "{podSelector: {matchLabels: {pod: b}}}",
        ],
        &[("x/a > x/b 80 TCP", false), ("x/a > x/c 80 TCP", true)],
    ),
    recipe(
        "admitted in and not out",
        &[
            "{podSelector: {matchLabels: {pod: b}}, ingress: [{}]}",
            "{podSelector: {matchLabels: {pod: a}}, policyTypes: [Egress]}",
        ],
        &[("x/a > x/b 80 TCP", false), ("x/c > x/b 80 TCP", true)],
    ),
];
