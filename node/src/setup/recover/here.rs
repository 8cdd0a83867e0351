//! Recovering on a computer of the group.

use super::{Before, Place, RecoverError, Recovering, cut_at, devices};
use crate::clock::random;
use crate::home::Home;
use crate::keystore::{HeldRoot, Keystore};
use crate::passphrase::Passphrase;
use crate::profile::Profile;
use crate::store::Store;
use grid_protocol::authority::{Ending, next_root, renew, say_again};
use grid_protocol::control::{Cut, RootNumber, SigningKey};
use grid_protocol::key::DeviceId;
use grid_protocol::record::Registry;
use grid_protocol::replica::{Recalled, Replica};
use grid_protocol::storage::{Storage as _, StorageError};
use grid_protocol::time::Timestamp;
use grid_protocol::words::RecoveryWords;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Bytes of a log that are read at once.
const READ: usize = 1 << 20;

/// The home of the group on this computer.
pub(super) struct OwnHome {
    // Released last.
    replica: Replica<Store>,
    keys: Keystore,
    home: Home,
}

/// Looks at the home of a group whose node is stopped.
///
/// # Errors
///
/// [`RecoverError`]; nothing is changed in any case.
pub fn here(path: &Path, words: RecoveryWords, passphrase: Option<&Passphrase>) -> Result<Recovering, RecoverError> {
    let home = Home::open(path)?;
    home.must_go_on()?;
    let keys = Keystore::load(&home, passphrase.into())?;
    let profile = Profile::load(&home)?;
    let me = profile.identity;
    let (store, _) = Store::open_with(path, me.coalition, &home.vault())?;
    let registry = Arc::new(Registry::standard().clone());
    let (replica, _) = Replica::open(me, registry, store, &Recalled::default(), random())?;
    let authority = replica.authority();
    let next = next_root(authority.keys(), me.group, &words)?;
    if authority.cut(&me.device).is_some() || authority.group_of(&me.device) != Some(me.group) {
        return Err(RecoverError::EndedHere);
    }
    let log = |device: &DeviceId| {
        let entries = replica.logs().entries(device);
        let last = entries.checked_sub(1).and_then(|last| replica.storage().run(device, last, 0).ok().flatten());
        (entries, last.and_then(|run| run.entries.first().map(|entry| entry.time)))
    };
    let devices = devices(authority, &me.group, Some(&me.device), log);
    let place = Place::Here(Box::new(OwnHome { replica, keys, home }));
    let (coalition, group, name) = (me.coalition, me.group, profile.name);
    Ok(Recovering { words, place, coalition, group, name, next, devices, told_by: None })
}

impl OwnHome {
    pub(super) fn finish(
        mut self,
        words: &RecoveryWords,
        lost: &BTreeMap<DeviceId, Before>,
    ) -> Result<(DeviceId, RootNumber, BTreeMap<DeviceId, Cut>), RecoverError> {
        let me = self.replica.me();
        let mut cuts = BTreeMap::new();
        for (device, before) in lost {
            cuts.insert(*device, self.cut(device, *before)?);
        }
        let secrets = self.keys.secrets();
        let keys = self.replica.authority().keys();
        // It has a label: it is known.
        let renewed = renew(me.coalition, keys, me.group, words, (&secrets, ""), &cuts)?;
        // First the root: with words and no root the same command makes the same root again, and a root that no
        // record speaks of does no harm.
        if self.keys.root().map(|held| held.number) != Some(renewed.number) {
            self.keys.hold(HeldRoot { number: renewed.number, key: words.root(renewed.number.rotation) });
            // A passphrase that is forgotten gives way to the words that lead on from here, and to no others.
            self.keys.take_words(words)?;
            self.keys.save(&self.home)?;
        }
        self.replica.commit(Vec::new(), renewed.records)?;
        // What the group has signed it says under its new root, too: lost devices cannot answer that.
        let (control, authority) = (self.replica.control(), self.replica.authority());
        let key = SigningKey::Device(self.keys.device());
        let again = say_again(control, authority, &me.group, key, Ending::Nobody);
        self.replica.commit(Vec::new(), again)?;
        self.home.renew_place();
        Ok((me.device, renewed.number, cuts))
    }

    /// The cut of a lost device.
    fn cut(&self, device: &DeviceId, before: Before) -> Result<Cut, RecoverError> {
        let entries = self.replica.logs().entries(device);
        let seq = match before {
            Before::Known => entries,
            Before::Seq(seq) => seq.min(entries),
            Before::Time(time) => self.first_at(device, time)?.unwrap_or(entries),
        };
        cut_at(seq, |last| {
            let entry = self.replica.storage().entry_id(device, last)?;
            let missing = || StorageError::Damaged { what: format!("entry {last} of a lost device is missing") };
            Ok(Cut { seq, entry: entry.ok_or_else(missing)? })
        })
    }

    /// The first entry of a device that is dated `time` or later.
    fn first_at(&self, device: &DeviceId, time: Timestamp) -> Result<Option<u64>, StorageError> {
        let mut first = 0;
        while let Some(run) = self.replica.storage().run(device, first, READ)? {
            if let Some(found) = run.entries.iter().position(|entry| entry.time >= time) {
                return Ok(Some(first.saturating_add(found as u64)));
            }
            first = first.saturating_add(run.entries.len().max(1) as u64);
        }
        Ok(None)
    }
}
