//! What a document is: its opening, its name, its actors, and the body that carries a change.
//!
//! The opening stands in front of the first change of a document and proves itself: the document is
//! named by its hash. Nothing has to be asked of anybody to know who may write a document.

use crate::codec::{DecodeError, Format, encode};
use crate::domain;
use crate::id::{Actor, CoalitionId, Digest, DocumentId, GroupId};
use crate::key::DeviceId;
use crate::limits::{MAX_BODY, MAX_OPENING};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;
use std::{fmt, str::FromStr};

/// Who may write a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum WriteRule {
    /// The devices of the group that owns it.
    Owner,
    /// The devices of every member of the coalition.
    Members,
    /// The members of a space; no version yet can say who they are, so nobody may write.
    Space(Digest),
}

/// The name of a kind of record: a lower-case letter, then up to 31 of `a-z`, `0-9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindName(SmolStr);

/// A text that is no name of a kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the name of a kind (a-z, 0-9 and -, at most 32, a letter first), found {found:?}")]
pub struct KindNameError {
    /// What stood there, at most 80 characters of it.
    pub found: String,
}

impl KindName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KindName {
    type Err = KindNameError;

    fn from_str(text: &str) -> Result<Self, KindNameError> {
        let rest = text.bytes().skip(1).all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        if first && rest && text.len() <= 32 {
            Ok(Self(text.into()))
        } else {
            Err(KindNameError { found: text.chars().take(80).collect() })
        }
    }
}

impl fmt::Display for KindName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for KindName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for KindName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What a document is, said once in front of its first change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Opening {
    /// The version of this layout.
    pub version: Format<1>,
    /// The group that opened it.
    pub owner: GroupId,
    /// What kind of record it holds.
    pub kind: KindName,
    /// Who may write it.
    pub rule: WriteRule,
    /// Tells documents of one owner and kind apart; zeros where there is only one.
    pub nonce: [u8; 16],
}

impl Opening {
    /// The opening of a kind that exists once per group: without a choice, so that two devices of the
    /// group cannot open rivals.
    pub fn singleton(owner: GroupId, kind: KindName, rule: WriteRule) -> Self {
        Self { version: Format, owner, kind, rule, nonce: [0; 16] }
    }

    /// The name of the document that this opens in `coalition`.
    pub fn document(&self, coalition: &CoalitionId) -> DocumentId {
        DocumentId::of(domain::DOCUMENT, &encode(&(coalition, self)))
    }
}

/// The Automerge actor as which `device` writes `document`: it has no other.
pub fn actor(coalition: &CoalitionId, document: &DocumentId, device: &DeviceId) -> Actor {
    Actor::of(domain::ACTOR, &[*coalition.as_bytes(), *document.as_bytes(), *device.as_bytes()].concat())
}

/// The body of a change entry.
///
/// Layout: `00`, or `01` and the opening, then the uncompressed Automerge change chunk to the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeBody {
    /// What the document is; stands at its first change, and may stand at any.
    pub opening: Option<Opening>,
    /// The bytes of the change, as Automerge's `raw_bytes` gives them.
    pub change: Vec<u8>,
}

/// A body that holds no change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The opening does not read.
    #[error("the opening of the document does not read")]
    Opening(#[source] DecodeError),
    /// The opening is too long.
    #[error("the opening is {found} bytes long, at most {most} are allowed")]
    LongOpening {
        /// Its length in bytes.
        found: usize,
        /// What is allowed.
        most: usize,
    },
    /// The change is too long.
    #[error("the change is {found} bytes long, at most {most} are allowed")]
    LongChange {
        /// Its length in bytes.
        found: usize,
        /// What is allowed.
        most: usize,
    },
}

impl ChangeBody {
    /// The bytes of the body.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = encode(&self.opening);
        bytes.extend_from_slice(&self.change);
        bytes
    }

    /// The body of exactly these bytes.
    ///
    /// # Errors
    ///
    /// [`BodyError`] when the opening does not read or a part is too long. Whether the change is one
    /// is for the prescan to say.
    pub fn decode(bytes: &[u8]) -> Result<Self, BodyError> {
        let wrong = |error| BodyError::Opening(error);
        let (opening, change) = postcard::take_from_bytes::<Option<Opening>>(bytes)
            .map_err(|_| wrong(DecodeError::Malformed { expected: "Opening", len: bytes.len() }))?;
        let found = bytes.len() - change.len();
        if encode(&opening) != bytes[..found] {
            return Err(wrong(DecodeError::NotCanonical { expected: "Opening", len: found }));
        }
        if found > MAX_OPENING {
            return Err(BodyError::LongOpening { found, most: MAX_OPENING });
        }
        if change.len() > MAX_BODY {
            return Err(BodyError::LongChange { found: change.len(), most: MAX_BODY });
        }
        Ok(Self { opening, change: change.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::PublicKey;

    fn opening() -> Opening {
        Opening::singleton(GroupId([7; 32]), "group".parse().unwrap(), WriteRule::Owner)
    }

    #[test]
    fn names_of_kinds_are_short_plain_words() {
        for name in ["a", "action", "mutual-aid2", &"k".repeat(32)] {
            assert_eq!(name.parse::<KindName>().unwrap().as_str(), name);
        }
        for name in ["", "Action", "2nd", "-a", "a b", "ä", &"k".repeat(33)] {
            assert!(name.parse::<KindName>().is_err(), "{name:?}");
            assert!(crate::codec::decode::<KindName>(&encode(&name)).is_err(), "{name:?}");
        }
    }

    #[test]
    fn every_part_of_the_opening_and_the_coalition_names_the_document() {
        let (here, there) = (CoalitionId([1; 32]), CoalitionId([2; 32]));
        let others = [
            Opening { owner: GroupId([8; 32]), ..opening() },
            Opening { kind: "page".parse().unwrap(), ..opening() },
            Opening { rule: WriteRule::Members, ..opening() },
            Opening { nonce: [1; 16], ..opening() },
        ];
        assert_eq!(opening().document(&here), opening().document(&here));
        assert_ne!(opening().document(&here), opening().document(&there));
        assert!(others.iter().all(|other| other.document(&here) != opening().document(&here)));
    }

    #[test]
    fn a_device_has_another_actor_in_every_document() {
        let device = DeviceId(PublicKey([3; 32]));
        let coalition = CoalitionId([1; 32]);
        let [one, two] = [[4; 32], [5; 32]].map(|id| actor(&coalition, &DocumentId(id), &device));
        assert_ne!(one, two);
    }

    #[test]
    fn a_body_reads_back_and_has_one_encoding() {
        for opening in [None, Some(opening())] {
            let body = ChangeBody { opening, change: vec![1, 2, 3] };
            assert_eq!(ChangeBody::decode(&body.encode()).unwrap(), body);
        }
        let mut overlong = ChangeBody { opening: Some(opening()), change: vec![] }.encode();
        overlong.splice(34..35, [0x85, 0]);
        assert!(matches!(ChangeBody::decode(&overlong), Err(BodyError::Opening(_))), "{overlong:?}");
        assert!(ChangeBody::decode(&[]).is_err());
        assert!(ChangeBody::decode(&[2]).is_err());
        let long = ChangeBody { opening: None, change: vec![0; MAX_BODY + 1] };
        assert!(matches!(ChangeBody::decode(&long.encode()), Err(BodyError::LongChange { .. })));
    }
}
