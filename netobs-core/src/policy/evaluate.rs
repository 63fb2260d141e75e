//! Walks the tiers of policies for a connection. Where a fact is missing, both possibilities are followed.
use super::{
    Action, Admission, Connection, Decision, Direction, Endpoint, Evaluation, Missing, PodFacts, Policy, PolicySet,
    Refusal, RuleRef, RuleSet, Tier,
    matching::{self, Match},
    parts,
};

#[cfg(test)]
mod tests;

impl PolicySet {
    pub fn evaluate(&self, connection: &Connection<'_>) -> Evaluation<'_> {
        Evaluation {
            ingress: self.decide(connection, Direction::Ingress),
            egress: self.decide(connection, Direction::Egress),
        }
    }

    /// What the policies say for the pod at one end alone.
    pub fn decide(&self, connection: &Connection<'_>, direction: Direction) -> Decision<'_> {
        self.decide_with(connection, direction, &[])
    }

    /// As if these policies stood in place of those of the same ids, for the same pods and in the same order.
    pub(crate) fn decide_with<'s>(
        &'s self,
        connection: &Connection<'_>,
        direction: Direction,
        replacing: &'s [Policy],
    ) -> Decision<'s> {
        let end = direction.subject();
        let pod = match connection.end(end) {
            Endpoint::Pod(pod) if !pod.host_network => pod,
            Endpoint::Unknown(_) if self.iter().any(|policy| policy.rules(direction).is_some()) => {
                return Decision::Undecidable(Missing::Owner(end));
            }
            Endpoint::Pod(_)
            | Endpoint::Node { .. }
            | Endpoint::World(_)
            | Endpoint::Block(_)
            | Endpoint::Unknown(_) => {
                return Decision::NotApplicable;
            }
        };
        let decision = self.decide_for(pod, connection, direction, replacing);
        let Decision::Undecidable(_) = decision else {
            return decision;
        };
        self.decide_by_address(pod, connection, direction, replacing)
            .unwrap_or(decision)
    }

    /// Of rules that each depend on the address, one may match whichever it is, or none, together.
    fn decide_by_address<'s>(
        &'s self,
        pod: &PodFacts,
        connection: &Connection<'_>,
        direction: Direction,
        replacing: &'s [Policy],
    ) -> Option<Decision<'s>> {
        let peer = direction.peer();
        let addresses = match (connection.end(peer), connection.seen_address(peer)) {
            (Endpoint::Block(block), None) => parts::of(block, self.standing(pod, replacing)),
            (..) => connection.addresses(peer).collect(),
        };
        addresses.get(1)?;
        let mut decisions = addresses
            .into_iter()
            .map(|address| self.decide_for(pod, &connection.at(peer, address), direction, replacing));
        let first = decisions.next()?;
        let is_sure = first.missing().is_none() && decisions.all(|other| other.outcome() == first.outcome());
        is_sure.then_some(first)
    }

    fn decide_for<'s>(
        &'s self,
        pod: &PodFacts,
        connection: &Connection<'_>,
        direction: Direction,
        replacing: &'s [Policy],
    ) -> Decision<'s> {
        let mut walk = Walk::new(connection, direction, pod);
        for policy in self.standing(pod, replacing) {
            if let Some(rules) = policy.rules(direction) {
                walk.visit(policy, rules);
            }
            if walk.is_over() {
                break;
            }
        }
        let decision = walk.finish(self);
        match (exemption(connection, direction, pod), decision) {
            (Some((Match::Yes, admission)), Decision::DoesNotAdmit(_) | Decision::Undecidable(_)) => {
                Decision::Admits(admission)
            }
            (Some((Match::Depends(missing), _)), Decision::DoesNotAdmit(_)) => Decision::Undecidable(missing),
            (_, decision) => decision,
        }
    }

    /// The policies that may be for the pod, each the one that stands in its place if there is one.
    fn standing<'s>(&'s self, pod: &PodFacts, replacing: &'s [Policy]) -> impl Iterator<Item = &'s Policy> {
        let candidates = self.candidates(&pod.namespace);
        candidates.map(|policy| replacing.iter().find(|other| other.id == policy.id).unwrap_or(policy))
    }

    /// The policies of a tier (of all, if none is named) that refuse this pod's connections unless a rule admits them.
    pub fn isolating(&self, pod: &PodFacts, direction: Direction, tier: Option<Tier>) -> impl Iterator<Item = &Policy> {
        self.candidates(&pod.namespace).filter(move |policy| {
            tier.is_none_or(|tier| policy.tier == tier)
                && policy.rules(direction).is_some_and(|rules| rules.isolates)
                && matching::subject(&policy.subject, pod, direction.subject()) != Match::No
        })
    }
}

/// What a pod is open to whatever its policies say.
fn exemption(connection: &Connection<'_>, direction: Direction, pod: &PodFacts) -> Option<(Match, Admission<'static>)> {
    let node = match connection.end(direction.peer()) {
        Endpoint::Pod(peer) if !peer.host_network => {
            let same = peer.namespace == pod.namespace && peer.name == pod.name;
            return same.then_some((Match::Yes, Admission::Itself));
        }
        Endpoint::Pod(peer) => peer.node.as_ref(),
        Endpoint::Node { name, .. } => name,
        Endpoint::World(_) | Endpoint::Block(_) | Endpoint::Unknown(_) => return None,
    };
    let same_node = match (node, &pod.node) {
        _ if direction == Direction::Egress => Match::No,
        (Some(node), Some(own)) => (node == own).into(),
        (None, _) | (_, None) => Match::Depends(Missing::Node),
    };
    Some((same_node, Admission::OwnNode))
}

/// One way through the tiers; more than one where a fact is missing.
struct Walk<'c, 'p, 's> {
    connection: &'c Connection<'p>,
    direction: Direction,
    pod: &'c PodFacts,
    tier: Tier,
    /// No rule has decided yet in the tier at hand.
    open: bool,
    /// A rule has left the decision to the next tier, or may have.
    passed: bool,
    isolated: Match,
    /// The ends it may come to.
    admits: Option<Admission<'s>>,
    refuses: Option<Refused<'s>>,
    /// The first fact that it depends on which of them it is.
    doubt: Option<Missing>,
}

/// A refusal before its policies are listed, which costs memory that most decisions don't need.
#[derive(Clone, Copy)]
enum Refused<'s> {
    Isolated(Tier),
    Denied(RuleRef<'s>),
}

impl<'c, 'p, 's> Walk<'c, 'p, 's> {
    fn new(connection: &'c Connection<'p>, direction: Direction, pod: &'c PodFacts) -> Self {
        Self {
            connection,
            direction,
            pod,
            tier: Tier::default(),
            open: true,
            passed: false,
            isolated: Match::No,
            admits: None,
            refuses: None,
            doubt: None,
        }
    }

    fn is_over(&self) -> bool {
        !self.open && !self.passed
    }

    fn visit(&mut self, policy: &'s Policy, rules: &'s RuleSet) {
        if policy.tier != self.tier {
            self.leave_tier();
            self.tier = policy.tier;
        }
        if !self.open {
            return;
        }
        let selected = matching::subject(&policy.subject, self.pod, self.direction.subject());
        if selected == Match::No {
            return;
        }
        for (index, rule) in rules.rules.iter().enumerate() {
            let matches = matching::rule(rule, self.connection, self.direction);
            if matches != Match::No {
                let direction = self.direction;
                self.apply(
                    rule.action,
                    RuleRef {
                        policy,
                        direction,
                        index,
                    },
                    selected.and(|| matches),
                );
            }
            if matches == Match::Yes {
                // If the policy selects the pod, this rule decides; if not, the policy does not isolate it either.
                return;
            }
        }
        if rules.isolates && self.isolated != Match::Yes {
            self.isolated = selected;
        }
    }

    fn apply(&mut self, action: Action, rule: RuleRef<'s>, matches: Match) {
        let surely = match matches {
            Match::Depends(missing) => {
                self.doubt.get_or_insert(missing);
                false
            }
            Match::Yes | Match::No => true,
        };
        self.open = !surely;
        match action {
            Action::Allow if surely || self.admits.is_none() => self.admits = Some(Admission::Rule(rule)),
            Action::Deny if surely || self.refuses.is_none() => self.refuses = Some(Refused::Denied(rule)),
            Action::Allow | Action::Deny => {}
            Action::Pass => self.passed = true,
        }
    }

    fn leave_tier(&mut self) {
        if self.open {
            match self.isolated {
                Match::No => {}
                Match::Yes => {
                    self.refuses = Some(Refused::Isolated(self.tier));
                    self.open = false;
                }
                Match::Depends(missing) => {
                    self.doubt.get_or_insert(missing);
                    self.refuses.get_or_insert(Refused::Isolated(self.tier));
                }
            }
        }
        self.open |= self.passed;
        self.passed = false;
        self.isolated = Match::No;
    }

    fn finish(mut self, set: &'s PolicySet) -> Decision<'s> {
        self.leave_tier();
        match (self.refuses, self.admits, self.doubt) {
            (None, None, _) => Decision::NotApplicable,
            (None, Some(admission), _) => Decision::Admits(admission),
            (Some(_), admits, Some(missing)) if admits.is_some() || self.open => Decision::Undecidable(missing),
            (Some(Refused::Denied(rule)), _, _) => Decision::DoesNotAdmit(Refusal::Denied(rule)),
            (Some(Refused::Isolated(tier)), _, _) => {
                let policies = set.isolating(self.pod, self.direction, Some(tier)).collect();
                Decision::DoesNotAdmit(Refusal::Isolated(policies))
            }
        }
    }
}
