//! Ids: 32 bytes, each the BLAKE3 hash of what it names under a purpose of its own.
//!
//! People see ids as lower-case base32 without padding (52 characters); every place that takes an id
//! from a person also takes a prefix of it, where only one thing fits.

use crate::domain::Purpose;
use data_encoding::{Encoding, Specification};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::LazyLock};

/// The alphabet people see: RFC 4648 base32, lower case, no padding.
static BASE32: LazyLock<Encoding> = LazyLock::new(|| {
    let mut spec = Specification::new();
    spec.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    spec.translate.from.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    spec.translate.to.push_str("abcdefghijklmnopqrstuvwxyz");
    spec.encoding().expect("a constant alphabet")
});

/// Text that is no id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an id of 52 letters and digits (a-z, 2-7), found {found:?}")]
pub struct ParseIdError {
    /// What stood there, at most 80 characters of it.
    pub found: String,
}

/// Bytes as the base32 that people see.
pub fn to_base32(bytes: &[u8]) -> String {
    BASE32.encode(bytes)
}

/// The bytes behind base32 text; upper case is taken too.
pub fn from_base32(text: &str) -> Option<Vec<u8>> {
    BASE32.decode(text.as_bytes()).ok()
}

/// The 32-byte hash of `bytes` under `purpose`.
pub fn derive(purpose: Purpose, bytes: &[u8]) -> [u8; 32] {
    crate::effort::hashed(bytes);
    blake3::derive_key(purpose.as_str(), bytes)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The id of `bytes` under `purpose`.
            pub fn of(purpose: Purpose, bytes: &[u8]) -> Self {
                Self(derive(purpose, bytes))
            }

            /// The 32 bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// The first ten characters, enough for people to tell things apart.
            pub fn short(&self) -> String {
                let mut text = self.to_string();
                text.truncate(10);
                text
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&to_base32(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.short())
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                from_base32(text)
                    .and_then(|bytes| bytes.try_into().ok())
                    .map(Self)
                    .ok_or_else(|| ParseIdError { found: text.chars().take(80).collect() })
            }
        }
    )* };
}

ids! {
    /// Names a coalition: the hash of its genesis.
    CoalitionId;
    /// Names a group: the hash of its inception.
    GroupId;
    /// Names a version of the statement and its rules.
    VersionId;
    /// Names a record of the control set.
    RecordId;
    /// Names a document.
    DocumentId;
    /// Names an entry of a log; the entry before it in the chain is named by it.
    EntryId;
    /// A hash that names nothing: a fingerprint or a digest.
    Digest;
    /// The hash of an Automerge change, as Automerge computes it (SHA-256).
    ChangeHash;
    /// The Automerge actor of one device in one document.
    Actor;
}

impl EntryId {
    /// Stands where there is no entry before: `prev` of the first entry of a log.
    pub const ZERO: EntryId = EntryId([0; 32]);
}

impl Digest {
    /// The digest of nothing.
    pub const ZERO: Digest = Digest([0; 32]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain;

    #[test]
    fn an_id_reads_back_from_its_text_in_either_case() {
        let id = GroupId::of(domain::INCEPTION, b"x");
        assert_eq!(id.to_string().len(), 52);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
    }

    #[test]
    fn text_that_is_no_id_is_named_in_the_error() {
        let error = "hello!".parse::<GroupId>().expect_err("no id");
        assert!(error.to_string().contains("hello!"));
    }

    #[test]
    fn the_same_bytes_under_two_purposes_have_two_ids() {
        assert_ne!(derive(domain::ENTRY, b"x"), derive(domain::BODY, b"x"));
    }
}
