//! What a home belongs to: coalition, group and device, and the addresses that an invite named.
//!
//! `node.json`: `{"format":1,"coalition":..,"group":..,"name":..,"device":..,"addresses":[..],"invite":..,"ports":{..}}`,
//! and `"pairing"` as long as a new computer waits for its certificate.

use crate::home::{Home, write_private};
use grid_protocol::id::{CoalitionId, GroupId};
use grid_protocol::invite::InviteTicket;
use grid_protocol::key::DeviceId;
use grid_protocol::replica::Identity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

const FORMAT: u32 = 1;

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
        let path = path(home);
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
        let text = serde_json::to_vec_pretty(&file)
            .map_err(|error| ProfileError::Damaged { path: path.clone(), what: error.to_string() })?;
        write_private(&path, &text).map_err(|source| ProfileError::Io { path, source })
    }

    /// The invite that the group answered.
    pub(crate) fn ticket(&self) -> Option<InviteTicket> {
        InviteTicket::parse(self.invite.as_deref()?).ok()
    }

    /// Reads the profile of a home.
    pub(crate) fn load(home: &Home) -> Result<Self, ProfileError> {
        let path = path(home);
        let damaged = |what: String| ProfileError::Damaged { path: path.clone(), what };
        let text = std::fs::read(&path).map_err(|source| ProfileError::Io { path: path.clone(), source })?;
        let file: ProfileFile = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        if file.format != FORMAT {
            return Err(damaged(format!("it has format {}, this program reads {FORMAT}", file.format)));
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

fn path(home: &Home) -> PathBuf {
    home.paths().root().join("node.json")
}
