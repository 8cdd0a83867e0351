//! The order in which a device wrote its changes of a document.
//!
//! A change is placed after the one before it in the log of its device, as after those it depends on. So of
//! two changes with one sequence number the first in the log stands, and nobody can make void what others
//! have built on by writing a rival of it later. A log and what it depends on can't wait for each other,
//! unless a device signs a change before the one that it builds on: then that device's own changes wait.

use super::history::{Document, Right};
use crate::id::{Actor, ChangeHash};

impl Document {
    /// Whether a change from a later place of the same log is placed, as if this one were not there.
    pub(super) fn precedes_placed(&self, actor: &Actor, place: u64) -> bool {
        let log = self.logs.get(actor).into_iter().flatten().rev().take_while(|(later, _)| *later > place);
        log.filter_map(|(_, hash)| self.nodes.get(hash))
            .any(|node| node.right == Right::MayWrite && node.placed.is_some())
    }

    /// The changes right before a place of a log: several where a fork is not proven yet.
    pub(super) fn before_in_log(&self, actor: &Actor, place: u64) -> Vec<ChangeHash> {
        let Some(log) = self.logs.get(actor) else { return Vec::new() };
        // One that was forgotten stands in the way as one that waits does.
        let counts = |hash: &ChangeHash| {
            self.nodes.get(hash).is_none_or(|node| matches!(node.right, Right::MayWrite | Right::Unknown))
        };
        let mut before = log.range(..(place, ChangeHash([0; 32]))).rev().filter(|(_, hash)| counts(hash)).peekable();
        let Some(nearest) = before.peek().map(|(nearest, _)| *nearest) else { return Vec::new() };
        before.take_while(|(at, _)| *at == nearest).map(|(_, hash)| *hash).collect()
    }

    /// What may be placed now that a change is: its dependants, and what follows it in its log.
    pub(super) fn released_by(&self, hash: &ChangeHash) -> Vec<ChangeHash> {
        let mut released = self.dependants.get(hash).cloned().unwrap_or_default();
        if let Some(node) = self.nodes.get(hash)
            && let Some(log) = self.logs.get(&node.change.actor())
        {
            let after = log.range((node.place.saturating_add(1), ChangeHash([0; 32]))..).map(|(_, hash)| hash);
            let waits = |hash: &&ChangeHash| self.nodes.get(*hash).is_some_and(|node| node.placed.is_none());
            released.extend(after.take_while(waits));
        }
        released
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Inert, Prescanned, Verdict, prescan};
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

    /// Offers the changes in every order; what became of each, by its place in the list.
    fn in_every_order(changes: &[(Prescanned, u64)]) -> Vec<Verdict> {
        let mut seen: Option<Vec<Verdict>> = None;
        for order in orders(changes.len()) {
            let mut document = Document::new(DocumentId([7; 32]));
            for at in &order {
                let (change, place) = &changes[*at];
                let device = DeviceId(PublicKey([change.actor().0[0]; 32]));
                document.offer(change.clone(), device, *place, Right::MayWrite);
            }
            let verdicts: Vec<Verdict> =
                changes.iter().map(|(change, _)| document.verdict(&change.hash()).unwrap().clone()).collect();
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
}
