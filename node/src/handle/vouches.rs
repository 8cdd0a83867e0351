//! Who vouches for whom, and this computer's slots, as plain data.

use grid_protocol::authority::{Carried, Standing};
use grid_protocol::control::VouchedBy;
use grid_protocol::id::{GroupId, VersionId};
use grid_protocol::time::Timestamp;

/// The vouches as this node knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouches {
    /// The rule; none before the founding records are here.
    pub rule: Option<VouchRule>,
    /// How many slots of this computer are free under the version that is followed.
    pub free: usize,
    /// The slots of this computer that are not, those under the newest version first.
    pub slots: Vec<SlotRow>,
    /// The members, and those who applied and for whom somebody stands.
    pub groups: Vec<VouchedRow>,
}

/// How a group becomes a member, beside signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VouchRule {
    /// How many groups vouch for it; none where signing is enough.
    pub needed: Option<usize>,
    /// Whose vouches count.
    pub by: VouchedBy,
}

/// A slot of this computer that is not free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotRow {
    /// The version of the statement under which it is one.
    pub version: VersionId,
    /// Its number.
    pub slot: u32,
    /// What stands in it.
    pub holds: SlotUse,
}

/// What stands in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotUse {
    /// A vouch for this group.
    Vouch(GroupId),
    /// The answer of this group to an invite; the vouch follows.
    Answer(GroupId),
    /// An invite that nobody has used, and until when it can be.
    Invite(Timestamp),
    /// An invite that was taken back.
    TakenBack,
    /// Vouches for two groups: it counts for neither.
    Void(Vec<GroupId>),
}

/// A group and those who vouch for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VouchedRow {
    /// The group.
    pub group: GroupId,
    /// Where it stands.
    pub standing: Standing,
    /// Whether it needs any vouch.
    pub origin: Origin,
    /// The groups whose vouch for it counts, ascending.
    pub vouchers: Vec<GroupId>,
    /// Where it lacks vouches, those who stood for it in vain.
    pub in_vain: Vec<VainVouch>,
    /// The members that would be none without what this group vouches for, at most twenty of them by name; none
    /// where that was not worked out, because there are too many groups.
    pub carries: Option<Carried>,
}

/// Who stood for a group, by a vouch or an invite, with a computer because of which that counts for nobody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VainVouch {
    /// The group.
    pub by: GroupId,
    /// What befell it.
    pub why: Vain,
}

/// What befell a vouch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vain {
    /// These groups certified the computer as well.
    SeveralGroups(Vec<GroupId>),
    /// The computer vouched for these two with one slot.
    TwoVouches([GroupId; 2]),
    /// The group left the computer out when it got new keys.
    LeftOut,
}

impl VainVouch {
    /// The same in words, without a full stop.
    pub fn told(&self, name: impl Fn(&GroupId) -> String) -> String {
        let names = |groups: &[GroupId]| groups.iter().map(&name).collect::<Vec<_>>().join(" and ");
        let by = name(&self.by);
        match &self.why {
            Vain::SeveralGroups(others) => format!(
                "{by} stood for it with a computer that {} certified as well, so that nothing that computer signed counts",
                names(others)
            ),
            Vain::TwoVouches(targets) => {
                format!("{by} vouched with one slot for {}, so that it counts for neither", names(targets))
            }
            Vain::LeftOut => format!("{by} stood for it with a computer that it left out when it got new keys"),
        }
    }
}

/// Where one group stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VouchCount {
    /// How many groups have to vouch for it; none where signing is enough.
    pub needed: Option<usize>,
    /// Where it stands.
    pub standing: Standing,
    /// How many vouch for it, as far as they count.
    pub vouchers: usize,
}

/// How a group came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It founded the coalition, and needs no vouch.
    Founder,
    /// Others vouch for it.
    Guest,
}
