//! Chains of headers: what proves an entry of a log without the bodies behind it.
//!
//! A signature stands at every sixteenth entry and at a head. The headers from an entry up to the next
//! signature prove it: each names the one before.

use crate::codec::Format;
use crate::entry::{EntryError, EntryKind, Header, VerifiedEntry, body_hash, verify_signature};
use crate::id::{CoalitionId, Digest, DocumentId, EntryId};
use crate::key::{DeviceId, Signature};
use crate::limits::SIGNATURE_EVERY;
use crate::run::{Run, VerifiedRun, past_last};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A header without what its place in a chain says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeanHeader {
    /// Claimed wall clock.
    pub time: Timestamp,
    /// What the body is.
    pub kind: EntryKind,
    /// The document that it changes.
    pub document: DocumentId,
    /// Length of the body in bytes.
    pub body_len: u32,
    /// Hash of the body.
    pub body_hash: Digest,
}

/// Headers of consecutive entries of one log, up to a signature: not verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderChain {
    /// The log.
    pub device: DeviceId,
    /// `seq` of the first entry.
    pub seq: u64,
    /// The entry before the first one.
    pub prev: EntryId,
    /// The headers, at most 17: a signature stands at most 16 entries behind the first.
    pub headers: Vec<LeanHeader>,
    /// The signature of the last one.
    pub signature: Signature,
}

/// One entry with what proves it by itself, wherever in whatever branch of its log it stands: not verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BranchEntry {
    /// The entry's header and those behind it.
    pub chain: HeaderChain,
    /// The entry's body.
    pub body: Vec<u8>,
}

/// An entry that is proven by the headers behind it.
#[derive(Clone, Debug)]
pub struct VerifiedBranch {
    entry: VerifiedEntry,
    proof: BranchEntry,
}

/// Why headers prove nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// There are none, or too many.
    #[error("a chain has 1 to {} headers, found {found}", SIGNATURE_EVERY + 1)]
    Length {
        /// How many there are.
        found: usize,
    },
    /// It claims places that no log has.
    #[error("the chain of device {device} goes on behind the last place of a log: its first entry says {seq}")]
    PastEnd {
        /// The log.
        device: DeviceId,
        /// The place that its first entry claims.
        seq: u64,
    },
    /// An entry is refused.
    #[error(transparent)]
    Entry(#[from] EntryError),
}

impl LeanHeader {
    const fn of(header: &Header) -> Self {
        let Header { time, kind, document, body_len, body_hash, .. } = *header;
        Self { time, kind, document, body_len, body_hash }
    }
}

impl HeaderChain {
    /// The headers of a run up to its first signature; none when it has none within reach.
    pub fn of(run: &Run) -> Option<Self> {
        let last = run.entries.iter().position(|entry| entry.signature.is_some())?;
        let headers = run.entries.get(..=last)?.iter().map(|entry| LeanHeader {
            time: entry.time,
            kind: entry.kind,
            document: entry.document,
            body_len: u32::try_from(entry.body.len()).unwrap_or(u32::MAX),
            body_hash: body_hash(&entry.body),
        });
        let signature = run.entries.get(last)?.signature?;
        let chain = Self { device: run.device, seq: run.first, prev: run.prev, headers: headers.collect(), signature };
        chain.check_length().is_ok().then_some(chain)
    }

    /// The first entry's whole header; none when the chain is empty.
    pub fn first(&self, coalition: &CoalitionId) -> Option<Header> {
        self.headers.first().map(|lean| self.header(coalition, self.seq, self.prev, lean))
    }

    fn header(&self, coalition: &CoalitionId, seq: u64, prev: EntryId, lean: &LeanHeader) -> Header {
        let LeanHeader { time, kind, document, body_len, body_hash } = *lean;
        let (coalition, device) = (*coalition, self.device);
        Header { version: Format, coalition, device, seq, prev, time, kind, document, body_len, body_hash }
    }

    /// Checks the number of headers.
    ///
    /// # Errors
    ///
    /// [`ChainError::Length`].
    pub fn check_length(&self) -> Result<(), ChainError> {
        let most = usize::try_from(SIGNATURE_EVERY).unwrap_or(usize::MAX).saturating_add(1);
        match self.headers.len() {
            found if found == 0 || found > most => Err(ChainError::Length { found }),
            _ => Ok(()),
        }
    }

    /// The id of the first entry, once the device's signature proves it.
    ///
    /// # Errors
    ///
    /// [`ChainError`] when it does not.
    pub fn verify(&self, coalition: &CoalitionId) -> Result<EntryId, ChainError> {
        self.check_length()?;
        if (self.seq == 0) != (self.prev == EntryId::ZERO) {
            return Err(EntryError::Start { seq: self.seq }.into());
        }
        let (mut first, mut last, mut last_seq) = (None, self.prev, self.seq);
        let end = past_last(self.seq, self.headers.len());
        let end = end.ok_or(ChainError::PastEnd { device: self.device, seq: self.seq })?;
        for (seq, lean) in (self.seq..end).zip(&self.headers) {
            (last, last_seq) = (self.header(coalition, seq, last, lean).id(), seq);
            first.get_or_insert(last);
        }
        verify_signature(&self.device, last_seq, &last, &self.signature)?;
        first.ok_or(ChainError::Length { found: 0 })
    }
}

impl BranchEntry {
    /// The first entry of a run with the headers behind it; none where no signature is within reach.
    pub fn of(run: &Run) -> Option<Self> {
        Some(Self { chain: HeaderChain::of(run)?, body: run.entries.first()?.body.clone() })
    }

    /// Checks chain, signature, body and prescan.
    ///
    /// # Errors
    ///
    /// [`ChainError`] names the first rule that was broken.
    pub fn verify(self, coalition: &CoalitionId) -> Result<VerifiedBranch, ChainError> {
        let id = self.chain.verify(coalition)?;
        let header = self.chain.first(coalition).ok_or(ChainError::Length { found: 0 })?;
        let entry = VerifiedEntry::check(id, header, self.body.clone(), None, coalition)?;
        Ok(VerifiedBranch { entry, proof: self })
    }
}

impl VerifiedBranch {
    /// The entries of a run, each with what proves it by itself.
    pub fn of(run: &VerifiedRun) -> Vec<Self> {
        let entries = run.entries();
        (0..entries.len()).filter_map(|first| Self::first_of(entries.get(first..)?)).collect()
    }

    /// The first of consecutive entries with the headers behind it.
    fn first_of(entries: &[VerifiedEntry]) -> Option<Self> {
        let entry = entries.first()?.clone();
        let last = entries.iter().position(|entry| entry.signature().is_some())?;
        let Header { device, seq, prev, .. } = *entry.header();
        let headers = entries.get(..=last)?.iter().map(|entry| LeanHeader::of(entry.header())).collect();
        let signature = *entries.get(last)?.signature()?;
        let chain = HeaderChain { device, seq, prev, headers, signature };
        let proof = BranchEntry { chain, body: entry.body().to_vec() };
        Some(Self { entry, proof })
    }

    /// The entry.
    pub const fn entry(&self) -> &VerifiedEntry {
        &self.entry
    }

    /// The entry with what proves it, to be kept and passed on.
    pub const fn proof(&self) -> &BranchEntry {
        &self.proof
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain;
    use crate::entry::keeps_signature;
    use crate::key::SecretKey;
    use crate::run::LeanEntry;

    const COALITION: CoalitionId = CoalitionId([9; 32]);

    /// A chain from `seq` on that is signed as its last place asks for.
    fn chain(seq: u64, headers: usize) -> HeaderChain {
        let key = SecretKey::from_seed(&[1; 32]);
        let lean = LeanHeader {
            time: Timestamp(1),
            kind: EntryKind::Change,
            document: DocumentId([2; 32]),
            body_len: 0,
            body_hash: Digest::ZERO,
        };
        let (device, prev) = (DeviceId(key.public()), EntryId([3; 32]));
        let signature = key.sign(domain::ENTRY, prev.as_bytes());
        let mut chain = HeaderChain { device, seq, prev, headers: vec![lean; headers], signature };
        let mut last = prev;
        for (at, lean) in (0..).zip(&chain.headers) {
            last = chain.header(&COALITION, seq.wrapping_add(at), last, lean).id();
        }
        chain.signature = key.sign(domain::ENTRY, last.as_bytes());
        chain
    }

    #[test]
    fn each_entry_of_a_run_is_proven_by_itself() {
        let key = SecretKey::from_seed(&[1; 32]);
        let (device, document) = (DeviceId(key.public()), DocumentId([2; 32]));
        let lean = |number: u64| {
            let body = number.to_be_bytes().to_vec();
            LeanEntry { time: Timestamp(1), kind: EntryKind::Sealed, document, body, signature: None }
        };
        let mut run = Run { device, first: 0, prev: EntryId::ZERO, entries: (0..21).map(lean).collect() };
        let mut last = run.prev;
        for (seq, lean) in (0..).zip(&mut run.entries) {
            last = lean.header(COALITION, device, seq, last).id();
            let is_signed = keeps_signature(seq) || seq == 20;
            lean.signature = is_signed.then(|| key.sign(domain::ENTRY, last.as_bytes()));
        }
        let run = run.verify(&COALITION).unwrap();
        let branches = VerifiedBranch::of(&run);
        let again = branches.iter().map(|branch| branch.proof().clone().verify(&COALITION).unwrap().entry().id());
        assert!(again.eq(run.entries().iter().map(VerifiedEntry::id)));
        assert_eq!(branches.iter().map(|branch| branch.proof().chain.headers.len()).max(), Some(16));
    }

    #[test]
    fn a_chain_that_goes_on_behind_the_last_place_of_a_log_is_refused_and_one_that_ends_there_holds() {
        for (seq, headers) in [(u64::MAX, 1), (u64::MAX, 17), (u64::MAX - 2, 3), (u64::MAX - 16, 17)] {
            let device = chain(seq, headers).device;
            assert_eq!(chain(seq, headers).verify(&COALITION), Err(ChainError::PastEnd { device, seq }));
        }
        for (seq, headers) in [(u64::MAX - 1, 1), (u64::MAX - 3, 3), (7, 9)] {
            assert!(chain(seq, headers).verify(&COALITION).is_ok(), "{headers} from {seq} on");
        }
    }
}
