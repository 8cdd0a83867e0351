//! Recovering a group with its 24 words: "my laptop was seized".
//!
//! The words lead to the next root, which a thief of a computer can neither follow nor dispute. Under it the
//! devices that are still there go on, and the lost ones end. It is done on a computer of the group whose node
//! is stopped ([`here`]), or in a new home with nothing but the words and an invite that says where other
//! groups' nodes are ([`afresh`]). Whoever asks first sees which devices there are, and says which are lost.

mod afresh;
mod appeal;
mod error;
mod here;
#[cfg(test)]
mod tests;

pub use afresh::{Afresh, Way, afresh};
pub use appeal::{Appealing, NewAppeal, appeal};
pub use error::RecoverError;
pub use here::here;

use afresh::NewHome;
use grid_protocol::authority::Authority;
use grid_protocol::control::{Cut, RootNumber};
use grid_protocol::id::{CoalitionId, GroupId};
use grid_protocol::key::DeviceId;
use grid_protocol::time::Timestamp;
use grid_protocol::words::RecoveryWords;
use here::OwnHome;
use std::collections::BTreeMap;
use std::path::Path;

/// A group that can be recovered: the words fit, and nothing has been changed yet.
pub struct Recovering {
    words: RecoveryWords,
    place: Place,
    /// The coalition.
    pub coalition: CoalitionId,
    /// The group.
    pub group: GroupId,
    /// The name under which it was founded.
    pub name: String,
    /// The root that the words lead to.
    pub next: RootNumber,
    /// Its devices, ascending.
    pub devices: Vec<OwnDevice>,
    /// How many other groups' nodes told of it; none where this computer knows.
    pub told_by: Option<usize>,
}

enum Place {
    Here(Box<OwnHome>),
    Afresh(Box<NewHome>),
}

/// A device of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnDevice {
    /// The device.
    pub device: DeviceId,
    /// What the group calls it.
    pub label: String,
    /// How many entries it wrote, as far as is known.
    pub entries: u64,
    /// When it wrote the last one, by its own clock.
    pub written: Option<Timestamp>,
    /// Whether it is here, elsewhere, or over.
    pub state: DeviceState,
}

/// Where a device of the group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceState {
    /// This computer.
    Here,
    /// Somewhere else.
    Elsewhere,
    /// The group has ended it before.
    Ended,
}

/// What still counts of what a lost device wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// All that is known.
    Known,
    /// What it wrote before this place in its log.
    Seq(u64),
    /// What it wrote before the first entry that its clock dates then or later.
    Time(Timestamp),
}

/// A group that has new keys.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// The device of this computer.
    pub device: DeviceId,
    /// The new root, which is in this home.
    pub root: RootNumber,
    /// The lost devices, and how many of their entries count.
    pub lost: Vec<(OwnDevice, u64)>,
    /// The devices elsewhere that go on.
    pub kept: Vec<OwnDevice>,
}

impl Recovering {
    /// Makes the new root, ends the lost devices, and saves all of it in the home. A new home is made at `path`,
    /// whose device gets this label.
    ///
    /// # Errors
    ///
    /// [`RecoverError`]; then nothing was changed.
    pub fn finish(
        self,
        path: &Path,
        label: &str,
        lost: &BTreeMap<DeviceId, Before>,
    ) -> Result<Recovered, RecoverError> {
        for device in lost.keys() {
            match self.devices.iter().find(|known| known.device == *device).map(|known| known.state) {
                Some(DeviceState::Elsewhere | DeviceState::Ended) => {}
                Some(DeviceState::Here) => return Err(RecoverError::LostHere),
                None => return Err(RecoverError::UnknownDevice { device: *device }),
            }
        }
        let (device, root, cuts) = match self.place {
            Place::Here(home) => home.finish(&self.words, lost)?,
            Place::Afresh(home) => home.finish(path, label, &self.words, lost)?,
        };
        let (mut ended, mut kept) = (Vec::new(), Vec::new());
        for device in self.devices {
            match cuts.get(&device.device) {
                Some(cut) => ended.push((device, cut.seq)),
                None if device.state == DeviceState::Elsewhere => kept.push(device),
                None => {}
            }
        }
        Ok(Recovered { device, root, lost: ended, kept })
    }
}

/// The devices of a group, ascending. `log` says how many entries of one there are, and when it wrote the last.
fn devices(
    authority: &Authority,
    group: &GroupId,
    here: Option<&DeviceId>,
    log: impl Fn(&DeviceId) -> (u64, Option<Timestamp>),
) -> Vec<OwnDevice> {
    // Those that another group certified as well among them: an end says which of their words are the group's.
    let disputed: BTreeMap<DeviceId, Option<Cut>> = authority.keys().disputed_of(group).collect();
    let of_group = authority.devices_of(group).iter().chain(disputed.keys());
    of_group
        .map(|device| {
            let label = authority.certificate(device).map(|shown| shown.body().label.clone()).unwrap_or_default();
            let (entries, written) = log(device);
            let state = match () {
                () if here == Some(device) => DeviceState::Here,
                () if authority.is_revoked(device) => DeviceState::Ended,
                () if disputed.get(device).is_some_and(Option::is_some) => DeviceState::Ended,
                () => DeviceState::Elsewhere,
            };
            OwnDevice { device: *device, label, entries, written, state }
        })
        .collect()
}

/// A cut behind everything before `seq`.
fn cut_at(seq: u64, entry_before: impl FnOnce(u64) -> Result<Cut, RecoverError>) -> Result<Cut, RecoverError> {
    match seq.checked_sub(1) {
        None => Ok(Cut::NOTHING),
        Some(before) => entry_before(before),
    }
}
