//! What a record lets in that waited for it.
//!
//! Whoever has the keys of a group can make certificates and rival roots without end, and fill what waits. So that
//! both do not multiply, nothing is tried again for which nothing has changed.

use super::ControlSet;
use crate::control::certificate::{Capabilities, DeviceCertBody};
use crate::control::error::Missing;
use crate::control::known_root::KnownRoot;
use crate::control::record::{Record, RecordKey};
use crate::control::recovery::RecoveryBody;
use crate::control::root::RootNumber;
use crate::control::rotation::RotationBody;
use crate::id::{GroupId, RecordId};
use crate::key::PeerKey;

impl ControlSet {
    /// What waited for a record, as far as it may count because of it.
    pub(super) fn unlocked_by(&mut self, id: &RecordId) -> Vec<(Record, Option<PeerKey>)> {
        let Some(record) = self.records.get(id).cloned() else { return Vec::new() };
        let missing = match &*record {
            Record::Inception(inception) => Missing::Inception(inception.group()),
            Record::DeviceCert(certificate) => {
                let DeviceCertBody { group, device, capabilities, .. } = *certificate.body();
                // The first shows whose the device is. After that only who may govern lets anything in.
                if !capabilities.has(Capabilities::GOVERN) && self.certificates_of(&group, &device).nth(1).is_some() {
                    return Vec::new();
                }
                Missing::Certificate { group, device }
            }
            Record::Rotation(rotation) => {
                let RotationBody { group, number, root, chain, .. } = rotation.body;
                let Some(number) = RootNumber::of(number) else { return Vec::new() };
                return self.unlocked_by_root(&record.key(), (group, number), &KnownRoot { key: root, chain });
            }
            Record::Recovery(recovery) => {
                let RecoveryBody { group, recovery, root, chain, .. } = recovery.body;
                let number = RootNumber { recovery, rotation: 0 };
                return self.unlocked_by_root(&record.key(), (group, number), &KnownRoot { key: root, chain });
            }
            Record::Genesis(genesis) => Missing::Version(genesis.version()),
            Record::Version(version) => Missing::Version(version.version()),
            Record::Adoption(adoption) => Missing::Version(adoption.version()),
            Record::Mandate(_) => Missing::Mandate(*id),
            _ => return Vec::new(),
        };
        self.waiting.release(&missing, |_| true)
    }

    /// What waited for a root of this number. After a recovery there may be rivals, and what waits for another of them
    /// waits on; without one this is the only root, and what is not by it goes.
    fn unlocked_by_root(
        &mut self,
        place: &RecordKey,
        (group, number): (GroupId, RootNumber),
        root: &KnownRoot,
    ) -> Vec<(Record, Option<PeerKey>)> {
        if self.places.get(place).is_some_and(|held| held.len() > 1) {
            return Vec::new();
        }
        let wants = |record: &Record| number.recovery == 0 || root.may_let_in(record, &group, number);
        self.waiting.release(&Missing::Root { group, number: number.number() }, wants)
    }
}
