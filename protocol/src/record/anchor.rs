//! Carries an edit of an older text onto the text as it is now, so that a stale form keeps everybody's words.
//!
//! Every letter of the older text is found again by the id that Automerge gave it. A letter that others removed stays
//! removed; letters that others added between two of ours stay where they are. The ids are compared in one pass over
//! each text instead of one cursor per letter: in automerge 0.12.0 the position of a cursor whose letter was removed at
//! the end of a text trips a debug assertion, and a cursor at older heads costs a pass of its own.

use super::diff::{Hunk, diff};
use automerge::{ChangeHash, ObjId, ReadDoc};
use std::collections::HashMap;

/// One edit of a text: at this letter, remove so many and put these in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Splice {
    pub(super) at: usize,
    pub(super) remove: usize,
    pub(super) insert: String,
}

/// The edits that turn `old` into `new`, from the last to the first: applied in this order none moves another.
pub(super) fn splices(old: &[char], new: &[char]) -> Vec<Splice> {
    let splice = |hunk: &Hunk| Splice { at: hunk.old.start, remove: hunk.old.len(), insert: inserted(new, hunk) };
    diff(old, new).iter().rev().map(splice).collect()
}

/// What the edits, last first, make of a text.
pub(super) fn spliced(text: &[char], edits: &[Splice]) -> String {
    let (mut kept, mut end) = (Vec::with_capacity(edits.len() + 1), text.len());
    for edit in edits {
        let (at, behind) = (edit.at.min(end), (edit.at + edit.remove).min(end));
        kept.push((text.get(behind..end).unwrap_or_default(), edit.insert.as_str()));
        end = at;
    }
    let mut after: String = text.get(..end).unwrap_or_default().iter().collect();
    for (letters, insert) in kept.into_iter().rev() {
        after.push_str(insert);
        after.extend(letters);
    }
    after
}

/// A text as it was when somebody began to edit it, and as it is now.
pub(super) struct Stale<'a, D> {
    pub(super) doc: &'a D,
    /// The text's object then and now, where it is one and the same.
    pub(super) object: Option<&'a ObjId>,
    pub(super) heads: &'a [ChangeHash],
    pub(super) then: &'a [char],
    pub(super) now: &'a [char],
}

impl<D: ReadDoc> Stale<'_, D> {
    /// The edits to the text of now that say what turning the text of then into `new` meant, last first.
    pub(super) fn splices(&self, new: &[char]) -> Vec<Splice> {
        if self.then == self.now {
            return splices(self.now, new);
        }
        if self.then.is_empty() {
            let gap = if self.now.is_empty() { "" } else { "\n\n" };
            let insert = gap.chars().chain(new.iter().copied()).collect();
            return vec![Splice { at: self.now.len(), remove: 0, insert }];
        }
        let places = self.by_ids().unwrap_or_else(|| kept(self.then, self.now));
        let mut result = Vec::new();
        for hunk in diff(self.then, new) {
            let removed = places.get(hunk.old.clone()).unwrap_or_default();
            let mut there = removed.iter().filter_map(|place| match place {
                Place::There(at) => Some(*at),
                Place::Gone(_) => None,
            });
            let first = there.next();
            let before = hunk.old.start.checked_sub(1).and_then(|before| places.get(before));
            let at = match (first, before) {
                (Some(first), _) => first,
                (None, Some(Place::There(at))) => at + 1,
                (None, Some(Place::Gone(at))) => *at,
                (None, None) => 0,
            };
            result.push(Splice { at, remove: 0, insert: inserted(new, &hunk) });
            for at in first.into_iter().chain(there) {
                match result.last_mut() {
                    Some(last) if last.at + last.remove == at => last.remove += 1,
                    _ => result.push(Splice { at, remove: 1, insert: String::new() }),
                }
            }
        }
        result.retain(|splice| splice.remove > 0 || !splice.insert.is_empty());
        result.sort_by_key(|splice| splice.at);
        result.reverse();
        result
    }

    /// The places of the letters by their ids; nothing where the text holds more than plain letters.
    fn by_ids(&self) -> Option<Vec<Place>> {
        let object = self.object?;
        let now: HashMap<(u64, usize), usize> =
            self.doc.list_range(object, ..).enumerate().map(|(at, letter)| (name(&letter.id()), at)).collect();
        let mut next = 0;
        let places: Vec<Place> = self
            .doc
            .list_range_at(object, .., self.heads)
            .map(|letter| match now.get(&name(&letter.id())) {
                Some(at) => {
                    next = at + 1;
                    Place::There(*at)
                }
                None => Place::Gone(next),
            })
            .collect();
        (now.len() == self.now.len() && places.len() == self.then.len()).then_some(places)
    }
}

/// The name of a letter within one document: without the bytes of its actor, of which a long text has as many.
const fn name(id: &ObjId) -> (u64, usize) {
    match id {
        ObjId::Id(counter, _, actor) => (*counter, *actor),
        ObjId::Root => (0, 0),
    }
}

/// Where a letter of the older text is now.
#[derive(Clone, Copy)]
enum Place {
    There(usize),
    /// Removed; it would stand here.
    Gone(usize),
}

/// The places of the letters by comparing the texts, for a text whose object was replaced in between.
fn kept(then: &[char], now: &[char]) -> Vec<Place> {
    let mut places = Vec::with_capacity(then.len());
    let mut at = 0;
    for hunk in diff(then, now) {
        while places.len() < hunk.old.start {
            places.push(Place::There(at));
            at += 1;
        }
        places.extend(hunk.old.clone().map(|_| Place::Gone(at)));
        at = hunk.new.end;
    }
    while places.len() < then.len() {
        places.push(Place::There(at));
        at += 1;
    }
    places
}

fn inserted(new: &[char], hunk: &Hunk) -> String {
    new.get(hunk.new.clone()).unwrap_or_default().iter().collect()
}
