//! Mandates: when each one held, by the words of electors.
//!
//! A claim holds within its term while as many electors of its version endorse it as adopt a version. What
//! comes out are intervals: whether one of them is now, only views ask.

use crate::authority::keys::Keys;
use crate::authority::versions::Versions;
use crate::control::{ControlSet, EndorsementBody, Mandate, Record, RecordKey, Stance, Term};
use crate::id::{GroupId, RecordId};
use crate::time::Timestamp;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A claim, who endorses it, and when it held.
#[derive(Clone, Debug)]
pub struct Mandated {
    /// The id of the claim.
    pub id: RecordId,
    /// The claim.
    pub claim: Mandate,
    /// How many endorsements it takes.
    pub needed: usize,
    /// The electors that endorse it and have not taken that back, ascending.
    pub endorsers: Vec<GroupId>,
    /// When it holds, ascending and apart from each other.
    pub intervals: Vec<Term>,
}

impl Mandated {
    /// Whether it holds at a moment.
    pub fn holds_at(&self, moment: Timestamp) -> bool {
        self.intervals.iter().any(|term| term.from <= moment && moment < term.to)
    }
}

/// What each elector says about a claim, under the counters that count.
type Words = BTreeMap<GroupId, Vec<EndorsementBody>>;

/// All claims under adopted versions, by ascending id. Of several with one number the latest counts.
pub(crate) fn evaluate(set: &ControlSet, keys: &Keys, versions: &Versions) -> Vec<Mandated> {
    let mut claims: BTreeMap<RecordKey, (Reverse<u64>, RecordId, &Mandate)> = BTreeMap::new();
    let mut words: BTreeMap<RecordId, Words> = BTreeMap::new();
    for (id, record) in set.entries() {
        match record {
            Record::Mandate(claim) => {
                let this = (Reverse(claim.body.counter), *id, claim);
                let best = claims.entry(claim.key()).or_insert(this);
                if (this.0, this.1) < (best.0, best.1) {
                    *best = this;
                }
            }
            Record::Endorsement(word) => {
                let body = EndorsementBody { counter: keys.counted(word, word.body.counter), ..word.body.clone() };
                words.entry(body.mandate).or_default().entry(body.group).or_default().push(body);
            }
            _ => {}
        }
    }
    let mut all: Vec<Mandated> = claims
        .into_values()
        .filter_map(|(_, id, claim)| {
            let electors = &versions.rules(&claim.body.version)?.electors;
            let mut said = words.remove(&id).unwrap_or_default();
            said.retain(|group, _| electors.contains(group));
            Some(judge(id, claim, said, set.votes_needed(electors.len())))
        })
        .collect();
    all.sort_by_key(|mandate| mandate.id);
    all
}

fn judge(id: RecordId, claim: &Mandate, said: Words, needed: usize) -> Mandated {
    let mut endorsers = Vec::new();
    let mut changes: BTreeMap<Timestamp, i64> = BTreeMap::new();
    let term = claim.body.term;
    for (group, mut words) in said {
        words.sort_unstable_by_key(|word| (word.counter, word.stance, word.at));
        if words.last().is_some_and(|last| last.stance == Stance::Endorsed) {
            endorsers.push(group);
        }
        for Term { from, to } in merged(spans(&words, term)) {
            *changes.entry(from).or_default() += 1;
            *changes.entry(to).or_default() -= 1;
        }
    }
    let (mut intervals, mut count, mut since) = (Vec::new(), 0_i64, None);
    let needed_now = i64::try_from(needed).unwrap_or(i64::MAX).max(1);
    for (moment, change) in changes {
        count += change;
        match since {
            None if count >= needed_now => since = Some(moment),
            Some(from) if count < needed_now => {
                intervals.push(Term { from, to: moment });
                since = None;
            }
            _ => {}
        }
    }
    Mandated { id, claim: claim.clone(), needed, endorsers, intervals }
}

/// When one elector endorsed, within the term: from each endorsement to what takes it back.
fn spans(words: &[EndorsementBody], term: Term) -> Vec<Term> {
    let mut spans = Vec::new();
    let mut since = None;
    for word in words {
        match (word.stance, since) {
            (Stance::Endorsed, None) => since = Some(word.at),
            (Stance::Withdrawn, Some(from)) => {
                spans.push(Term { from, to: word.at });
                since = None;
            }
            _ => {}
        }
    }
    spans.extend(since.map(|from| Term { from, to: term.to }));
    let within = spans.into_iter().map(|span| Term { from: span.from.max(term.from), to: span.to.min(term.to) });
    within.filter(|span| span.from < span.to).collect()
}

/// The same moments in spans that do not touch: one elector counts once.
fn merged(spans: Vec<Term>) -> Vec<Term> {
    let ordered: BTreeSet<Term> = spans.into_iter().collect();
    let mut merged: Vec<Term> = Vec::new();
    for span in ordered {
        match merged.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            _ => merged.push(span),
        }
    }
    merged
}
