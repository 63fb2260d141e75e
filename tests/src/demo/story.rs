//! The story, told step by step to a reader who has never seen the product.

mod words;

use super::client::Calls;
use super::curtain::Curtain;
use super::programs::Programs;
use super::role::Role;
use super::scenario::Scenario;
use super::stage::Stage;
use anyhow::{Context as _, Result, bail, ensure};
use netobs_api::v1::{Cause, CauseState};
use std::io;
use std::time::{Duration, Instant};

/// How a story is told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    pub scenario: Scenario,
    /// Only the causes, as JSON.
    pub json: bool,
    /// Leave everything as it is until a signal comes.
    pub keep: bool,
}

/// Tells it, and takes everything down again, also when `curtain` falls early.
pub fn tell(manner: Manner, programs: Programs, curtain: &Curtain) -> Result<()> {
    let teller = Teller { manner, curtain };
    teller.say(&words::cast(manner.scenario))?;
    let mut stage = Stage::set(manner.scenario, programs)?;
    teller.play(&mut stage)?;
    if manner.keep {
        teller.say_aside(&words::to_try(&stage))?;
        curtain.wait();
    }
    stage.strike()
}

struct Teller<'a> {
    manner: Manner,
    curtain: &'a Curtain,
}

impl Teller<'_> {
    fn play(&self, stage: &mut Stage) -> Result<()> {
        stage.begin_traffic();
        let before = self.watch_traffic(stage, "Traffic flows")?;
        if self.manner.scenario == Scenario::Drift {
            self.run(stage, words::TIDY)?;
            self.watch_traffic_since(stage, before, "Since then")?;
        }
        let causes = self.await_causes(stage, |causes| !causes.is_empty())?;
        if self.manner.json {
            return self.netobs(stage, &["causes", "-o", "json"]);
        }
        self.netobs(stage, &["causes"])?;
        if self.manner.keep {
            return Ok(());
        }
        self.mend(stage, &causes)
    }

    /// Does what is suggested first, and shows that it helps.
    fn mend(&self, stage: &Stage, causes: &[Cause]) -> Result<()> {
        let mut suggestions = causes.iter().filter_map(|cause| cause.suggestions.first());
        let Some(suggestion) = suggestions.next() else {
            return self.say(words::NOTHING_TO_MEND);
        };
        self.say("Do what it says:\n")?;
        for command in &suggestion.commands {
            self.run(stage, command)?;
        }
        let is_mended = |cause: &Cause| cause.state() == CauseState::Mended;
        self.await_causes(stage, |causes| causes.iter().all(is_mended))?;
        self.watch_traffic_since(stage, calls(stage)?, "Since then")?;
        self.netobs(stage, &["causes", "--all"])?;
        self.netobs(stage, &["flows", "--port", "8080", "--last", "4"])
    }

    fn watch_traffic(&self, stage: &Stage, when: &str) -> Result<[Calls; 2]> {
        self.watch_traffic_since(stage, [Calls::default(); 2], when)
    }

    /// Lets time pass, then tells what became of calls meanwhile.
    fn watch_traffic_since(&self, stage: &Stage, before: [Calls; 2], when: &str) -> Result<[Calls; 2]> {
        const SCENE: Duration = Duration::from_millis(1500);
        self.curtain.pause(SCENE)?;
        let now = calls(stage)?;
        self.say(&words::traffic(
            when,
            [now[0].since(before[0]), now[1].since(before[1])],
        ))?;
        Ok(now)
    }

    fn await_causes(&self, stage: &Stage, wanted: impl Fn(&[Cause]) -> bool) -> Result<Vec<Cause>> {
        const PATIENCE: Duration = Duration::from_secs(15);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let causes = stage.asker().causes()?;
            if wanted(&causes) {
                return Ok(causes);
            }
            ensure!(
                Instant::now() < deadline,
                "causes are not as they should be after {PATIENCE:?}: {causes:?}"
            );
            self.curtain.pause(Duration::from_millis(50))?;
        }
    }

    /// As if somebody had typed it.
    fn run(&self, stage: &Stage, command: &str) -> Result<()> {
        self.say(&format!("$ {command}\n"))?;
        stage.kubectl(command)
    }

    /// Runs the command-line client for real.
    fn netobs(&self, stage: &Stage, arguments: &[&str]) -> Result<()> {
        /// From here on it is not an answer, but a failure.
        const FAILURE: i32 = 2;
        self.say(&format!("$ netobs {}", arguments.join(" ")))?;
        let status = stage.netobs(arguments).status().context("start netobs")?;
        if status.code().is_none_or(|code| code >= FAILURE) {
            bail!("`netobs {}` failed: {status}", arguments.join(" "));
        }
        self.say("")
    }

    /// For a reader; with JSON asked for, there is none.
    fn say(&self, text: &str) -> Result<()> {
        if self.manner.json {
            return Ok(());
        }
        write_line(io::stdout().lock(), text)
    }

    /// For a reader, who with JSON asked for is not at standard output.
    fn say_aside(&self, text: &str) -> Result<()> {
        if self.manner.json {
            write_line(io::stderr().lock(), text)
        } else {
            self.say(text)
        }
    }
}

fn write_line(mut out: impl io::Write, text: &str) -> Result<()> {
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .context("tell the story")
}

fn calls(stage: &Stage) -> Result<[Calls; 2]> {
    Ok([stage.client(Role::Web)?.calls(), stage.client(Role::Backup)?.calls()])
}
