//! When each group was heard from last, worked out alike on every computer.
//!
//! What stays on this computer does not count: others know nothing of it. A record counts for the group whose device wrote
//! to it last, and for the one that began it; a signature, a proposal and an endorsement count for whoever gave it.

use super::{Views, local};
use grid_protocol::authority::Authority;
use grid_protocol::control::{ControlSet, Record};
use grid_protocol::id::GroupId;
use grid_protocol::key::DeviceId;
use grid_protocol::time::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// What control records tell of groups: whose devices there are, and when each group acted last.
#[derive(Debug, Default)]
pub(super) struct Acted {
    devices: HashMap<DeviceId, GroupId>,
    last: BTreeMap<GroupId, Timestamp>,
}

impl Acted {
    pub(super) fn read(control: &ControlSet, authority: &Authority) -> Self {
        let devices =
            authority.groups().flat_map(|group| authority.devices_of(&group).iter().map(move |it| (*it, group)));
        let mut acted = Self { devices: devices.collect(), last: BTreeMap::new() };
        for record in control.iter() {
            let told = match record {
                Record::Join(join) => Some((join.body().group, join.body().joined_at)),
                Record::Endorsement(endorsement) => Some((endorsement.body.group, endorsement.body.at)),
                _ => None,
            };
            acted.note(told);
        }
        acted
    }

    fn note(&mut self, told: Option<(GroupId, Timestamp)>) {
        if let Some((group, at)) = told {
            let known = self.last.entry(group).or_insert(at);
            *known = at.max(*known);
        }
    }
}

impl Views {
    /// When each group was heard from last, as far as others may know it too.
    pub(crate) fn heard(&self) -> BTreeMap<GroupId, Timestamp> {
        let mut last: HashMap<GroupId, Timestamp> = HashMap::new();
        let mut note = |group: GroupId, at: Timestamp| {
            let known = last.entry(group).or_insert(at);
            *known = at.max(*known);
        };
        // A hundred thousand records are of fifty kinds.
        let mut here: HashMap<&str, bool> = HashMap::new();
        for row in self.records.held() {
            let (Some(owner), Some(kind)) = (row.owner(), row.kind()) else { continue };
            if *here.entry(kind).or_insert_with(|| local::is_here(&self.registry, kind)) {
                continue;
            }
            match row.changed_by.map_or(Some(owner), |device| self.acted.devices.get(&device).copied()) {
                Some(writer) if writer == owner => note(owner, row.created.max(row.changed)),
                writer => {
                    note(owner, row.created);
                    writer.into_iter().for_each(|writer| note(writer, row.changed));
                }
            }
        }
        self.acted.last.iter().for_each(|(group, at)| note(*group, *at));
        for version in self.versions.iter() {
            version.signed.iter().copied().chain(version.proposed).for_each(|(group, at)| note(group, at));
        }
        last.into_iter().collect()
    }
}
