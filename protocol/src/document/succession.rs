//! The order in which a device wrote its changes of a document.
//!
//! A change is placed after the one before it in the log of its device, as after those it depends on. So of
//! two changes with one sequence number the first in the log stands, and nobody can make void what others
//! have built on by writing a rival of it later. A log and what it depends on can't wait for each other,
//! unless a device signs a change before the one that it builds on: then that device's own changes wait.

use super::history::{Document, Right};
use super::place::Place;
use crate::id::{Actor, ChangeHash};
use std::ops::Bound::{Excluded, Unbounded};

impl Document {
    /// Whether a change from a later place of the same log is placed, as if this one were not there.
    pub(super) fn precedes_placed(&self, actor: &Actor, place: Place) -> bool {
        let log = self.logs.get(actor).into_iter().flatten().rev().take_while(|(later, _)| *later > place);
        log.filter_map(|(_, hash)| self.nodes.get(hash))
            .any(|node| node.right == Right::MayWrite && node.placed.is_some())
    }

    /// The changes right before a place of a log: several where a fork is not proven yet.
    pub(super) fn before_in_log(&self, actor: &Actor, place: Place) -> Vec<ChangeHash> {
        let Some(log) = self.logs.get(actor) else { return Vec::new() };
        self.nearest(log.range(..(place, ChangeHash([0; 32]))).rev())
    }

    /// The changes right behind a place of a log: those that wait for what stands at it.
    fn after_in_log(&self, actor: &Actor, place: Place) -> Vec<ChangeHash> {
        let Some(log) = self.logs.get(actor) else { return Vec::new() };
        self.nearest(log.range((Excluded((place, ChangeHash([255; 32]))), Unbounded)))
    }

    /// Those at the first place at which anything stands that others come after.
    fn nearest<'a>(&self, log: impl Iterator<Item = &'a (Place, ChangeHash)>) -> Vec<ChangeHash> {
        // One that was forgotten stands in the way as one that waits does.
        let counts = |hash: &ChangeHash| self.nodes.get(hash).is_none_or(|node| node.right.is_in_turn());
        let mut log = log.filter(|(_, hash)| counts(hash)).peekable();
        let Some(nearest) = log.peek().map(|(nearest, _)| *nearest) else { return Vec::new() };
        log.take_while(|(at, _)| *at == nearest).map(|(_, hash)| *hash).collect()
    }

    /// What may be placed now that a change is: its dependants, and what follows it in its log.
    pub(super) fn released_by(&self, hash: &ChangeHash) -> Vec<ChangeHash> {
        let mut released = self.dependants.get(hash).cloned().unwrap_or_default();
        if let Some(node) = self.nodes.get(hash).filter(|node| node.right.is_in_turn()) {
            released.extend(self.after_in_log(&node.change.actor(), node.place));
        }
        released
    }
}

impl Right {
    /// Whether what is written later in the log comes after a change with this right: what may not be written,
    /// or lies behind a cut, holds up nobody.
    pub(crate) const fn is_in_turn(self) -> bool {
        matches!(self, Right::MayWrite | Right::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Inert, NoRight, Prescanned, Verdict, prescan};
    use crate::id::DocumentId;
    use crate::key::{DeviceId, PublicKey};
    use automerge::transaction::Transactable;
    use automerge::{ActorId, Automerge, ROOT};

    const MALLORY: u8 = 1;
    const ALICE: u8 = 2;
    const ACCOMPLICE: u8 = 3;

    /// A change on top of all that `on` holds.
    fn write(on: &Automerge, number: u8, text: &str) -> (Automerge, Prescanned) {
        let mut draft = on.clone().with_actor(ActorId::from([number; 32]));
        let mut transaction = draft.transaction();
        transaction.put(ROOT, text, text).unwrap();
        transaction.commit();
        let change = draft.get_last_local_change().unwrap();
        let change = prescan(change.raw_bytes(), &Actor([number; 32])).unwrap();
        (draft, change)
    }

    /// Offers the changes, which all may be written, in every order; what became of each, by its place in the list.
    fn in_every_order(changes: &[(Prescanned, u64)]) -> Vec<Verdict> {
        let with_right = |(change, place): &(Prescanned, u64)| (change.clone(), Place::Log(*place), Right::MayWrite);
        by_right_in_every_order(&changes.iter().map(with_right).collect::<Vec<_>>())
    }

    fn by_right_in_every_order(changes: &[(Prescanned, Place, Right)]) -> Vec<Verdict> {
        let mut seen: Option<Vec<Verdict>> = None;
        for order in orders(changes.len()) {
            let mut document = Document::new(DocumentId([7; 32]));
            for at in &order {
                let (change, place, right) = &changes[*at];
                let device = DeviceId(PublicKey([change.actor().0[0]; 32]));
                document.offer(change.clone(), device, *place, *right);
            }
            let verdicts: Vec<Verdict> =
                changes.iter().map(|(change, ..)| document.verdict(&change.hash()).unwrap().clone()).collect();
            assert_eq!(*seen.get_or_insert_with(|| verdicts.clone()), verdicts, "{order:?}");
        }
        seen.unwrap()
    }

    fn orders(count: usize) -> Vec<Vec<usize>> {
        (0..count).fold(vec![Vec::new()], |orders, next| {
            let with = |order: &Vec<usize>, at: usize| [&order[..at], &[next], &order[at..]].concat();
            orders.iter().flat_map(|order| (0..=order.len()).map(move |at| with(order, at))).collect()
        })
    }

    #[test]
    fn a_rival_that_is_written_later_with_an_older_past_makes_nothing_void() {
        let (base, opening) = write(&Automerge::new(), ALICE, "opening");
        let (older, other) = write(&base, ALICE, "more");
        let (on, change) = write(&older, MALLORY, "what others build on");
        let (_, built) = write(&on, ALICE, "built on it");
        // Of a lower level, so that the order of levels alone would put it first.
        let (_, rival) = write(&base, MALLORY, "backdated");
        let changes =
            [(opening, 0), (other, 1), (change.clone(), 5), (built, 2), (rival, 6)].map(|(change, at)| (change, at));
        let verdicts = in_every_order(&changes);
        assert_eq!(verdicts[..4], vec![Verdict::Effective; 4]);
        assert_eq!(verdicts[4], Verdict::Inert(Inert::Twin(change.hash())));
    }

    #[test]
    fn nobody_builds_on_a_change_before_what_precedes_it_in_its_log_is_known() {
        let (base, opening) = write(&Automerge::new(), ALICE, "opening");
        let (hidden, withheld) = write(&base, ACCOMPLICE, "withheld");
        let (_, first) = write(&hidden, MALLORY, "on what is withheld");
        let (_, rival) = write(&base, MALLORY, "to be built on");
        let mut changes = vec![(opening, 0), (first, 5), (rival, 6)];
        let waiting = in_every_order(&changes);
        assert!(matches!(&waiting[1], Verdict::Waiting { missing } if *missing == [withheld.hash()]));
        assert_eq!(waiting[2], Verdict::Waiting { missing: Vec::new() });
        changes.push((withheld, 0));
        let verdicts = in_every_order(&changes);
        assert_eq!([&verdicts[0], &verdicts[1], &verdicts[3]], [&Verdict::Effective; 3]);
        assert!(matches!(verdicts[2], Verdict::Inert(Inert::Twin(_))));
    }

    #[test]
    fn a_change_that_builds_on_a_later_one_of_its_own_log_waits_and_so_does_that_one() {
        let (base, opening) = write(&Automerge::new(), ALICE, "opening");
        let (on, later) = write(&base, MALLORY, "later in the log");
        let (_, earlier) = write(&on, MALLORY, "earlier in the log");
        let verdicts = in_every_order(&[(opening, 0), (later.clone(), 6), (earlier, 5)]);
        assert_eq!(verdicts[1], Verdict::Waiting { missing: Vec::new() });
        assert_eq!(verdicts[2], Verdict::Waiting { missing: vec![later.hash()] });
    }

    #[test]
    fn what_may_not_be_written_does_not_hold_up_what_follows_it_in_the_log() {
        let (base, opening) = write(&Automerge::new(), ALICE, "opening");
        let (hidden, late) = write(&base, ACCOMPLICE, "late");
        let (_, first) = write(&hidden, MALLORY, "on what is late");
        let (_, passed_over) = write(&base, MALLORY, "passed over");
        let (_, rival) = write(&base, MALLORY, "rival of the first");
        for right in [Right::MayNot(NoRight::NotMember), Right::IfBuiltOn] {
            let may = Right::MayWrite;
            let all =
                [(&opening, 0, may), (&late, 0, may), (&first, 5, may), (&passed_over, 6, right), (&rival, 7, may)];
            let verdicts =
                by_right_in_every_order(&all.map(|(change, at, right)| (change.clone(), Place::Log(at), right)));
            assert_eq!(verdicts[..3], vec![Verdict::Effective; 3]);
            assert!(matches!(verdicts[3], Verdict::Inert(Inert::NoRight(_))));
            assert_eq!(verdicts[4], Verdict::Inert(Inert::Twin(first.hash())));
        }
    }

    #[test]
    fn a_change_that_stands_at_two_places_is_judged_at_the_first_of_them_and_in_the_log_before_apart() {
        let (base, opening) = write(&Automerge::new(), ALICE, "opening");
        let (_, change) = write(&base, MALLORY, "written before the end of the log, and again");
        let behind = |place| (change.clone(), place, Right::IfBuiltOn);
        for (first, again) in [(5, Place::Log(9)), (5, Place::Apart(5)), (5, Place::Apart(0))] {
            let before = (change.clone(), Place::Log(first), Right::MayWrite);
            let opening = (opening.clone(), Place::Log(0), Right::MayWrite);
            let verdicts = by_right_in_every_order(&[opening, before, behind(again)]);
            assert_eq!(verdicts, vec![Verdict::Effective; 3], "{again:?}");
        }
    }
}
