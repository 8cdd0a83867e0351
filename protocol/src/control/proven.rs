//! Signatures that were proven ahead, on all cores.
//!
//! What a node has stored comes to its set all at once, at a start. Whether a key made a signature follows from the two and
//! from what was signed, and from nothing else, so it can be found out in any order; which key it had to be is for the set
//! to say.

use crate::control::certificate::DeviceCert;
use crate::control::certified::Certified;
use crate::control::invitation::Join;
use crate::control::record::{Record, of_each};
use crate::control::signed::{Body, Signed, Signer};
use crate::domain::{self, Purpose};
use crate::id::{GroupId, RecordId};
use crate::key::{KeyError, PublicKey, Signature};
use std::collections::{BTreeMap, HashSet};

/// Records that are worth a thread of their own.
const PARALLEL_FROM: usize = 64;

/// Which key made which signature over what.
type Made = (PublicKey, &'static str, RecordId, Signature);

/// Signatures that hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Proven(HashSet<Made>);

impl Proven {
    /// Those of the records that are by the keys that the records themselves bring.
    pub(super) fn of(records: &[Record]) -> Self {
        let roots = Roots::of(records);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let share = records.len().div_ceil(threads).max(PARALLEL_FROM);
        let prove = |share: &[Record]| -> Vec<Made> {
            let made = share.iter().flat_map(|record| roots.said_by(record));
            made.filter(|(key, purpose, id, signature)| holds(key, *purpose, id, signature).is_ok())
                .map(|(key, purpose, id, signature)| (key, purpose.as_str(), id, signature))
                .collect()
        };
        let prove = &prove;
        std::thread::scope(|scope| {
            // What a thread that failed, or was never begun, should have proven is proven when its records are judged.
            let begin = |share| std::thread::Builder::new().spawn_scoped(scope, move || prove(share)).ok();
            let shares: Vec<_> = records.chunks(share).filter_map(begin).collect();
            Self(shares.into_iter().filter_map(|share| share.join().ok()).flatten().collect())
        })
    }

    /// Checks that a key made a signature, unless that is known.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where it did not.
    pub(super) fn verify(
        &self,
        key: &PublicKey,
        purpose: Purpose,
        id: &RecordId,
        signature: &Signature,
    ) -> Result<(), KeyError> {
        match !self.0.is_empty() && self.0.contains(&(*key, purpose.as_str(), *id, *signature)) {
            true => Ok(()),
            false => holds(key, purpose, id, signature),
        }
    }
}

fn holds(key: &PublicKey, purpose: Purpose, id: &RecordId, signature: &Signature) -> Result<(), KeyError> {
    key.verify(purpose, id.as_bytes(), signature)
}

/// A signature, and whose it should be.
type Said = (PublicKey, Purpose, RecordId, Signature);

/// The roots that inceptions and rotations bring, as they say themselves.
struct Roots(BTreeMap<(GroupId, Signer), PublicKey>);

impl Roots {
    fn of(records: &[Record]) -> Self {
        let brings = |record: &Record| match record {
            Record::Inception(inception) => Some(((inception.group(), inception.signer), inception.body.root)),
            Record::Rotation(rotation) => Some(((rotation.body.group, rotation.signer), rotation.body.root)),
            _ => None,
        };
        Self(records.iter().filter_map(brings).collect())
    }

    fn key(&self, group: GroupId, signer: Signer) -> Option<PublicKey> {
        match signer {
            Signer::Device(device) => Some(device.0),
            Signer::Recovered(_, key) => Some(key),
            Signer::Root(_) => self.0.get(&(group, signer)).copied(),
        }
    }

    fn said_by(&self, record: &Record) -> Vec<Said> {
        match record {
            Record::DeviceCert(certificate) => self.certified(certificate).collect(),
            Record::Join(Join { signed, by_invite }) => {
                let by_invite = (signed.body.key, domain::JOIN, signed.id(), *by_invite);
                self.signed(signed).into_iter().chain([by_invite]).collect()
            }
            Record::Version(version) => self.with_certificate(version).collect(),
            Record::Vote(vote) => self.with_certificate(vote).collect(),
            Record::Adoption(adoption) => {
                adoption.votes().flat_map(|vote| self.with_certificate(&vote).collect::<Vec<_>>()).collect()
            }
            // There are few of those that several have signed.
            other => {
                of_each!(other, genesis(_g) => Vec::new(), whole(_w) => Vec::new(), signed(s) => self.signed(s).into_iter().collect())
            }
        }
    }

    fn signed<B: Body>(&self, signed: &Signed<B>) -> Option<Said> {
        let key = self.key(signed.body.group(), signed.signer)?;
        Some((key, B::PURPOSE, signed.id(), signed.signature))
    }

    fn certified(&self, certificate: &DeviceCert) -> impl Iterator<Item = Said> {
        let (id, body) = (certificate.id(), certificate.body());
        let by_device = (body.device.0, domain::DEVICE_CERT, id, certificate.by_device);
        let by_peer = (PublicKey(body.peer.0), domain::DEVICE_CERT, id, certificate.by_peer);
        self.signed(&certificate.signed).into_iter().chain([by_device, by_peer])
    }

    fn with_certificate<B: Body>(&self, said: &Certified<B>) -> impl Iterator<Item = Said> {
        let certified = said.certificate.as_ref().map(|certificate| self.certified(certificate));
        self.signed(&said.signed).into_iter().chain(certified.into_iter().flatten())
    }
}
