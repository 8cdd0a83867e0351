//! Why a record is refused, and what a record waits for.

use crate::codec::DecodeError;
use crate::control::fork_proof::ForkError;
use crate::control::root::RootNumber;
use crate::control::signed::Signer;
use crate::id::{CoalitionId, GroupId, RecordId, VersionId};
use crate::key::{DeviceId, KeyError};
use crate::limits::MAX_RECORD;

/// Why a control record is invalid, on every node and for ever.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The bytes are no record.
    #[error("the bytes are no control record")]
    Encoding(#[from] DecodeError),
    /// The record is larger than any may be.
    #[error("a control record has at most {MAX_RECORD} bytes, found {found}")]
    TooLarge {
        /// Its size in bytes.
        found: usize,
    },
    /// A text is blank, too long, or holds control characters.
    #[error("{field}: expected 1 to {limit} bytes of text without control characters, found {found} bytes")]
    Text {
        /// Which text.
        field: &'static str,
        /// The most bytes it may have.
        limit: usize,
        /// How many bytes it has.
        found: usize,
    },
    /// A number lies outside its bounds.
    #[error("{field}: expected {expected}, found {found}")]
    Bounds {
        /// Which number.
        field: &'static str,
        /// What it may be.
        expected: String,
        /// What it is.
        found: u64,
    },
    /// A list is not in ascending order, or names something twice.
    #[error("{field}: expected ascending order without repetition")]
    Order {
        /// Which list.
        field: &'static str,
    },
    /// A kind of key signed that may not sign this kind of record.
    #[error("expected the signature of {expected}, found {found}")]
    Signer {
        /// Who may sign.
        expected: &'static str,
        /// Who signed.
        found: Signer,
    },
    /// A key that the record introduces is unsound.
    #[error("the key of the {whose} cannot be used")]
    Key {
        /// Whose key.
        whose: &'static str,
        /// What is wrong with it.
        source: KeyError,
    },
    /// A signature is not by the key that it should be by.
    #[error("the signature of {by} does not hold")]
    Signature {
        /// Whose signature.
        by: String,
        /// What is wrong with it.
        source: KeyError,
    },
    /// A root is not the one that the root before has committed to.
    #[error("{} is not the one that the root before it has committed to", name(*.number))]
    Chain {
        /// The number of the root.
        number: u32,
    },
    /// Too few recovery contacts signed.
    #[error("expected the signatures of {expected} recovery contacts, found {found}")]
    Quorum {
        /// How many it takes.
        expected: u8,
        /// How many there are.
        found: u8,
    },
    /// A group signed a recovery that is no contact of the group.
    #[error("group {} is no recovery contact of the group", .group.short())]
    NoContact {
        /// The group that signed.
        group: GroupId,
    },
    /// Two branches prove no fork.
    #[error("the proof of a fork does not hold")]
    Fork(#[from] ForkError),
    /// The certificate that comes with a record does not let its signer speak for the group.
    #[error("the certificate is not one in which the group lets device {} govern", &.device.to_string()[..10])]
    Certificate {
        /// The device that signed.
        device: DeviceId,
    },
    /// A group proposes, votes or endorses that is no elector of the version.
    #[error("group {} is no elector of version {}", .group.short(), .version.short())]
    NotElector {
        /// The group.
        group: GroupId,
        /// The version whose electors may.
        version: VersionId,
    },
    /// A version was not adopted by enough electors.
    #[error("expected the votes of {expected} electors, found {found}")]
    Votes {
        /// How many it takes.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The record is for another coalition.
    #[error("expected a record of coalition {}, found one of {}", .expected.short(), .found.short())]
    WrongCoalition {
        /// The coalition of the set.
        expected: CoalitionId,
        /// The coalition of the record.
        found: CoalitionId,
    },
    /// The rules of the coalition are newer than this program.
    #[error("the coalition follows rules {found}, this program knows up to {known}: a newer program is needed")]
    NewerRules {
        /// The newest rules that this program knows.
        known: u16,
        /// The rules that the genesis names.
        found: u16,
    },
}

fn name(number: u32) -> String {
    RootNumber::of(number).map_or_else(|| format!("root {number}"), |root| root.to_string())
}

/// What has to be known before a record can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// The inception of a group.
    Inception(GroupId),
    /// A certificate in which a group gives a device `govern`.
    Certificate {
        /// The group.
        group: GroupId,
        /// The device.
        device: DeviceId,
    },
    /// The record that makes a later root of a group known.
    Root {
        /// The group.
        group: GroupId,
        /// The number of the root.
        number: u32,
    },
    /// A version of the statement: adopted, or for a vote proposed.
    Version(VersionId),
    /// Votes for a version, of which its group has proposed two others under the same number.
    Votes(VersionId),
    /// The claim of a mandate.
    Mandate(RecordId),
    /// A vouch for a group, or its join through an invite, by somebody who belongs.
    Standing(GroupId),
}

/// Why a record is not admitted: it is wrong, or it came too early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unmet {
    Missing(Missing),
    Refused(RecordError),
}

impl From<RecordError> for Unmet {
    fn from(error: RecordError) -> Self {
        Self::Refused(error)
    }
}

/// Checks a one-line text: a name, a title, a label.
pub(crate) fn check_line(field: &'static str, text: &str, limit: usize) -> Result<(), RecordError> {
    let sound = !text.trim().is_empty() && text.len() <= limit && !text.chars().any(char::is_control);
    if sound { Ok(()) } else { Err(RecordError::Text { field, limit, found: text.len() }) }
}

/// Checks a text of several lines: line ends and tabs are allowed.
pub(crate) fn check_text(field: &'static str, text: &str, limit: usize) -> Result<(), RecordError> {
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    let sound = !text.trim().is_empty() && text.len() <= limit && !text.chars().any(odd);
    if sound { Ok(()) } else { Err(RecordError::Text { field, limit, found: text.len() }) }
}

/// Checks that a list ascends without repetition and is not too long.
pub(crate) fn check_list<T: Ord>(field: &'static str, list: &[T], limit: usize) -> Result<(), RecordError> {
    if list.len() > limit {
        return Err(bounds(field, format!("at most {limit} items"), list.len() as u64));
    }
    if list.is_sorted_by(|a, b| a < b) { Ok(()) } else { Err(RecordError::Order { field }) }
}

/// A number out of bounds.
pub(crate) fn bounds(field: &'static str, expected: impl Into<String>, found: u64) -> RecordError {
    RecordError::Bounds { field, expected: expected.into(), found }
}
