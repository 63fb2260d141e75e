//! What is redacted for everybody but those who ask at the unix socket.
use std::{
    fs::{self, File},
    io::Read as _,
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, bail};
use netobs_core::{
    cause::Cause,
    engine::ExplainedFlow,
    event::{Ifindex, ReasonId},
    redact::{Hidden, Key, Redactor},
    suggest::Suggestion,
    unwatched::Unwatched,
};
use tracing::info;

use crate::{
    args::{RedactArgs, Redacted},
    export::Names,
    serve::{Feed, Screen},
};

/// Shorter secrets could be tried out.
const LEAST_SECRET: usize = 16;

pub(super) struct Outside {
    redactor: Redactor,
    feed: Feed,
}

/// How things are hidden outside.
#[derive(Clone, Debug)]
pub(super) struct Redaction {
    hidden: Hidden,
    key: Key,
}

/// Names of interfaces may be made of those of pods.
pub(super) struct Nameless<'a, N>(pub(super) &'a N);

impl Redaction {
    /// `None` where everything is told.
    pub(super) fn of(args: &RedactArgs) -> anyhow::Result<Option<Self>> {
        let hidden = Hidden {
            addresses: args.redact.contains(&Redacted::Ips),
            pod_names: args.redact.contains(&Redacted::PodNames),
            labels: args.redact_labels.iter().cloned().collect(),
        };
        if hidden.is_nothing() {
            return Ok(None);
        }
        let key = match &args.redact_key {
            Some(path) => secret(path)?,
            None => random()?,
        };
        info!(
            what = hidden.words().join(", "),
            "redacted for everybody but those who ask at the unix socket"
        );
        Ok(Some(Self { hidden, key }))
    }

    pub(super) fn redactor(&self) -> Redactor {
        Redactor::new(self.hidden.clone(), self.key)
    }

    pub(super) fn screen(&self) -> Screen {
        Screen::new(self.redactor())
    }
}

impl Outside {
    pub(super) fn new(redaction: &Redaction, feed: Feed) -> Self {
        Self {
            redactor: redaction.redactor(),
            feed,
        }
    }

    pub(super) fn flow(&mut self, flow: &ExplainedFlow) -> Arc<ExplainedFlow> {
        let told = Arc::new(self.redactor.flow(flow));
        self.feed.flow(Arc::clone(&told));
        told
    }

    pub(super) fn cause(&mut self, cause: &Cause, suggestions: &[Suggestion]) -> (Arc<Cause>, Arc<[Suggestion]>) {
        let told = Arc::new(self.redactor.cause(cause));
        let suggestions: Arc<[_]> = self.redactor.suggestions(suggestions).into();
        self.feed.cause(Arc::clone(&told), Arc::clone(&suggestions));
        (told, suggestions)
    }

    pub(super) fn interface(&self, index: Ifindex, name: Option<&str>) {
        self.feed.interface(index, name.filter(|_| !self.hides_interfaces()));
    }

    pub(super) fn unwatched(&self, span: Unwatched) {
        self.feed.unwatched(span);
    }

    pub(super) const fn hides_interfaces(&self) -> bool {
        self.redactor.hidden().pod_names
    }

    pub(super) const fn feed(&self) -> &Feed {
        &self.feed
    }

    pub(super) const fn redactor_mut(&mut self) -> &mut Redactor {
        &mut self.redactor
    }
}

impl<N: Names> Names for Nameless<'_, N> {
    fn reason(&self, reason: ReasonId) -> String {
        self.0.reason(reason)
    }

    fn interface(&self, _: Ifindex) -> Option<&str> {
        None
    }
}

fn secret(path: &Path) -> anyhow::Result<Key> {
    let shown = path.display();
    let secret = fs::read(path).with_context(|| format!("--redact-key {shown} cannot be read"))?;
    let secret = secret.trim_ascii();
    if secret.len() < LEAST_SECRET {
        bail!(
            "--redact-key {shown} has {} bytes, and with less than {LEAST_SECRET} the pseudonyms could be seen through; make \
             one with: head -c 32 /dev/urandom | base64 > {shown}",
            secret.len()
        );
    }
    Ok(Key::of(secret))
}

fn random() -> anyhow::Result<Key> {
    let mut secret = [0; LEAST_SECRET];
    let read = File::open("/dev/urandom").and_then(|mut random| random.read_exact(&mut secret));
    read.context("/dev/urandom gives no key for pseudonyms; give one with --redact-key")?;
    Ok(Key::new(secret))
}

#[cfg(test)]
mod tests {
    use std::{env, process};

    use super::*;

    #[test]
    fn a_short_secret_is_refused_with_how_to_make_a_better_one() {
        let path = env::temp_dir().join(format!("netobs-secret-{}", process::id()));
        fs::write(&path, "too short\n").unwrap();
        let error = secret(&path).unwrap_err().to_string();
        fs::write(&path, "long enough to be one\n").unwrap();
        let good = secret(&path);
        fs::remove_file(&path).unwrap();
        assert!(
            error.contains("has 9 bytes") && error.contains("head -c 32 /dev/urandom"),
            "{error}"
        );
        assert!(good.is_ok());
        assert!(secret(&path).unwrap_err().to_string().contains("cannot be read"));
    }
}
