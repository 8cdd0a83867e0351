//! Recovering in a new home, with nothing but the words.

use super::{Before, Place, RecoverError, Recovering, cut_at, devices};
use crate::clock::random;
use crate::home::{Before as Stood, Home, HomeError, HomePaths};
use crate::keystore::{Cost, HeldRoot, Keystore};
use crate::passphrase::Passphrase;
use crate::profile::Profile;
use crate::recall::{Question, ask};
use crate::store::Store;
use grid_protocol::appeal::Appeal;
use grid_protocol::authority::{next_root, renew};
use grid_protocol::control::{Cut, Record, RootNumber};
use grid_protocol::id::{CoalitionId, GroupId};
use grid_protocol::invite::InviteTicket;
use grid_protocol::key::DeviceId;
use grid_protocol::replica::Identity;
use grid_protocol::storage::Storage as _;
use grid_protocol::sync::Regained;
use grid_protocol::words::RecoveryWords;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// A group to be recovered in a new home.
#[derive(Debug)]
pub struct Afresh {
    /// Where nodes of other groups are.
    pub way: Way,
    /// The group, where others began with the same root.
    pub group: Option<GroupId>,
    /// How long to wait for an answer at most.
    pub wait: Duration,
    /// What seals the new home; none leaves it open.
    pub passphrase: Option<Passphrase>,
}

/// What says where nodes of other groups are.
#[derive(Debug)]
pub enum Way {
    /// The text of an invite of any member; it may have expired.
    Invite(String),
    /// An appeal that the recovery contacts have signed.
    Appeal(Box<Appeal>),
}

/// The coalition, and where its nodes are.
struct Whereabouts {
    coalition: CoalitionId,
    addresses: Vec<String>,
}

impl Way {
    /// Reads it. An appeal is for the words that it was made with.
    fn read(&self, words: &RecoveryWords) -> Result<Whereabouts, RecoverError> {
        match self {
            Self::Invite(text) => {
                let InviteTicket { coalition, addresses, .. } = InviteTicket::parse(text)?;
                Ok(Whereabouts { coalition, addresses })
            }
            Self::Appeal(appeal) if !appeal.is_by(words) => Err(RecoverError::OtherAppeal),
            Self::Appeal(appeal) => {
                let drawn = appeal.drawn.as_ref().ok_or(RecoverError::NotApproved)?;
                Ok(Whereabouts { coalition: drawn.body.coalition, addresses: drawn.addresses.clone() })
            }
        }
    }
}

/// A home that is made once it is clear which devices are lost.
pub(super) struct NewHome {
    keys: Keystore,
    regained: Regained,
    whereabouts: Whereabouts,
}

/// Asks other groups' nodes for the group of these words. `path` is where its home will be.
///
/// # Errors
///
/// [`RecoverError`]; nothing is left behind in any case.
pub async fn afresh(path: &Path, request: &Afresh, words: RecoveryWords) -> Result<Recovering, RecoverError> {
    let whereabouts = request.way.read(&words)?;
    if HomePaths::new(path).exists() {
        return Err(HomeError::Exists { path: path.into() }.into());
    }
    // The root follows; the other keys are those that the device will have.
    let mut keys = Keystore::generate(&words, &mut random);
    let (coalition, group, wait) = (whereabouts.coalition, request.group, request.wait);
    let question = Question { coalition, group, words: &words, addresses: &whereabouts.addresses, wait };
    let (gathered, told_by) = ask(keys.transport_seed(), &question).await?;
    let regained = gathered.regain()?;
    let authority = &regained.authority;
    let next = next_root(authority.keys(), regained.group, &words)?;
    if let Some(passphrase) = &request.passphrase {
        keys.protect(passphrase, Cost::STANDARD)?;
    }
    keys.hold(HeldRoot { number: next, key: words.root(next.rotation) });
    let log = |device: &DeviceId| match regained.ends.get(device) {
        Some(end) => (end.cut.seq, Some(end.written)),
        None => (0, None),
    };
    let devices = devices(authority, &regained.group, None, log);
    let (group, name) = (regained.group, regained.name.clone());
    let place = Place::Afresh(Box::new(NewHome { keys, regained, whereabouts }));
    Ok(Recovering { words, place, coalition, group, name, next, devices, told_by: Some(told_by) })
}

impl NewHome {
    pub(super) fn finish(
        self,
        path: &Path,
        label: &str,
        words: &RecoveryWords,
        lost: &BTreeMap<DeviceId, Before>,
    ) -> Result<(DeviceId, RootNumber, BTreeMap<DeviceId, Cut>), RecoverError> {
        let Self { keys, regained, whereabouts: Whereabouts { coalition, addresses } } = self;
        let mut cuts = BTreeMap::new();
        for (device, before) in lost {
            let end = regained.ends.get(device).map_or(Cut::NOTHING, |end| end.cut);
            let cut = match *before {
                Before::Known => end,
                Before::Seq(seq) if seq >= end.seq => end,
                Before::Seq(seq) => cut_at(seq, |_| Err(RecoverError::NotHere))?,
                Before::Time(_) => return Err(RecoverError::NotHere),
            };
            cuts.insert(*device, cut);
        }
        let (secrets, known) = (keys.secrets(), regained.authority.keys());
        let renewed = renew(coalition, known, regained.group, words, (&secrets, label), &cuts)?;
        let device = DeviceId(secrets.device.public());
        let profile = Profile {
            identity: Identity { coalition, group: regained.group, device },
            name: regained.name.clone(),
            addresses,
            ports: Default::default(),
            invite: None,
            pairing: None,
        };
        let stood = if path.exists() { Stood::Directory } else { Stood::Missing };
        let home = Home::create(path)?;
        let known: Vec<Record> = regained.set.iter().cloned().collect();
        if let Err(error) = fill(&home, &keys, &profile, &known, &renewed.records) {
            home.discard(stood);
            return Err(error);
        }
        Ok((device, renewed.number, cuts))
    }
}

fn fill(home: &Home, keys: &Keystore, profile: &Profile, known: &[Record], own: &[Record]) -> Result<(), RecoverError> {
    keys.save(home)?;
    let (mut store, _) = Store::open_with(home.paths().root(), profile.identity.coalition, &home.vault())?;
    store.put_records(known, &[])?;
    store.append_own(&[], own)?;
    // Last of all: a home with a profile is a whole one.
    Ok(profile.save(home)?)
}
