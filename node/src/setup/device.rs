//! Homes of a group's further computers.

use super::SetupError;
use crate::clock::{random, wall};
use crate::home::{Before, Home, HomeError, HomePaths};
use crate::keystore::Keystore;
use crate::profile::{AskedWith, Profile};
use crate::store::Store;
use grid_protocol::key::DeviceId;
use grid_protocol::pairing::PairingCode;
use grid_protocol::replica::Identity;
use std::path::Path;

/// What a computer is called where neither code nor command line says so.
const FURTHER_DEVICE: &str = "another computer";

/// A pairing code to be used.
#[derive(Clone, Debug)]
pub struct PairJoin {
    /// The text of the code.
    pub code: String,
    /// What the new computer is called; what the code says where left out.
    pub label: Option<String>,
}

/// A home on a group's further computer, which waits for its certificate.
#[derive(Clone, Debug)]
pub struct NewHome {
    /// Who it will be.
    pub identity: Identity,
    /// The name of the coalition.
    pub coalition_name: String,
    /// The name of the group.
    pub group_name: String,
    /// What the computer is called.
    pub label: String,
}

/// Makes the home of a further computer; its node asks the group's other one for the certificate. In a home
/// that still waits for one, another code of the same group takes the place of the first.
///
/// # Errors
///
/// [`SetupError`]; then there is no home, or it is as it was.
pub fn pair(path: &Path, request: &PairJoin) -> Result<NewHome, SetupError> {
    let code = PairingCode::parse(&request.code)?;
    if code.expired(wall()) {
        return Err(SetupError::CodeExpired { at: code.expires });
    }
    let label = request.label.clone().unwrap_or_else(|| match code.label.is_empty() {
        true => FURTHER_DEVICE.to_owned(),
        false => code.label.clone(),
    });
    let asked = AskedWith { code: request.code.split_whitespace().collect(), label: label.clone() };
    let identity = match HomePaths::new(path).exists() {
        true => ask_again(path, &code, asked)?,
        false => make(path, &code, asked)?,
    };
    Ok(NewHome { identity, coalition_name: code.coalition_name, group_name: code.group_name, label })
}

fn ask_again(path: &Path, code: &PairingCode, asked: AskedWith) -> Result<Identity, SetupError> {
    let home = Home::open(path)?;
    let mut profile = Profile::load(&home)?;
    let me = profile.identity;
    if (me.coalition, me.group) != (code.coalition, code.group) {
        return Err(SetupError::OtherGroup);
    }
    if profile.pairing.is_none() {
        return Err(HomeError::Exists { path: path.into() }.into());
    }
    code.request(&asked.label, &Keystore::load(&home)?.secrets())?;
    profile.addresses.clone_from(&code.addresses);
    profile.pairing = Some(asked);
    profile.save(&home)?;
    Ok(me)
}

fn make(path: &Path, code: &PairingCode, asked: AskedWith) -> Result<Identity, SetupError> {
    let keys = Keystore::further(&mut random);
    code.request(&asked.label, &keys.secrets())?;
    let device = DeviceId(keys.device().public());
    let identity = Identity { coalition: code.coalition, group: code.group, device };
    let profile = Profile {
        identity,
        name: code.group_name.clone(),
        addresses: code.addresses.clone(),
        ports: Default::default(),
        invite: None,
        pairing: Some(asked),
    };
    let before = if path.exists() { Before::Directory } else { Before::Missing };
    let home = Home::create(path)?;
    let made = fill(&home, &keys, &profile);
    if made.is_err() {
        home.discard(before);
    }
    made.map(|()| identity)
}

fn fill(home: &Home, keys: &Keystore, profile: &Profile) -> Result<(), SetupError> {
    keys.save(home)?;
    Store::open(home.paths().root(), profile.identity.coalition)?;
    // Last of all: a home with a profile is a whole one.
    Ok(profile.save(home)?)
}
