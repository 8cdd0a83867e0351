//! Receipts: who has received what, in both directions.
//!
//! Receivers answer for every log that grew, a moment later and together, so that a burst of entries
//! costs one receipt. Receipts are cumulative: losing one costs nothing once the next arrives, and each is
//! given a second time, because there may be no next.

use super::own_log::Branch;
use super::{Identity, Random};
use crate::authority::Authority;
use crate::entry::Head;
use crate::id::GroupId;
use crate::key::DeviceId;
use crate::limits::MAX_RECEIPT_LOGS;
use crate::log::Logs;
use crate::sync::{HintBody, Says};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A receipt leaves at the earliest this long after the entry came.
const RECEIPT_AFTER: Duration = Duration::from_millis(100);
/// Receipts of a coalition spread over this long per group, so that they don't come all at once.
const SPREAD_PER_GROUP: Duration = Duration::from_millis(10);
/// A receipt is given again after this long, or up to half as long later.
const AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Receipts given and taken.
#[derive(Debug, Default)]
pub struct Receipts {
    /// How far each device holds this node's own log.
    received: BTreeMap<DeviceId, u64>,
    /// Devices that hold another history of this node's own log: what they received is not what was written here.
    apart: BTreeSet<DeviceId>,
    /// Logs whose authors wait for a receipt.
    owed: BTreeSet<DeviceId>,
    due: Option<Duration>,
    /// Logs whose authors are told once more, in case the receipt went lost.
    again: BTreeSet<DeviceId>,
    again_due: Option<Duration>,
}

/// Whether a receipt told this node anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// The device holds more of this node's log than was known.
    Yes,
    /// It names another log, or nothing new.
    No,
}

/// Which groups have received an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Groups that have it.
    pub received_by: Vec<GroupId>,
    /// Groups that it is still on its way to.
    pub waiting_for: Vec<GroupId>,
}

/// How much of this node's own log others have received.
#[derive(Clone, Debug)]
pub struct Holders {
    /// The last place that a group has; none where it has nothing.
    groups: Vec<(GroupId, Option<u64>)>,
    /// Where the log ends for everybody.
    end: Option<u64>,
}

impl Holders {
    /// Who has received the entry `seq`. What lies behind the end of the log has been received by nobody.
    pub fn of(&self, seq: u64) -> Delivery {
        let counts = self.end.is_none_or(|end| seq < end);
        let has = |held: &Option<u64>| counts && held.is_some_and(|held| held >= seq);
        let mut delivery = Delivery::default();
        for (group, held) in &self.groups {
            match has(held) {
                true => delivery.received_by.push(*group),
                false => delivery.waiting_for.push(*group),
            }
        }
        delivery
    }
}

impl Receipts {
    /// Takes in a receipt of another device. Nothing happens unless it names this node's log, and no more of it
    /// than is held here: whoever has more has something else than what is written here next.
    pub(super) fn take(&mut self, me: &Identity, head: Option<&Head>, hint: &HintBody) -> Counted {
        let Says::Received(logs) = &hint.says else { return Counted::No };
        let Some((_, seq)) = logs.iter().find(|(log, _)| *log == me.device) else { return Counted::No };
        if self.apart.contains(&hint.device) || head.is_none_or(|head| *seq > head.seq) {
            return Counted::No;
        }
        match self.received.get(&hint.device) {
            Some(known) if known >= seq => Counted::No,
            _ => {
                self.received.insert(hint.device, *seq);
                Counted::Yes
            }
        }
    }

    /// Notes which history of this node's own log a device holds.
    pub(super) fn hold(&mut self, device: DeviceId, branch: Branch) {
        match branch {
            Branch::Ours => {
                self.apart.remove(&device);
            }
            Branch::Other => {
                self.apart.insert(device);
                self.received.remove(&device);
            }
        }
    }

    /// Who has received this node's own entry `seq`, among all members but its own group. What lies behind the
    /// end of the log has been received by nobody.
    pub fn delivery(&self, me: &Identity, authority: &Authority, seq: u64) -> Delivery {
        self.holders(me, authority).of(seq)
    }

    /// How much of this node's own log each member but its own group has received.
    pub fn holders(&self, me: &Identity, authority: &Authority) -> Holders {
        let others = authority.members().filter(|group| *group != me.group);
        let received = |group: &GroupId| {
            authority.devices_of(group).iter().filter_map(|device| self.received.get(device)).max().copied()
        };
        let groups = others.map(|group| (group, received(&group))).collect();
        Holders { groups, end: authority.cut(&me.device).map(|cut| cut.seq) }
    }

    /// How many of this node's entries up to `head` no group has received yet.
    pub fn unseen(&self, me: &Identity, authority: &Authority, head: Option<u64>) -> u64 {
        let held = authority
            .members()
            .filter(|group| *group != me.group)
            .flat_map(|group| authority.devices_of(&group).iter().filter_map(|device| self.received.get(device)).max())
            .max();
        let held = match authority.cut(&me.device) {
            Some(cut) => cut.seq.checked_sub(1).and_then(|last| held.map(|held| last.min(*held))),
            None => held.copied(),
        };
        match (head, held) {
            (None, _) => 0,
            (Some(head), None) => head + 1,
            (Some(head), Some(held)) => head.saturating_sub(held),
        }
    }

    /// A receipt is owed for a log that grew or whose author came back.
    pub(super) fn owe(&mut self, now: Duration, groups: usize, random: &mut Random, log: DeviceId) {
        self.owed.insert(log);
        if self.due.is_none() {
            let spread = SPREAD_PER_GROUP.saturating_mul(u32::try_from(groups).unwrap_or(u32::MAX));
            self.due = Some(now + RECEIPT_AFTER + random.up_to(RECEIPT_AFTER + spread));
        }
    }

    /// When the next receipt is due.
    pub fn due(&self) -> Option<Duration> {
        [self.due, self.again_due].into_iter().flatten().min()
    }

    /// The receipts that are due now, to be signed.
    pub(super) fn collect(&mut self, now: Duration, logs: &Logs, random: &mut Random) -> Option<Says> {
        let named = if self.due.is_some_and(|due| due <= now) {
            let named = take_some(&mut self.owed);
            self.due = if self.owed.is_empty() { None } else { Some(now + RECEIPT_AFTER) };
            self.again.extend(&named);
            self.again_due.get_or_insert_with(|| now + AGAIN_AFTER + random.up_to(AGAIN_AFTER / 2));
            named
        } else if self.again_due.is_some_and(|due| due <= now) {
            let named = take_some(&mut self.again);
            self.again_due = if self.again.is_empty() { None } else { Some(now + RECEIPT_AFTER) };
            named
        } else {
            return None;
        };
        let received: Vec<(DeviceId, u64)> = named
            .into_iter()
            .filter_map(|log| logs.counted(&log).map(|counted| (log, counted.entries.saturating_sub(1))))
            .collect();
        (!received.is_empty()).then_some(Says::Received(received))
    }
}

/// As many logs as one receipt names.
fn take_some(logs: &mut BTreeSet<DeviceId>) -> Vec<DeviceId> {
    let named: Vec<DeviceId> = logs.iter().copied().take(MAX_RECEIPT_LOGS).collect();
    logs.retain(|log| !named.contains(log));
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::EntryId;
    use crate::key::{SecretKey, Signature};

    #[test]
    fn a_receipt_is_given_twice_and_no_more() {
        let log = DeviceId(SecretKey::from_seed(&[1; 32]).public());
        let logs = Logs::new([(log, Head { seq: 7, id: EntryId::ZERO, signature: Signature([0; 64]) })]);
        let (mut receipts, mut random) = (Receipts::default(), Random::new([2; 32]));
        receipts.owe(Duration::ZERO, 3, &mut random, log);
        let mut given = Vec::new();
        while let Some(due) = receipts.due() {
            assert_eq!(receipts.collect(due.saturating_sub(Duration::from_millis(1)), &logs, &mut random), None);
            given.push((due, receipts.collect(due, &logs, &mut random)));
        }
        let [(first, said), (second, again)] = &given[..] else { panic!("{given:?}") };
        assert_eq!(*said, Some(Says::Received(vec![(log, 7)])));
        assert_eq!(said, again);
        assert!(*first < Duration::from_secs(1) && *second >= AGAIN_AFTER, "{first:?}, {second:?}");
    }
}
