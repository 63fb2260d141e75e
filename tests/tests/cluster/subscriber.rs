//! A subscriber that keeps all it is told.

use super::scene::PATIENCE;
use super::talk::{Ends, Talk};
use anyhow::{Result, ensure};
use netobs_api::v1::{self, subscribe_response::Message};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tonic::Streaming;

#[derive(Clone, Default)]
pub(super) struct Subscriber(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    /// All that was told of each connection.
    by_ends: BTreeMap<Ends, Vec<v1::Flow>>,
    lost: Vec<v1::Lost>,
    end: Option<String>,
}

impl Subscriber {
    pub(super) fn follow(runtime: &Runtime, mut stream: Streaming<v1::SubscribeResponse>) -> Self {
        let subscriber = Self::default();
        let hearer = subscriber.clone();
        runtime.spawn(async move {
            let end = loop {
                match stream.message().await {
                    Ok(Some(answer)) => hearer.hear(answer),
                    Ok(None) => break "the stream ended".to_owned(),
                    Err(status) => break status.to_string(),
                }
            };
            hearer.lock().end = Some(end);
        });
        subscriber
    }

    /// Waits until every connection was told, and nothing was lost; then looks at each with all that was told of it.
    pub(super) fn check(&self, talks: &[Talk], check: impl Fn(&Talk, &v1::Flow) -> Result<()>) -> Result<()> {
        self.wait_for_all(talks)?;
        let told = self.lock();
        ensure!(told.lost.is_empty(), "lost: {:?}", told.lost);
        for talk in talks {
            let flows = told.by_ends.get(&talk.ends).into_iter().flatten();
            flows.clone().try_for_each(|flow| check(talk, flow))?;
        }
        Ok(())
    }

    /// Waits for a flow that was told after now.
    pub(super) fn wait_for(&self, what: &str, is_it: impl Fn(&v1::Flow) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let seen: usize = self.lock().by_ends.values().map(Vec::len).sum();
        loop {
            let told = self.lock();
            let all = told.by_ends.values().flatten();
            if all.clone().count() > seen && all.clone().any(&is_it) {
                return Ok(());
            }
            ensure!(told.end.is_none(), "{what} was not told: {:?}", told.end);
            ensure!(
                Instant::now() < deadline,
                "{what} was not told; the last flow: {:#?}",
                all.last()
            );
            drop(told);
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn wait_for_all(&self, talks: &[Talk]) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let told = self.lock();
            let missing: Vec<_> = talks
                .iter()
                .filter(|talk| !told.by_ends.contains_key(&talk.ends))
                .collect();
            if missing.is_empty() {
                return Ok(());
            }
            ensure!(told.end.is_none(), "{:?}", told.end);
            ensure!(
                Instant::now() < deadline,
                "{} of {} connections were never told, the first: {:?}",
                missing.len(),
                talks.len(),
                missing[0]
            );
            drop(told);
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn hear(&self, answer: v1::SubscribeResponse) {
        let mut told = self.lock();
        match answer.message {
            Some(Message::Flow(flow)) => {
                if let Some(ends) = ends(&flow) {
                    told.by_ends.entry(ends).or_default().push(flow);
                }
            }
            Some(Message::Lost(lost)) => told.lost.push(lost),
            None => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ends(flow: &v1::Flow) -> Option<Ends> {
    let end = |endpoint: &Option<v1::Endpoint>, port: u32| {
        let address = endpoint.as_ref()?.address.parse().ok()?;
        Some(SocketAddr::new(address, u16::try_from(port).ok()?))
    };
    Some(Ends {
        client: end(&flow.source, flow.source_port)?,
        server: end(&flow.destination, flow.destination_port)?,
    })
}
