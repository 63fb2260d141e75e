//! What can go wrong with the API server.
use std::{error::Error, time::Duration};

use kube::client::AuthError;
use netobs_k8s::watched::Refusal;

use super::access::of_credentials;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("the API server cannot be reached: {0}")]
    Away(String),
    #[error("the API server said nothing for {} s", .0.as_secs())]
    Silent(Duration),
    #[error("the API server broke off in the middle of its answer")]
    Cut,
    #[error("this is no answer of an API server: {0}; see that the address is one's")]
    Garbled(String),
    #[error("the API server refuses ({}{}{}): {}", .0.code, if .0.reason.is_empty() { "" } else { " " }, .0.reason, .0.message)]
    Refused(Refusal),
}

impl Fault {
    /// With the reasons behind it, of which the last is the one that helps.
    pub(super) fn away(error: &(dyn Error + 'static)) -> Self {
        if let Some(error) = credentials(error) {
            return Self::Away(of_credentials(error));
        }
        let first = error.to_string();
        let first = ["ServiceError: ", "HyperError: "]
            .iter()
            .find_map(|name| first.strip_prefix(name))
            .unwrap_or(&first);
        let mut texts = vec![first.to_owned()];
        let mut source = error.source();
        while let Some(error) = source {
            let text = error.to_string();
            if !texts.iter().any(|known| known.contains(&text)) {
                texts.push(text);
            }
            source = error.source();
        }
        Self::Away(texts.join(": "))
    }

    pub(super) fn gone(why: &str) -> Self {
        Self::of_code(410, why)
    }

    pub(super) fn not_understood(why: &str) -> Self {
        Self::of_code(400, why)
    }

    /// What we know is too old to go on from, or a list's next part is not there any more.
    pub(super) fn is_gone(&self) -> bool {
        self.refusal().is_some_and(|refusal| {
            let is_ahead = refusal
                .message
                .to_ascii_lowercase()
                .contains("too large resource version");
            refusal.code == 410 || refusal.reason == "Expired" || is_ahead
        })
    }

    /// What began as it should came to no end, and not because it was too old or the server went away.
    pub(super) fn is_unfinished(&self) -> bool {
        match self {
            Self::Silent(_) | Self::Cut | Self::Garbled(_) => true,
            Self::Refused(_) => !self.is_gone(),
            Self::Away(_) => false,
        }
    }

    /// Our credentials are not, or no longer, those of anybody.
    pub(super) fn is_unauthorized(&self) -> bool {
        self.has_code(&[401]) || self.is_of_stranger()
    }

    /// We showed no token, be it that its file was just being written: a server takes that for somebody without rights.
    pub(super) fn is_of_stranger(&self) -> bool {
        const STRANGER: &str = "User \"system:anonymous\"";
        self.has_code(&[403]) && self.refusal().is_some_and(|refusal| refusal.message.contains(STRANGER))
    }

    /// We may not read it, or there is no such thing: asking again soon is of no use.
    pub(super) fn is_forbidden(&self) -> bool {
        self.has_code(&[403, 404, 405]) && !self.is_of_stranger()
    }

    /// Writing this is not for us. A namespace that is about to go takes nothing from anybody, which is another matter.
    pub(super) fn is_denied(&self) -> bool {
        self.has_code(&[403])
            && !self.is_of_stranger()
            && self
                .refusal()
                .is_some_and(|refusal| !refusal.message.contains("being terminated"))
    }

    /// The server does not know what we asked it with.
    pub(super) fn is_not_understood(&self) -> bool {
        self.has_code(&[400, 415, 422])
    }

    pub(super) fn is_conflict(&self) -> bool {
        self.has_code(&[409])
    }

    pub(super) fn is_not_found(&self) -> bool {
        self.has_code(&[404])
    }

    /// What the server asks us to wait.
    pub(super) fn wait(&self) -> Option<Duration> {
        const MOST: Duration = Duration::from_secs(300);
        self.refusal()?.retry_after.map(|wait| wait.min(MOST))
    }

    fn of_code(code: u16, why: &str) -> Self {
        Self::Refused(Refusal {
            code,
            message: why.to_owned(),
            ..Refusal::default()
        })
    }

    const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Away(_) | Self::Silent(_) | Self::Cut | Self::Garbled(_) => None,
        }
    }

    fn has_code(&self, codes: &[u16]) -> bool {
        self.refusal().is_some_and(|refusal| codes.contains(&refusal.code))
    }
}

/// The error behind this one that is about credentials.
fn credentials<'a>(mut error: &'a (dyn Error + 'static)) -> Option<&'a AuthError> {
    loop {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        error = error.source()?;
    }
}
