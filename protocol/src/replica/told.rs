//! When a record was made and changed last, and by whom: what the changes that count claim.

use crate::key::DeviceId;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// What the changes that count say of their time. What has no effect makes no record newer, and nobody its writer.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) latest: BTreeMap<DeviceId, u64>,
    pub(super) created: Timestamp,
    pub(super) changed: Timestamp,
    pub(super) changed_by: Option<DeviceId>,
    pub(super) freshness: Freshness,
}

/// Whether what is told follows from the changes that count now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    Fresh,
    /// Verdicts have changed since.
    Stale,
}

impl Told {
    /// What no changes say.
    pub(super) const fn nothing(freshness: Freshness) -> Self {
        Self {
            latest: BTreeMap::new(),
            created: Timestamp(u64::MAX),
            changed: Timestamp(0),
            changed_by: None,
            freshness,
        }
    }

    /// Notes one change that counts.
    pub(super) fn note(&mut self, device: DeviceId, time: Timestamp, seq: u64) {
        let latest = self.latest.entry(device).or_insert(seq);
        *latest = seq.max(*latest);
        self.created = self.created.min(time);
        if (time, Some(device)) > (self.changed, self.changed_by) {
            (self.changed, self.changed_by) = (time, Some(device));
        }
    }
}
