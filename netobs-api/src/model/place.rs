//! Where in a message something is; written out only if something is wrong there.
use std::fmt::{self, Display, Formatter};

#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    above: Option<&'a Place<'a>>,
    field: &'static str,
    index: Option<usize>,
}

impl Place<'_> {
    pub(super) const fn of(field: &'static str) -> Self {
        Self {
            above: None,
            field,
            index: None,
        }
    }

    pub(super) const fn at(self, index: usize) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }

    pub(super) const fn field<'a>(&'a self, field: &'static str) -> Place<'a> {
        Place {
            above: Some(self),
            field,
            index: None,
        }
    }
}

impl Display for Place<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        if let Some(above) = self.above {
            write!(out, "{above}.")?;
        }
        out.write_str(self.field)?;
        match self.index {
            Some(index) => write!(out, "[{index}]"),
            None => Ok(()),
        }
    }
}
