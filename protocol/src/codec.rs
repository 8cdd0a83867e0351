//! The one encoding: postcard, and exactly one byte string per value.
//!
//! postcard 1.x reads over-long varints and ignores trailing bytes, so every decoder here encodes what
//! it read again and demands the same bytes. What is hashed or signed is therefore unambiguous.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

/// Bytes that are not the encoding of the value they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are cut short, or hold something else.
    #[error("expected the encoding of {expected}, found {len} bytes that do not read as one")]
    Malformed {
        /// The type that was to be read.
        expected: &'static str,
        /// How many bytes there were.
        len: usize,
    },
    /// The bytes read as a value whose own encoding differs: over-long numbers or trailing bytes.
    #[error("the encoding of {expected} is not canonical ({len} bytes)")]
    NotCanonical {
        /// The type that was read.
        expected: &'static str,
        /// How many bytes there were.
        len: usize,
    },
}

/// The bytes of a value.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value)
        .expect("protocol types have no unsized sequences and no maps, so encoding them cannot fail")
}

/// The value of exactly these bytes.
///
/// # Errors
///
/// [`DecodeError`] when the bytes are not the canonical encoding of a `T`.
pub fn decode<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    crate::effort::decoded(bytes);
    let (expected, len) = (short_name::<T>(), bytes.len());
    let value: T = postcard::from_bytes(bytes).map_err(|_| DecodeError::Malformed { expected, len })?;
    if encode(&value) == bytes { Ok(value) } else { Err(DecodeError::NotCanonical { expected, len }) }
}

fn short_name<T>() -> &'static str {
    let full = std::any::type_name::<T>();
    let head = full.split('<').next().unwrap_or(full);
    head.rsplit("::").next().unwrap_or(head)
}

/// The version byte that every signed or stored type starts with. Any other byte is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Format<const N: u8>;

impl<const N: u8> Serialize for Format<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(N)
    }
}

impl<'de, const N: u8> Deserialize<'de> for Format<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            found if found == N => Ok(Self),
            found => Err(serde::de::Error::custom(format!("format {found}, expected {N}"))),
        }
    }
}

/// A whole number in eight bytes, big end first: for layouts that others read without postcard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fixed64(pub u64);

impl Serialize for Fixed64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_be_bytes().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Fixed64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <[u8; 8]>::deserialize(deserializer).map(|bytes| Self(u64::from_be_bytes(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_bytes_and_overlong_numbers_are_refused() {
        assert_eq!(decode::<u64>(&[5]), Ok(5));
        assert!(matches!(decode::<u64>(&[5, 0]), Err(DecodeError::NotCanonical { .. })));
        assert!(matches!(decode::<u64>(&[0x85, 0]), Err(DecodeError::NotCanonical { .. })));
        assert!(matches!(decode::<u64>(&[]), Err(DecodeError::Malformed { .. })));
    }

    #[test]
    fn another_format_byte_is_refused() {
        assert_eq!(decode::<Format<1>>(&[1]), Ok(Format));
        assert!(decode::<Format<1>>(&[2]).is_err());
    }
}
