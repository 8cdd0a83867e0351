//! What a record said before, where that still counts: a voice that was corrected after voices were heard.
//!
//! A kind may name fields of which rows tell what they said earlier, and until when. A change counts from the time that its
//! writer claims, as for everything that goes by time.

use super::{Kind, Value, Values};
use crate::time::Timestamp;
use automerge::{Automerge, ChangeHash};

/// Bytes of one text that are kept of each version: many versions of long texts would fill the memory.
const MOST_TEXT: usize = 2_000;

/// What some fields of a record said until a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Earlier {
    /// When it was said otherwise.
    pub until: Timestamp,
    /// What those fields said, each as [`Earlier::kept`].
    pub values: Values,
}

impl Earlier {
    /// Versions that are told of one record at most, the newest.
    pub const MOST: usize = 32;

    /// A value as versions have it: of a long text the beginning, and a hash that tells it from others.
    pub fn kept(value: &Value) -> Value {
        match value {
            Value::Text(text) if text.len() > MOST_TEXT => {
                let hash = blake3::hash(text.as_bytes()).to_hex();
                let room = MOST_TEXT - hash.len() - 4;
                let beginning: String =
                    text.char_indices().take_while(|(at, _)| *at < room).map(|(_, letter)| letter).collect();
                Value::Text(format!("{beginning}… {hash}").into())
            }
            value => value.clone(),
        }
    }
}

impl Kind {
    /// What the record said before, the oldest first, from all its changes with the times that they claim, each change
    /// behind those that it builds on.
    pub(crate) fn earlier_in(&self, doc: &Automerge, mut changes: Vec<(Timestamp, ChangeHash)>) -> Box<[Earlier]> {
        changes.sort_by_key(|(time, _)| *time);
        let hashes: Vec<ChangeHash> = changes.iter().map(|(_, hash)| *hash).collect();
        let ends = changes.iter().map(|(time, _)| *time).enumerate().skip(1);
        let ends = ends.skip(changes.len().saturating_sub(Earlier::MOST + 1));
        let version = |(place, until): (usize, Timestamp)| {
            let then = self.read_at(doc, hashes.get(..place)).values;
            let said = self.earlier.iter().filter_map(|name| Some((name.clone(), Earlier::kept(then.get(name)?))));
            Earlier { until, values: said.collect() }
        };
        ends.map(version).collect()
    }
}
