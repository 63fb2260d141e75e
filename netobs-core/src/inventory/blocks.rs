//! Single addresses outside the cluster while they are few, blocks of them where there are too many.
use std::{collections::HashMap, net::IpAddr};

use super::{EdgeKey, Place};
use crate::policy::Cidr;

/// More blocks than these, for what is otherwise one edge, are told by larger ones.
pub(super) const MOST: usize = 32;

/// How long prefixes are, from single addresses to all there are.
const V4: [u8; 5] = [32, 24, 16, 8, 0];
const V6: [u8; 5] = [128, 64, 48, 32, 0];

/// For each edge without its end outside: which blocks there are.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    by_edge: HashMap<EdgeKey, Group, foldhash::fast::RandomState>,
}

#[derive(Debug, Default)]
struct Group {
    /// The place among the lengths of prefixes.
    step: usize,
    blocks: Vec<Cidr>,
}

impl Blocks {
    /// The same edge, with the block that its address is told by now.
    pub(super) fn place(&self, key: EdgeKey) -> EdgeKey {
        let Some((block, group)) = group_of(&key) else {
            return key;
        };
        let Some(known) = self.by_edge.get(&group) else {
            return key;
        };
        let there = known.blocks.iter().find(|known| known.covers(block));
        with_block(&key, there.copied().unwrap_or_else(|| widened(block, known.step)))
    }

    /// There is such an edge. If there are too many now: those that are to be told by larger blocks, each with its new key.
    pub(super) fn add(&mut self, key: &EdgeKey) -> Vec<(EdgeKey, EdgeKey)> {
        let Some((block, group)) = group_of(key) else {
            return Vec::new();
        };
        let known = self.by_edge.entry(group).or_default();
        if !known.blocks.contains(&block) {
            known.blocks.push(block);
        }
        if known.blocks.len() <= MOST || known.step + 1 == V4.len() {
            return Vec::new();
        }
        let before = std::mem::take(&mut known.blocks);
        while known.blocks.len() > MOST || known.blocks.is_empty() {
            known.step += 1;
            known.blocks = before.iter().map(|block| widened(*block, known.step)).collect();
            known.blocks.sort_unstable();
            known.blocks.dedup();
        }
        let step = known.step;
        let moves = before
            .iter()
            .map(|block| (with_block(key, *block), with_block(key, widened(*block, step))));
        moves.filter(|(before, after)| before != after).collect()
    }

    /// There is no such edge any more.
    pub(super) fn remove(&mut self, key: &EdgeKey) {
        let Some((block, group)) = group_of(key) else {
            return;
        };
        if let Some(known) = self.by_edge.get_mut(&group) {
            known.blocks.retain(|one| *one != block);
            if known.blocks.is_empty() {
                self.by_edge.remove(&group);
            }
        }
    }
}

/// The end outside, and all edges that differ from this one in that end alone.
fn group_of(key: &EdgeKey) -> Option<(Cidr, EdgeKey)> {
    let ((Place::World(block), _) | (_, Place::World(block))) = (&key.source, &key.destination) else {
        return None;
    };
    Some((*block, with_block(key, widened(*block, V4.len() - 1))))
}

/// If both ends are outside, the source is the one that is told by blocks.
fn with_block(key: &EdgeKey, block: Cidr) -> EdgeKey {
    let mut key = key.clone();
    let end = if matches!(key.source, Place::World(_)) {
        &mut key.source
    } else {
        &mut key.destination
    };
    *end = Place::World(block);
    key
}

fn widened(block: Cidr, step: usize) -> Cidr {
    let prefix = match block.network() {
        IpAddr::V4(_) => V4[step],
        IpAddr::V6(_) => V6[step],
    };
    Cidr::new(block.network(), prefix.min(block.prefix())).unwrap_or(block)
}
