//! Homes of a group's further computers, and new keys for one that has to get them.

use super::{SetupError, protected};
use crate::clock::{random, wall};
use crate::home::{Before, Custody, Home, HomeError, HomePaths};
use crate::keystore::Keystore;
use crate::outbound::Outbound;
use crate::passphrase::Passphrase;
use crate::profile::{AskedWith, Profile};
use crate::store::Store;
use grid_protocol::authority::Cut;
use grid_protocol::key::DeviceId;
use grid_protocol::pairing::PairingCode;
use grid_protocol::record::Registry;
use grid_protocol::replica::{Identity, Recalled, Replica};
use std::path::Path;
use std::sync::Arc;

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
pub fn pair(path: &Path, request: &PairJoin, passphrase: Option<&Passphrase>) -> Result<NewHome, SetupError> {
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
        true => ask_again(path, &code, asked, passphrase)?,
        false => make(path, &code, asked, passphrase)?,
    };
    Ok(NewHome { identity, coalition_name: code.coalition_name, group_name: code.group_name, label })
}

fn ask_again(
    path: &Path,
    code: &PairingCode,
    asked: AskedWith,
    passphrase: Option<&Passphrase>,
) -> Result<Identity, SetupError> {
    let home = Home::open(path)?;
    let keys = Keystore::load(&home, passphrase.into())?;
    let mut profile = Profile::load(&home)?;
    let me = profile.identity;
    if (me.coalition, me.group) != (code.coalition, code.group) {
        return Err(SetupError::OtherGroup);
    }
    if profile.pairing.is_none() {
        return Err(HomeError::Exists { path: path.into() }.into());
    }
    code.request(&asked.label, &keys.secrets())?;
    profile.addresses.clone_from(&code.addresses);
    profile.pairing = Some(asked);
    profile.save(&home)?;
    Ok(me)
}

fn make(
    path: &Path,
    code: &PairingCode,
    asked: AskedWith,
    passphrase: Option<&Passphrase>,
) -> Result<Identity, SetupError> {
    let keys = protected(Keystore::further(&mut random), passphrase)?;
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

/// New keys of a home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// The device that is ended.
    pub old: DeviceId,
    /// The one that goes on.
    pub new: DeviceId,
    /// What the old one wrote counts up to this entry.
    pub cut: u64,
    /// How many of its entries that are held here do not count.
    pub lost: usize,
}

/// What is to be done with a home at which nothing is wrong, as far as it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Soundness {
    /// It is left as it is.
    Trusted,
    /// Its people know better: it gets new keys.
    Doubted,
}

/// Gives a home new device keys, under the group's root that it holds: for a home that ran twice, was copied or
/// restored from a backup, or has lost entries that nobody else holds. The old device is ended where its log forks, or behind the last entry that is held.
///
/// # Errors
///
/// [`SetupError`]; then the home goes on with the keys that it has.
pub fn renew(path: &Path, soundness: Soundness, passphrase: Option<&Passphrase>) -> Result<Renewed, SetupError> {
    let home = Home::open(path)?;
    let keys = Keystore::load(&home, passphrase.into())?;
    let mut profile = Profile::load(&home)?;
    let me = Identity { device: DeviceId(keys.device().public()), ..profile.identity };
    let renewed = keys.renewed(&mut random);
    let new = DeviceId(renewed.device().public());
    let (store, report) = Store::open_with(path, me.coalition, &home.vault())?;
    // They wait for earlier ones that this home has lost: nothing can be written behind those.
    let waiting = report.waiting_of(&me.device);
    let registry = Arc::new(Registry::standard().clone());
    let (mut replica, _) = Replica::open(me, registry.clone(), store, &Recalled::default(), random())?;
    let cut = match (replica.authority().cut(&me.device), soundness) {
        (Some(cut), _) => cut,
        (None, Soundness::Trusted) if waiting == 0 && home.custody() == Custody::Own => return Err(SetupError::Sound),
        (None, _) => {
            let held = replica.logs().entries(&me.device);
            replica.cut_after(&me.device, held)?.unwrap_or(Cut::NOTHING)
        }
    };
    let outbound = Outbound::new(me, keys, registry, None);
    let records = outbound.successor(&replica, &renewed.secrets(), cut).map_err(SetupError::NotRenewed)?;
    // The records first: a home whose old keys are ended can be given new ones again.
    replica.commit(Vec::new(), records)?;
    let lost = replica.lost(&me.device)?.len().saturating_add(waiting);
    renewed.save(&home)?;
    profile.identity = Identity { device: new, ..me };
    profile.save(&home)?;
    // With keys of its own it contradicts no other copy.
    home.settle(None)?;
    Ok(Renewed { old: me.device, new, cut: cut.seq, lost })
}

/// Takes a home on that was moved or put back from a backup, with the keys that it has: once enough others have said
/// how long its log is, it writes.
///
/// # Errors
///
/// [`SetupError`]; then the home is as it was.
pub fn moved(path: &Path) -> Result<(), SetupError> {
    let home = Home::open(path)?;
    match home.custody() {
        Custody::Own => Err(SetupError::InPlace),
        Custody::Copied | Custody::Moved => Ok(home.take_on()?),
    }
}

fn fill(home: &Home, keys: &Keystore, profile: &Profile) -> Result<(), SetupError> {
    keys.save(home)?;
    Store::open_with(home.paths().root(), profile.identity.coalition, &home.vault())?;
    // Last of all: a home with a profile is a whole one.
    Ok(profile.save(home)?)
}
