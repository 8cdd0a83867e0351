//! Making the records that renew keys, from what the layer of keys says: rotations and recoveries.

use crate::authority::keys::Keys;
use crate::codec::Format;
use crate::control::{Cut, Listed, RecoveryBody, RootNumber, Rotation, RotationBody, Signed, SigningKey};
use crate::id::{CoalitionId, GroupId};
use crate::key::DeviceId;
use crate::words::{RecoveryWords, chain_link};
use std::collections::BTreeMap;

/// Why a new root cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenewalError {
    /// The group is not known.
    #[error("nothing is known of group {}: fetch the coalition's records first", .group.short())]
    UnknownGroup {
        /// The group.
        group: GroupId,
    },
    /// The words are those of another group, or were replaced by a recovery.
    #[error("these words do not lead to the next root of group {}", .group.short())]
    OtherWords {
        /// The group.
        group: GroupId,
    },
    /// All roots are used up.
    #[error("{last} was the last: a recovery by the contacts, or a new group, is needed")]
    NoRootLeft {
        /// The root in force.
        last: RootNumber,
    },
}

/// The rotation to the next root that the words lead to. Every device keeps its place, and every cut
/// holds; `cuts` ends further ones. The new root is `words.root(number.rotation)`.
///
/// # Errors
///
/// [`RenewalError`].
pub fn rotate(
    coalition: CoalitionId,
    keys: &Keys,
    group: GroupId,
    words: &RecoveryWords,
    cuts: &BTreeMap<DeviceId, Cut>,
) -> Result<Rotation, RenewalError> {
    let root = keys.root(&group).ok_or(RenewalError::UnknownGroup { group })?;
    let next = root.number.next().ok_or(RenewalError::NoRootLeft { last: root.number })?;
    let (secret, chain) = (words.root(next.rotation), words.commitment(next.rotation));
    if chain_link(&secret.public(), &chain) != root.chain {
        return Err(RenewalError::OtherWords { group });
    }
    let (number, root, devices) = (next.number(), secret.public(), listing(keys, &group, cuts));
    let body = RotationBody { format: Format, coalition, group, number, root, chain, devices };
    Ok(Signed::sign(body, SigningKey::Root(number, &secret)))
}

/// What the contacts of a group have to sign so that its new words count. Every device keeps its place,
/// and every cut holds; `cuts` ends further ones. The new root is `words.root(0)`.
///
/// # Errors
///
/// [`RenewalError`].
pub fn recovery(
    coalition: CoalitionId,
    keys: &Keys,
    group: GroupId,
    words: &RecoveryWords,
    cuts: &BTreeMap<DeviceId, Cut>,
) -> Result<RecoveryBody, RenewalError> {
    let root = keys.root(&group).ok_or(RenewalError::UnknownGroup { group })?;
    let number = root.number.recovered().ok_or(RenewalError::NoRootLeft { last: root.number })?;
    Ok(RecoveryBody {
        format: Format,
        coalition,
        group,
        recovery: number.recovery,
        root: words.root(0).public(),
        chain: words.commitment(0),
        devices: listing(keys, &group, cuts),
    })
}

fn listing(keys: &Keys, group: &GroupId, cuts: &BTreeMap<DeviceId, Cut>) -> Vec<Listed> {
    let mut listing = keys.listing(group);
    for listed in &mut listing {
        listed.cut = listed.cut.into_iter().chain(cuts.get(&listed.device).copied()).min();
    }
    listing
}
