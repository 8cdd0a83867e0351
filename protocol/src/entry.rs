//! Entries: what a device writes into its log, one signed link of a hash chain each.
//!
//! An entry passes through types that can't be skipped: bytes become an [`Entry`] or a
//! [`Run`](crate::run::Run), these become [`VerifiedEntry`]s, and only verified entries can be stored.
//!
//! The id of an entry is the BLAKE3 hash of its [`Header`], which names the entry before it and the
//! hash of the body. One signature therefore authenticates every entry before it.

use crate::codec::{self, DecodeError, Format};
use crate::document::{BodyError, ChangeBody, Opening, PrescanError, Prescanned, actor, prescan};
use crate::domain;
use crate::id::{CoalitionId, Digest, DocumentId, EntryId};
use crate::key::{DeviceId, KeyError, SecretKey, Signature};
use crate::limits::{MAX_BODY, MAX_OPENING, SIGNATURE_EVERY};
use crate::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What the body of an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// An Automerge change in the clear, with the document's opening in front of the first one. Byte 1.
    Change,
    /// A change sealed for a private space. Byte 2. Kept and passed on as it is, and without effect here.
    Sealed,
}

/// The signed part of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Format of the header.
    pub version: Format<1>,
    /// The coalition it belongs to: refuses replay elsewhere.
    pub coalition: CoalitionId,
    /// The device that wrote it.
    pub device: DeviceId,
    /// Its place in the device's log: 0, 1, 2 ... without gaps.
    pub seq: u64,
    /// The entry at `seq - 1`, or [`EntryId::ZERO`] at 0.
    pub prev: EntryId,
    /// Claimed wall clock: shown, never trusted.
    pub time: Timestamp,
    /// What the body is.
    pub kind: EntryKind,
    /// The document that it changes.
    pub document: DocumentId,
    /// Length of the body in bytes.
    pub body_len: u32,
    /// BLAKE3 of the body.
    pub body_hash: Digest,
}

/// An entry with its signature as a node announces it: decoded, not verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The signed part.
    pub header: Header,
    /// The body.
    pub body: Vec<u8>,
    /// The device's signature over the header's id.
    pub signature: Signature,
}

/// Where a log stands: its last entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// `seq` of the last entry.
    pub seq: u64,
    /// Its id.
    pub id: EntryId,
    /// Its signature, with which every run that ends there is proven.
    pub signature: Signature,
}

/// An entry that every node will admit for ever: chain, signature, body and prescan hold.
#[derive(Clone, Debug)]
pub struct VerifiedEntry {
    id: EntryId,
    header: Header,
    body: Vec<u8>,
    signature: Option<Signature>,
    change: Option<VerifiedChange>,
}

/// The change that a verified entry carries.
#[derive(Clone, Debug)]
pub struct VerifiedChange {
    /// What the document is, in front of its first change.
    pub opening: Option<Opening>,
    /// The change, prescanned.
    pub change: Prescanned,
}

/// Why an entry is refused by every node for ever. The fault is the writer's or the relaying peer's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The bytes are no entry.
    #[error("the bytes are no entry")]
    Decode(#[from] DecodeError),
    /// The entry was written for another coalition.
    #[error("the entry belongs to coalition {found}, expected {expected}")]
    WrongCoalition {
        /// The coalition of this node.
        expected: CoalitionId,
        /// The coalition that it names.
        found: CoalitionId,
    },
    /// The signature is not the device's.
    #[error("entry {seq} of device {device} is not signed by it")]
    Signature {
        /// The device that it names.
        device: DeviceId,
        /// Its place.
        seq: u64,
        /// What is wrong.
        #[source]
        source: KeyError,
    },
    /// The body is longer than an entry may be, or not what the header says.
    #[error("the body has {found} bytes or another hash than the header says ({expected} bytes, at most {limit})")]
    Body {
        /// Length that the header gives.
        expected: u32,
        /// Length that came.
        found: usize,
        /// The bound.
        limit: usize,
    },
    /// The first entry names one before it, or a later one names none.
    #[error("entry {seq} does not fit the start of its log")]
    Start {
        /// Its place.
        seq: u64,
    },
    /// The opening in the body is not that of the document in the header.
    #[error("the opening is of document {found}, expected {expected}")]
    Opening {
        /// The document of the header.
        expected: DocumentId,
        /// The document that the opening derives.
        found: DocumentId,
    },
    /// The body holds no change.
    #[error("the body holds no change: {0}")]
    Layout(#[from] BodyError),
    /// The change breaks a rule of the prescan.
    #[error("the change is refused: {0}")]
    Change(#[from] PrescanError),
}

impl Header {
    /// The id of the entry.
    pub fn id(&self) -> EntryId {
        EntryId::of(domain::ENTRY, &codec::encode(self))
    }
}

/// The hash of a body as headers carry it.
pub fn body_hash(body: &[u8]) -> Digest {
    Digest::of(domain::BODY, body)
}

/// Whether a signature is kept at this place of a log after later entries came.
pub fn keeps_signature(seq: u64) -> bool {
    seq % SIGNATURE_EVERY == SIGNATURE_EVERY - 1
}

impl Entry {
    /// Decodes an announced entry.
    ///
    /// # Errors
    ///
    /// [`EntryError::Decode`] when the bytes are not the canonical encoding of one.
    pub fn decode(bytes: &[u8]) -> Result<Self, EntryError> {
        Ok(codec::decode(bytes)?)
    }

    /// Checks everything about the entry but its place in the log, which the log checks.
    ///
    /// # Errors
    ///
    /// [`EntryError`] names the rule that was broken; no node will ever admit the entry.
    pub fn verify(self, coalition: &CoalitionId) -> Result<VerifiedEntry, EntryError> {
        let id = self.header.id();
        verify_signature(&self.header.device, self.header.seq, &id, &self.signature)?;
        VerifiedEntry::check(id, self.header, self.body, Some(self.signature), coalition)
    }
}

/// Checks a device's signature over one entry.
///
/// # Errors
///
/// [`EntryError::Signature`].
pub(crate) fn verify_signature(
    device: &DeviceId,
    seq: u64,
    id: &EntryId,
    signature: &Signature,
) -> Result<(), EntryError> {
    device.0.verify(domain::ENTRY, id.as_bytes(), signature).map_err(|source| EntryError::Signature {
        device: *device,
        seq,
        source,
    })
}

impl VerifiedEntry {
    /// Writes, signs and checks the next entry of one's own log. It passes the same door as everybody's.
    ///
    /// # Errors
    ///
    /// [`EntryError`] when the body breaks a rule: a fault of the caller.
    pub fn write(
        coalition: CoalitionId,
        key: &SecretKey,
        previous: Option<&Head>,
        time: Timestamp,
        document: DocumentId,
        body: Vec<u8>,
    ) -> Result<Self, EntryError> {
        let device = DeviceId(key.public());
        let header = Header {
            version: Format,
            coalition,
            device,
            seq: previous.map_or(0, |head| head.seq + 1),
            prev: previous.map_or(EntryId::ZERO, |head| head.id),
            time,
            kind: EntryKind::Change,
            document,
            body_len: u32::try_from(body.len()).unwrap_or(u32::MAX),
            body_hash: body_hash(&body),
        };
        let id = header.id();
        let signature = key.sign(domain::ENTRY, id.as_bytes());
        Self::check(id, header, body, Some(signature), &coalition)
    }

    /// The checks behind the signature; the caller has proven `id`.
    pub(crate) fn check(
        id: EntryId,
        header: Header,
        body: Vec<u8>,
        signature: Option<Signature>,
        coalition: &CoalitionId,
    ) -> Result<Self, EntryError> {
        if header.coalition != *coalition {
            return Err(EntryError::WrongCoalition { expected: *coalition, found: header.coalition });
        }
        if (header.seq == 0) != (header.prev == EntryId::ZERO) {
            return Err(EntryError::Start { seq: header.seq });
        }
        let limit = MAX_BODY + MAX_OPENING;
        if body.len() > limit
            || usize::try_from(header.body_len) != Ok(body.len())
            || header.body_hash != body_hash(&body)
        {
            return Err(EntryError::Body { expected: header.body_len, found: body.len(), limit });
        }
        // A sealed body is nobody's to read: its length and hash are all that can be asked of it.
        let change = match header.kind {
            EntryKind::Change => Some(read_change(&header, &body)?),
            EntryKind::Sealed => None,
        };
        Ok(Self { id, header, body, signature, change })
    }

    /// The entry's id.
    pub const fn id(&self) -> EntryId {
        self.id
    }

    /// The signed part.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The body as it came.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The signature, where the entry came with one of its own.
    pub const fn signature(&self) -> Option<&Signature> {
        self.signature.as_ref()
    }

    /// The change in the body; none where it is sealed.
    pub const fn change(&self) -> Option<&VerifiedChange> {
        self.change.as_ref()
    }

    /// The head of a log that ends here; none where no signature proves it.
    pub fn head(&self) -> Option<Head> {
        self.signature.map(|signature| Head { seq: self.header.seq, id: self.id, signature })
    }

    /// The entry as it is announced; none where no signature of its own is known.
    pub fn announce(&self) -> Option<Entry> {
        self.signature.map(|signature| Entry { header: self.header.clone(), body: self.body.clone(), signature })
    }
}

/// Reads and prescans the change of a body.
///
/// # Errors
///
/// [`EntryError`] for a body that is no change of the header's document and device.
pub fn read_change(header: &Header, body: &[u8]) -> Result<VerifiedChange, EntryError> {
    let ChangeBody { opening, change } = ChangeBody::decode(body)?;
    if let Some(opening) = &opening {
        let found = opening.document(&header.coalition);
        if found != header.document {
            return Err(EntryError::Opening { expected: header.document, found });
        }
    }
    let change = prescan(&change, &actor(&header.coalition, &header.document, &header.device))?;
    Ok(VerifiedChange { opening, change })
}

impl Serialize for EntryKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(match self {
            Self::Change => 1,
            Self::Sealed => 2,
        })
    }
}

impl<'de> Deserialize<'de> for EntryKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            1 => Ok(Self::Change),
            2 => Ok(Self::Sealed),
            found => Err(serde::de::Error::custom(format!("entry kind {found}, expected 1 or 2"))),
        }
    }
}
