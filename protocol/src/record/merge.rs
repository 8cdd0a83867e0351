//! Importing again: what an import may change, and how a row finds its record.
//!
//! A record keeps, under the key `_import`, a fingerprint of what the last import wrote into each field. A later
//! import sets a field only while it still holds exactly that, or while it is empty and no import ever wrote it. What
//! a person changed or emptied since stays, on every device of the group, because the fingerprints travel with the
//! record.
//!
//! A row finds its record by the kind's identity, and, where a person has changed just that since, by the identity
//! that the row had when the record was made: its hash stands beside the fingerprints.

use super::{FieldName, Kind, Patch, Reading, Value, Values};
use std::{collections::BTreeMap, fmt};

/// Where the fingerprints stand in a document.
pub const IMPORT_MARKS: &str = "_import";

/// Under this name, which no field has, stands the origin.
const ORIGIN: &str = "_row";

/// A fingerprint per field that an import wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported(BTreeMap<FieldName, String>);

impl Imported {
    /// Reads the text form; what is not of that form is passed over.
    pub fn parse(text: &str) -> Self {
        Self(
            text.split_whitespace()
                .filter_map(|mark| mark.split_once('='))
                .map(|(field, mark)| (field.into(), mark.to_owned()))
                .collect(),
        )
    }

    /// Of a row that is named by something else than its identity: a UID in a calendar.
    pub(super) fn from_row(key: &str) -> Self {
        Self(BTreeMap::from([(ORIGIN.into(), origin_of(key))]))
    }

    /// What is left of it when the record is removed: which row it was made from.
    #[must_use]
    pub fn only_origin(&self) -> Self {
        let origin = self.0.get_key_value(ORIGIN).map(|(name, origin)| (name.clone(), origin.clone()));
        Self(origin.into_iter().collect())
    }

    /// Whether no import wrote anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an import ever wrote this field.
    pub fn wrote(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// The origin of the record: equal to [`origin_of`] the key of the row that it was made from.
    pub fn origin(&self) -> Option<&str> {
        self.0.get(ORIGIN).map(String::as_str)
    }
}

/// `name=3f2a90d1 place=...`
impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (field, mark)) in self.0.iter().enumerate() {
            write!(f, "{}{field}={mark}", if index == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// Four bytes are enough: the mark only has to notice that a person changed a field.
fn fingerprint(value: &Value) -> String {
    let hash = blake3::hash(value.to_json().to_string().as_bytes());
    hash.to_hex().chars().take(8).collect()
}

/// How a record names the row that it came from. Unlike a fingerprint it tells many rows apart.
pub fn origin_of(key: &str) -> String {
    let hash = blake3::hash(key.as_bytes());
    hash.to_hex().chars().take(32).collect()
}

impl Reading {
    /// Takes in what a patch would make of the record.
    pub fn foresee(&mut self, patch: &Patch) {
        for (name, value) in &patch.fields {
            match value {
                Some(value) => self.values.set(name.clone(), value.clone()),
                None => self.values.clear(name),
            }
        }
        if let Some(imported) = &patch.imported {
            self.imported = imported.clone();
        }
    }
}

impl Kind {
    /// What a row may still write into a record. For a new record `existing` is `Reading::default()`.
    ///
    /// Importing the same row twice gives an empty patch, as does a row that says what the record says.
    #[must_use]
    pub fn merge_import(&self, existing: &Reading, row: &Patch) -> Patch {
        let mut patch = Patch::default();
        let mut marks = existing.imported.clone();
        for (name, value) in &row.fields {
            let Some(value) = value else { continue };
            let default = self.field(name).and_then(|field| field.default.as_ref());
            let current = existing.values.get(name);
            // What it holds already needs no mark: a table of one's own, taken in again, leaves no trace.
            if current == Some(value) {
                continue;
            }
            let free = match marks.0.get(name) {
                None => current.is_none() || current == default,
                Some(mark) => current.is_some_and(|current| *mark == fingerprint(current)),
            };
            // What stands in for a name says nothing against one that is there.
            if !free || current.is_some() && self.is_stand_in(name, row) {
                continue;
            }
            marks.0.insert(name.clone(), fingerprint(value));
            patch.fields.insert(name.clone(), Some(value.clone()));
        }
        if marks != existing.imported {
            let named = row.imported.as_ref().and_then(Imported::origin).map(str::to_owned);
            let origin = named.or_else(|| self.identity(&row.values()).map(|key| origin_of(&key)));
            if let Some(origin) = origin {
                marks.0.entry(ORIGIN.into()).or_insert(origin);
            }
            patch.imported = Some(marks);
        }
        patch
    }

    /// Whether a row has no name of its own here: it says what stands in for one.
    fn is_stand_in(&self, name: &FieldName, row: &Patch) -> bool {
        let other = self.field(name).and_then(|field| field.stand_in.as_ref());
        other.is_some_and(|other| row.get(name) == row.get(other))
    }

    /// The key under which an import finds a record again: the identity fields without case, spacing and
    /// punctuation. Nothing where the kind has no identity, or its first field is empty.
    pub fn identity(&self, values: &Values) -> Option<String> {
        let parts: Vec<String> = self
            .identity
            .iter()
            .map(|field| values.get(field).map(|value| plain(&value.to_string())).unwrap_or_default())
            .collect();
        parts.first().filter(|first| !first.is_empty())?;
        Some(parts.join("|"))
    }
}

/// Letters and digits in lower case, everything else one space. A name of other signs only stays as it is.
pub(super) fn plain(text: &str) -> String {
    let words: Vec<String> = text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    if words.is_empty() { text.trim().to_owned() } else { words.join(" ") }
}
