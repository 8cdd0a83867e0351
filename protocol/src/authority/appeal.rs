//! What a contact's node makes of an appeal: whose it is, and what the contacts sign for it.
//!
//! The first contact's node draws the recovery up from what it holds; the others hold it against what they
//! know themselves, so that one contact alone can bring no device in.

use crate::appeal::Appeal;
use crate::authority::keys::Keys;
use crate::authority::renewal::{RenewalError, recovery};
use crate::control::{ControlSet, Cut, Listed, RecoveryBody};
use crate::id::{CoalitionId, GroupId};
use crate::key::DeviceId;
use std::collections::{BTreeMap, BTreeSet};

/// The shortest beginning of an id that names a device.
const SHORTEST: usize = 6;

/// Why a contact's node does not sign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppealError {
    /// No group of that name has named this one as its contact.
    #[error("no group {name:?} has named your group as its recovery contact")]
    NotContact {
        /// The name that was given.
        name: String,
    },
    /// Several groups have.
    #[error("{found} groups that your group is a recovery contact of are called {name:?}")]
    Several {
        /// The name that was given.
        name: String,
        /// How many.
        found: usize,
    },
    /// It was filled in for another coalition.
    #[error("the appeal is for another coalition ({}), this node belongs to {}", .found.short(), .expected.short())]
    OtherCoalition {
        /// The coalition of the node.
        expected: CoalitionId,
        /// The coalition of the appeal.
        found: CoalitionId,
    },
    /// The group has been recovered since, or this node has not heard of a recovery.
    #[error("the appeal is for recovery {found} of the group, and here recovery {expected} is next")]
    Overtaken {
        /// The one that would be next.
        expected: u32,
        /// The one that it is for.
        found: u32,
    },
    /// It lets a device go on that is not known here as one of the group, or not as one that may do as much.
    #[error("by the appeal computer {} goes on, which is not known here as one of the group", short(.device))]
    UnknownDevice {
        /// The device.
        device: DeviceId,
    },
    /// No device is called like one that is to go on, or several are.
    #[error("{found} computers of the group are called {word:?}, which is to go on")]
    Kept {
        /// How it was named.
        word: String,
        /// How many there are.
        found: usize,
    },
    /// A signature in it is by no contact, or does not hold.
    #[error("the signature of group {} in the appeal does not hold", .contact.short())]
    Approval {
        /// The group that is said to have signed.
        contact: GroupId,
    },
    /// No further recovery is possible.
    #[error(transparent)]
    Renewal(#[from] RenewalError),
}

fn short(device: &DeviceId) -> String {
    device.to_string().chars().take(10).collect()
}

/// The groups that have named a group as their contact, ascending.
pub fn entrusted<'a>(set: &'a ControlSet, keys: &'a Keys, to: &'a GroupId) -> impl Iterator<Item = GroupId> + 'a {
    keys.groups().filter(move |group| set.contacts_of(group).is_some_and(|(contacts, _)| contacts.contains(to)))
}

/// The group that an appeal is about: among those that named `me`, by its id or by one of its names.
///
/// # Errors
///
/// [`AppealError`].
pub fn appellant(
    set: &ControlSet,
    keys: &Keys,
    me: &GroupId,
    appeal: &Appeal,
    is_called: impl Fn(&GroupId, &str) -> bool,
) -> Result<GroupId, AppealError> {
    let drawn = appeal.drawn.as_ref().map(|drawn| drawn.body.group);
    let wanted = drawn.or(appeal.group);
    let fits = |group: &GroupId| match wanted {
        Some(wanted) => wanted == *group,
        None => is_called(group, &appeal.name),
    };
    let found: Vec<GroupId> = entrusted(set, keys, me).filter(fits).collect();
    let name = appeal.name.clone();
    match found.as_slice() {
        [group] => Ok(*group),
        [] => Err(AppealError::NotContact { name }),
        several => Err(AppealError::Several { name, found: several.len() }),
    }
}

/// What the contacts sign: the new root, under which every device ends but those that are to go on. `ends` says
/// behind what of each.
///
/// # Errors
///
/// [`AppealError`].
pub fn draw(
    coalition: CoalitionId,
    keys: &Keys,
    group: GroupId,
    appeal: &Appeal,
    ends: &BTreeMap<DeviceId, Cut>,
) -> Result<RecoveryBody, AppealError> {
    let listing = keys.listing(&group);
    let mut kept = BTreeSet::new();
    for word in &appeal.keep {
        let fitting: Vec<DeviceId> = listing.iter().map(|it| it.device).filter(|it| names(keys, it, word)).collect();
        match fitting.as_slice() {
            [device] => kept.insert(*device),
            other => return Err(AppealError::Kept { word: word.clone(), found: other.len() }),
        };
    }
    let lost = |listed: &&Listed| !kept.contains(&listed.device);
    let cut = |listed: &Listed| (listed.device, ends.get(&listed.device).copied().unwrap_or(Cut::NOTHING));
    let cuts = listing.iter().filter(lost).map(cut).collect();
    Ok(recovery(coalition, keys, group, (appeal.root, appeal.chain), &cuts)?)
}

fn names(keys: &Keys, device: &DeviceId, word: &str) -> bool {
    let word = word.trim();
    let by_id = word.len() >= SHORTEST && device.to_string().starts_with(&word.to_ascii_lowercase());
    by_id || keys.device(device).is_some_and(|known| known.certificate.body().label == word)
}

/// Holds what another contact has drawn up, and what contacts have signed, against what is known here.
///
/// # Errors
///
/// [`AppealError`].
pub fn examine(set: &ControlSet, keys: &Keys, appeal: &Appeal) -> Result<(), AppealError> {
    let Some(drawn) = &appeal.drawn else { return Ok(()) };
    let body = &drawn.body;
    if body.coalition != set.coalition() {
        return Err(AppealError::OtherCoalition { expected: set.coalition(), found: body.coalition });
    }
    let next = recovery(body.coalition, keys, body.group, (body.root, body.chain), &BTreeMap::new())?;
    if next.recovery != body.recovery {
        return Err(AppealError::Overtaken { expected: next.recovery, found: body.recovery });
    }
    // What ends can do no harm. One that is left out ends at its beginning: people are shown that.
    let is_known = |listed: &&Listed| {
        let same = |known: &Listed| (known.device, known.capabilities) == (listed.device, listed.capabilities);
        next.devices.iter().any(same)
    };
    if let Some(listed) = body.devices.iter().find(|listed| listed.cut.is_none() && !is_known(listed)) {
        return Err(AppealError::UnknownDevice { device: listed.device });
    }
    match drawn.approvals.iter().find(|approval| !set.has_approved(body, approval)) {
        Some(approval) => Err(AppealError::Approval { contact: approval.contact }),
        None => Ok(()),
    }
}
