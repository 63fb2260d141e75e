//! Joins what a client asked of a service with the connection to the pod that served it.
use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use crate::{
    change::Service,
    directory::{Directory, Owner},
    enrich::EnrichedFlow,
    event::{Protocol, Tuple},
    flow::FlowId,
    time::Timestamp,
};

/// More clients than these are not remembered.
const MOST: usize = 65_536;

/// A client's port is not used for another connection for longer than this.
const AGE: Duration = Duration::from_secs(60);

/// The end that address translation for services leaves as it is.
type Client = (IpAddr, u16, Protocol);

#[derive(Debug, Default)]
pub(super) struct ServiceAsks {
    by_client: HashMap<Client, Ask>,
    order: VecDeque<(Timestamp, Client)>,
}

#[derive(Debug)]
struct Ask {
    service: Arc<Service>,
    asked: FlowId,
    served: Option<FlowId>,
    last: Timestamp,
}

impl ServiceAsks {
    /// Tells both flows of each other once both were seen.
    pub(super) fn join(&mut self, flow: &mut EnrichedFlow, directory: &Directory) {
        let tuple = flow.flow.tuple;
        if !tuple.protocol.has_ports() || tuple.fragment {
            return;
        }
        match &flow.destination {
            Owner::Service(service) => flow.twin = self.ask(&tuple, service, flow.flow.id, flow.flow.last),
            Owner::Pod { .. } | Owner::World { .. } | Owner::Node { .. } => self.serve(flow, directory),
            Owner::Unknown(_) => {}
        }
    }

    pub(super) fn expire(&mut self, now: Timestamp) {
        let before = now.minus(AGE);
        while self.order.front().is_some_and(|(at, _)| *at < before) {
            self.forget_first();
        }
    }

    fn ask(&mut self, tuple: &Tuple, service: &Arc<Service>, asked: FlowId, last: Timestamp) -> Option<FlowId> {
        let client = client(tuple);
        let known = self.by_client.get_mut(&client).filter(|ask| ask.asked == asked);
        if let Some(known) = known {
            known.last = last;
            return known.served;
        }
        let ask = Ask {
            service: Arc::clone(service),
            asked,
            served: None,
            last,
        };
        self.by_client.insert(client, ask);
        self.order.push_back((last, client));
        if self.order.len() > MOST {
            self.forget_first();
        }
        None
    }

    fn serve(&mut self, flow: &mut EnrichedFlow, directory: &Directory) {
        let tuple = &flow.flow.tuple;
        let Some(ask) = self.by_client.get_mut(&client(tuple)) else {
            return;
        };
        let (address, port) = (tuple.destination, tuple.destination_port);
        let too_late = ask.last.plus(AGE) < flow.flow.first;
        if too_late || !directory.has_backend(&ask.service.name, address, port, tuple.protocol) {
            return;
        }
        ask.served = Some(flow.flow.id);
        flow.twin = Some(ask.asked);
        flow.service = Some(Arc::clone(&ask.service));
    }

    /// One that asked again since gets another turn.
    fn forget_first(&mut self) {
        let Some((at, client)) = self.order.pop_front() else {
            return;
        };
        match self.by_client.get(&client).map(|ask| ask.last) {
            Some(last) if last > at && self.order.len() < MOST => self.order.push_back((last, client)),
            Some(_) => {
                self.by_client.remove(&client);
            }
            None => {}
        }
    }
}

const fn client(tuple: &Tuple) -> Client {
    (tuple.source, tuple.source_port, tuple.protocol)
}
