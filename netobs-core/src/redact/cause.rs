//! Causes: the missing key stays, whoever it is missing from.
use super::Redactor;
use crate::cause::{Cause, CauseKey, Example, Found, Labelled, Mend, Party, Want};

impl Redactor {
    pub(super) fn cause_anew(&mut self, cause: &Cause) -> Cause {
        Cause {
            found: cause.lacking().map(|(want, found)| self.found(want, found)).collect(),
            key: CauseKey {
                mend: self.mend(&cause.key.mend),
                ..cause.key
            },
            policies: cause.policies.clone(),
            sources: cause.sources.map(|party| self.party(party)),
            destinations: cause.destinations.map(|party| self.party(party)),
            ports: cause.ports.clone(),
            example: Example {
                source: self.owner(&cause.example.source),
                destination: self.owner(&cause.example.destination),
                tuple: self.tuple(cause.example.tuple),
                explanation: self.explanation(&cause.example.explanation),
            },
            ..*cause
        }
    }

    fn mend(&self, mend: &Mend) -> Mend {
        match mend {
            Mend::Labels(wants) => Mend::Labels(wants.iter().map(|want| self.want(want)).collect()),
            Mend::Traffic {
                subject,
                peer,
                protocol,
                port,
            } => Mend::Traffic {
                subject: self.party(subject),
                peer: self.party(peer),
                protocol: *protocol,
                port: *port,
            },
            Mend::FurtherPorts { subject, peer } => Mend::FurtherPorts {
                subject: self.party(subject),
                peer: self.party(peer),
            },
        }
    }

    fn want(&self, want: &Want) -> Want {
        let object = match &want.object {
            Labelled::Namespace(name) => Labelled::Namespace(name.clone()),
            Labelled::Workload { namespace, workload } => Labelled::Workload {
                namespace: namespace.clone(),
                workload: self.workload(namespace, workload),
            },
        };
        Want {
            object,
            requirement: self.requirement(&want.requirement),
        }
    }

    fn found(&self, want: &Want, found: &Found) -> Found {
        let key = &want.requirement.key;
        Found {
            value: found.value.as_ref().map(|value| self.label_value(key, value)),
            hints: found.hints.iter().map(|hint| self.label_hint(key, hint)).collect(),
        }
    }

    fn party(&self, party: &Party) -> Party {
        match party {
            Party::Workload { namespace, workload } => Party::Workload {
                namespace: namespace.clone(),
                workload: self.workload(namespace, workload),
            },
            Party::World(address) => Party::World(address.map(|one| self.address(one))),
            Party::Unknown(address) => Party::Unknown(address.map(|one| self.address(one))),
            Party::Namespace(_) | Party::Node(_) | Party::Service(_) => party.clone(),
        }
    }
}
