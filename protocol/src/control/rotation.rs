//! Rotation: the next root of a group, and which of its devices go on under it.
//!
//! Only who has the recovery words can make it: its root and commitment are what the root before has
//! committed to. It lists the devices that keep their place, each with its cut if it has one. What
//! earlier roots signed about devices counts from then on only as far as the list says so.

use crate::codec::Format;
use crate::control::certificate::Capabilities;
use crate::control::error::{Missing, RecordError, Unmet, bounds};
use crate::control::record::RecordKey;
use crate::control::revoke::Cut;
use crate::control::root::RootNumber;
use crate::control::set::ControlSet;
use crate::control::signed::{Body, Signed, Signer, Signers, about_no_version};
use crate::domain::{self, Purpose};
use crate::id::{CoalitionId, Digest, GroupId, RecordId};
use crate::key::{DeviceId, PublicKey};
use crate::limits::MAX_DEVICES;
use crate::words::chain_link;
use serde::{Deserialize, Serialize};

/// A device that keeps its place under a new root.
///
/// Device and capabilities stand beside the certificate's id, because whoever holds a stolen device and
/// an old root can make certificates that take the listed one's place in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The device.
    pub device: DeviceId,
    /// Its certificate that is shown.
    pub certificate: RecordId,
    /// What it may do.
    pub capabilities: Capabilities,
    /// Where its log ends, if it does.
    pub cut: Option<Cut>,
}

/// The next root of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationBody {
    /// The layout of this record.
    pub format: Format<1>,
    /// The coalition whose logs the cuts are of.
    pub coalition: CoalitionId,
    /// The group.
    pub group: GroupId,
    /// The number of the new root.
    pub number: u32,
    /// The new root.
    pub root: PublicKey,
    /// The commitment to all roots after it.
    pub chain: Digest,
    /// The devices that keep their place, ascending.
    pub devices: Vec<Listed>,
}

/// A rotation, signed by the root that it introduces.
pub type Rotation = Signed<RotationBody>;

impl Signed<RotationBody> {
    /// The signature is by the new root, and that one is what the root before has committed to.
    pub(crate) fn admit_next(&self, known: &ControlSet) -> Result<(), Unmet> {
        let body = &self.body;
        let new = RootNumber::of(body.number).map(|number| Signer::of_root(number, body.root));
        if new != Some(self.signer) {
            return Err(RecordError::Signer { expected: "the new root", found: self.signer }.into());
        }
        self.verify_by(known.proven(), &body.root)?;
        let before = body.number.saturating_sub(1);
        let link = chain_link(&body.root, &body.chain);
        let roots = known.roots(&body.group, before);
        if roots.iter().any(|root| root.chain == link) {
            return Ok(());
        }
        // After a recovery a rival one may bring the root that this follows.
        let chain_is_fixed = RootNumber::of(before).is_some_and(|number| number.recovery == 0);
        if chain_is_fixed && !roots.is_empty() {
            return Err(RecordError::Chain { number: body.number }.into());
        }
        match known.inception(&body.group) {
            None => Err(Unmet::Missing(Missing::Inception(body.group))),
            Some(_) => Err(Unmet::Missing(Missing::Root { group: body.group, number: before })),
        }
    }
}

/// Checks a list of devices: ascending, not too long, with cuts that make sense.
pub(crate) fn check_listed(devices: &[Listed]) -> Result<(), RecordError> {
    if devices.len() > MAX_DEVICES {
        return Err(bounds("devices of the new root", format!("at most {MAX_DEVICES}"), devices.len() as u64));
    }
    if !devices.is_sorted_by(|one, next| one.device < next.device) {
        return Err(RecordError::Order { field: "devices of the new root" });
    }
    devices.iter().filter_map(|listed| listed.cut.as_ref()).try_for_each(Cut::check)
}

impl Body for RotationBody {
    const PURPOSE: Purpose = domain::ROTATION;
    const SIGNERS: Signers = Signers::Roots;

    about_no_version!();

    fn key(&self, _: Signer) -> RecordKey {
        let Self { group, number, root, chain, .. } = *self;
        RecordKey::Rotation { group, number, root, chain }
    }

    fn rank(&self) -> u64 {
        0
    }

    fn check(&self) -> Result<(), RecordError> {
        match RootNumber::of(self.number) {
            Some(number) if number.rotation > 0 => {}
            _ => return Err(bounds("number of the new root", "1 to 64 after a recovery", self.number.into())),
        }
        self.root.check().map_err(|source| RecordError::Key { whose: "root", source })?;
        check_listed(&self.devices)
    }
}
