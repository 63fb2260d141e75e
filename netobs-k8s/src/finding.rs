//! What is wrong with an input, and where.
use std::fmt::{self, Display, Formatter};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The cluster would not accept it, or it cannot be read.
    Error,
    /// It was left aside, or is unusual.
    Note,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    pub severity: Severity,
    pub place: Place,
    /// What is wrong and what would be right.
    pub problem: String,
}

/// As exact as is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub file: String,
    /// Counted from 1.
    pub document: Option<usize>,
    /// Counted from 1.
    pub line: Option<usize>,
    /// Where in a list, and in the list in it, if it was in one; counted from 0, as in fields.
    pub items: Vec<usize>,
    /// Kind, namespace and name.
    pub object: Option<String>,
    /// Such as `spec.ingress[0].from[1].ipBlock.cidr`.
    pub field: Option<String>,
}

impl Finding {
    pub fn error(place: Place, problem: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            place,
            problem: problem.into(),
        }
    }

    pub fn note(place: Place, problem: impl Into<String>) -> Self {
        Self {
            severity: Severity::Note,
            place,
            problem: problem.into(),
        }
    }
}

impl Place {
    /// Such as `items[2]`; empty outside lists.
    pub fn path(&self) -> String {
        let steps: Vec<_> = self.items.iter().map(|index| format!("items[{index}]")).collect();
        steps.join(".")
    }
}

impl Display for Place {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(&self.file)?;
        if let Some(document) = self.document {
            write!(out, ", document {document}")?;
        }
        if let Some(line) = self.line {
            write!(out, ", line {line}")?;
        }
        if !self.items.is_empty() {
            write!(out, ", {}", self.path())?;
        }
        if let Some(object) = &self.object {
            write!(out, ", {object}")?;
        }
        if let Some(field) = &self.field {
            write!(out, ", {field}")?;
        }
        Ok(())
    }
}

impl Display for Finding {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Note => "note",
        };
        write!(out, "{severity}: {}: {}", self.place, self.problem)
    }
}
