//! Flows that wait to be written: of each only its newest report, and what finds no room is counted.
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use netobs_core::{
    engine::ExplainedFlow,
    event::Count,
    flow::{Flow, FlowId, Phase},
};

pub(super) struct Waiting {
    most: usize,
    queue: VecDeque<FlowId>,
    by_id: HashMap<FlowId, (Phase, Arc<ExplainedFlow>)>,
    lost: Count,
}

impl Waiting {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            queue: VecDeque::new(),
            by_id: HashMap::new(),
            lost: Count::ZERO,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Counts are totals, so that only a flow whose last report finds no room is lost.
    pub(super) fn add(&mut self, flow: Arc<ExplainedFlow>) {
        let id = flow.enriched.flow.id;
        if let Some((phase, waiting)) = self.by_id.get_mut(&id) {
            // It is told as it is by then, and that is the first that is heard of it.
            if *phase != Phase::Opened || flow.phase != Phase::Updated {
                *phase = flow.phase;
            }
            *waiting = flow;
        } else if self.queue.len() < self.most {
            self.queue.push_back(id);
            self.by_id.insert(id, (flow.phase, flow));
        } else if flow.phase.is_last() {
            self.lose(&flow.enriched.flow);
        }
    }

    pub(super) fn next(&mut self) -> Option<(Phase, Arc<ExplainedFlow>)> {
        let id = self.queue.pop_front()?;
        self.by_id.remove(&id)
    }

    /// What found no room since this was last asked.
    pub(super) fn take_lost(&mut self) -> Count {
        std::mem::take(&mut self.lost)
    }

    fn lose(&mut self, flow: &Flow) {
        let drops = flow.drops.iter().map(|drop| drop.count);
        for count in drops.chain([flow.forward, flow.reply, flow.further_drops]) {
            self.lost += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use netobs_core::{
        directory::{Doubt, Owner},
        engine::Judgement,
        enrich::EnrichedFlow,
        event::{Protocol, TcpFlags, Tuple},
        flow::{Evidence, InitiatorEvidence, Verdict},
        time::Timestamp,
    };

    use super::*;

    const NOWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

    fn flow(id: u64, phase: Phase, packets: u64) -> Arc<ExplainedFlow> {
        let flow = Flow {
            id: FlowId(id),
            tuple: Tuple {
                source: NOWHERE,
                destination: NOWHERE,
                source_port: 1,
                destination_port: 2,
                protocol: Protocol::Tcp,
                fragment: false,
            },
            initiator: InitiatorEvidence::Request,
            source_interface: None,
            destination_interface: None,
            forward: Count { packets, bytes: 0 },
            reply: Count::ZERO,
            forward_flags: TcpFlags::default(),
            reply_flags: TcpFlags::default(),
            verdict: Verdict::Seen,
            evidence: Evidence::Sent,
            drops: Vec::new(),
            further_drops: Count::ZERO,
            source_ports_merged: false,
            first: Timestamp(0),
            last: Timestamp(0),
        };
        let enriched = EnrichedFlow {
            flow,
            source: Owner::Unknown(Doubt::Unlisted),
            destination: Owner::Unknown(Doubt::Unlisted),
            service: None,
            twin: None,
        };
        Arc::new(ExplainedFlow {
            phase,
            enriched,
            outcome: None,
            judgement: Judgement::Plain,
            explanation: None,
            causes: Vec::new(),
        })
    }

    fn told(waiting: &mut Waiting) -> Vec<(u64, Phase, u64)> {
        let next = || waiting.next();
        std::iter::from_fn(next)
            .map(|(phase, told)| (told.enriched.flow.id.0, phase, told.enriched.flow.forward.packets))
            .collect()
    }

    #[test]
    fn of_a_flow_that_waits_only_the_newest_report_is_kept() {
        let mut waiting = Waiting::new(8);
        waiting.add(flow(1, Phase::Opened, 1));
        waiting.add(flow(2, Phase::Updated, 1));
        waiting.add(flow(1, Phase::Updated, 5));
        waiting.add(flow(2, Phase::Closed, 7));
        assert_eq!(told(&mut waiting), [(1, Phase::Opened, 5), (2, Phase::Closed, 7)]);
    }

    #[test]
    fn without_room_only_what_will_not_be_told_again_is_lost() {
        let mut waiting = Waiting::new(1);
        waiting.add(flow(1, Phase::Opened, 1));
        waiting.add(flow(2, Phase::Opened, 2));
        assert_eq!(waiting.take_lost(), Count::ZERO);
        waiting.add(flow(2, Phase::Closed, 3));
        waiting.add(flow(1, Phase::Closed, 4));
        assert_eq!(waiting.take_lost().packets, 3);
        assert_eq!(told(&mut waiting), [(1, Phase::Closed, 4)]);
    }
}
