//! What policies say, without the values that they speak of.
use super::Redactor;
use crate::{
    explain::{Attempt, DirectionExplanation, Explanation, LabelHint, LabelMismatch, Mismatch, ObjectRef, RuleHint},
    labels::{Requirement, Selector},
    policy::IpBlock,
};

impl Redactor {
    /// The keys of labels are told: a cause is nothing without the one that is missing.
    pub(super) fn requirement(&self, requirement: &Requirement) -> Requirement {
        let values = requirement.values.iter();
        Requirement {
            values: values.map(|value| self.label_value(&requirement.key, value)).collect(),
            ..requirement.clone()
        }
    }

    pub(super) fn selector(&self, selector: &Selector) -> Selector {
        Selector::new(selector.requirements.iter().map(|one| self.requirement(one)).collect())
    }

    pub(super) fn ip_block(&self, block: &IpBlock) -> IpBlock {
        IpBlock {
            cidr: self.block(block.cidr),
            except: block.except.iter().map(|one| self.block(*one)).collect(),
        }
    }

    pub(super) fn object(&self, object: &ObjectRef) -> ObjectRef {
        match object {
            ObjectRef::Namespace(name) => ObjectRef::Namespace(name.clone()),
            ObjectRef::Pod { namespace, name } => ObjectRef::Pod {
                namespace: namespace.clone(),
                name: self.pod_name(namespace, name),
            },
        }
    }

    /// A hint about a hidden label may have its value from elsewhere.
    pub(super) fn label_hint(&self, wanted: &str, hint: &LabelHint) -> LabelHint {
        match hint {
            LabelHint::WasThere { value, until } => LabelHint::WasThere {
                value: self.label_value(wanted, value),
                until: *until,
            },
            LabelHint::Annotation { value } => LabelHint::Annotation {
                value: self.label_value(wanted, value),
            },
            LabelHint::NearKey { key, value } => {
                let hider = if self.hidden.hides(wanted) { wanted } else { key };
                LabelHint::NearKey {
                    key: key.clone(),
                    value: self.label_value(hider, value),
                }
            }
            LabelHint::NearValue { wanted: value } => LabelHint::NearValue {
                wanted: self.label_value(wanted, value),
            },
            LabelHint::ValueDiffers | LabelHint::KeyMissing | LabelHint::Unwanted => hint.clone(),
        }
    }

    pub(super) fn explanation_anew(&self, explanation: &Explanation) -> Explanation {
        Explanation {
            ingress: self.direction(&explanation.ingress),
            egress: self.direction(&explanation.egress),
            hints: explanation.hints.clone(),
        }
    }

    fn direction(&self, explanation: &DirectionExplanation) -> DirectionExplanation {
        DirectionExplanation {
            attempts: explanation.attempts.iter().map(|one| self.attempt(one)).collect(),
            policies: explanation.policies.clone(),
            ground: explanation.ground.clone(),
            ..*explanation
        }
    }

    fn attempt(&self, attempt: &Attempt) -> Attempt {
        Attempt {
            mismatches: attempt.mismatches.iter().map(|one| self.mismatch(one)).collect(),
            hints: attempt.hints.iter().map(|one| self.rule_hint(one)).collect(),
            policy: attempt.policy.clone(),
            ..*attempt
        }
    }

    fn mismatch(&self, mismatch: &Mismatch) -> Mismatch {
        match mismatch {
            Mismatch::NamespaceLabel(label) => Mismatch::NamespaceLabel(self.label_mismatch(label)),
            Mismatch::PodLabel(label) => Mismatch::PodLabel(self.label_mismatch(label)),
            Mismatch::IpBlock {
                wanted,
                found,
                excepted,
            } => Mismatch::IpBlock {
                wanted: self.ip_block(wanted),
                found: found.iter().map(|one| self.address(*one)).collect(),
                excepted: excepted.map(|one| self.block(one)),
            },
            Mismatch::Namespace { .. }
            | Mismatch::NoPod(_)
            | Mismatch::Port { .. }
            | Mismatch::Protocol { .. }
            | Mismatch::NoRule
            | Mismatch::Never
            | Mismatch::Unknown(_) => mismatch.clone(),
        }
    }

    fn label_mismatch(&self, mismatch: &LabelMismatch) -> LabelMismatch {
        let key = &mismatch.requirement.key;
        LabelMismatch {
            object: self.object(&mismatch.object),
            requirement: self.requirement(&mismatch.requirement),
            found: mismatch.found.as_ref().map(|value| self.label_value(key, value)),
            hints: mismatch.hints.iter().map(|hint| self.label_hint(key, hint)).collect(),
        }
    }

    fn rule_hint(&self, hint: &RuleHint) -> RuleHint {
        match hint {
            RuleHint::NoSuchNamespace { selector } => RuleHint::NoSuchNamespace {
                selector: self.selector(selector),
            },
            RuleHint::NoSuchPod { selector } => RuleHint::NoSuchPod {
                selector: self.selector(selector),
            },
            RuleHint::BothMustMatch { .. } | RuleHint::PodSelectorIsLocal { .. } => hint.clone(),
        }
    }
}
