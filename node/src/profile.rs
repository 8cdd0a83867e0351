//! What a home belongs to: coalition, group and device, and the addresses that an invite named.
//!
//! `node.json`: `{"format":1,"coalition":..,"group":..,"name":..,"device":..,"addresses":[..],"invite":..,"ports":{..}}`,
//! and `"pairing"` as long as a new computer waits for its certificate.
//! In a home with a passphrase it is sealed as a whole: `{"format":2,"sealed":..}`, in hex.

use crate::home::{Home, write_private};
use crate::vault::{Room, Vault, VaultError};
use data_encoding::HEXLOWER;
use grid_protocol::id::{CoalitionId, GroupId};
use grid_protocol::invite::InviteTicket;
use grid_protocol::key::DeviceId;
use grid_protocol::replica::Identity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FORMAT: u32 = 1;
const SEALED_FORMAT: u32 = 2;

/// What a home belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    /// Coalition, group and device.
    pub(crate) identity: Identity,
    /// The name under which the group was founded.
    pub(crate) name: String,
    /// Addresses that an invite named.
    pub(crate) addresses: Vec<String>,
    /// The invite that the group answered: one for many may have to be answered again.
    pub(crate) invite: Option<String>,
    /// What the group's other computer is asked with; none once this device is certified.
    pub(crate) pairing: Option<AskedWith>,
    /// For each address to listen on that leaves the port open, the port that was taken last.
    pub(crate) ports: BTreeMap<String, u16>,
}

/// The code with which a new computer asks for its certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AskedWith {
    /// The text of the code.
    pub(crate) code: String,
    /// What the new computer is called.
    pub(crate) label: String,
}

/// Why a profile can't be had.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file can't be read or written.
    #[error("the file {path} can't be read or written")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what was written.
    #[error("the file {path} is damaged: {what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The file is sealed, and does not open.
    #[error("the file {path} can't be opened")]
    Vault {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: VaultError,
    },
}

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

#[derive(Serialize, Deserialize)]
struct SealedFile {
    format: u32,
    sealed: String,
}

#[derive(Serialize, Deserialize)]
struct ProfileFile {
    format: u32,
    coalition: String,
    group: String,
    name: String,
    device: String,
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default)]
    invite: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pairing: Option<AskedWith>,
    #[serde(default)]
    ports: BTreeMap<String, u16>,
}

impl Profile {
    /// Writes the profile into a home.
    pub(crate) fn save(&self, home: &Home) -> Result<(), ProfileError> {
        self.save_as(home.paths().profile(), &home.vault())?;
        let path = home.paths().profile();
        home.finish().map_err(|source| ProfileError::Io { path, source })
    }

    /// Writes the profile into a file, sealed or as it is.
    pub(crate) fn save_as(&self, path: PathBuf, vault: &Vault) -> Result<(), ProfileError> {
        let file = ProfileFile {
            format: FORMAT,
            coalition: self.identity.coalition.to_string(),
            group: self.identity.group.to_string(),
            name: self.name.clone(),
            device: self.identity.device.to_string(),
            addresses: self.addresses.clone(),
            invite: self.invite.clone(),
            pairing: self.pairing.clone(),
            ports: self.ports.clone(),
        };
        let damaged = |error: serde_json::Error| ProfileError::Damaged { path: path.clone(), what: error.to_string() };
        let mut text = serde_json::to_vec_pretty(&file).map_err(damaged)?;
        if let Vault::Sealed(key) = vault {
            let sealed = HEXLOWER.encode(&key.seal(Room::Profile, &[], &text));
            text = serde_json::to_vec(&SealedFile { format: SEALED_FORMAT, sealed }).map_err(damaged)?;
        }
        write_private(&path, &text).map_err(|source| ProfileError::Io { path, source })
    }

    /// The invite that the group answered.
    pub(crate) fn ticket(&self) -> Option<InviteTicket> {
        InviteTicket::parse(self.invite.as_deref()?).ok()
    }

    /// Reads the profile of a home.
    pub(crate) fn load(home: &Home) -> Result<Self, ProfileError> {
        let path = home.paths().profile();
        let damaged = |what: String| ProfileError::Damaged { path: path.clone(), what };
        let text = std::fs::read(&path).map_err(|source| ProfileError::Io { path: path.clone(), source })?;
        let text = opened(&path, text, &home.vault())?;
        let file: ProfileFile = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        if file.format != FORMAT {
            return Err(damaged(format!("it has format {}, this program reads up to {SEALED_FORMAT}", file.format)));
        }
        let coalition: CoalitionId = file.coalition.parse().map_err(|error| damaged(format!("coalition: {error}")))?;
        let group: GroupId = file.group.parse().map_err(|error| damaged(format!("group: {error}")))?;
        let device: DeviceId = file.device.parse().map_err(|error| damaged(format!("device: {error}")))?;
        let identity = Identity { coalition, group, device };
        Ok(Self {
            identity,
            name: file.name,
            addresses: file.addresses,
            invite: file.invite,
            pairing: file.pairing,
            ports: file.ports,
        })
    }
}

/// The text of the file, whichever way it lies there.
fn opened(path: &Path, text: Vec<u8>, vault: &Vault) -> Result<Vec<u8>, ProfileError> {
    let damaged = |what: String| ProfileError::Damaged { path: path.into(), what };
    let refused = |source| ProfileError::Vault { path: path.into(), source };
    let FormatOnly { format } = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
    match (format, vault) {
        (SEALED_FORMAT, Vault::Plain) => Err(refused(VaultError::Locked)),
        (SEALED_FORMAT, Vault::Sealed(key)) => {
            let file: SealedFile = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
            let sealed = HEXLOWER.decode(file.sealed.as_bytes()).map_err(|error| damaged(error.to_string()))?;
            key.open(Room::Profile, &[], &sealed).map_err(refused)
        }
        (_, Vault::Plain) => Ok(text),
        (_, Vault::Sealed(_)) => Err(refused(VaultError::Unsealed)),
    }
}
