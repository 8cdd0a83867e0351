//! From an Automerge document to values, field by field: one bad field never takes the record with it.

use super::{
    DateTime, Field, FieldName, FieldType, Imported, Kind, Money, Tags, Value, Values, measure::Coordinates, merge,
    parse,
};
use crate::limits::{MAX_TAGS, MAX_TEXT_READ};
use automerge::transaction::Transactable;
use automerge::{
    ActorId, AutomergeError, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValueRef, ValueRef, iter::MapRangeItem,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a document holds, read as a record of a kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The fields that hold something, defaults included.
    pub values: Values,
    /// Fields that hold what their kind does not allow: they read as their default, or as the word that gives less away.
    pub damaged: Vec<FieldName>,
    /// What imports wrote last.
    pub imported: Imported,
    /// Whether the record was removed.
    pub presence: Presence,
}

/// Who reads a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The group that wrote it. It goes on seeing what an earlier program sent of a field that is for fewer today.
    Owner,
    /// Somebody else: what is not for others is never taken from a log, whoever put it there.
    Others,
}

/// Whether a record is there. Homes keep it of what stays on one computer: a new variant comes last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence {
    /// It is.
    #[default]
    Present,
    /// Its owner removed it: it reads as removed everywhere, and its history remains.
    Removed,
}

/// Where the mark of a removed record stands in a document.
const REMOVED: &str = "_removed";

/// Marks a record as removed.
///
/// # Errors
///
/// [`AutomergeError`] when the document can't be edited.
pub fn mark_removed(transaction: &mut impl Transactable) -> Result<(), AutomergeError> {
    // To Automerge a mark beside an equal one would be no change, and the one that stands may be another group's.
    if transaction.get(ROOT, REMOVED)?.is_some() {
        transaction.delete(ROOT, REMOVED)?;
    }
    transaction.put(ROOT, REMOVED, true)
}

/// Who set the marks of removal that stand in a document. Only its owner's count: a shared text that any
/// member may edit is not any member's to take away.
pub fn removers(doc: &impl ReadDoc) -> Vec<ActorId> {
    let all = doc.get_all(ROOT, REMOVED).unwrap_or_default();
    let is_mark = |value: &automerge::Value<'_>| value.as_bool() == Some(true);
    all.into_iter()
        .filter_map(|(value, id)| match id {
            ObjId::Id(_, actor, _) if is_mark(&value) => Some(actor),
            _ => None,
        })
        .collect()
}

impl Kind {
    /// Reads a record. Never fails: a field of the wrong type has its default, or the word that gives less away where it
    /// has one, and is listed as damaged; a key that the kind does not know is passed over.
    pub fn read(&self, doc: &impl ReadDoc) -> Reading {
        self.read_as(doc, Reader::Others)
    }

    /// As [`Kind::read`], for this reader.
    pub fn read_as(&self, doc: &impl ReadDoc, reader: Reader) -> Reading {
        self.read_for(doc, None, reader)
    }

    /// As [`Kind::read`], from the keys and values of a document without objects in it.
    pub fn read_values<'a>(
        &self,
        entries: impl IntoIterator<Item = (&'a str, &'a ValueRef<'a>)>,
        reader: Reader,
    ) -> Reading {
        let mut reading = Reading { values: self.defaults(), ..Reading::default() };
        for (key, value) in entries {
            let Some(field) = reading.field(self, key, value, reader) else { continue };
            let found = match field.field_type {
                FieldType::Text | FieldType::Tags | FieldType::References(_) => absent_or_damaged(value),
                _ => read_scalar(field, value),
            };
            reading.note(field, found);
        }
        reading
    }

    /// Reads the record as it was at `heads`; all of them must be known to the document.
    pub(crate) fn read_at(&self, doc: &impl ReadDoc, heads: Option<&[ChangeHash]>) -> Reading {
        self.read_for(doc, heads, Reader::Others)
    }

    fn read_for(&self, doc: &impl ReadDoc, heads: Option<&[ChangeHash]>, reader: Reader) -> Reading {
        let mut reading = Reading { values: self.defaults(), ..Reading::default() };
        let entries = match heads {
            None => doc.map_range(ROOT, ..),
            Some(heads) => doc.map_range_at(ROOT, .., heads),
        };
        for entry in entries {
            let Some(field) = reading.field(self, &entry.key, &entry.value, reader) else { continue };
            let found = match field.field_type {
                FieldType::Text => read_text(doc, &entry, heads),
                FieldType::Tags | FieldType::References(_) => read_tags(doc, &entry, heads).accepted_by(field),
                _ if entry.conflict && careful(doc, field, heads).is_some() => {
                    field.met.clone().map_or(Found::Empty, Found::Value)
                }
                _ => read_scalar(field, &entry.value),
            };
            reading.note(field, found);
        }
        reading
    }
}

/// Of edits of a field that met, the one that counts because it gives less away than others: it says so, or nobody can
/// read what it says.
pub(super) fn careful(doc: &impl ReadDoc, field: &Field, heads: Option<&[ChangeHash]>) -> Option<ObjId> {
    let met = field.met.as_ref()?;
    let all = match heads {
        None => doc.get_all(ROOT, &*field.name),
        Some(heads) => doc.get_all_at(ROOT, &*field.name, heads),
    };
    let read = |value: automerge::Value<'_>| match value {
        automerge::Value::Scalar(scalar) => read_scalar(field, &ValueRef::Scalar(scalar.into_owned().into())),
        automerge::Value::Object(_) => Found::Damaged,
    };
    let all: Vec<(Found, ObjId)> = all.ok()?.into_iter().map(|(value, id)| (read(value), id)).collect();
    let says_it = |found: &Found| matches!(found, Found::Value(said) if said == met);
    let damaged = |found: &Found| matches!(found, Found::Damaged);
    let counts = all.iter().find(|(found, _)| says_it(found)).or_else(|| all.iter().find(|(found, _)| damaged(found)));
    counts.map(|(_, id)| id.clone())
}

impl Reading {
    /// The field that a key stands for. What stands under one of our own marks is taken in.
    fn field<'k>(&mut self, kind: &'k Kind, key: &str, value: &ValueRef<'_>, reader: Reader) -> Option<&'k Field> {
        match (key, value) {
            (REMOVED, ValueRef::Scalar(ScalarValueRef::Boolean(true))) => self.presence = Presence::Removed,
            (merge::IMPORT_MARKS, ValueRef::Scalar(ScalarValueRef::Str(marks))) => {
                self.imported = Imported::parse(marks)
            }
            (REMOVED | merge::IMPORT_MARKS, _) => {}
            // What is not for others is never taken from a log: its place is another.
            _ => return kind.field(key).filter(|field| field.audience.travels() || reader == Reader::Owner),
        }
        None
    }

    fn note(&mut self, field: &Field, found: Found) {
        match found {
            Found::Empty => {}
            Found::Value(value) => self.values.set(field.name.clone(), value),
            Found::Partly(value) => {
                self.values.set(field.name.clone(), value);
                self.damaged.push(field.name.clone());
            }
            Found::Damaged => {
                if let Some(careful) = &field.met {
                    self.values.set(field.name.clone(), careful.clone());
                }
                self.damaged.push(field.name.clone());
            }
        }
    }
}

impl Found {
    /// The same where every part of it fits the field.
    fn accepted_by(self, field: &Field) -> Self {
        let (Found::Value(value) | Found::Partly(value)) = &self else { return self };
        if field.accept(value.clone()).is_ok() {
            return self;
        }
        let Value::Tags(words) = value else { return Found::Damaged };
        let fits = |word: &&str| field.accept(Value::Tags([*word].into_iter().collect())).is_ok();
        // Many writers, or one that keeps no bound: nobody's work may grow with what one of them puts in.
        let sound: Tags = words.iter().filter(fits).take(MAX_TAGS).collect();
        if sound.is_empty() { Found::Damaged } else { Found::Partly(Value::Tags(sound)) }
    }
}

enum Found {
    Empty,
    Value(Value),
    /// What could be read of it.
    Partly(Value),
    Damaged,
}

/// The objects under a key. Devices that created one at the same time made several; all of them count.
pub(super) fn objects(doc: &impl ReadDoc, key: &str, wanted: ObjType, heads: Option<&[ChangeHash]>) -> Vec<ObjId> {
    let all = match heads {
        None => doc.get_all(ROOT, key),
        Some(heads) => doc.get_all_at(ROOT, key, heads),
    };
    let is_wanted = |value: &automerge::Value<'_>| matches!(value, automerge::Value::Object(found) if *found == wanted);
    all.unwrap_or_default().into_iter().filter(|(value, _)| is_wanted(value)).map(|(_, id)| id).collect()
}

fn read_text(doc: &impl ReadDoc, entry: &MapRangeItem<'_>, heads: Option<&[ChangeHash]>) -> Found {
    if !matches!(entry.value, ValueRef::Object(ObjType::Text)) {
        return absent_or_damaged(&entry.value);
    }
    let read = |id: &ObjId| match heads {
        None => doc.text(id),
        Some(heads) => doc.text_at(id, heads),
    };
    let text = if entry.conflict {
        let mut parts: Vec<String> = Vec::new();
        for part in objects(doc, &entry.key, ObjType::Text, heads).iter().filter_map(|id| read(id).ok()) {
            if !part.is_empty() && !parts.contains(&part) {
                parts.push(part);
            }
        }
        parts.join("\n\n")
    } else {
        read(&entry.id()).unwrap_or_default()
    };
    sound_text(text, MAX_TEXT_READ)
}

/// A text as far as it is read: so many bytes, with a mark in place of each character that no writer may put in.
fn sound_text(text: String, most: usize) -> Found {
    let unsound = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    if text.is_empty() {
        return Found::Empty;
    }
    if text.len() <= most && !text.contains(unsound) {
        return Found::Value(Value::Text(text.into()));
    }
    let end = text.char_indices().map(|(at, letter)| at + letter.len_utf8()).take_while(|end| *end <= most).last();
    let within = text.get(..end.unwrap_or_default()).unwrap_or_default();
    let mark = |letter| if unsound(letter) { char::REPLACEMENT_CHARACTER } else { letter };
    Found::Partly(Value::Text(within.chars().map(mark).collect::<String>().into()))
}

fn read_tags(doc: &impl ReadDoc, entry: &MapRangeItem<'_>, heads: Option<&[ChangeHash]>) -> Found {
    if !matches!(entry.value, ValueRef::Object(ObjType::Map)) {
        return absent_or_damaged(&entry.value);
    }
    let maps = if entry.conflict { objects(doc, &entry.key, ObjType::Map, heads) } else { vec![entry.id()] };
    let (mut tags, mut damaged) = (BTreeSet::<String>::new(), false);
    for map in maps {
        let entries = match heads {
            None => doc.map_range(&map, ..),
            Some(heads) => doc.map_range_at(&map, .., heads),
        };
        for tag in entries {
            let set = matches!(tag.value, ValueRef::Scalar(ScalarValueRef::Boolean(true)));
            if set && parse::check_tag(&tag.key).is_ok() {
                tags.insert(tag.key.into_owned());
            } else {
                damaged = true;
            }
        }
    }
    match (tags.is_empty(), damaged) {
        (true, true) => Found::Damaged,
        (true, false) => Found::Empty,
        (false, true) => Found::Partly(Value::Tags(tags.into())),
        (false, false) => Found::Value(Value::Tags(tags.into())),
    }
}

fn read_scalar(field: &Field, stored: &ValueRef<'_>) -> Found {
    let ValueRef::Scalar(scalar) = stored else { return Found::Damaged };
    let value = match (&field.field_type, scalar) {
        (_, ScalarValueRef::Null) => return Found::Empty,
        (FieldType::DateTime, ScalarValueRef::Str(text)) => {
            text.parse::<DateTime>().ok().map(Box::new).map(Value::DateTime)
        }
        (FieldType::Coordinates, ScalarValueRef::Str(text)) => Coordinates::parse(text).ok().map(Value::Coordinates),
        (FieldType::Money, ScalarValueRef::Str(text)) => Money::parse_stored(text).map(Box::new).map(Value::Money),
        (FieldType::Flag, ScalarValueRef::Boolean(flag)) => Some(Value::Flag(*flag)),
        (FieldType::Number, ScalarValueRef::F64(number)) => Some(Value::Number(*number)),
        (FieldType::Number, ScalarValueRef::Int(number)) => Some(Value::Number(*number as f64)),
        (FieldType::Number, ScalarValueRef::Uint(number)) => Some(Value::Number(*number as f64)),
        (
            FieldType::Line | FieldType::Link | FieldType::Place | FieldType::Choice(_) | FieldType::Reference(_),
            ScalarValueRef::Str(text),
        ) => Some(Value::Text((&**text).into())),
        _ => None,
    };
    match value.map(|value| field.accept(value)) {
        Some(Ok(Some(value))) => Found::Value(value),
        Some(Ok(None)) => Found::Empty,
        Some(Err(_)) | None => Found::Damaged,
    }
}

fn absent_or_damaged(stored: &ValueRef<'_>) -> Found {
    match stored {
        ValueRef::Scalar(ScalarValueRef::Null) => Found::Empty,
        _ => Found::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_up_to_a_bound_and_between_letters() {
        let read = |text: &str, most| match sound_text(text.to_owned(), most) {
            Found::Value(Value::Text(text)) => (text.to_string(), true),
            Found::Partly(Value::Text(text)) => (text.to_string(), false),
            _ => (String::new(), false),
        };
        assert_eq!(read("été", 5), ("été".to_owned(), true));
        assert_eq!(read("été", 4), ("ét".to_owned(), false));
        assert_eq!(read("été", 2), ("é".to_owned(), false));
    }
}
