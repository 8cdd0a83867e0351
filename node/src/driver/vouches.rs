//! Who vouches for whom: this computer's slots, and who waits for a vouch.

use super::Driver;
use crate::handle::{Origin, SlotRow, SlotUse, VainVouch, VouchCount, VouchRule, VouchedRow, Vouches};
use crate::view::{Need, NeedKind, Views};
use grid_protocol::authority::{Authority, Carried, Fault, Lacking, SlotState, Standing, TakenBy, Vouching};
use grid_protocol::control::{Record, VouchedBy};
use grid_protocol::id::{GroupId, VersionId};
use grid_protocol::key::DeviceId;
use std::collections::{BTreeMap, BTreeSet};

/// Groups that wait for a vouch of which the status tells one by one.
const NAMED: usize = 5;

/// Groups that stand on one, of which the list tells who they are.
const CARRIED: usize = 20;

/// Looks at a group or a vouch that it may cost to tell who stands on whom: the driver waits for it.
const STEPS: usize = 10_000_000;

impl Driver {
    /// The vouches as this node knows them.
    pub(super) fn vouches(&self) -> Vouches {
        let (me, authority) = (self.replica.me(), self.replica.authority());
        let membership = authority.membership();
        let vouching = membership.vouching();
        let by_target = counting(authority, vouching);
        let mut vain = self.in_vain();
        let waiting = self.stood_for(&vain).into_iter().filter(applies(authority));
        let groups: BTreeSet<GroupId> = authority.members_here().chain(waiting).collect();
        let mut carried = membership.carried(&me.group, CARRIED, STEPS);
        let mut in_vain = |group: &GroupId| match applies(authority)(group) {
            true => vain.remove(group).into_iter().flatten().collect(),
            false => Vec::new(),
        };
        let row = |group: GroupId| VouchedRow {
            group,
            standing: authority.standing(&group),
            in_vain: in_vain(&group),
            origin: match vouching.is_some_and(|vouching| vouching.is_founder(&group)) {
                true => Origin::Founder,
                false => Origin::Guest,
            },
            vouchers: by_target.get(&group).cloned().unwrap_or_default(),
            carries: carried.remove(&group).unwrap_or_else(|| Some(Carried::default())),
        };
        let slots = self.slots(&me.device);
        let all = authority
            .followed()
            .map_or(0, |version| authority.governance().slot_count(authority.keys(), &version, &me.device) as usize);
        let used = slots.iter().filter(|slot| Some(slot.version) == authority.followed()).count();
        Vouches {
            rule: vouching.map(|vouching| VouchRule { needed: vouching.needed(), by: vouching.by() }),
            free: all.saturating_sub(used),
            slots,
            groups: groups.into_iter().map(row).collect(),
        }
    }

    /// Where one group stands, and how many vouch for it.
    pub(super) fn vouched(&self, group: &GroupId) -> VouchCount {
        let authority = self.replica.authority();
        let (membership, vouching) = (authority.membership(), authority.membership().vouching());
        VouchCount {
            needed: vouching.and_then(Vouching::needed),
            standing: authority.standing(group),
            vouchers: vouching.map_or(0, |it| it.count_for(group, |voucher| membership.may_have_written(voucher))),
        }
    }

    /// The slots of a computer that are not free, those under the newest version first.
    fn slots(&self, device: &DeviceId) -> Vec<SlotRow> {
        let authority = self.replica.authority();
        let mut ways = authority.governance().versions().path(&authority.followed().unwrap_or(VersionId([0; 32])));
        ways.reverse();
        let both = |version: &VersionId, slot: u32| {
            let void = authority.faults().find_map(|fault| match fault {
                Fault::DoubleVouch { device: by, version: under, slot: number, targets }
                    if (by, under, *number) == (device, version, slot) =>
                {
                    Some(targets.to_vec())
                }
                _ => None,
            });
            void.unwrap_or_default()
        };
        let mut rows = Vec::new();
        for version in ways {
            for (slot, state) in authority.slots_under(&version, device) {
                let holds = match state {
                    SlotState::Free | SlotState::None => continue,
                    SlotState::Taken { group, by: TakenBy::Vouch } => SlotUse::Vouch(group),
                    SlotState::Taken { group, by: TakenBy::Join } => SlotUse::Answer(group),
                    SlotState::Invited { expires, .. } => SlotUse::Invite(expires),
                    SlotState::Revoked => SlotUse::TakenBack,
                    SlotState::Void => SlotUse::Void(both(&version, slot)),
                };
                rows.push(SlotRow { version, slot, holds });
            }
        }
        rows
    }

    /// The groups for which somebody stands: by a vouch, or by an invite that they used, also in vain.
    fn stood_for(&self, vain: &BTreeMap<GroupId, BTreeSet<VainVouch>>) -> BTreeSet<GroupId> {
        let vouched = self.replica.control().iter().filter_map(|record| match record {
            Record::Vouch(vouch) => Some(vouch.body.target),
            _ => None,
        });
        vouched.chain(self.replica.authority().governance().targets()).chain(vain.keys().copied()).collect()
    }

    /// The groups that have signed and wait for a vouch, where one of this group would count.
    pub(super) fn vouch_needs(&self, views: &Views) -> Vec<Need> {
        let authority = self.replica.authority();
        let (Some(vouching), Some(version)) = (authority.membership().vouching(), authority.followed()) else {
            return Vec::new();
        };
        let own = self.replica.me().group;
        if !counts(authority, vouching, &own) {
            return Vec::new();
        }
        let by_target = counting(authority, Some(vouching));
        let of = |group: &GroupId| by_target.get(group).map_or(&[][..], Vec::as_slice);
        let vain = self.in_vain();
        let waiting = self.stood_for(&vain).into_iter().filter(applies(authority));
        let waiting: Vec<GroupId> = waiting.filter(|group| !of(group).contains(&own)).collect();
        let mut needs: Vec<Need> = waiting
            .iter()
            .take(NAMED)
            .map(|group| {
                let (name, short) = (views.name_of(group), group.short());
                let given = of(group).len();
                let needed = vouching.needed().unwrap_or_default();
                let lost = vain.get(group).into_iter().flatten().collect::<Vec<&VainVouch>>();
                let told = lost.iter().map(|vain| format!(" {}.", vain.told(|group| views.name_of(group))));
                Need {
                    kind: NeedKind::Vouch,
                    version,
                    what: format!(
                        "{name} has signed and waits for a vouch: {given} of {needed}.{}",
                        told.collect::<String>()
                    ),
                    hint: match lost.iter().any(|vain| vain.by == own) {
                        true => format!("your group stood for it before; to do so again: `grid vouch {short}`"),
                        false => format!(
                            "if your group knows it and wants it here: `grid vouch {short}`; a vouch is not taken back"
                        ),
                    },
                }
            })
            .collect();
        if let Some(more) = waiting.len().checked_sub(NAMED).filter(|more| *more > 0) {
            needs.push(Need {
                kind: NeedKind::Vouch,
                version,
                what: format!("{more} more groups wait for a vouch."),
                hint: "see them all with `grid vouch list`".to_owned(),
            });
        }
        needs
    }

    /// What this group lacks where it has signed and too few vouches count for it, if somebody stands for it or did.
    pub(super) fn lacks_vouches(&self) -> Option<String> {
        let (authority, own) = (self.replica.authority(), self.replica.me().group);
        let vouching = authority.membership().vouching()?;
        let needed = vouching.needed()?;
        let given = counting(authority, Some(vouching)).get(&own).map_or(0, Vec::len);
        let vouched = |record: &Record| matches!(record, Record::Vouch(vouch) if vouch.body.target == own);
        let vain = self.in_vain().remove(&own).unwrap_or_default();
        let is_vouched = || self.replica.control().iter().any(vouched);
        if (needed < 2 || self.application.is_some()) && vain.is_empty() && !is_vouched() {
            return None;
        }
        let whose = match vouching.by() {
            VouchedBy::Members => "a member",
            VouchedBy::Electors => "an elector",
        };
        let name = authority.name_of(&own).unwrap_or_default();
        let so_far = match needed {
            1 => "it takes a vouch that counts, and there is none".to_owned(),
            needed => format!("it takes the vouches of {needed} groups, and {given} count"),
        };
        let told: Vec<String> = vain.iter().map(|vain| vain.told(|group| self.name_of(group))).collect();
        let told = if told.is_empty() { String::new() } else { format!(" ({})", told.join("; ")) };
        Some(format!(
            "{so_far} as far as is known here{told}; ask {whose} that does not vouch for it yet to run `grid vouch {name:?}`"
        ))
    }
}

/// Whether what a group vouches for counts here: it is a member, and an elector where only those vouch.
fn counts(authority: &Authority, vouching: &Vouching, group: &GroupId) -> bool {
    let rules = authority.followed().and_then(|version| authority.governance().versions().rules(&version));
    authority.standing(group) == Standing::Member
        && (vouching.by() == VouchedBy::Members || rules.is_some_and(|rules| rules.electors.contains(group)))
}

/// Of each group those whose vouch for it counts: they were admitted themselves.
fn counting(authority: &Authority, vouching: Option<&Vouching>) -> BTreeMap<GroupId, Vec<GroupId>> {
    let mut by_target = vouching.map(Vouching::by_target).unwrap_or_default();
    for vouchers in by_target.values_mut() {
        vouchers.retain(|voucher| authority.membership().may_have_written(voucher));
    }
    by_target
}

/// Whether a group has signed and lacks nothing but vouches.
fn applies(authority: &Authority) -> impl Fn(&GroupId) -> bool {
    |group| authority.standing(group) == Standing::Applicant { missing: Lacking::Vouch }
}
