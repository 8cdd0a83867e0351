//! What still holds of a file of rows: the last value of each key.
//!
//! This file needs nothing of the store but its frames: it is fuzzed on its own.

use super::frame::{FRAME_HEADER, HEADER, first_frame};
use std::collections::HashMap;

/// Length of a key in bytes: what each payload begins with.
pub(super) const KEY: usize = 33;

/// Where a payload stands.
pub(super) struct Place {
    pub(super) from: usize,
    pub(super) to: usize,
}

/// Where the last value of each key stands that has one, in the order of the file, and where the file ends.
pub(super) fn places(bytes: &[u8]) -> (Vec<Place>, u64) {
    let mut last: HashMap<&[u8; KEY], Place> = HashMap::new();
    let mut at = HEADER as usize;
    while let Some(payload) = bytes.get(at..).and_then(first_frame) {
        let from = at + FRAME_HEADER;
        at = from + payload.len();
        match payload.split_first_chunk::<KEY>() {
            Some((key, [])) => drop(last.remove(key)),
            Some((key, _)) => drop(last.insert(key, Place { from, to: at })),
            None => {}
        }
    }
    let mut places: Vec<Place> = last.into_values().collect();
    places.sort_unstable_by_key(|place| place.from);
    (places, at as u64)
}
