//! What is wrong with one object, field by field.
use crate::finding::Severity;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub severity: Severity,
    pub field: String,
    pub problem: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    pub(crate) fn error(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.0.push(Problem {
            severity: Severity::Error,
            field: field.into(),
            problem: problem.into(),
        });
    }

    pub(crate) fn note(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.0.push(Problem {
            severity: Severity::Note,
            field: field.into(),
            problem: problem.into(),
        });
    }
}
