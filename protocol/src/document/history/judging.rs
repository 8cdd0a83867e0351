//! Verdicts: of each change that is placed, and of all of them anew where order or rights are others than they were.

use super::{Document, Node, Right, Verdict};
use crate::document::built::Built;
use crate::document::index::Index;
use crate::document::retained::{Candidate, Retained};
use crate::document::verify::{Inert, NoRight, verify};
use crate::id::ChangeHash;
use std::collections::VecDeque;

impl Document {
    /// Whether a change was placed after one with its actor and sequence number that is judged later.
    pub(super) fn comes_late(&self, hash: ChangeHash) -> bool {
        let rank = |hash: &ChangeHash| self.nodes.get(hash)?.placed.as_ref().map(|placed| (placed.level, *hash));
        let Some(node) = self.nodes.get(&hash) else { return false };
        let Some(placed) = &node.placed else { return false };
        let rivals = self.rivals.get(&(placed.actor, node.change.seq()));
        rivals.into_iter().flatten().any(|rival| rank(rival) > rank(&hash))
    }

    /// Judges a placed change after all that are judged before it.
    pub(super) fn judge(&mut self, hash: ChangeHash) -> Verdict {
        let verdict = match self.find_fault(hash) {
            Ok(()) => {
                if let Some(node) = self.nodes.get(&hash) {
                    for dep in node.change.deps() {
                        self.heads.remove(dep);
                    }
                }
                self.heads.insert(hash);
                self.effective.push(hash);
                if let Built::Upto(_, 0, _) = self.built {
                    // An empty document saves no work; without it the first change may be read as it is.
                    self.built = Built::Nothing;
                }
                Verdict::Effective
            }
            Err(inert) => Verdict::Inert(inert),
        };
        if let Some(node) = self.nodes.get_mut(&hash) {
            node.verdict = verdict.clone();
        }
        verdict
    }

    fn find_fault(&mut self, hash: ChangeHash) -> Result<(), Inert> {
        let Some(Node { change, right, placed: Some(placed), .. }) = self.nodes.get(&hash) else { return Ok(()) };
        let is = |hash: &ChangeHash, verdict| self.nodes.get(hash).is_some_and(|node| node.verdict == verdict);
        if let Right::MayNot(why) = right {
            return Err(Inert::NoRight(*why));
        }
        if let Some(retained) = &self.retained {
            if *right == Right::IfBuiltOn && !retained.keeps(&hash) {
                return Err(Inert::NoRight(NoRight::AfterCut));
            }
            if let Some(winner) = retained.beaten_by(&hash) {
                return Err(Inert::Twin(winner));
            }
        }
        let mut rivals = self.rivals.get(&(placed.actor, change.seq())).into_iter().flatten();
        if let Some(first) = rivals.find(|rival| **rival != hash && is(rival, Verdict::Effective)) {
            return Err(Inert::Twin(*first));
        }
        if let Some(dep) = change.deps().iter().filter(|dep| !is(dep, Verdict::Effective)).min() {
            return Err(Inert::DependsOnInert(*dep));
        }
        let (seq, start_op) = placed.fitting;
        if change.seq() != seq {
            return Err(Inert::Sequence { expected: seq, found: change.seq() });
        }
        if change.start_op() != start_op {
            return Err(Inert::StartOp { expected: start_op, found: change.start_op() });
        }
        let mut index = self.index.take().unwrap_or_else(|| self.read_index());
        let Some(Node { change, placed: Some(placed), .. }) = self.nodes.get(&hash) else { return Ok(()) };
        let checked = verify(change, placed.actor, &placed.clock, &self.actors, &mut index);
        if !self.effective.is_empty() {
            self.index = Some(index);
        }
        checked
    }

    /// The index of the effective changes. A document of one change, as most are, never keeps one.
    fn read_index(&self) -> Index {
        let mut index = Index::default();
        for node in self.effective.iter().filter_map(|hash| self.nodes.get(hash)) {
            if let Some(placed) = &node.placed {
                // These passed before, so they pass again.
                let _ = verify(&node.change, placed.actor, &placed.clock, &self.actors, &mut index);
            }
        }
        index
    }

    /// Judges all placed changes anew; gives those whose verdict changed.
    pub(super) fn judge_placed(&mut self) -> Vec<(ChangeHash, Verdict)> {
        let mut ranks: Vec<(u64, ChangeHash)> = self
            .nodes
            .iter()
            .filter_map(|(hash, node)| node.placed.as_ref().map(|placed| (placed.level, *hash)))
            .collect();
        ranks.sort_unstable();
        if self.retained.is_some() {
            self.retained = Some(Retained::work_out(&self.candidates(&ranks), &self.groups));
        }
        self.effective.clear();
        self.heads.clear();
        (self.index, self.built) = (None, Built::Nothing);
        let mut before = Vec::with_capacity(ranks.len());
        for (_, hash) in &ranks {
            if let Some(node) = self.nodes.get_mut(hash) {
                before.push(std::mem::replace(&mut node.verdict, Verdict::Waiting { missing: Vec::new() }));
            }
        }
        let mut changed = Vec::new();
        for ((_, hash), before) in ranks.into_iter().zip(before) {
            let verdict = self.judge(hash);
            if verdict != before {
                changed.push((hash, verdict));
            }
        }
        changed
    }

    fn candidates(&self, ranks: &[(u64, ChangeHash)]) -> Vec<Candidate<'_>> {
        let nodes = ranks.iter().filter_map(|(level, hash)| Some((*level, *hash, self.nodes.get(hash)?)));
        nodes
            .filter_map(|(level, hash, node)| {
                let Node { change, device, right, placed, .. } = node;
                let (deps, seq, actor) = (change.deps(), change.seq(), placed.as_ref()?.actor);
                Some(Candidate { hash, deps, device: *device, actor, seq, level, right: *right })
            })
            .collect()
    }

    /// Places and judges all changes anew, after a right changed; gives those whose verdict changed.
    pub(super) fn judge_all(&mut self) -> Vec<(ChangeHash, Verdict)> {
        self.rivals.clear();
        self.waiting.clear();
        self.retained = None;
        let mut order: Vec<(u64, ChangeHash)> = self.nodes.iter().map(|(hash, node)| (node.arrival, *hash)).collect();
        order.sort_unstable();
        let mut before = Vec::with_capacity(order.len());
        for (_, hash) in &order {
            if let Some(node) = self.nodes.get_mut(hash) {
                node.placed = None;
                let waiting = Verdict::Waiting { missing: Vec::new() };
                before.push((*hash, std::mem::replace(&mut node.verdict, waiting)));
                self.waiting.entry(node.change.actor()).or_default().push_back(*hash);
            }
        }
        let mut queue: VecDeque<ChangeHash> = order.into_iter().map(|(_, hash)| hash).collect();
        while let Some(next) = queue.pop_front() {
            if self.place(next) {
                queue.extend(self.released_by(&next));
            }
        }
        self.judge_placed();
        let now = |hash: &ChangeHash| self.nodes.get(hash).map(|node| node.verdict.clone());
        let changed = before.into_iter().filter_map(|(hash, before)| now(&hash).map(|now| (hash, before, now)));
        changed.filter(|(_, before, now)| before != now).map(|(hash, _, now)| (hash, now)).collect()
    }
}
