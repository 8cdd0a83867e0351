//! Hints: signed by a device, useful, and believed by no layer.
//!
//! A receipt says how far a device holds other devices' logs; the authors it names count it. Addresses
//! say where a device can be reached. Losing a hint loses nothing but time.

use crate::codec::{self, Format};
use crate::domain::{self, Purpose};
use crate::id::{CoalitionId, derive};
use crate::key::{DeviceId, KeyError, SecretKey, Signature};
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
