//! An order in which a document takes changes that are all there: each after those of them that it builds on.
//!
//! The guard keeps few changes waiting for others, so a document that is read from storage has to come in an order in
//! which nothing waits in vain, whatever hostile devices wrote among it. What comes after what is the guard's own
//! rule: dependencies, and the places of a log at which anything stands that holds up what follows.

use super::document::Incoming;
use crate::document::Place;
use crate::id::ChangeHash;
use crate::key::DeviceId;
use std::collections::{HashMap, VecDeque};

/// Whether what follows a change in its log comes after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It does.
    InTurn,
    /// The change may not be written, or lies behind a cut.
    PassedOver,
}

/// What has to come before what, by places in the list.
struct Edges {
    missing: Vec<usize>,
    dependants: Vec<Vec<usize>>,
}

impl Edges {
    fn add(&mut self, earlier: usize, later: usize) {
        if let (Some(missing), Some(dependants)) = (self.missing.get_mut(later), self.dependants.get_mut(earlier)) {
            *missing += 1;
            dependants.push(later);
        }
    }
}

/// The changes, each after those of them that it builds on and those before it in its log.
pub(super) fn in_causal_order(changes: Vec<Incoming>, turn: impl Fn(&Incoming) -> Turn) -> Vec<Incoming> {
    // A change that stands at several places stands at the first of them.
    let mut first: HashMap<ChangeHash, usize> = HashMap::new();
    for (own, incoming) in changes.iter().enumerate() {
        let at = first.entry(incoming.change.change.hash()).or_insert(own);
        if changes.get(*at).is_some_and(|other| other.place > incoming.place) {
            *at = own;
        }
    }
    let mut edges = Edges { missing: vec![0; changes.len()], dependants: vec![Vec::new(); changes.len()] };
    let mut logs: Vec<(DeviceId, Place, usize)> = Vec::new();
    for (own, incoming) in changes.iter().enumerate() {
        match first.get(&incoming.change.change.hash()) {
            Some(at) if *at != own => edges.add(*at, own),
            _ => {
                let deps = incoming.change.change.deps().iter().filter_map(|dep| first.get(dep));
                deps.for_each(|dep| edges.add(*dep, own));
                if turn(incoming) == Turn::InTurn {
                    logs.push((incoming.device, incoming.place, own));
                }
            }
        }
    }
    logs.sort_unstable();
    for pair in logs.windows(2) {
        if let [(device, place, earlier), (same, next, own)] = pair
            && device == same
            && place < next
        {
            edges.add(*earlier, *own);
        }
    }
    let Edges { mut missing, mut dependants } = edges;
    let mut ready: VecDeque<usize> =
        missing.iter().enumerate().filter(|(_, missing)| **missing == 0).map(|(place, _)| place).collect();
    let mut changes: Vec<Option<Incoming>> = changes.into_iter().map(Some).collect();
    let mut ordered = Vec::with_capacity(changes.len());
    while let Some(next) = ready.pop_front() {
        ordered.extend(changes.get_mut(next).and_then(Option::take));
        for dependant in dependants.get_mut(next).map(std::mem::take).into_iter().flatten() {
            if let Some(missing) = missing.get_mut(dependant) {
                *missing -= 1;
                if *missing == 0 {
                    ready.push_back(dependant);
                }
            }
        }
    }
    // A device that builds on what it writes later waits for itself, for ever.
    ordered.extend(changes.into_iter().flatten());
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Document, Right, Verdict, prescan};
    use crate::entry::VerifiedChange;
    use crate::id::{Actor, DocumentId};
    use crate::key::PublicKey;
    use crate::limits::MAX_WAITING_PER_LOG;
    use crate::time::Timestamp;
    use automerge::transaction::Transactable as _;
    use automerge::{ActorId, Automerge, ROOT};

    const MALLORY: u8 = 1;
    const ACCOMPLICE: u8 = 2;
    const ALICE: u8 = 3;
    /// Where the log of Mallory ends.
    const CUT: u64 = 5;

    fn device(number: u8) -> DeviceId {
        DeviceId(PublicKey([number; 32]))
    }

    /// Writes on top of all that `draft` holds.
    fn write(draft: &mut Automerge, number: u8, seq: u64) -> Incoming {
        *draft = draft.clone().with_actor(ActorId::from([number; 32]));
        let mut transaction = draft.transaction();
        transaction.put(ROOT, format!("key {number}"), seq).unwrap();
        transaction.commit();
        let change = draft.get_last_local_change().unwrap();
        let change = prescan(change.raw_bytes(), &Actor([number; 32])).unwrap();
        let change = VerifiedChange { opening: None, change };
        Incoming { device: device(number), place: Place::Log(seq), time: Timestamp(0), change }
    }

    fn right(incoming: &Incoming) -> Right {
        match incoming.device == device(MALLORY) && incoming.place.seq() >= CUT {
            true => Right::IfBuiltOn,
            false => Right::MayWrite,
        }
    }

    /// How many of the changes count, offered in the order that is found.
    fn effective(changes: Vec<Incoming>) -> usize {
        let turn = |incoming: &Incoming| match right(incoming) {
            Right::MayWrite => Turn::InTurn,
            _ => Turn::PassedOver,
        };
        let mut document = Document::new(DocumentId([7; 32]));
        for incoming in in_causal_order(changes, turn) {
            let right = right(&incoming);
            let offered = document.offer(incoming.change.change, incoming.device, incoming.place, right);
            assert!(matches!(offered.verdict, Verdict::Effective | Verdict::Inert(_)), "{:?}", offered.verdict);
        }
        document.effective().count()
    }

    /// What Alice writes on top of everything, last first.
    fn many(draft: &mut Automerge) -> Vec<Incoming> {
        let mut written: Vec<Incoming> =
            (0..2 * MAX_WAITING_PER_LOG as u64).map(|seq| write(draft, ALICE, seq)).collect();
        written.reverse();
        written
    }

    #[test]
    fn what_a_device_writes_again_later_in_its_log_holds_up_nobody_who_built_on_it() {
        let mut draft = Automerge::new();
        let change = write(&mut draft, MALLORY, 0);
        let mut changes = many(&mut draft);
        let after = write(&mut draft, MALLORY, 1);
        // In the order of the log, as storage has them.
        let again = |seq| Incoming { place: Place::Log(seq), ..change.clone() };
        changes.extend([change.clone(), after, again(2), again(9)]);
        assert_eq!(effective(changes), 2 * MAX_WAITING_PER_LOG + 2);
    }

    #[test]
    fn a_log_behind_a_cut_whose_order_contradicts_its_dependencies_holds_up_nobody() {
        let mut draft = Automerge::new();
        let built_on = write(&mut draft, MALLORY, CUT + 1);
        let mut beside = draft.clone();
        let earlier = write(&mut beside, MALLORY, CUT);
        let keeps = write(&mut draft, ACCOMPLICE, 0);
        let mut changes = many(&mut draft);
        changes.extend([earlier, built_on, keeps]);
        assert_eq!(effective(changes), 2 * MAX_WAITING_PER_LOG + 2);
    }
}
