//! A scenario under test: what netfilter counted, and what the agent says of it.

use anyhow::{Context as _, Result, bail, ensure};
use netobs_api::v1::{self, CauseState};
use netobs_tests::demo::{Programs, Role, Scenario, Stage};
use netobs_tests::node::Family;
use netobs_tests::rules::Hook;
use std::thread;
use std::time::{Duration, Instant};

/// On a machine with little to spare, all but a hang is patience.
const PATIENCE: Duration = Duration::from_secs(20);
/// Within this a mended cause must be said to be.
pub(super) const SOON: Duration = Duration::from_secs(2);

pub(super) struct Play {
    pub(super) stage: Stage,
}

/// Two pods of which the first calls the second.
pub(super) type Pair = (Role, Role);

pub(super) const PAIRS: [Pair; 3] = [
    (Role::Backup, Role::Api),
    (Role::Web, Role::Api),
    (Role::Web, Role::Dns),
];

impl Play {
    /// Sets the stage, with a counter before and one behind whoever enforces.
    pub(super) fn of(scenario: Scenario) -> Result<Self> {
        Self::with(scenario, Programs::find()?)
    }

    pub(super) fn with(scenario: Scenario, programs: Programs) -> Result<Self> {
        let stage = Stage::set(scenario, programs)?;
        for pair in PAIRS {
            let address = |role| stage.pod(role).address(Family::V4);
            let calls = format!("ip saddr {} ip daddr {}", address(pair.0), address(pair.1));
            stage.node().count(&name(pair, "before"), Hook::Forward, &calls)?;
            stage.node().count(&name(pair, "behind"), Hook::Postrouting, &calls)?;
            let begins = format!("{calls} tcp flags & (syn | ack) == syn");
            stage.node().count(&name(pair, "syn"), Hook::Postrouting, &begins)?;
        }
        Ok(Self { stage })
    }

    /// Lets both clients call for a while, and then no more.
    pub(super) fn calls_for(&mut self, duration: Duration) {
        self.stage.begin_traffic();
        thread::sleep(duration);
        self.stage.end_traffic();
    }

    /// Packets that came to the enforcer and did not come out behind it, at a moment at which none comes out.
    pub(super) fn refused(&self, pair: Pair) -> Result<u64> {
        let count = |what| Ok::<_, anyhow::Error>(self.stage.node().counted(&name(pair, what))?.packets);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (behind, before) = (count("behind")?, count("before")?);
            if count("behind")? == behind {
                return Ok(before - behind);
            }
            ensure!(Instant::now() < deadline, "{pair:?}: packets never pause");
        }
    }

    /// TCP connections that came through.
    pub(super) fn begun(&self, pair: Pair) -> Result<u64> {
        Ok(self.stage.node().counted(&name(pair, "syn"))?.packets)
    }

    /// The one cause there is, once it is as it should be; an error if it never is, or if there is another.
    pub(super) fn cause(&self, is_as_it_should_be: impl Fn(&v1::Cause) -> bool) -> Result<v1::Cause> {
        self.cause_within(PATIENCE, is_as_it_should_be)
    }

    pub(super) fn cause_within(
        &self,
        patience: Duration,
        is_as_it_should_be: impl Fn(&v1::Cause) -> bool,
    ) -> Result<v1::Cause> {
        let deadline = Instant::now() + patience;
        loop {
            let mut causes = self.stage.asker().causes()?;
            ensure!(causes.len() < 2, "more than one cause: {causes:#?}");
            match causes.pop() {
                Some(cause) if is_as_it_should_be(&cause) => return Ok(cause),
                other if Instant::now() > deadline => bail!("within {patience:?} there is only {other:#?}"),
                _ => thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Runs a suggestion's commands while both clients call: drops end, the cause is mended, and calls are answered.
    pub(super) fn is_mended_by(&mut self, suggestion: &v1::Suggestion, pair: Pair) -> Result<()> {
        self.stage.begin_traffic();
        thread::sleep(Duration::from_millis(500));
        let refused_at_first = self.refused(pair)?;
        for command in &suggestion.commands {
            self.stage.kubectl(command)?;
        }
        let refused = self.refused(pair)?;
        let mended = self.cause_within(SOON, |cause| cause.state() == CauseState::Mended)?;
        let answered = || Ok::<_, anyhow::Error>(self.stage.client(pair.0)?.calls().answered);
        let deadline = Instant::now() + PATIENCE;
        while answered()? == 0 {
            ensure!(Instant::now() < deadline, "{pair:?}: no call is answered");
            thread::sleep(Duration::from_millis(20));
        }
        thread::sleep(Duration::from_millis(500));
        self.stage.end_traffic();
        assert!(refused_at_first > 0, "{pair:?} was refused");
        assert_eq!(self.refused(pair)?, refused, "{pair:?} is refused no more");
        assert!(mended.state_since_unix_nanos.is_some(), "{mended:#?}");
        let causes = self.stage.asker().causes()?;
        assert_eq!(causes.len(), 1, "{causes:#?}");
        assert_eq!(causes[0].state(), CauseState::Mended, "{causes:#?}");
        assert_eq!(dropped(&causes[0]), refused, "{causes:#?}");
        Ok(())
    }
}

/// What the kernel said it dropped.
pub(super) fn dropped(cause: &v1::Cause) -> u64 {
    cause.dropped.as_ref().map_or(0, |count| count.packets)
}

/// The suggestion that comes first.
pub(super) fn suggestion(cause: &v1::Cause) -> Result<v1::Suggestion> {
    let first = cause.suggestions.first().cloned();
    first.with_context(|| format!("nothing is suggested: {cause:#?}"))
}

fn name((from, to): Pair, what: &str) -> String {
    format!("{} {} {what}", from.deployment(), to.deployment())
}
