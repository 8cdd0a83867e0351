//! Hints: signed by a device, useful, and believed by no layer.
//!
//! A receipt says how far a device holds other devices' logs; the authors it names count it. Addresses
//! say where a device can be reached. Losing a hint loses nothing but time.

use crate::codec::{self, Format};
use crate::domain::{self, Purpose};
use crate::id::{CoalitionId, derive};
use crate::key::{DeviceId, KeyError, PeerKey, SecretKey, Signature};
use crate::limits::{MAX_ADDRESS, MAX_ADDRESSES, MAX_RECEIPT_LOGS};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A signed hint, not verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// What is signed.
    pub body: HintBody,
    /// The device's signature.
    pub signature: Signature,
}

/// The signed part of a hint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HintBody {
    /// Format of the hint.
    pub version: Format<1>,
    /// The coalition.
    pub coalition: CoalitionId,
    /// The device that signs.
    pub device: DeviceId,
    /// Claimed wall clock: of two addresses hints of one device the later counts.
    pub time: Timestamp,
    /// What it says.
    pub says: Says,
}

/// What a hint says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Says {
    /// "I hold these logs up to and including these entries": (log, seq), cumulative.
    Received(Vec<(DeviceId, u64)>),
    /// "I can be reached here."
    Reachable(Vec<String>),
}

/// Why a hint is refused. The peer that sent it is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HintError {
    /// It belongs to another coalition.
    #[error("the hint belongs to another coalition")]
    WrongCoalition,
    /// It lists more than a hint may, or something longer.
    #[error("the hint holds {found}, at most {limit} are allowed")]
    TooLong {
        /// How many things it lists, or bytes of the longest.
        found: usize,
        /// The bound.
        limit: usize,
    },
    /// The signature is not the device's.
    #[error("the hint is not signed by its device")]
    Signature(#[from] KeyError),
}

impl Hint {
    /// Signs a hint.
    pub fn write(coalition: CoalitionId, key: &SecretKey, time: Timestamp, says: Says) -> Self {
        let body = HintBody { version: Format, coalition, device: DeviceId(key.public()), time, says };
        let purpose = body.purpose();
        let signature = key.sign(purpose, &body.id());
        Self { body, signature }
    }

    /// Checks bounds and signature; that the device is a member's is not asked here.
    ///
    /// # Errors
    ///
    /// [`HintError`].
    pub fn verify(&self, coalition: &CoalitionId) -> Result<&HintBody, HintError> {
        let body = &self.body;
        if body.coalition != *coalition {
            return Err(HintError::WrongCoalition);
        }
        let (found, limit) = match &body.says {
            Says::Received(logs) => (logs.len(), MAX_RECEIPT_LOGS),
            Says::Reachable(addresses) => (addresses.len(), MAX_ADDRESSES),
        };
        if found > limit {
            return Err(HintError::TooLong { found, limit });
        }
        if let Says::Reachable(addresses) = &body.says
            && let Some(long) = addresses.iter().find(|address| address.len() > MAX_ADDRESS)
        {
            return Err(HintError::TooLong { found: long.len(), limit: MAX_ADDRESS });
        }
        body.device.0.verify(body.purpose(), &body.id(), &self.signature)?;
        Ok(body)
    }
}

impl HintBody {
    /// Whether every address in it leads to this peer. A device speaks of itself only: with other addresses it
    /// would send everybody's dials wherever it likes.
    pub fn leads_to(&self, peer: &PeerKey) -> bool {
        let end = format!("/p2p/{}", peer_id(peer));
        match &self.says {
            Says::Reachable(addresses) => addresses
                .iter()
                .all(|address| address.strip_suffix(&end).is_some_and(|before| !before.contains("/p2p"))),
            Says::Received(_) => true,
        }
    }

    fn purpose(&self) -> Purpose {
        match self.says {
            Says::Received(_) => domain::RECEIPT,
            Says::Reachable(_) => domain::ADDRESSES,
        }
    }

    fn id(&self) -> [u8; 32] {
        derive(self.purpose(), &codec::encode(self))
    }
}

/// What stands in front of a key in a PeerId: an identity multihash of 36 bytes, in it the key's type and length.
const PEER_ID_PREFIX: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
/// The digits of base 58.
const DIGITS: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// The PeerId of a key as it stands in addresses.
pub fn peer_id(peer: &PeerKey) -> String {
    let bytes = [PEER_ID_PREFIX.as_slice(), &peer.0].concat();
    // Digits, the lowest first.
    let mut digits: Vec<u32> = Vec::new();
    for byte in &bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += *digit << 8;
            *digit = carry % 58;
            carry /= 58;
        }
        while carry > 0 {
            digits.push(carry % 58);
            carry /= 58;
        }
    }
    let zeros = bytes.iter().take_while(|byte| **byte == 0).map(|_| '1');
    let digits = digits.iter().rev().filter_map(|digit| DIGITS.get(*digit as usize)).map(|digit| char::from(*digit));
    zeros.chain(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(addresses: &[String]) -> HintBody {
        let key = SecretKey::from_seed(&[1; 32]);
        Hint::write(CoalitionId([2; 32]), &key, Timestamp(3), Says::Reachable(addresses.to_vec())).body
    }

    #[test]
    fn a_peer_id_is_written_as_in_addresses() {
        // The key of all zeros, and one that the libp2p specification gives.
        assert_eq!(peer_id(&PeerKey([0; 32])), "12D3KooW9pNAk8aiBuGVQtWRdbkLmo5qVL3e2h5UxbN2Nz9ttwiw");
        let spec = "1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e";
        let key = data_encoding::HEXLOWER.decode(spec.as_bytes()).unwrap();
        let text = peer_id(&PeerKey(key.try_into().unwrap()));
        assert_eq!(text, "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq");
    }

    #[test]
    fn addresses_of_another_peer_lead_elsewhere() {
        let (own, other) = (PeerKey([5; 32]), PeerKey([6; 32]));
        let at = |peer: &PeerKey| format!("/ip4/192.0.2.1/tcp/4001/p2p/{}", peer_id(peer));
        assert!(says(&[at(&own), at(&own)]).leads_to(&own));
        assert!(!says(&[at(&own), at(&other)]).leads_to(&own));
        assert!(!says(&["/ip4/192.0.2.1/tcp/4001".to_owned()]).leads_to(&own));
        let behind = format!("{}/p2p-circuit/p2p/{}", at(&other), peer_id(&own));
        assert!(!says(&[behind]).leads_to(&own));
    }
}
