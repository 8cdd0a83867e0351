//! What the group's root signs: certificates of further devices, and the end of lost ones.

use super::Outbound;
use crate::handle::CommandError;
use crate::keystore::HeldRoot;
use grid_protocol::authority::{Cut, Ending, say_again};
use grid_protocol::codec::Format;
use grid_protocol::control::{
    Capabilities, DeviceCert, DeviceCertBody, DeviceSecrets, Record, RecordError, Revoke, SigningKey,
};
use grid_protocol::key::{DeviceId, PeerKey};
use grid_protocol::limits::{MAX_DEVICES, MAX_GOVERNING_DEVICES};
use grid_protocol::pairing::{PairRefusal, PairRequest, PairingCode};
use grid_protocol::replica::Replica;
use grid_protocol::storage::Storage;
use grid_protocol::time::Timestamp;

/// What the code for a further device says, beside what this node knows.
pub(crate) struct CodeParts {
    pub(crate) coalition_name: String,
    pub(crate) group_name: String,
    pub(crate) capabilities: Capabilities,
    pub(crate) label: String,
    pub(crate) seed: [u8; 32],
    pub(crate) expires: Timestamp,
    pub(crate) addresses: Vec<String>,
}

impl Outbound {
    /// The root of this group that is in force, where this computer holds it.
    ///
    /// # Errors
    ///
    /// [`CommandError::Refused`] when it does not.
    pub(crate) fn root_in_force<S: Storage>(&self, replica: &Replica<S>) -> Result<&HeldRoot, CommandError> {
        let held = self.keys.root().ok_or_else(|| CommandError::Refused {
            why: "this computer does not hold your group's key, which certifies and ends computers".to_owned(),
            hint: "do it on the computer that founded or joined for your group; where that one is lost, \
                   `grid group recover` gives this one a new key with the recovery words"
                .to_owned(),
        })?;
        match replica.authority().root(&self.me.group) {
            Some(root) if (root.number, root.key) == (held.number, held.key.public()) => Ok(held),
            _ => Err(CommandError::Refused {
                why: "the key that this computer holds is no longer your group's: the group has a newer one".to_owned(),
                hint: "do it on the computer where `grid group recover` was run last".to_owned(),
            }),
        }
    }

    /// The code for a further device.
    ///
    /// # Errors
    ///
    /// [`CommandError::Refused`] when this computer does not hold the root in force.
    pub(crate) fn pairing_code<S: Storage>(
        &self,
        replica: &Replica<S>,
        parts: CodeParts,
    ) -> Result<PairingCode, CommandError> {
        let root = self.root_in_force(replica)?.signing().signer();
        let CodeParts { coalition_name, group_name, capabilities, label, seed, expires, addresses } = parts;
        Ok(PairingCode {
            format: Format,
            coalition: self.me.coalition,
            coalition_name,
            group: self.me.group,
            group_name,
            root,
            capabilities,
            label,
            seed,
            expires,
            addresses,
        })
    }

    /// Signs the certificate of a new device whose request was judged sound.
    ///
    /// # Errors
    ///
    /// [`PairRefusal`] when this computer does not hold the root that the request names.
    pub(crate) fn certify<S: Storage>(
        &self,
        replica: &Replica<S>,
        request: PairRequest,
    ) -> Result<DeviceCert, PairRefusal> {
        let root = self.root_in_force(replica).map_err(|_| PairRefusal::NoRoot)?;
        let key = root.signing();
        if key.signer() != request.root {
            return Err(PairRefusal::OtherRoot);
        }
        Ok(request.certify(key))
    }

    /// What this device hands in to be certified.
    ///
    /// # Errors
    ///
    /// [`RecordError`] when its label is out of bounds.
    pub(crate) fn pair_request(&self, code: &PairingCode, label: &str) -> Result<PairRequest, RecordError> {
        code.request(label, &self.keys.secrets())
    }

    /// The records with which new keys take this device's place: their certificate, and its end where it has none.
    ///
    /// # Errors
    ///
    /// [`CommandError::Refused`] when this computer does not hold the root in force, or there is no room.
    pub(crate) fn successor<S: Storage>(
        &self,
        replica: &Replica<S>,
        secrets: &DeviceSecrets,
        cut: Cut,
    ) -> Result<Vec<Record>, CommandError> {
        let root = self.root_in_force(replica)?;
        let keys = replica.authority().keys();
        let Some(old) = keys.device(&self.me.device) else {
            return Err(CommandError::Refused {
                why: "your group left this computer out when it got new keys".to_owned(),
                hint: "let it in anew: `grid device add` on another computer, `grid device join` in a new home here"
                    .to_owned(),
            });
        };
        let devices = keys.devices_of(&self.me.group);
        let governing = devices.iter().filter(|device| keys.governs(device).is_some()).count();
        if devices.len() >= MAX_DEVICES
            || old.capabilities.has(Capabilities::GOVERN) && governing >= MAX_GOVERNING_DEVICES
        {
            return Err(CommandError::Refused {
                why: "your group has as many computers as count, ended ones included".to_owned(),
                hint: "`grid group recover` gives it a new key and leaves the old ones out".to_owned(),
            });
        }
        let body = DeviceCertBody {
            format: Format,
            group: self.me.group,
            device: DeviceId(secrets.device.public()),
            seal: secrets.seal,
            peer: PeerKey(secrets.peer.public().0),
            capabilities: old.capabilities,
            label: old.certificate.body().label.clone(),
            expires: None,
            serial: 0,
        };
        let key = root.signing();
        let mut records = vec![Record::DeviceCert(DeviceCert::new(body, key, secrets))];
        if !keys.is_revoked(&self.me.device) {
            records.push(self.end_device(replica, self.me.device, cut)?);
            if old.capabilities.has(Capabilities::GOVERN) {
                let (key, ending) = (SigningKey::Device(&secrets.device), Ending::Device(self.me.device));
                records.extend(say_again(replica.control(), replica.authority(), &self.me.group, key, ending));
            }
        }
        Ok(records)
    }

    /// Ends a device of this group.
    ///
    /// # Errors
    ///
    /// [`CommandError::Refused`] when this computer does not hold the root in force.
    pub(crate) fn end_device<S: Storage>(
        &self,
        replica: &Replica<S>,
        device: DeviceId,
        cut: Cut,
    ) -> Result<Record, CommandError> {
        let root = self.root_in_force(replica)?;
        let key = root.signing();
        Ok(Record::Revoke(Revoke::new(self.me.coalition, self.me.group, device, cut, key)))
    }
}
