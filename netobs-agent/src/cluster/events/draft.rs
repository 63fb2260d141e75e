//! What an Event says, and of which object.
use netobs_core::{
    cause::{Cause, Kind, Labelled, Mend, Party, State, Want},
    change::Pod,
    directory::Owner,
    labels::Symbol,
    policy::PolicyId,
    redact::is_pseudonym,
    render,
    suggest::Suggestion,
    time::Timestamp,
};
use netobs_k8s::network_policy;

/// As much as an Event may say.
const MOST: usize = 1_024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) regarding: Regarding,
    /// The same for the same cause, whoever tells it.
    pub(super) about: u64,
    pub(super) is_warning: bool,
    pub(super) reason: &'static str,
    pub(super) action: &'static str,
    pub(super) note: String,
    pub(super) count: u64,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
}

/// An object of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Regarding {
    pub(super) version: &'static str,
    pub(super) kind: &'static str,
    pub(super) namespace: Option<Symbol>,
    pub(super) name: Symbol,
    pub(super) uid: Option<Symbol>,
}

/// What lacks the label, or what the policies are for; for want of both, the policy.
pub(super) fn regarding(cause: &Cause) -> Option<Regarding> {
    let subject = match &cause.key.mend {
        Mend::Labels(wants) => match &wants.first()?.object {
            Labelled::Namespace(name) => Party::Namespace(name.clone()),
            Labelled::Workload { namespace, workload } => Party::Workload {
                namespace: namespace.clone(),
                workload: workload.clone(),
            },
        },
        Mend::Traffic { subject, .. } | Mend::FurtherPorts { subject, .. } => subject.clone(),
    };
    let ends = [&cause.example.source, &cause.example.destination].into_iter();
    let mut pods = ends.filter_map(|end| match end {
        Owner::Pod { pod, .. } => Some(pod),
        Owner::Node { .. } | Owner::Service(_) | Owner::World { .. } | Owner::Unknown(_) => None,
    });
    match &subject {
        Party::Namespace(name) => Some(Regarding::namespace(name)),
        Party::Workload { .. } => pods
            .find(|pod| Party::workload(pod) == subject)
            .filter(|pod| !is_pseudonym(&pod.name))
            .map(|pod| Regarding::pod(pod)),
        Party::Node(_) | Party::Service(_) | Party::World(_) | Party::Unknown(_) => None,
    }
    .or_else(|| cause.policies.iter().find_map(Regarding::policy))
}

impl Draft {
    pub(super) fn new(cause: &Cause, suggestion: Option<&Suggestion>, regarding: &Regarding) -> Self {
        let is_warning = !cause.is_mended();
        let mended = if cause.key.kind == Kind::Label {
            "LabelMended"
        } else {
            "Mended"
        };
        let (note, reason) = if is_warning {
            (warning(cause, suggestion), reason(cause.key.kind))
        } else {
            (relief(cause), mended)
        };
        let (count, first, last) = match cause.state {
            State::Mended { at } => (1, at, at),
            State::Active | State::Drifted { .. } => (cause.toll.weight().max(1), cause.first, cause.last),
        };
        Self {
            regarding: regarding.clone(),
            about: hash(&format!("{:?}", cause.key)),
            is_warning,
            reason,
            action: match (is_warning, cause.key.kind) {
                (false, _) => "Admit",
                (true, Kind::NotEnforced) => "Pass",
                (true, _) => "Drop",
            },
            note: shortened(note),
            count,
            first,
            last,
        }
    }
}

impl Regarding {
    fn namespace(name: &Symbol) -> Self {
        Self {
            version: "v1",
            kind: "Namespace",
            namespace: None,
            name: name.clone(),
            uid: None,
        }
    }

    fn pod(pod: &Pod) -> Self {
        Self {
            version: "v1",
            kind: "Pod",
            namespace: Some(pod.namespace.clone()),
            name: pod.name.clone(),
            uid: Some(pod.uid.0.clone()),
        }
    }

    fn policy(policy: &PolicyId) -> Option<Self> {
        (policy.kind == network_policy::KIND).then(|| Self {
            version: "networking.k8s.io/v1",
            kind: network_policy::KIND,
            namespace: policy.namespace.clone(),
            name: policy.name.clone(),
            uid: None,
        })
    }
}

const fn reason(kind: Kind) -> &'static str {
    match kind {
        Kind::Label => "MissingLabel",
        Kind::Dns => "DnsNotAdmitted",
        Kind::Port => "PortNotAdmitted",
        Kind::Peer => "PeerNotAdmitted",
        Kind::NoRule => "NoRuleAdmits",
        Kind::Denied => "PolicyDenies",
        Kind::NotEnforced => "PolicyNotEnforced",
        Kind::DroppedThoughAdmitted => "DroppedThoughAdmitted",
    }
}

fn warning(cause: &Cause, suggestion: Option<&Suggestion>) -> String {
    let mut note = render::cause_headline(cause);
    if let State::Drifted { at } = cause.state {
        note += &format!("; it was otherwise until {}", render::utc(at));
    }
    let toll = toll(cause);
    if !toll.is_empty() {
        note += &format!(" ({toll})");
    }
    let commands = suggestion.map(render::commands).unwrap_or_default();
    if !commands.is_empty() {
        note += &format!("; to mend it: {}", commands.join(" && "));
    }
    note
}

fn relief(cause: &Cause) -> String {
    let policies: Vec<_> = cause.policies.iter().map(ToString::to_string).collect();
    let what = match &cause.key.mend {
        Mend::Labels(wants) => format!(
            "{} as {} wants",
            wants.iter().map(labelled).collect::<Vec<_>>().join(" and "),
            policies.join(", ")
        ),
        Mend::Traffic { .. } | Mend::FurtherPorts { .. } => format!("this is over: {}", render::cause_headline(cause)),
    };
    match toll(cause) {
        toll if toll.is_empty() => what,
        toll => format!("{what} (before: {toll})"),
    }
}

fn labelled(want: &Want) -> String {
    let object = match &want.object {
        Labelled::Namespace(name) => format!("namespace {name}"),
        Labelled::Workload { namespace, workload } => {
            format!("{} {namespace}/{}", workload.kind.as_str(), workload.name)
        }
    };
    format!("{object} has {}", want.requirement)
}

fn toll(cause: &Cause) -> String {
    let toll = cause.toll;
    let parts = [
        (toll.dropped.packets, "packets dropped"),
        (toll.unanswered, "connections never answered"),
        (toll.passed, "connections passed"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<_> = parts.map(|(count, what)| format!("{count} {what}")).collect();
    parts.join(", ")
}

fn shortened(mut note: String) -> String {
    if note.len() > MOST {
        let end = (0..=MOST - 3)
            .rev()
            .find(|end| note.is_char_boundary(*end))
            .unwrap_or_default();
        note.truncate(end);
        note += "...";
    }
    note
}

/// FNV-1a: short, and the same in every version of this program.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
