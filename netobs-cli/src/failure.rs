//! What a command's failure means for its exit code.
use std::io::{self, ErrorKind};

use anyhow::Error;
use netobs_api::client::Fault;

use crate::Verdict;

/// There is no agent to ask, or none that answers.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unreachable(pub(crate) String);

/// `None` where whoever reads the output has read enough, as `head` does.
pub(crate) fn verdict(error: &Error) -> Option<Verdict> {
    if let Some(error) = error.downcast_ref::<io::Error>()
        && error.kind() == ErrorKind::BrokenPipe
    {
        return None;
    }
    let unreachable = error.is::<Unreachable>() || error.downcast_ref::<Fault>().is_some_and(|fault| !fault.is_input());
    Some(if unreachable {
        Verdict::Unreachable
    } else {
        Verdict::BadInput
    })
}
