//! Runs: consecutive entries of one log, as they travel and as they lie on disk.
//!
//! What every entry of a run shares, or what the one before it already says, is left out: coalition,
//! device, seq, prev, and hash and length of the body. A run always ends at a signature, so that it is
//! proven as a whole.

use crate::codec::Format;
use crate::entry::{
    Entry, EntryError, EntryKind, Head, Header, VerifiedEntry, body_hash, keeps_signature, verify_signature,
};
use crate::id::{CoalitionId, DocumentId, EntryId};
use crate::key::{DeviceId, Signature};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// An entry without what its place in a run says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeanEntry {
    /// Claimed wall clock.
    pub time: Timestamp,
    /// What the body is.
    pub kind: EntryKind,
    /// The document that it changes.
    pub document: DocumentId,
    /// The body.
    pub body: Vec<u8>,
    /// The signature, at places that keep one and at the end of a run.
    pub signature: Option<Signature>,
}

/// Consecutive entries of one log, not verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The log.
    pub device: DeviceId,
    /// `seq` of the first entry.
    pub first: u64,
    /// The entry before the first one.
    pub prev: EntryId,
    /// The entries.
    pub entries: Vec<LeanEntry>,
}

/// A run whose every entry is proven. Never empty.
#[derive(Clone, Debug)]
pub struct VerifiedRun {
    entries: Vec<VerifiedEntry>,
    head: Head,
}

/// Why a run is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// It holds nothing.
    #[error("the run is empty")]
    Empty,
    /// It does not end at a signature, so nothing proves it.
    #[error("the run of device {device} ends at {seq} without a signature")]
    Unsigned {
        /// The log.
        device: DeviceId,
        /// The last entry.
        seq: u64,
    },
    /// It claims places that no log has.
    #[error("the run of device {device} goes on behind the last place of a log: its first entry says {seq}")]
    PastEnd {
        /// The log.
        device: DeviceId,
        /// The place that its first entry claims.
        seq: u64,
    },
    /// A place that keeps a signature has none, or another place has one.
    #[error("the run of device {device} has a signature too many or too few at {seq}")]
    Signatures {
        /// The log.
        device: DeviceId,
        /// The entry.
        seq: u64,
    },
    /// One of its entries is refused.
    #[error("an entry of the run is refused: {0}")]
    Entry(#[from] EntryError),
}

/// The place behind so many entries from `first` on; none where a log has no such place.
pub(crate) fn past_last(first: u64, entries: usize) -> Option<u64> {
    first.checked_add(u64::try_from(entries).ok()?)
}

impl Run {
    /// Where the log goes on behind it.
    pub fn end(&self) -> u64 {
        self.first.saturating_add(self.entries.len() as u64)
    }

    /// Checks chain, signatures, bodies and prescans.
    ///
    /// # Errors
    ///
    /// [`RunError`] names the first rule that was broken. The peer that sent it is at fault.
    pub fn verify(self, coalition: &CoalitionId) -> Result<VerifiedRun, RunError> {
        let Run { device, first, mut prev, entries } = self;
        let count = entries.len();
        let mut verified = Vec::with_capacity(count);
        let mut head = None;
        let end = past_last(first, count).ok_or(RunError::PastEnd { device, seq: first })?;
        for (index, (seq, lean)) in (first..end).zip(entries).enumerate() {
            let last = index + 1 == count;
            let header = lean.header(*coalition, device, seq, prev);
            let id = header.id();
            match lean.signature {
                Some(signature) if keeps_signature(seq) || last => {
                    verify_signature(&device, seq, &id, &signature)?;
                    head = Some(Head { seq, id, signature });
                }
                None if last => return Err(RunError::Unsigned { device, seq }),
                None if !keeps_signature(seq) => {}
                _ => return Err(RunError::Signatures { device, seq }),
            }
            verified.push(VerifiedEntry::check(id, header, lean.body, lean.signature, coalition)?);
            prev = id;
        }
        let head = head.ok_or(RunError::Empty)?;
        Ok(VerifiedRun { entries: verified, head })
    }
}

impl From<Entry> for Run {
    /// The run of an entry alone.
    fn from(entry: Entry) -> Self {
        let Header { device, seq, prev, .. } = entry.header;
        let lean = LeanEntry::of(&entry.header, entry.body, Some(entry.signature));
        Self { device, first: seq, prev, entries: vec![lean] }
    }
}

impl LeanEntry {
    fn of(header: &Header, body: Vec<u8>, signature: Option<Signature>) -> Self {
        Self { time: header.time, kind: header.kind, document: header.document, body, signature }
    }

    /// The whole header, from the place of the entry in its log.
    pub fn header(&self, coalition: CoalitionId, device: DeviceId, seq: u64, prev: EntryId) -> Header {
        Header {
            version: Format,
            coalition,
            device,
            seq,
            prev,
            time: self.time,
            kind: self.kind,
            document: self.document,
            body_len: u32::try_from(self.body.len()).unwrap_or(u32::MAX),
            body_hash: body_hash(&self.body),
        }
    }
}

impl VerifiedRun {
    /// A run of a single entry; none where no signature of its own proves it.
    pub fn single(entry: VerifiedEntry) -> Option<Self> {
        let head = entry.head()?;
        Some(Self { entries: vec![entry], head })
    }

    /// The log.
    pub fn device(&self) -> DeviceId {
        self.first().header().device
    }

    /// The first entry.
    pub fn first(&self) -> &VerifiedEntry {
        self.entries.first().expect("a verified run is never empty")
    }

    /// The head of the log once the run is appended.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// The entries in order.
    pub fn entries(&self) -> &[VerifiedEntry] {
        &self.entries
    }

    /// The run as it travels, in pieces that each end at a signature.
    pub fn pieces(&self) -> Vec<Run> {
        let (mut pieces, mut open) = (Vec::new(), None);
        for entry in &self.entries {
            let Header { device, seq, prev, .. } = *entry.header();
            let piece = open.get_or_insert_with(|| Run { device, first: seq, prev, entries: Vec::new() });
            piece.entries.push(LeanEntry::of(entry.header(), entry.body().to_vec(), entry.signature().copied()));
            if entry.signature().is_some() {
                pieces.extend(open.take());
            }
        }
        pieces
    }

    /// The run up to the first signature at or behind `seq`: no more of it than what proves that entry.
    #[must_use]
    pub fn proving(mut self, seq: u64) -> Self {
        let proof = self.entries.iter().position(|entry| entry.header().seq >= seq && entry.signature().is_some());
        if let Some(last) = proof
            && let Some(head) = self.entries.get(last).and_then(VerifiedEntry::head)
        {
            self.entries.truncate(last + 1);
            self.head = head;
        }
        self
    }

    /// The run without the entries below `seq`; none when nothing remains.
    #[must_use]
    pub fn from_seq(mut self, seq: u64) -> Option<Self> {
        self.entries.retain(|entry| entry.header().seq >= seq);
        (!self.entries.is_empty()).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::SecretKey;

    #[test]
    fn a_run_that_goes_on_behind_the_last_place_of_a_log_is_refused_before_anything_is_proven() {
        let device = DeviceId(SecretKey::from_seed(&[1; 32]).public());
        let (kind, document) = (EntryKind::Change, DocumentId([2; 32]));
        let lean = LeanEntry { time: Timestamp(1), kind, document, body: Vec::new(), signature: None };
        for (first, entries) in [(u64::MAX, 1), (u64::MAX, 3), (u64::MAX - 1, 2)] {
            let run = Run { device, first, prev: EntryId([3; 32]), entries: vec![lean.clone(); entries] };
            let found = run.verify(&CoalitionId([9; 32])).expect_err("nothing is signed");
            assert_eq!(found, RunError::PastEnd { device, seq: first });
        }
        let run = Run { device, first: u64::MAX - 1, prev: EntryId([3; 32]), entries: vec![lean] };
        let found = run.verify(&CoalitionId([9; 32])).expect_err("nothing is signed");
        assert_eq!(found, RunError::Unsigned { device, seq: u64::MAX - 1 });
    }
}
