//! Making the records that renew keys, from what the layer of keys says: rotations and recoveries.

use crate::authority::keys::Keys;
use crate::codec::Format;
use crate::control::{
    Capabilities, Cut, DeviceCert, DeviceCertBody, DeviceSecrets, Listed, Record, RecoveryBody, RootNumber, Rotation,
    RotationBody, Signed, SigningKey,
};
use crate::id::{CoalitionId, Digest, GroupId};
use crate::key::{DeviceId, PeerKey, PublicKey};
use crate::limits::MAX_DEVICES;
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

/// What a group goes on with: its next root, and the device that has the whole say under it.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// The new root; its key is `words.root(number.rotation)`.
    pub number: RootNumber,
    /// The rotation and the certificate, in an order in which none waits.
    pub records: Vec<Record>,
}

/// The root that the words lead to next.
///
/// # Errors
///
/// [`RenewalError`].
pub fn next_root(keys: &Keys, group: GroupId, words: &RecoveryWords) -> Result<RootNumber, RenewalError> {
    let root = keys.root(&group).ok_or(RenewalError::UnknownGroup { group })?;
    let next = root.number.next().ok_or(RenewalError::NoRootLeft { last: root.number })?;
    match chain_link(&words.root(next.rotation).public(), &words.commitment(next.rotation)) == root.chain {
        true => Ok(next),
        false => Err(RenewalError::OtherWords { group }),
    }
}

/// Goes on to the next root with this device, new or known, which is certified to do everything. The other
/// devices keep their place; `cuts` ends some of them.
///
/// # Errors
///
/// [`RenewalError`].
pub fn renew(
    coalition: CoalitionId,
    keys: &Keys,
    group: GroupId,
    words: &RecoveryWords,
    (secrets, label): (&DeviceSecrets, &str),
    cuts: &BTreeMap<DeviceId, Cut>,
) -> Result<Renewed, RenewalError> {
    let number = next_root(keys, group, words)?;
    let rotation = rotate(coalition, keys, group, words, cuts)?;
    let device = DeviceId(secrets.device.public());
    let known = keys.device(&device).map(|known| known.certificate.body());
    let body = DeviceCertBody {
        format: Format,
        group,
        device,
        seal: secrets.seal,
        peer: PeerKey(secrets.peer.public().0),
        capabilities: Capabilities::ALL,
        label: known.map_or(label, |known| &known.label).to_owned(),
        expires: None,
        serial: known.map_or(0, |known| known.serial.saturating_add(1)),
    };
    let root = words.root(number.rotation);
    let certificate = DeviceCert::new(body, SigningKey::Root(number.number(), &root), secrets);
    Ok(Renewed { number, records: vec![Record::Rotation(rotation), Record::DeviceCert(certificate)] })
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
    let next = next_root(keys, group, words)?;
    let (secret, chain) = (words.root(next.rotation), words.commitment(next.rotation));
    let (number, root, devices) = (next.number(), secret.public(), listing(keys, &group, cuts));
    let body = RotationBody { format: Format, coalition, group, number, root, chain, devices };
    Ok(Signed::sign(body, SigningKey::Root(number, &secret)))
}

/// What the contacts of a group have to sign so that its new words count. Every device keeps its place,
/// and every cut holds; `cuts` ends further ones. The new root and the commitment to those after it are what
/// [`RecoveryWords::beginning`] gives.
///
/// # Errors
///
/// [`RenewalError`].
pub fn recovery(
    coalition: CoalitionId,
    keys: &Keys,
    group: GroupId,
    (beginning, chain): (PublicKey, Digest),
    cuts: &BTreeMap<DeviceId, Cut>,
) -> Result<RecoveryBody, RenewalError> {
    let root = keys.root(&group).ok_or(RenewalError::UnknownGroup { group })?;
    let number = root.number.recovered().ok_or(RenewalError::NoRootLeft { last: root.number })?;
    Ok(RecoveryBody {
        format: Format,
        coalition,
        group,
        recovery: number.recovery,
        root: beginning,
        chain,
        devices: listing(keys, &group, cuts),
    })
}

fn listing(keys: &Keys, group: &GroupId, cuts: &BTreeMap<DeviceId, Cut>) -> Vec<Listed> {
    let mut listing = keys.listing(group);
    for listed in &mut listing {
        listed.cut = listed.cut.into_iter().chain(cuts.get(&listed.device).copied()).min();
    }
    // What another group certified as well keeps no place, but where it ends for this group holds.
    listing.retain(|listed| listed.cut.is_some() || !keys.is_disputed(&listed.device));
    listing.truncate(MAX_DEVICES);
    listing.sort_unstable_by_key(|listed| listed.device);
    listing
}
