//! Edits of one field that met: nobody who wrote one of them knew of the others, and only one can be shown.
//!
//! Which one is the same everywhere: the one that gives less away, where a field has such a word, else the one that
//! Automerge takes. The others stand in the document until somebody writes the field again. Texts and
//! sets never meet like that: what was put into them stands side by side.

use super::reading::{Reader, careful};
use super::{Field, FieldName, FieldType, Kind, Value};
use crate::id::ChangeHash;
use automerge::{Automerge, ROOT, ReadDoc, ValueRef};

/// A field of which two edits or more met.
#[derive(Clone, Debug, PartialEq)]
pub struct Contest {
    /// The field.
    pub field: FieldName,
    /// What is shown.
    pub shown: Rival,
    /// What is not, and says something else.
    pub others: Vec<Rival>,
}

/// One of several edits of a field that met.
#[derive(Clone, Debug, PartialEq)]
pub struct Rival {
    /// What it wrote; none where it emptied the field, or wrote what does not belong there.
    pub value: Option<Value>,
    /// The change that wrote it.
    pub change: ChangeHash,
}

impl Kind {
    /// The fields of a record of which edits met that say different things.
    pub fn contests(&self, doc: &Automerge) -> Vec<Contest> {
        let fields = doc.map_range(ROOT, ..).filter(|entry| entry.conflict);
        let names: Vec<String> = fields.map(|entry| entry.key.into_owned()).collect();
        let fields = names.iter().filter_map(|name| self.field(name)).filter(|field| field.audience.travels());
        fields.filter_map(|field| self.contest(doc, field)).collect()
    }

    fn contest(&self, doc: &Automerge, field: &Field) -> Option<Contest> {
        if matches!(field.field_type, FieldType::Text) || field.field_type.is_set() {
            return None;
        }
        let (_, last) = doc.get(ROOT, &*field.name).ok()??;
        let winner = careful(doc, field, None).unwrap_or(last);
        let rival = |(value, id): (automerge::Value<'_>, automerge::ObjId)| {
            let change = ChangeHash(doc.hash_for_opid(&id)?.0);
            let written = match value {
                automerge::Value::Scalar(scalar) => ValueRef::Scalar(scalar.into_owned().into()),
                automerge::Value::Object(object) => ValueRef::Object(object),
            };
            let reading = self.read_values([(&*field.name, &written)], Reader::Others);
            Some((id, Rival { value: reading.values.get(&field.name).cloned(), change }))
        };
        let rivals = doc.get_all(ROOT, &*field.name).ok()?.into_iter().filter_map(rival);
        let (shown, others): (Vec<_>, Vec<_>) = rivals.partition(|(id, _)| *id == winner);
        let (_, shown) = shown.into_iter().next()?;
        let others: Vec<Rival> =
            others.into_iter().map(|(_, rival)| rival).filter(|rival| rival.value != shown.value).collect();
        (!others.is_empty()).then(|| Contest { field: field.name.clone(), shown, others })
    }
}
