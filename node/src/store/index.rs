//! What is kept of the store in memory: the heads of all logs, how much there is of each, and which entries a document
//! has.
//!
//! A tree keyed by document would cost as much to write as the entries themselves, since document ids are
//! in no order. Reading the entries through at the start costs a tenth of a second per 100,000, and finds
//! damage before anything builds on it.

use super::row;
use crate::space::Amount;
use grid_protocol::entry::Head;
use grid_protocol::id::{DocumentId, EntryId};
use grid_protocol::key::DeviceId;
use grid_protocol::run::VerifiedRun;
use grid_protocol::storage::StorageError;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// Heads and documents.
#[derive(Debug, Default)]
pub(super) struct Index {
    heads: BTreeMap<DeviceId, Head>,
    devices: Vec<(DeviceId, Amount)>,
    numbers: HashMap<DeviceId, u32>,
    documents: HashMap<DocumentId, Places>,
}

/// The entries of a document: one, as most have.
#[derive(Debug)]
enum Places {
    One(Place),
    Many(Vec<Place>),
}

impl Places {
    fn as_slice(&self) -> &[Place] {
        match self {
            Self::One(place) => std::slice::from_ref(place),
            Self::Many(places) => places,
        }
    }
}

/// One entry; the device by its number here, which is never stored.
#[derive(Clone, Copy, Debug)]
struct Place {
    device: u32,
    seq: u64,
}

impl Index {
    pub(super) fn head(&self, device: &DeviceId) -> Option<&Head> {
        self.heads.get(device)
    }

    pub(super) fn heads(&self) -> impl Iterator<Item = (&DeviceId, &Head)> {
        self.heads.iter()
    }

    /// Every document, in no order.
    pub(super) fn documents(&self) -> impl Iterator<Item = &DocumentId> {
        self.documents.keys()
    }

    /// The entries of a document, by device and seq.
    pub(super) fn document(&self, document: &DocumentId) -> Vec<(DeviceId, u64)> {
        let places = self.documents.get(document).map(Places::as_slice).unwrap_or_default();
        let mut found: Vec<_> = places
            .iter()
            .filter_map(|place| Some((self.devices.get(usize::try_from(place.device).ok()?)?.0, place.seq)))
            .collect();
        found.sort_unstable();
        found
    }

    pub(super) fn add_head(&mut self, device: DeviceId, head: Head) {
        self.heads.insert(device, head);
    }

    /// How much there is of every log.
    pub(super) fn amounts(&self) -> impl Iterator<Item = (DeviceId, Amount)> {
        self.devices.iter().copied()
    }

    /// Adds an entry whose body has so many bytes.
    pub(super) fn add_entry(&mut self, device: DeviceId, seq: u64, document: DocumentId, body: usize) {
        let device = match self.numbers.get(&device) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.devices.len()).expect("a coalition has far fewer devices than 2^32");
                self.devices.push((device, Amount::default()));
                self.numbers.insert(device, number);
                number
            }
        };
        if let Some((_, amount)) = usize::try_from(device).ok().and_then(|number| self.devices.get_mut(number)) {
            *amount = *amount + Amount { entries: 1, bytes: body.saturating_add(row::ENTRY_COST) as u64 };
        }
        let place = Place { device, seq };
        match self.documents.entry(document) {
            Entry::Vacant(vacant) => drop(vacant.insert(Places::One(place))),
            Entry::Occupied(mut known) => match known.get_mut() {
                Places::Many(places) => places.push(place),
                Places::One(first) => {
                    let places = Places::Many(vec![*first, place]);
                    known.insert(places);
                }
            },
        }
    }

    pub(super) fn add_run(&mut self, run: &VerifiedRun) {
        let device = run.device();
        for entry in run.entries() {
            self.add_entry(device, entry.header().seq, entry.header().document, entry.body().len());
        }
        self.add_head(device, *run.head());
    }

    /// Checks that each run continues its log, as it stands or as the runs before leave it.
    pub(super) fn check(&self, runs: &[VerifiedRun]) -> Result<(), StorageError> {
        let mut moved: HashMap<DeviceId, Head> = HashMap::new();
        for run in runs {
            let device = run.device();
            let head = moved.get(&device).or_else(|| self.head(&device));
            let expected = head.map_or((0, EntryId::ZERO), |head| (head.seq + 1, head.id));
            let first = run.first().header();
            if (first.seq, first.prev) != expected {
                return Err(StorageError::Damaged {
                    what: format!(
                        "a run of device {device} starts at {} after {:?}, its log goes on at {} after {:?}",
                        first.seq, first.prev, expected.0, expected.1
                    ),
                });
            }
            moved.insert(device, *run.head());
        }
        Ok(())
    }
}
