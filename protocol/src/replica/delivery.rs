//! Receipts: who has received what, in both directions.
//!
//! Receivers answer for every log that grew, a moment later and together, so that a burst of entries
//! costs one receipt. Receipts are cumulative: losing one costs nothing once the next arrives.

use super::{Identity, Random};
use crate::authority::Authority;
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

/// Receipts given and taken.
#[derive(Debug, Default)]
pub struct Receipts {
    /// How far each device holds this node's own log.
    received: BTreeMap<DeviceId, u64>,
    /// Logs whose authors wait for a receipt.
    owed: BTreeSet<DeviceId>,
    due: Option<Duration>,
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

impl Receipts {
    /// Takes in a receipt of another device. Nothing happens unless it names this node's log.
    pub fn take(&mut self, me: &Identity, hint: &HintBody) -> Counted {
        let Says::Received(logs) = &hint.says else { return Counted::No };
        let Some((_, seq)) = logs.iter().find(|(log, _)| *log == me.device) else { return Counted::No };
        match self.received.get(&hint.device) {
            Some(known) if known >= seq => Counted::No,
            _ => {
                self.received.insert(hint.device, *seq);
                Counted::Yes
            }
        }
    }

    /// Who has received this node's own entry `seq`, among all members but its own group.
    pub fn delivery(&self, me: &Identity, authority: &Authority, seq: u64) -> Delivery {
        let mut delivery = Delivery::default();
        for group in authority.members().filter(|group| *group != me.group) {
            let has = |device: &DeviceId| self.received.get(device).is_some_and(|held| *held >= seq);
            match authority.devices_of(&group).iter().any(has) {
                true => delivery.received_by.push(group),
                false => delivery.waiting_for.push(group),
            }
        }
        delivery
    }

    /// How many of this node's entries up to `head` no group has received yet.
    pub fn unseen(&self, me: &Identity, authority: &Authority, head: Option<u64>) -> u64 {
        let held = authority
            .members()
            .filter(|group| *group != me.group)
            .flat_map(|group| authority.devices_of(&group).iter().filter_map(|device| self.received.get(device)).max())
            .max();
        match (head, held) {
            (None, _) => 0,
            (Some(head), None) => head + 1,
            (Some(head), Some(held)) => head.saturating_sub(*held),
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
        self.due
    }

    /// The receipts that are due now, to be signed.
    pub(super) fn collect(&mut self, now: Duration, logs: &Logs) -> Option<Says> {
        if self.due.is_none_or(|due| due > now) {
            return None;
        }
        let named: Vec<DeviceId> = self.owed.iter().copied().take(MAX_RECEIPT_LOGS).collect();
        self.owed.retain(|log| !named.contains(log));
        self.due = if self.owed.is_empty() { None } else { Some(now + RECEIPT_AFTER) };
        let received: Vec<(DeviceId, u64)> = named
            .into_iter()
            .filter_map(|log| logs.counted(&log).map(|counted| (log, counted.entries.saturating_sub(1))))
            .collect();
        (!received.is_empty()).then_some(Says::Received(received))
    }
}
