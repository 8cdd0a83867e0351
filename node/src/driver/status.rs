//! Where the node stands, as its operator asks for it.

use super::Driver;
use crate::handle::{Me, OwnStanding, Status};
use crate::network::Path;
use crate::space::{Amount, GroupSpace, Space};
use crate::view::{PeerPath, PeerRow, PeerState};
use grid_protocol::authority::{Lacking, Standing, Why};
use grid_protocol::control::Record;
use grid_protocol::id::{GroupId, VersionId};
use grid_protocol::key::DeviceId;
use grid_protocol::replica::{PeerStanding, PeerSync, PeerView};
use std::collections::{BTreeMap, BTreeSet};

impl Driver {
    pub(super) fn me(&self) -> Me {
        let me = self.replica.me();
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        Me {
            coalition: me.coalition,
            coalition_name: self.replica.control().genesis().map(|genesis| genesis.body.name.clone()),
            group_name: views.name_of(&me.group),
            device: me.device,
        }
    }

    pub(super) fn status(&self) -> Status {
        let me = self.replica.me();
        let authority = self.replica.authority();
        let standing = self.standing();
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let head = self.replica.own_head().map(|head| head.seq);
        Status {
            coalition: me.coalition,
            coalition_name: self.replica.control().genesis().map(|genesis| genesis.body.name.clone()),
            group: me.group,
            group_name: views.name_of(&me.group),
            device: me.device,
            state_root: self.replica.state_root(),
            members: views.members.len(),
            records: views.records.len(),
            pending: self.replica.receipts().unseen(&me, authority, head),
            peers: self.peers(|group| views.name_of(group)),
            space: self.space(|group| views.name_of(group)),
            listen: self.listen.clone(),
            troubles: self.troubles(),
            needs: match standing {
                OwnStanding::Member => [views.needs(), self.vouch_needs(&views)].concat(),
                _ => Vec::new(),
            },
            findings: self.findings(&views),
            standing,
        }
    }

    /// Which version removed this group, and what that means.
    fn removal(&self) -> String {
        let (authority, group) = (self.replica.authority(), self.replica.me().group);
        let ends = authority.membership().ends(&group);
        let by = ends.iter().find(|end| end.why == Why::Removed).map(|end| VersionId(end.by.0));
        let title = by.and_then(|by| Some((by, self.replica.control().statement(&by)?.title.clone())));
        let which = title.map_or_else(
            || "a version of the statement".to_owned(),
            |(by, title)| format!("version {} of the statement ({title:?})", by.short()),
        );
        format!(
            "{which} removed this group; what it wrote until then stays with the others, what it writes from now on \
             counts for nobody, and signing does not bring it back"
        )
    }

    pub(super) fn standing(&self) -> OwnStanding {
        let me = self.replica.me();
        if self.replica.is_pairing() {
            return OwnStanding::Pairing(self.application.clone());
        }
        match self.replica.authority().standing(&me.group) {
            Standing::Withdrawn => OwnStanding::Withdrawn,
            Standing::Removed => OwnStanding::Removed(self.removal()),
            // The store was damaged, and what the signature is under has not come back yet.
            _ if self.replica.control().genesis().is_none() && !self.start_troubles.is_empty() => OwnStanding::Waiting,
            Standing::Applicant { missing: Lacking::Signature | Lacking::SignatureAndVouch } => OwnStanding::NotSigned,
            // What this node believes of itself counts once another node has said so too.
            Standing::Member if self.replica.is_let_in() => OwnStanding::Member,
            Standing::Applicant { missing: Lacking::Vouch } => {
                self.lacks_vouches().map_or_else(|| self.unanswered(), OwnStanding::LacksVouches)
            }
            _ => self.unanswered(),
        }
    }

    /// What the entries of each group take up.
    fn space(&self, name: impl Fn(&GroupId) -> String) -> Space {
        let (now, held) = (self.clock.now().wall, self.replica.storage().reader().amounts());
        let day = self.arrivals.last_day(now, &held);
        let mut groups: BTreeMap<Option<GroupId>, (Amount, Amount)> = BTreeMap::new();
        for (device, held) in held {
            let (sum, sum_of_day) = groups.entry(self.replica.authority().author_of(&device)).or_default();
            *sum = *sum + held;
            *sum_of_day = *sum_of_day + day.get(&device).copied().unwrap_or_default();
        }
        let row = |(group, (held, last_day)): (Option<GroupId>, _)| {
            let name = group.as_ref().map_or_else(|| "a group that is not known".to_owned(), &name);
            GroupSpace { group, name, held, last_day }
        };
        let groups = groups.into_iter().map(row).collect();
        Space::of(groups, &self.replica.me().group, self.arrivals.acquaintance(now))
    }

    /// Where a group stands whose answer to an invite has not let it in.
    fn unanswered(&self) -> OwnStanding {
        self.application.clone().map_or(OwnStanding::Waiting, OwnStanding::Refused)
    }

    fn peers(&self, name: impl Fn(&GroupId) -> String) -> Vec<PeerRow> {
        let now = self.clock.now().wall;
        let mut seen: BTreeSet<DeviceId> = BTreeSet::from([self.replica.me().device]);
        let mut rows: Vec<PeerRow> = Vec::new();
        let forked = |device: &DeviceId| self.forked(device);
        for view in self.replica.peers() {
            let (group, device) = match view.standing {
                PeerStanding::Member { group, device } => (Some(group), Some(device)),
                PeerStanding::Lobby => (None, None),
            };
            seen.extend(device);
            let link = self.links.get(&view.peer);
            rows.push(PeerRow {
                group,
                name: group.as_ref().map(&name),
                device,
                path: match link.map(|link| link.path) {
                    Some(Path::Tcp) => PeerPath::Tcp,
                    Some(Path::Quic) => PeerPath::Quic,
                    None => PeerPath::None,
                },
                address: link.map(|link| link.address.clone()),
                sync: state(&view),
                last_seen: Some(now),
                fault: view.fault.or_else(|| forked(&device?)),
            });
        }
        let authority = self.replica.authority();
        for group in authority.members() {
            for device in authority.devices_of(&group) {
                // Whom its group has ended does not come back.
                let is_ended = authority.cut(device).is_some() && forked(device).is_none();
                if !is_ended && seen.insert(*device) {
                    rows.push(PeerRow {
                        group: Some(group),
                        name: Some(name(&group)),
                        device: Some(*device),
                        path: PeerPath::None,
                        address: None,
                        sync: PeerState::Offline,
                        last_seen: self.book.last_seen(device),
                        fault: forked(device).or_else(|| self.replica.burdened_by(device)),
                    });
                }
            }
        }
        rows.sort_by_cached_key(PeerRow::place);
        rows
    }
}

impl Driver {
    /// What is wrong with a device whose log has two histories, until its group has ended it.
    fn forked(&self, device: &DeviceId) -> Option<String> {
        let cut = self.replica.authority().cut(device)?;
        let set = self.replica.control();
        let of_device = |record: &Record| match record {
            Record::ForkProof(proof) => proof.body.device == *device,
            _ => false,
        };
        let ended = |record: &Record| matches!(record, Record::Revoke(revoke) if revoke.body.device == *device);
        if !set.iter().any(of_device) || set.iter().any(ended) {
            return None;
        }
        Some(format!(
            "it has two histories, as a home that was restored from a copy or runs twice: what it wrote behind entry {} \
             counts nowhere, and its group has to give it new keys (`grid device renew`)",
            cut.seq
        ))
    }
}

fn state(view: &PeerView) -> PeerState {
    match view.sync {
        PeerSync::NotYet | PeerSync::Fetching => PeerState::Fetching,
        PeerSync::InSync => PeerState::InSync,
        PeerSync::Waiting => PeerState::Waiting,
        PeerSync::Apart => PeerState::Apart,
    }
}
