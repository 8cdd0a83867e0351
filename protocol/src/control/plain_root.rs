//! How a root is written where nothing but a root can stand: its number, and after a recovery its key.

use crate::control::root::RootNumber;
use crate::control::signed::Signer;
use crate::key::PublicKey;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserializer, Serialize, Serializer};
use std::fmt;

pub(crate) fn serialize<S: Serializer>(root: &Signer, serializer: S) -> Result<S::Ok, S::Error> {
    match root {
        Signer::Root(number) => serializer.serialize_u32(*number),
        Signer::Recovered(number, key) => (number, key).serialize(serializer),
        Signer::Device(_) => Err(serde::ser::Error::custom("a device stands where a root belongs")),
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Signer, D::Error> {
    deserializer.deserialize_tuple(2, Root)
}

struct Root;

impl<'de> Visitor<'de> for Root {
    type Value = Signer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the number of a root, and after a recovery its key")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Signer, A::Error> {
        let number: u32 = parts.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
        if RootNumber::of(number).is_none_or(|root| root.recovery == 0) {
            return Ok(Signer::Root(number));
        }
        let key: PublicKey = parts.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &self))?;
        Ok(Signer::Recovered(number, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Named(#[serde(with = "super")] Signer);

    #[test]
    fn a_root_of_the_beginning_is_its_number_and_a_later_one_has_its_key_behind_it() {
        let key = PublicKey([7; 32]);
        let of_beginning = codec::encode(&Named(Signer::Root(3)));
        assert_eq!(of_beginning, [3]);
        let recovered = codec::encode(&Named(Signer::Recovered(257, key)));
        assert_eq!((recovered.len(), &recovered[..2]), (34, [0x81, 2].as_slice()));
        for bytes in [&of_beginning, &recovered] {
            let read: Named = codec::decode(bytes).unwrap();
            assert_eq!(&codec::encode(&read), bytes);
        }
        assert!(codec::decode::<Named>(&recovered[..33]).is_err());
        assert!(codec::decode::<Named>(&[3, 0]).is_err());
    }
}
