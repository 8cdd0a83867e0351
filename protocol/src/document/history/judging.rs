//! Verdicts: of each change that is placed, and of all of them anew where order or rights are others than they were.

use super::{Document, Ground, Judging, Node, Right, Verdict};
use crate::document::built::Built;
use crate::document::conduct::Shows;
use crate::document::index::Index;
use crate::document::retained::{BuiltOn, Candidate, Retained, Seen};
use crate::document::verify::{Inert, NoRight, verify};
use crate::id::ChangeHash;
use crate::key::DeviceId;
use std::collections::{BTreeSet, HashSet, VecDeque};

/// What a change that was just placed means for those placed before it.
enum Upset {
    /// Their verdicts stay.
    Nothing,
    /// Of what lies behind cuts, these count otherwise now.
    Behind(BTreeSet<ChangeHash>),
    /// All are to be judged anew.
    Everything,
}

/// Whether more verdicts may be others than those that were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    NoFurther,
    Further,
}

impl Document {
    /// Judges a change that was just placed, and those before it that it decides. Gives those whose verdict changed.
    pub(super) fn judge_placed_last(&mut self, hash: ChangeHash) -> (Vec<(ChangeHash, Verdict)>, Reach) {
        match self.upset_by(hash) {
            Upset::Nothing => (vec![(hash, self.judge(hash))], Reach::NoFurther),
            Upset::Behind(differing) => self.judge_behind(differing, hash),
            Upset::Everything => (Vec::new(), Reach::Further),
        }
    }

    fn upset_by(&mut self, hash: ChangeHash) -> Upset {
        let Some(node) = self.nodes.get(&hash) else { return Upset::Nothing };
        let Node { change, device, right: Right::MayWrite, placed: Some(placed), .. } = node else {
            // What may not be written upsets nothing, nor does what lies behind a cut before anybody builds on it.
            return Upset::Nothing;
        };
        if self.precedes_rival(&hash, placed.level) {
            return Upset::Everything;
        }
        // It may be the first to build on something behind a cut. Where all that it builds on counts, so does all that
        // lies behind a cut in its past, and one more that builds on it changes nothing.
        let counts = |dep: &ChangeHash| self.nodes.get(dep).is_some_and(|node| node.verdict == Verdict::Effective);
        match &self.retained {
            Some(_) if placed.ground == Ground::Firm || change.deps().iter().all(counts) => Upset::Nothing,
            Some(_) if self.judging != Judging::AtOnce => Upset::Everything,
            Some(_) => {
                let (device, deps) = (*device, change.deps().to_vec());
                self.upset_behind(hash, device, &deps)
            }
            None => Upset::Nothing,
        }
    }

    /// What counts otherwise behind cuts because of a change that was just placed.
    fn upset_behind(&mut self, hash: ChangeHash, device: DeviceId, deps: &[ChangeHash]) -> Upset {
        let mut retained = self.retained.take().unwrap_or_default();
        let has_rival = self.rivals_of(&hash) > 1;
        let seen = |change: &ChangeHash| {
            let Node { change: of, device, right, placed: Some(placed), .. } = self.nodes.get(change)? else {
                return None;
            };
            let rivals = self.rivals_of(change);
            (placed.ground == Ground::BehindCuts).then_some(Seen {
                deps: of.deps(),
                device: *device,
                right: *right,
                rivals,
            })
        };
        let built = if has_rival { BuiltOn::HasRival } else { retained.build_on(device, deps, seen) };
        let differing = match built {
            BuiltOn::Counts(counts) => counts,
            BuiltOn::HasRival => {
                let before = std::mem::replace(&mut retained, self.work_out_retained(&self.ranks()));
                #[cfg(test)]
                {
                    retained.looked_at += before.looked_at;
                }
                retained.differing(&before)
            }
        };
        self.retained = Some(retained);
        if differing.is_empty() { Upset::Nothing } else { Upset::Behind(differing) }
    }

    /// How many changes there are with the actor and sequence number of this one, itself included.
    fn rivals_of(&self, hash: &ChangeHash) -> usize {
        let Some(Node { change, placed: Some(placed), .. }) = self.nodes.get(hash) else { return 0 };
        self.rivals.get(&(placed.actor, change.seq())).map_or(0, Vec::len)
    }

    /// Whether there is a change with the actor and sequence number of this one whose verdict it may decide.
    fn precedes_rival(&self, hash: &ChangeHash, level: u64) -> bool {
        let Some(Node { change, placed: Some(placed), .. }) = self.nodes.get(hash) else { return false };
        let rivals = self.rivals.get(&(placed.actor, change.seq())).into_iter().flatten();
        rivals.filter(|rival| *rival != hash).any(|rival| self.gives_way(rival, (level, *hash)))
    }

    /// Judges a change that was just placed, and those of which it decides whether they count behind a cut, with all
    /// that builds on them. Gives those whose verdict changed.
    fn judge_behind(
        &mut self,
        differing: BTreeSet<ChangeHash>,
        hash: ChangeHash,
    ) -> (Vec<(ChangeHash, Verdict)>, Reach) {
        let mut affected = BTreeSet::new();
        let mut open: Vec<ChangeHash> = differing.into_iter().chain([hash]).collect();
        while let Some(next) = open.pop() {
            let Some(Node { verdict, placed: Some(placed), .. }) = self.nodes.get(&next) else { continue };
            if *verdict == Verdict::Effective {
                return (Vec::new(), Reach::Further);
            }
            if affected.insert((placed.level, next)) {
                open.extend(self.dependants.get(&next).into_iter().flatten());
            }
        }
        let (mut changed, mut reach) = (Vec::new(), Reach::NoFurther);
        for (level, next) in &affected {
            let before = self.nodes.get(next).map(|node| node.verdict.clone());
            let verdict = self.judge(*next);
            // One of the two takes the place of the other: which one, their order decides, unless it is settled.
            let is_rival = matches!(verdict, Verdict::Effective | Verdict::Inert(Inert::Twin(_)));
            let is_settled = self.retained.as_ref().is_some_and(|retained| retained.beaten_by(next).is_some());
            if is_rival && !is_settled && self.precedes_rival(next, *level) {
                reach = Reach::Further;
            }
            if before.as_ref() != Some(&verdict) {
                changed.push((*next, verdict));
            }
        }
        (changed, reach)
    }

    /// Whether a rival may have another verdict because of a change of this rank that may be written.
    fn gives_way(&self, rival: &ChangeHash, to: (u64, ChangeHash)) -> bool {
        let Some(Node { right, placed: Some(placed), .. }) = self.nodes.get(rival) else { return false };
        match right {
            Right::IfBuiltOn => self.retained.as_ref().is_some_and(|retained| retained.keeps(rival)),
            _ => (placed.level, *rival) > to,
        }
    }

    /// The placed changes in the order in which they are judged.
    fn ranks(&self) -> Vec<(u64, ChangeHash)> {
        let placed = self.nodes.iter().filter_map(|(hash, node)| Some((node.placed.as_ref()?.level, *hash)));
        let mut ranks: Vec<(u64, ChangeHash)> = placed.collect();
        ranks.sort_unstable();
        ranks
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
                if let Built::Upto(_, 0, _) | Built::Quarantined(_) = self.built {
                    // An empty document saves no work; without it the first change may be read as it is. And what
                    // Automerge could not build it may be able to build with one change more.
                    self.built = Built::Nothing;
                }
                Verdict::Effective
            }
            Err(inert) => Verdict::Inert(inert),
        };
        match &verdict {
            Verdict::Inert(inert) if inert.shows() == Shows::AFault => drop(self.faulty.insert(hash)),
            _ => drop(self.faulty.remove(&hash)),
        }
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
        let ranks = self.ranks();
        if self.retained.is_some() {
            self.retained = Some(self.work_out_retained(&ranks));
        }
        let effective = std::mem::take(&mut self.effective);
        let built = std::mem::replace(&mut self.built, Built::Nothing);
        self.heads.clear();
        self.faulty.clear();
        self.index = None;
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
        self.keep_built(built, effective);
        changed
    }

    /// Goes on with what Automerge has built of these changes, where all of them still count.
    fn keep_built(&mut self, built: Built, mut effective: Vec<ChangeHash>) {
        let Built::Upto(_, applied, _) = built else { return };
        effective.truncate(applied);
        let counts = |hash: &ChangeHash| self.nodes.get(hash).is_some_and(|node| node.verdict == Verdict::Effective);
        if applied > 0 && effective.iter().all(counts) {
            let applied: HashSet<ChangeHash> = effective.iter().copied().collect();
            effective.extend(self.effective.iter().filter(|hash| !applied.contains(hash)));
            (self.effective, self.built) = (effective, built);
        }
    }

    /// The changes behind cuts that count, and in whose place, from all placed changes in this order.
    fn work_out_retained(&self, ranks: &[(u64, ChangeHash)]) -> Retained {
        Retained::work_out(&self.candidates(ranks), &self.groups)
    }

    fn candidates(&self, ranks: &[(u64, ChangeHash)]) -> Vec<Candidate<'_>> {
        let nodes = ranks.iter().filter_map(|(level, hash)| Some((*level, *hash, self.nodes.get(hash)?)));
        nodes
            .map(|(level, hash, node)| {
                let Node { change, device, right, .. } = node;
                let (deps, seq, actor) = (change.deps(), change.seq(), change.actor());
                Candidate { hash, deps, device: *device, actor, seq, level, right: *right }
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
            }
        }
        let mut queue: VecDeque<ChangeHash> = order.iter().map(|(_, hash)| *hash).collect();
        while let Some(next) = queue.pop_front() {
            if self.place(next) {
                queue.extend(self.released_by(&next));
            }
        }
        for (_, hash) in &order {
            if let Some(node) = self.nodes.get(hash).filter(|node| node.placed.is_none()) {
                self.waiting.entry(node.change.actor()).or_default().push_back(*hash);
            }
        }
        self.judge_placed();
        let now = |hash: &ChangeHash| self.nodes.get(hash).map(|node| node.verdict.clone());
        let changed = before.into_iter().filter_map(|(hash, before)| now(&hash).map(|now| (hash, before, now)));
        changed.filter(|(_, before, now)| before != now).map(|(hash, _, now)| (hash, now)).collect()
    }
}
