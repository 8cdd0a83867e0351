//! Where devices can be reached, as they say themselves: kept to be told to whoever connects, because a
//! newcomer was not there when they said it. And how old what they say is.

use super::Random;
use crate::codec;
use crate::key::DeviceId;
use crate::limits::MAX_REQUEST;
use crate::sync::{Hint, HintBody, Says};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Hints that a newcomer is told at most: enough to find the rest.
pub(super) const TOLD: usize = 128;
/// Bytes of such hints at most: they share a request with nothing else, and it is bounded.
const TOLD_BYTES: usize = MAX_REQUEST / 2;

/// The last such hint of every device, and when it signed its last receipt.
#[derive(Debug, Default)]
pub(super) struct Reachable {
    hints: BTreeMap<DeviceId, Hint>,
    receipts: BTreeMap<DeviceId, Timestamp>,
}

/// Whether a hint was news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    /// It was.
    New,
    /// The same or a later one is known.
    Known,
}

impl Reachable {
    /// Whether the same or a later one of its device is known, so that nothing follows from it, true or not.
    pub(super) fn knows(&self, hint: &Hint) -> bool {
        matches!(hint.body.says, Says::Reachable(_))
            && self.hints.get(&hint.body.device).is_some_and(|known| known.body.time >= hint.body.time)
    }

    /// Whether it is a receipt no later than the last one of its device: anybody may repeat it. It counts all the
    /// same: receipts may overtake each other, and the device's clock may have been ahead.
    pub(super) fn is_late(&self, body: &HintBody) -> bool {
        matches!(body.says, Says::Received(_)) && self.receipts.get(&body.device).is_some_and(|last| *last >= body.time)
    }

    /// Notes when a device of a member signed a receipt.
    pub(super) fn hear(&mut self, body: &HintBody) {
        if matches!(body.says, Says::Received(_)) {
            let last = self.receipts.entry(body.device).or_insert(body.time);
            *last = body.time.max(*last);
        }
    }

    /// Keeps the hint if it is the latest of its device that tells addresses.
    pub(super) fn keep(&mut self, hint: &Hint) -> Kept {
        if self.knows(hint) || !matches!(hint.body.says, Says::Reachable(_)) {
            return Kept::Known;
        }
        self.hints.insert(hint.body.device, hint.clone());
        Kept::New
    }

    /// Some of the hints, others each time where there are many.
    pub(super) fn some(&self, random: &mut Random) -> Vec<Hint> {
        let many = self.hints.len().max(1) as u64;
        let skip = usize::try_from(random.number() % many).unwrap_or(0);
        let first = if self.hints.len() > TOLD { skip } else { 0 };
        let mut room = TOLD_BYTES;
        self.hints
            .values()
            .cycle()
            .skip(first)
            .take(self.hints.len().min(TOLD))
            .take_while(|hint| {
                let size = codec::encode(*hint).len();
                let fits = size <= room;
                room = room.saturating_sub(size);
                fits
            })
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CoalitionId;
    use crate::key::SecretKey;

    fn hint(device: u8, time: u64, says: Says) -> HintBody {
        Hint::write(CoalitionId([2; 32]), &SecretKey::from_seed(&[device; 32]), Timestamp(time), says).body
    }

    #[test]
    fn a_receipt_is_late_from_the_latest_of_its_own_device_on_in_whatever_order_they_come() {
        let receipt = |device, time| hint(device, time, Says::Received(Vec::new()));
        assert!(!Reachable::default().is_late(&receipt(1, 1)), "nothing is known yet");
        let mut known = Reachable::default();
        for times in [[7, 5], [5, 7]] {
            known = Reachable::default();
            times.into_iter().for_each(|time| known.hear(&receipt(1, time)));
            let late: Vec<bool> = [6, 7, 8].into_iter().map(|time| known.is_late(&receipt(1, time))).collect();
            assert_eq!(late, [true, true, false]);
        }
        assert!(!known.is_late(&receipt(2, 6)), "of another device");
        known.hear(&hint(1, 20, Says::Reachable(Vec::new())));
        assert!(!known.is_late(&receipt(1, 8)), "addresses say nothing about receipts");
        assert!(!known.is_late(&hint(1, 6, Says::Reachable(Vec::new()))), "nor receipts about addresses");
    }
}
