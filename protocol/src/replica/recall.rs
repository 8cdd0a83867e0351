//! Telling somebody who has the words of a group what its keys and logs are: see [`crate::sync::recall`].

use super::Replica;
use crate::chain::HeaderChain;
use crate::control::{Kind, Record, RootNumber};
use crate::id::{GroupId, RecordId};
use crate::key::PeerKey;
use crate::limits::MAX_RECALL;
use crate::storage::{Storage, StorageError};
use crate::sync::message::Rest;
use crate::sync::{Recall, Refusal, Response, recall};
use std::collections::BTreeMap;

/// Groups that are named where several have one root.
const MOST_GROUPS: usize = 16;

impl<S: Storage> Replica<S> {
    /// The groups that a request is about: those that were admitted, and begin or were recovered with its root.
    fn recalled_groups(&self, asked: &Recall) -> Vec<GroupId> {
        let has_root = |group: &GroupId| {
            let begun = self.control.inception(group).is_some_and(|inception| inception.body.root == asked.root);
            begun || self.control.recoveries(group).any(|recovery| recovery.body.root == asked.root)
        };
        let is_meant = |group: &GroupId| asked.group.is_none_or(|meant| meant == *group);
        let groups = self.authority.groups().filter(|group| is_meant(group) && self.authority.was_admitted(group));
        groups.filter(has_root).take(MOST_GROUPS).collect()
    }

    /// The answer to somebody who has a group's words.
    pub(super) fn recalled(&self, asker: PeerKey, asked: &Recall) -> Result<Response, StorageError> {
        if !asked.is_proven(&asker) {
            return Ok(Response::Refused(Refusal::Unproven));
        }
        let groups = self.recalled_groups(asked);
        let group = match groups.as_slice() {
            [] => return Ok(Response::Refused(Refusal::NoSuchGroup)),
            [group] => *group,
            several => {
                // The asker has to say which one.
                let inceptions = several.iter().filter_map(|group| self.control.inception(group).cloned());
                let records = inceptions.map(Record::Inception).collect();
                return Ok(Response::Recalled { records, heads: Vec::new(), rest: Rest::None });
            }
        };
        let heads = if asked.after.is_none() { self.last_headers(&group)? } else { Vec::new() };
        Ok(recall::page(&self.records_of_keys(&group), heads, asked.after, MAX_RECALL))
    }

    /// What says which keys a group has, with what proves it, and what the coalition began with.
    fn records_of_keys(&self, group: &GroupId) -> BTreeMap<RecordId, Record> {
        let of_keys =
            [Kind::Inception, Kind::DeviceCert, Kind::Rotation, Kind::Recovery, Kind::Revoke, Kind::ForkProof];
        let own = self.control.iter().filter(|record| record.group() == Some(*group));
        let own = own.filter(|record| of_keys.contains(&record.kind())).cloned();
        let recoveries = self.control.recoveries(group).map(|recovery| recovery.body.recovery);
        let contacts =
            recoveries.flat_map(|recovery| self.control.root_proof(group, RootNumber { recovery, rotation: 0 }));
        let all = self.founding_records(&[]).into_iter().chain(own).chain(contacts);
        all.map(|record| (record.id(), record)).collect()
    }

    /// The head of each log of a group, with what proves its place; of one that another group certified too as well.
    fn last_headers(&self, group: &GroupId) -> Result<Vec<HeaderChain>, StorageError> {
        let mut heads = Vec::new();
        let disputed = self.authority.keys().disputed_of(group).map(|(device, _)| device);
        for device in self.authority.devices_of(group).iter().copied().chain(disputed) {
            let Some(head) = self.logs.head(&device) else { continue };
            let run = self.storage.run(&device, head.seq, 0)?;
            heads.extend(run.as_ref().and_then(HeaderChain::of));
        }
        Ok(heads)
    }
}
