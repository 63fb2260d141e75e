//! What a check has to say about one line: what is there, why that is a problem, what to do.

use std::fmt;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) what: String,
    pub(crate) rule: &'static Rule,
}

/// The part that is the same wherever the rule is broken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) why: &'static str,
    pub(crate) remedy: &'static str,
}

impl Rule {
    pub(crate) fn broken(&'static self, path: &str, line: usize, what: impl Into<String>) -> Finding {
        Finding {
            path: path.to_owned(),
            line,
            what: what.into(),
            rule: self,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            line,
            what,
            rule: Rule { why, remedy },
        } = self;
        write!(f, "{path}:{line}: {what}: {why}; {remedy}")
    }
}

/// For tests: what was found, shortly.
#[cfg(test)]
pub(crate) fn places(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| format!("{}:{} {}", finding.path, finding.line, finding.what))
        .collect()
}
