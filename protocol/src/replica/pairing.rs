//! A further device of this group: the side that has the group's root lets it in, the other asks.
//!
//! ```text
//! new device ── Pair ──▶ Effect::Certify ── the caller signs with the root ──▶ paired
//!            ◀── Paired: certificate, keys of the group, founding records ──────┘
//! ```
//!
//! Open pairings live in memory only: a node that ends forgets them, and a code that was used once is of no
//! use to a second device. A device whose answer went lost asks again and is told the same.

use super::Replica;
use super::effect::{Effect, Now, PeerStanding};
use super::lobby::Turn;
use crate::codec;
use crate::control::{Capabilities, DeviceCert, Record, RootNumber};
use crate::domain;
use crate::id::Digest;
use crate::key::{DeviceId, PeerKey, PublicKey};
use crate::limits::{MAX_DEVICES, MAX_GOVERNING_DEVICES, MAX_PAIRINGS};
use crate::pairing::{PairRefusal, PairRequest, Pairing};
use crate::storage::{Storage, StorageError};
use crate::sync::{Refusal, Request, Response, pack};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Codes that were used are remembered up to this many, to tell a second user why it is refused.
const USED: usize = 64;

/// Why no pairing is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenPairingError {
    /// Too many are open.
    #[error("{MAX_PAIRINGS} pairing codes are open already")]
    TooMany,
    /// The group has as many devices as count.
    #[error("the group has {MAX_DEVICES} computers, and further ones would not count")]
    TooManyDevices,
    /// As many as may govern do.
    #[error("{MAX_GOVERNING_DEVICES} computers of the group govern, and further ones would not count")]
    TooManyGoverning,
}

/// What became of a request for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairOutcome {
    /// This device speaks for its group now.
    Certified,
    /// It was refused, and why.
    Refused(PairRefusal),
}

/// The pairings of this node, and the one that it asks for itself.
#[derive(Debug, Default)]
pub(super) struct Pairings {
    open: BTreeMap<PublicKey, Pairing>,
    used: BTreeMap<PublicKey, DeviceId>,
    asking: Option<Box<PairRequest>>,
}

/// When a request is answered.
#[derive(Debug)]
pub(super) enum Answered {
    /// At once.
    Now(Response),
    /// When the caller has signed.
    Later,
}

impl<S: Storage> Replica<S> {
    /// Waits for a new device of this group that has the code of this pairing.
    ///
    /// # Errors
    ///
    /// [`OpenPairingError`] when there is no room for the pairing, or for the device.
    pub fn open_pairing(&mut self, pairing: Pairing, now: Timestamp) -> Result<(), OpenPairingError> {
        self.pairings.open.retain(|_, open| now <= open.expires);
        if self.pairings.open.len() >= MAX_PAIRINGS {
            return Err(OpenPairingError::TooMany);
        }
        self.room_for(pairing.capabilities)?;
        self.pairings.open.insert(pairing.key, pairing);
        Ok(())
    }

    /// Asks whoever this node dials for its certificate, until it has one.
    pub fn ask_to_pair(&mut self, request: PairRequest) {
        if !self.is_certified() {
            self.pairings.asking = Some(Box::new(request));
        }
    }

    /// Whether this device waits for its certificate.
    pub const fn is_pairing(&self) -> bool {
        self.pairings.asking.is_some()
    }

    /// Lets a new device in: its certificate, signed by the root, answers [`Effect::Certify`].
    ///
    /// # Errors
    ///
    /// [`StorageError`]; then nothing was kept, and the new device may ask again.
    pub fn paired(
        &mut self,
        token: u64,
        key: &PublicKey,
        certificate: DeviceCert,
    ) -> Result<Vec<Effect>, StorageError> {
        let device = certificate.body().device;
        if !self.pairings.open.contains_key(key) {
            return Ok(vec![self.not_paired(token, PairRefusal::Used)]);
        }
        let mut effects = self.commit(Vec::new(), vec![Record::DeviceCert(certificate)])?;
        let response = match self.authority.keys().device(&device) {
            Some(known) if known.group == self.me.group => {
                self.pairings.open.remove(key);
                if self.pairings.used.len() >= USED {
                    self.pairings.used.pop_first();
                }
                self.pairings.used.insert(*key, device);
                Response::Paired { records: self.records_for_device() }
            }
            _ => Response::NotPaired(PairRefusal::NoRoot),
        };
        effects.push(Effect::Reply { token, bytes: pack(&response) });
        Ok(effects)
    }

    /// Tells a new device that it is not let in.
    pub fn not_paired(&self, token: u64, why: PairRefusal) -> Effect {
        Effect::Reply { token, bytes: pack(&Response::NotPaired(why)) }
    }

    /// Judges the request of a new device; what is sound waits for the root's signature.
    pub(super) fn judge_pairing(
        &mut self,
        now: Now,
        (peer, token): (PeerKey, u64),
        request: Box<PairRequest>,
        effects: &mut Vec<Effect>,
    ) -> Answered {
        let device = request.device();
        let asks_again = self.pairings.used.get(&request.key) == Some(&device) && request.certificate.peer == peer;
        if asks_again && !self.authority.is_revoked(&device) {
            return Answered::Now(Response::Paired { records: self.records_for_device() });
        }
        match self.pairing_refusal(now, peer, &request) {
            None => {
                effects.push(Effect::Certify { token, request });
                Answered::Later
            }
            Some(why) => {
                if matches!(why, PairRefusal::Invalid | PairRefusal::OtherPeer) {
                    self.fault(peer, why.to_string(), effects);
                }
                Answered::Now(Response::NotPaired(why))
            }
        }
    }

    fn pairing_refusal(&mut self, now: Now, peer: PeerKey, request: &PairRequest) -> Option<PairRefusal> {
        if request.certificate.peer != peer {
            return Some(PairRefusal::OtherPeer);
        }
        if self.pairings.used.contains_key(&request.key) {
            return Some(PairRefusal::Used);
        }
        let Some(pairing) = self.pairings.open.get(&request.key).copied() else { return Some(PairRefusal::Unknown) };
        if now.wall > pairing.expires {
            return Some(PairRefusal::Expired);
        }
        if !request.fits(&pairing, &self.me.group) {
            return Some(PairRefusal::Altered);
        }
        if request.check().is_err() {
            return Some(PairRefusal::Invalid);
        }
        let keys = self.authority.keys();
        if keys.root(&self.me.group).is_none_or(|root| root.signer() != pairing.root) {
            return Some(PairRefusal::OtherRoot);
        }
        let is_known = keys.writer(&request.device()).is_some() || keys.is_disputed(&request.device());
        if is_known || keys.devices_of_peer(&peer).next().is_some() {
            return Some(PairRefusal::KnownDevice);
        }
        self.room_for(pairing.capabilities).is_err().then_some(PairRefusal::Full)
    }

    fn room_for(&self, capabilities: Capabilities) -> Result<(), OpenPairingError> {
        let keys = self.authority.keys();
        let devices = keys.devices_of(&self.me.group);
        let governing = devices.iter().filter(|device| keys.governs(device).is_some()).count();
        if devices.len() >= MAX_DEVICES {
            Err(OpenPairingError::TooManyDevices)
        } else if capabilities.has(Capabilities::GOVERN) && governing >= MAX_GOVERNING_DEVICES {
            Err(OpenPairingError::TooManyGoverning)
        } else {
            Ok(())
        }
    }

    /// Whether a stranger's request shows an open pairing's key, and its turn then.
    pub(super) fn turn_of_paired(&mut self, request: &PairRequest) -> Turn {
        match self.pairings.open.contains_key(&request.key) && request.check_proof().is_ok() {
            true => self.lobby.answer_invite(request.key),
            false => Turn::TooSoon,
        }
    }

    /// What a new device of this group needs to believe its own certificate; it pulls the rest.
    fn records_for_device(&self) -> Vec<Record> {
        let group = self.me.group;
        let mut records = self.founding_records(&[]);
        let number = self.authority.keys().root(&group).map_or(RootNumber::FIRST, |root| root.number);
        records.extend(self.control.inception(&group).cloned().map(Record::Inception));
        records.extend(self.control.root_proof(&group, number));
        let is_ours = |record: &&Record| matches!(record, Record::DeviceCert(cert) if cert.body().group == group);
        records.extend(self.control.iter().filter(is_ours).cloned());
        records
    }

    /// Hands the request for a certificate to a peer that does not know this device, once per connection
    /// and refusal.
    pub(super) fn ask_pairing_of(&mut self, key: PeerKey, effects: &mut Vec<Effect>) {
        let Some(request) = self.pairings.asking.clone() else { return };
        let Some(peer) = self.peers.get_mut(&key) else { return };
        if peer.application.is_some() {
            return;
        }
        let digest = Digest::of(domain::AUTHORITY, &codec::encode(&request));
        let id = peer.session.fresh_id();
        peer.application = Some((id, digest));
        effects.push(Effect::Send { peer: key, id, bytes: pack(&Request::Pair(request)) });
    }

    /// Takes the answer to the request for a certificate.
    pub(super) fn pairing_answered(
        &mut self,
        key: PeerKey,
        response: Response,
        effects: &mut Vec<Effect>,
    ) -> Result<(), StorageError> {
        if let Some(peer) = self.peers.get_mut(&key) {
            // It may be asked again: a code of another node, or a busy lobby, is no last word.
            peer.application = None;
        }
        match response {
            Response::Paired { records } => {
                self.admit_records(records, Some(key), effects)?;
                if self.is_pairing() {
                    self.fault(
                        key,
                        "its answer says that this computer is certified, and does not prove it".to_owned(),
                        effects,
                    );
                }
            }
            Response::NotPaired(why) => effects.push(Effect::Pairing(PairOutcome::Refused(why))),
            Response::Refused(Refusal::WrongCoalition) => {
                self.fault(key, Refusal::WrongCoalition.to_string(), effects);
            }
            Response::Refused(_) => {}
            _ => self.fault(key, "the peer's answer is not of the kind that was asked for".to_owned(), effects),
        }
        Ok(())
    }

    /// Ends the asking once this device's certificate is believed, however it came.
    pub(super) fn note_certified(&mut self, effects: &mut Vec<Effect>) -> Result<(), StorageError> {
        if self.is_pairing() && self.is_certified() {
            self.pairings.asking = None;
            self.application = self.own_application()?;
            effects.push(Effect::Pairing(PairOutcome::Certified));
            // What was refused to a stranger is answered now.
            let keys: Vec<PeerKey> = self.peers.keys().copied().collect();
            for key in keys {
                if let Some(peer) = self.peers.get_mut(&key) {
                    peer.application = None;
                }
                if self.peers.get(&key).is_some_and(|peer| peer.standing == PeerStanding::Lobby) {
                    self.pull(key, effects);
                }
            }
        }
        Ok(())
    }

    fn is_certified(&self) -> bool {
        self.authority.keys().writer(&self.me.device).is_some_and(|writer| writer.group == self.me.group)
    }
}
