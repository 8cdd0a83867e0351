//! Importing again: what an import may change, and how a row finds its record.
//!
//! A record keeps, under the key `_import`, a fingerprint of what the last import wrote into each field. A later
//! import sets a field only while it still holds exactly that, or while it is empty and no import ever wrote it. What
//! a person changed or emptied since stays, on every device of the group, because the fingerprints travel with the
//! record.
//!
//! A row finds its record by the kind's identity, and, where a person has changed just that since, by the identity
//! that a row had which wrote into the record: the hashes of a few stand beside the fingerprints. Where a row is named by all
//! that it says and some of that stays here, its hash stays here too. Of a record that stays
//! on one computer they are all that is left once it is removed, with what it said of itself then: so a list does not
//! bring back whoever was taken off.

use super::{FieldName, Kind, Patch, Reading, Value, Values};
use std::{collections::BTreeMap, fmt};

/// Where the fingerprints stand in a document.
pub const IMPORT_MARKS: &str = "_import";

/// Under this name, which no field has, stands the first origin; a number behind it makes names for others.
const ORIGIN: &str = "_row";

/// Origins that a record keeps of the rows that wrote into it.
const ORIGINS: usize = 8;

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
        let mut imported = Self::default();
        imported.add_origin(origin_of(key));
        imported
    }

    fn add_origin(&mut self, origin: String) {
        let many = self.origins().count();
        if self.origins().all(|known| known != origin) {
            let name = if many == 0 { ORIGIN.to_owned() } else { format!("{ORIGIN}{many}") };
            self.0.insert(name.as_str().into(), origin);
        }
    }

    /// The same with the origins of another, as many as there is room for.
    #[must_use]
    pub fn with_origins(mut self, other: &Self) -> Self {
        for origin in other.origins() {
            if self.origins().count() < ORIGINS {
                self.add_origin(origin.to_owned());
            }
        }
        self
    }

    /// Whether no import wrote anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an import ever wrote this field.
    pub fn wrote(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// The origins of the record: each is [`origin_of`] the key of a row that wrote into it.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        let origins = self.0.iter().filter(|(name, _)| name.starts_with(ORIGIN));
        origins.map(|(_, origin)| origin.as_str())
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

/// How a record that has a name is remembered to rows that have none. No identity begins like this.
fn by_anyone(key: &str) -> String {
    format!("|{key}")
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
            let named = row.imported.as_ref().and_then(|imported| imported.origins().next()).map(str::to_owned);
            let origin = named.or_else(|| self.identity(&row.values()).map(|key| origin_of(&key)));
            if let Some(origin) = origin.filter(|_| marks.origins().count() < ORIGINS) {
                marks.add_origin(origin);
            }
            patch.imported = Some(marks);
        }
        patch
    }

    /// What is left of a record when nothing else is: the origins that it had, and those of rows that say of it what it
    /// says of itself, with its name or without.
    #[must_use]
    pub fn left_of(&self, record: &Reading) -> Imported {
        let mut left = Imported::default();
        let own = self.identity(&record.values).map(|key| origin_of(&key));
        let without_name = self.without_name(&record.values).map(|key| origin_of(&by_anyone(&key)));
        for origin in record.imported.origins().map(str::to_owned).chain(own).chain(without_name) {
            left.add_origin(origin);
        }
        left
    }

    /// The origins under which a record may have been left that a row would bring back. Where one of the two has no
    /// name, what stands in for it is enough; under two names it may be two people of a household.
    pub fn left_as(&self, row: &Values) -> impl Iterator<Item = String> {
        let own = self.identity(row);
        let without_name = self.without_name(row).or_else(|| own.as_deref().map(by_anyone));
        own.into_iter().chain(without_name).map(|key| origin_of(&key))
    }

    /// The identity of the same without its name; nothing where it has none already.
    fn without_name(&self, values: &Values) -> Option<String> {
        let stand_in = values.get(self.field(&self.title)?.stand_in.as_ref()?)?;
        if values.get(&self.title) == Some(stand_in) {
            return None;
        }
        let mut values = values.clone();
        values.set(self.title.clone(), stand_in.clone());
        self.identity(&values)
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
