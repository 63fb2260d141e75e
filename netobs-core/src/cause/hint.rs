//! What is odd about a cause, beside what is lacking.
use super::Cause;
use crate::{
    explain::{ConnectionHint, LabelHint, RuleHint},
    labels::Requirement,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint<'a> {
    /// About a label that is wanted.
    Label {
        wanted: &'a Requirement,
        hint: &'a LabelHint,
    },
    /// About the rule that came nearest.
    Rule(&'a RuleHint),
    Connection(&'a ConnectionHint),
}

impl Cause {
    /// Of labels first, then of the rule that came nearest, then of the whole.
    pub fn hints(&self) -> impl Iterator<Item = Hint<'_>> {
        let labels = self.lacking().flat_map(|(want, found)| {
            let wanted = &want.requirement;
            found.hints.iter().map(move |hint| Hint::Label { wanted, hint })
        });
        let explanation = &self.example.explanation;
        let nearest = explanation.of(self.key.direction).nearest();
        let rules = nearest.into_iter().flat_map(|attempt| &attempt.hints).map(Hint::Rule);
        labels
            .chain(rules)
            .chain(explanation.hints.iter().map(Hint::Connection))
    }
}
