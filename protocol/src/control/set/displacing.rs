//! What goes when a record loses its place, or a group has too many devices.
//!
//! With a device goes what it signed, and what is said about its end: else the set would hold what nobody takes in who
//! heard of better devices first. A list that has lost its place says no more which devices are wanted.

use super::ControlSet;
use crate::control::certificate::Capabilities;
use crate::control::error::Missing;
use crate::control::record::Record;
use crate::control::root::RootNumber;
use crate::control::rotation::Listed;
use crate::control::signed::Signer;
use crate::control::vote::Vote;
use crate::id::{GroupId, RecordId};
use crate::key::DeviceId;
use std::sync::Arc;

impl ControlSet {
    /// Takes records out that lost their place, and those that stand on them. What may have a place again,
    /// waits.
    pub(super) fn displace(&mut self, mut lost: Vec<RecordId>) -> Vec<RecordId> {
        let mut displaced = Vec::new();
        while let Some(id) = lost.pop() {
            let Some(record) = self.remove(&id) else { continue };
            displaced.push(id);
            let missing = match &record {
                Record::Version(version) => {
                    let version = version.version();
                    if self.adoption(&version).is_some() {
                        continue;
                    }
                    lost.extend(self.votes_for(&version).map(Vote::id));
                    Missing::Votes(version)
                }
                Record::Vote(vote) => Missing::Version(vote.body().version),
                Record::Mandate(_) => {
                    lost.extend(self.endorsements_of(&id));
                    continue;
                }
                _ => continue,
            };
            self.note_vote(&record);
            self.waiting.hold(record, missing, None);
        }
        displaced
    }

    /// The certificates of a device, what its group and everybody say about its end, and what it signed for the group and
    /// does not prove itself.
    pub(super) fn records_of(&self, group: &GroupId, device: &DeviceId) -> Vec<RecordId> {
        let is_its = |record: &Record| match record {
            Record::DeviceCert(certificate) => certificate.body().device == *device,
            Record::Revoke(revoke) => revoke.body.device == *device,
            Record::ForkProof(proof) => proof.body.device == *device,
            Record::Version(_) | Record::Vote(_) => false,
            other => other.signer() == Some(Signer::Device(*device)),
        };
        let its = self.records.iter().filter(|(_, record)| record.group() == Some(*group) && is_its(record));
        its.map(|(id, _)| *id).collect()
    }

    fn remove(&mut self, id: &RecordId) -> Option<Record> {
        let record = Arc::unwrap_or_clone(Arc::make_mut(&mut self.records).remove(id)?);
        self.note_change(&record);
        let key = record.key();
        let places = Arc::make_mut(&mut self.places);
        if let Some(held) = places.get_mut(&key) {
            held.retain(|(_, held)| held != id);
            if held.is_empty() {
                places.remove(&key);
            }
        }
        if let Some((group, root, devices)) = list_of(&record) {
            self.devices.unlist(group, root, devices);
        }
        if let Record::DeviceCert(certificate) = &record {
            let body = certificate.body();
            let place = (body.group, body.device);
            if !self.is_certified(&place, |rights| rights.has(Capabilities::GOVERN)) {
                self.governing.remove(&place);
            }
            if !self.is_certified(&place, |_| true) {
                self.devices.remove(&body.group, &body.device);
            }
        }
        self.stale.insert(id.0[0]);
        Some(record)
    }
}

/// The devices that a record lists, for which group, under the root of which number.
pub(super) fn list_of(record: &Record) -> Option<(GroupId, u32, &[Listed])> {
    match record {
        Record::Rotation(rotation) => {
            let body = &rotation.body;
            Some((body.group, body.number, &body.devices))
        }
        Record::Recovery(recovery) => {
            let body = &recovery.body;
            let number = RootNumber { recovery: body.recovery, rotation: 0 }.number();
            Some((body.group, number, &body.devices))
        }
        _ => None,
    }
}
