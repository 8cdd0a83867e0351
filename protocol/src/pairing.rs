//! A further computer for a group: the code that the old one shows, and what the new one hands in.
//!
//! The code holds the secret half of a pairing key, so whoever has the text first can become a device of the
//! group: it is passed on in private, is used once, and ends soon. The new computer makes its keys itself.
//! Its certificate travels without the root's signature, together with a proof by the pairing key over
//! coalition, certificate and PeerKey, so that nobody on the way can put keys of his own in their place.
//!
//! The text is `gridpair1` followed by base32 of the content and a checksum of five bytes. Case and white
//! space do not matter.

use crate::codec::{self, DecodeError, Format};
use crate::control::plain_root;
use crate::control::{
    Body as _, Capabilities, DeviceCert, DeviceCertBody, DeviceSecrets, RecordError, Signer, SigningKey,
};
use crate::domain;
use crate::id::{CoalitionId, Digest, GroupId, RecordId, derive, from_base32, to_base32};
use crate::key::{DeviceId, PeerKey, PublicKey, SecretKey, Signature};
use crate::limits::MAX_PAIRING_CODE;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

#[cfg(test)]
mod tests;

const PREFIX: &str = "gridpair";
const FORMAT: char = '1';
const CHECKSUM: usize = 5;

/// All that a new computer needs to ask for its certificate. Whoever has it first can use it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairingCode {
    /// The layout.
    pub format: Format<1>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// Its name, to be shown.
    pub coalition_name: String,
    /// The group.
    pub group: GroupId,
    /// Its name, to be shown.
    pub group_name: String,
    /// The root that signs the certificate.
    #[serde(with = "plain_root")]
    pub root: Signer,
    /// What the new device may do.
    pub capabilities: Capabilities,
    /// What the group calls the new device, unless its own people say otherwise.
    pub label: String,
    /// The seed of the pairing key.
    pub seed: [u8; 32],
    /// After this nobody is certified by it.
    pub expires: Timestamp,
    /// Where the old computer can be reached: multiaddresses with `/p2p`.
    pub addresses: Vec<String>,
}

/// Text that is no pairing code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParsePairingError {
    /// It does not begin like one.
    #[error("this is no pairing code: one begins with `{PREFIX}{FORMAT}`")]
    NotACode,
    /// A part is missing or mistyped.
    #[error("the pairing code is damaged: a part is missing or mistyped; copy it again as a whole")]
    Damaged,
    /// It was made by a newer program.
    #[error("the pairing code has format {found}, this program reads format {FORMAT}: a newer program is needed")]
    NewerFormat {
        /// The format that it names.
        found: char,
    },
    /// It is longer than any code.
    #[error("a pairing code has at most {MAX_PAIRING_CODE} characters, found {found}")]
    TooLong {
        /// How many characters there are.
        found: usize,
    },
    /// The checksum fits, but what is inside is no pairing code.
    #[error("the pairing code cannot be read")]
    Content(#[from] DecodeError),
}

/// A pairing that a node has opened: what its code offers, without the secret half of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pairing {
    /// The public half of the pairing key, by which the pairing is known.
    pub key: PublicKey,
    /// The root that signs.
    pub root: Signer,
    /// What the new device may do.
    pub capabilities: Capabilities,
    /// After this nobody is certified by it.
    pub expires: Timestamp,
}

/// What a new computer hands in: its certificate without the root's signature, and the proof that it has the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairRequest {
    /// The layout.
    pub format: Format<1>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// The public half of the pairing key.
    pub key: PublicKey,
    /// The certificate to be signed.
    pub certificate: DeviceCertBody,
    /// The root that is to sign it.
    #[serde(with = "plain_root")]
    pub root: Signer,
    /// The device's signature over the certificate's id.
    pub by_device: Signature,
    /// The signature over the same by the key behind the PeerId.
    pub by_peer: Signature,
    /// The pairing key's signature over coalition, certificate and PeerKey.
    pub proof: Signature,
}

/// Why a new computer is not certified, in words for its people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum PairRefusal {
    /// No such pairing is open.
    #[error("the other computer knows no such code: its node was restarted since, or the code is not its own")]
    Unknown,
    /// Its time is over.
    #[error("the code is over")]
    Expired,
    /// Another computer has used it.
    #[error("the code has been used by another computer")]
    Used,
    /// The certificate names another node than the one that hands it in.
    #[error("the request was made for another node than the one that handed it in")]
    OtherPeer,
    /// The certificate says something that the code does not offer.
    #[error("the request asks for something that the code does not offer")]
    Altered,
    /// A signature in it does not hold.
    #[error("a signature of the request does not hold")]
    Invalid,
    /// The group has another root by now.
    #[error("the group has new keys since the code was made")]
    OtherRoot,
    /// The other computer can't sign it.
    #[error("the other computer does not hold the key that certifies devices of the group")]
    NoRoot,
    /// The device is a group's already.
    #[error("the keys of this computer belong to a group already")]
    KnownDevice,
    /// The group has as many devices as count.
    #[error("the group has as many computers as count")]
    Full,
}

impl PairingCode {
    /// The text to hand over.
    pub fn to_text(&self) -> String {
        let mut bytes = codec::encode(self);
        bytes.extend(checksum(&bytes));
        format!("{PREFIX}{FORMAT}{}", to_base32(&bytes))
    }

    /// Reads the text of a code, as it was typed, scanned or sent.
    ///
    /// # Errors
    ///
    /// [`ParsePairingError`] saying whether it is no code, a damaged one, or one for a newer program.
    pub fn parse(text: &str) -> Result<Self, ParsePairingError> {
        // White space may be anywhere; twice the length is room enough for it.
        if text.len() > 2 * MAX_PAIRING_CODE {
            return Err(ParsePairingError::TooLong { found: text.len() });
        }
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
        if text.len() > MAX_PAIRING_CODE {
            return Err(ParsePairingError::TooLong { found: text.len() });
        }
        let mut rest = text.strip_prefix(PREFIX).ok_or(ParsePairingError::NotACode)?.chars();
        match rest.next() {
            Some(FORMAT) => {}
            Some(found) if found.is_ascii_digit() && found > FORMAT => {
                return Err(ParsePairingError::NewerFormat { found });
            }
            _ => return Err(ParsePairingError::NotACode),
        }
        let bytes = from_base32(rest.as_str()).ok_or(ParsePairingError::Damaged)?;
        let at = bytes.len().checked_sub(CHECKSUM).ok_or(ParsePairingError::Damaged)?;
        let (content, sum) = bytes.split_at(at);
        if sum != checksum(content) {
            return Err(ParsePairingError::Damaged);
        }
        Ok(codec::decode(content)?)
    }

    /// Whether nobody is certified by it any more.
    pub fn expired(&self, now: Timestamp) -> bool {
        now > self.expires
    }

    /// What the node that shows the code keeps of it.
    pub fn pairing(&self) -> Pairing {
        let Self { root, capabilities, expires, .. } = *self;
        Pairing { key: SecretKey::from_seed(&self.seed).public(), root, capabilities, expires }
    }

    /// What a new computer with these keys hands in.
    ///
    /// # Errors
    ///
    /// [`RecordError`] when the label is out of bounds.
    pub fn request(&self, label: &str, secrets: &DeviceSecrets) -> Result<PairRequest, RecordError> {
        let peer = PeerKey(secrets.peer.public().0);
        let certificate = DeviceCertBody {
            format: Format,
            group: self.group,
            device: DeviceId(secrets.device.public()),
            seal: secrets.seal,
            peer,
            capabilities: self.capabilities,
            label: label.to_owned(),
            expires: None,
            serial: 0,
        };
        certificate.check()?;
        let id = certificate.id_under(self.root);
        let pairing = SecretKey::from_seed(&self.seed);
        let proven = proven(&self.coalition, &id, &peer);
        Ok(PairRequest {
            format: Format,
            coalition: self.coalition,
            key: pairing.public(),
            root: self.root,
            by_device: secrets.device.sign(domain::DEVICE_CERT, id.as_bytes()),
            by_peer: secrets.peer.sign(domain::DEVICE_CERT, id.as_bytes()),
            proof: pairing.sign(domain::PAIRING, &proven.0),
            certificate,
        })
    }
}

impl PairRequest {
    /// The device that asks.
    pub const fn device(&self) -> DeviceId {
        self.certificate.device
    }

    /// Whether it fits what a pairing offers a group's new device.
    pub fn fits(&self, pairing: &Pairing, group: &GroupId) -> bool {
        let body = &self.certificate;
        self.key == pairing.key
            && self.root == pairing.root
            && body.group == *group
            && body.capabilities == pairing.capabilities
            && body.expires.is_none()
            && body.serial == 0
    }

    /// Checks that whoever made it has the code.
    ///
    /// # Errors
    ///
    /// [`RecordError::Signature`] otherwise.
    pub fn check_proof(&self) -> Result<(), RecordError> {
        let id = self.certificate.id_under(self.root);
        let proven = proven(&self.coalition, &id, &self.certificate.peer);
        let by = || "the pairing key".to_owned();
        self.key
            .verify(domain::PAIRING, &proven.0, &self.proof)
            .map_err(|source| RecordError::Signature { by: by(), source })
    }

    /// Checks the certificate and all signatures but the root's, which is still to be made.
    ///
    /// # Errors
    ///
    /// [`RecordError`] naming what does not hold.
    pub fn check(&self) -> Result<(), RecordError> {
        self.certificate.check()?;
        self.check_proof()?;
        let (id, body) = (self.certificate.id_under(self.root), &self.certificate);
        let holds = |key: PublicKey, signature: &Signature, by: &str| {
            key.verify(domain::DEVICE_CERT, id.as_bytes(), signature)
                .map_err(|source| RecordError::Signature { by: by.to_owned(), source })
        };
        holds(body.device.0, &self.by_device, "the device")?;
        holds(PublicKey(body.peer.0), &self.by_peer, "the PeerId's key")
    }

    /// The certificate, signed by the root that the request names.
    pub fn certify(self, root: SigningKey<'_>) -> DeviceCert {
        let Self { certificate, by_device, by_peer, .. } = self;
        DeviceCert::countersigned(certificate, root, by_device, by_peer)
    }
}

/// What the pairing key signs.
fn proven(coalition: &CoalitionId, certificate: &RecordId, peer: &PeerKey) -> Digest {
    Digest::of(domain::PAIRING, &codec::encode(&(coalition, certificate, peer)))
}

fn checksum(content: &[u8]) -> [u8; CHECKSUM] {
    let [a, b, c, d, e, ..] = derive(domain::PAIRING_TEXT, content);
    [a, b, c, d, e]
}

impl fmt::Debug for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PairingCode")
            .field("coalition", &self.coalition)
            .field("group", &self.group)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
