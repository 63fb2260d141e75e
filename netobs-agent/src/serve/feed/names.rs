//! The names of interfaces and drop reasons, for numbers that flows carry.
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use netobs_api::wire;
use netobs_core::{
    engine::Reasons,
    event::{Ifindex, ReasonId},
};

pub(in crate::serve) struct Names {
    pub(in crate::serve) reasons: Arc<Reasons>,
    interfaces: RwLock<HashMap<Ifindex, Arc<str>>>,
}

impl Names {
    pub(super) fn new(reasons: Arc<Reasons>) -> Self {
        Self {
            reasons,
            interfaces: RwLock::default(),
        }
    }

    pub(super) fn set_interface(&self, index: Ifindex, name: Option<&str>) {
        let mut interfaces = self.interfaces.write().unwrap_or_else(PoisonError::into_inner);
        match name {
            Some(name) => interfaces.insert(index, name.into()),
            None => interfaces.remove(&index),
        };
    }
}

impl wire::Names for Names {
    fn reason(&self, reason: ReasonId) -> Option<&str> {
        self.reasons.name(reason).map(|name| name.as_str())
    }

    fn interface(&self, interface: Ifindex) -> Option<Arc<str>> {
        let interfaces = self.interfaces.read().unwrap_or_else(PoisonError::into_inner);
        interfaces.get(&interface).cloned()
    }
}
