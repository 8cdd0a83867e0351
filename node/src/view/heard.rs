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

/// What control records tell of groups: whose devices there are, and when each group acted, as it claims.
#[derive(Debug, Default)]
pub(super) struct Acted {
    devices: HashMap<DeviceId, GroupId>,
    times: Vec<(GroupId, Timestamp)>,
}

impl Acted {
    pub(super) fn read(control: &ControlSet, authority: &Authority) -> Self {
        let devices =
            authority.groups().flat_map(|group| authority.devices_of(&group).iter().map(move |it| (*it, group)));
        let times = control.iter().filter_map(|record| match record {
            Record::Join(join) => Some((join.body().group, join.body().joined_at)),
            Record::Endorsement(endorsement) => Some((endorsement.body.group, endorsement.body.at)),
            _ => None,
        });
        Self { devices: devices.collect(), times: times.collect() }
    }
}

impl Views {
    /// When each group was heard from last, as far as others may know it too. What a signature or an endorsement claims
    /// that lies ahead counts once it has come: nobody is heard from in advance.
    pub(crate) fn heard(&self, now: Timestamp) -> BTreeMap<GroupId, Timestamp> {
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
        let signed = self.versions.iter().flat_map(|version| version.signed.iter().copied().chain(version.proposed));
        let acted = self.acted.times.iter().copied().chain(signed);
        acted.filter(|(_, at)| *at <= now).for_each(|(group, at)| note(group, at));
        last.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::question::fixture::{Coalition, NOW};
    use crate::view::{VersionRow, VersionState, Way};
    use grid_protocol::control::Statement;
    use grid_protocol::id::{GroupId, VersionId};
    use grid_protocol::time::Timestamp;
    use serde_json::json;
    use std::sync::Arc;

    /// A version that a group proposed and signed.
    fn version(by: (GroupId, Timestamp)) -> VersionRow {
        VersionRow {
            version: VersionId([5; 32]),
            base: None,
            depth: 0,
            statement: Arc::new(Statement { title: "t".into(), text: String::new(), policies: Vec::new() }),
            electors: Vec::new(),
            removed: Vec::new(),
            proposed: Some(by),
            votes: Vec::new(),
            needed: 1,
            voters: 1,
            state: VersionState::Proposed,
            way: Way::Elsewhere,
            signed: vec![by],
            followed_by: Vec::new(),
        }
    }

    #[test]
    fn a_clock_that_ran_ahead_keeps_nobody_from_being_silent() {
        let mut coalition = Coalition::quiet_since(40, &["Clean River", "Hollin Choir", "Ferry Friends"]);
        coalition.days_ago(2).record(0, "action", json!({"title": "Vigil"}));
        let silent =
            |coalition: &Coalition| Coalition::column(&coalition.ask("silence", &[]).unwrap(), "silent", "name");
        assert_eq!(silent(&coalition), ["Hollin Choir", "Ferry Friends"]);
        let group = |index: usize| coalition.views.members[index];
        let (choir, ferry) = (group(1), group(2));
        coalition.views.acted.times = vec![(choir, Timestamp(NOW.0 + 1)), (ferry, Timestamp(NOW.0 - 1))];
        assert_eq!(silent(&coalition), ["Hollin Choir"], "what lies ahead was not heard yet");
        let ahead = (choir, Timestamp(u64::MAX));
        coalition.views.versions = [version(ahead)].into();
        assert_eq!(silent(&coalition), ["Hollin Choir"]);
        let heard = coalition.views.heard(Timestamp(NOW.0 + 1));
        assert_eq!(heard.get(&choir), Some(&Timestamp(NOW.0 + 1)), "once the time has come it counts");
    }
}
