//! From a patch to what is written: only fields that change, in pieces that each fit one change of a log.

use super::{
    BaseOf, Field, FieldName, FieldType, Kind, Patch, PatchError, Reading, Tags, Value, Values, WriteRule, Writes,
    anchor::{Splice, Stale, spliced, splices},
    first, merge, parse,
    reading::objects,
};
use crate::letters;
use crate::limits::{MAX_PIECE_COST, MAX_PIECE_OPERATIONS, MAX_TAGS, MAX_TEXT};
use automerge::{ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, transaction::Transactable};
use std::{collections::BTreeSet, mem};

/// What applying a patch did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The transaction holds operations: commit it.
    Changed,
    /// The record says all that already: nothing was written.
    Unchanged,
}

/// A patch worked out against one state of a document.
///
/// Each piece is one Automerge change. Write them in order, commit after each, and merge nothing in between.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pieces: Vec<Piece>,
}

impl Edit {
    /// The pieces in their order; none when nothing changes.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }
}

/// A part of an edit that fits one change.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Put(FieldName, ScalarValue),
    Delete(FieldName),
    Make(FieldName, ObjType),
    Splice(FieldName, Splice),
    AddTag(FieldName, String),
    RemoveTag(FieldName, String),
}

impl Kind {
    /// Works out what a patch writes into this document.
    ///
    /// # Errors
    ///
    /// [`PatchError`] when the heads it is based on are unknown, or the record would break a rule of its kind.
    pub fn prepare(&self, doc: &impl ReadDoc, patch: &Patch) -> Result<Edit, PatchError> {
        let heads: Vec<ChangeHash> = patch.based_on.iter().map(|hash| ChangeHash(hash.0)).collect();
        if let Some((_, missing)) =
            heads.iter().zip(&patch.based_on).find(|(head, _)| doc.get_change_by_hash(head).is_none())
        {
            return Err(PatchError::UnknownHeads { missing: *missing });
        }
        let base = (!heads.is_empty()).then(|| (self.read_at(doc, Some(&heads)), heads.as_slice()));
        let base_of = patch.base_of;
        let mut work = Work { doc, base, base_of, now: self.read(doc), after: Values::default(), steps: Vec::new() };
        work.after = work.now.values.clone();
        let fresh = doc.keys(ROOT).next().is_none();
        let mut touched = BTreeSet::new();
        if let Some(field) =
            self.fields.iter().find(|field| !field.audience.travels() && patch.fields.contains_key(&field.name))
        {
            return Err(PatchError::NotForOthers { field: field.name.clone(), audience: field.audience });
        }
        for field in self.fields.iter().filter(|field| field.audience.travels()) {
            let before = work.steps.len();
            if let Some(submitted) = patch.fields.get(&field.name) {
                work.field(field, submitted.as_ref())?;
            }
            let made = work.steps.len() > before;
            if made && !fresh && field.writes == Writes::First {
                return Err(PatchError::OnlyFirst { kind: self.name.clone(), field: field.name.clone() });
            }
            let said = work.now.values.get(&field.name);
            let stands = said != field.default.as_ref() && work.after.get(&field.name) != said;
            if made && field.writes == Writes::Once && stands {
                return Err(PatchError::OnlyOnce { kind: self.name.clone(), field: field.name.clone() });
            }
            if made {
                touched.insert(&*field.name);
            } else if fresh && self.rule == WriteRule::Members {
                // Members who each made the object at the same time would have made two.
                work.make(&field.name, &field.field_type);
            }
        }
        self.check_result(&work.after, fresh, &touched)?;
        let mut steps = work.steps;
        if let Some(marks) = patch.imported.as_ref().filter(|marks| **marks != work.now.imported) {
            steps.push(Step::Put(merge::IMPORT_MARKS.into(), marks.to_string().into()));
        }
        Ok(Edit { pieces: pack(steps) })
    }

    /// Writes a patch that fits one change.
    ///
    /// # Errors
    ///
    /// Those of [`Kind::prepare`], and [`PatchError::ManyPieces`] before anything is written.
    pub fn apply(&self, transaction: &mut impl Transactable, patch: &Patch) -> Result<Outcome, PatchError> {
        let edit = self.prepare(transaction, patch)?;
        match edit.pieces() {
            [] => Ok(Outcome::Unchanged),
            [piece] => piece.write(transaction).map(|()| Outcome::Changed),
            pieces => Err(PatchError::ManyPieces { pieces: pieces.len() }),
        }
    }

    fn check_result(&self, after: &Values, fresh: bool, touched: &BTreeSet<&str>) -> Result<(), PatchError> {
        if !letters::is_seen(after.text(&self.title)) && (fresh || touched.contains(&*self.title)) {
            return Err(PatchError::Missing { kind: self.name.clone(), field: self.title.clone() });
        }
        match self.check(after) {
            Err(complaint) if complaint.fields.iter().any(|field| touched.contains(field)) => {
                Err(PatchError::Rule(complaint))
            }
            _ => Ok(()),
        }
    }
}

/// A patch being worked out.
struct Work<'a, D> {
    doc: &'a D,
    base: Option<(Reading, &'a [ChangeHash])>,
    base_of: BaseOf,
    now: Reading,
    after: Values,
    steps: Vec<Step>,
}

impl<D: ReadDoc> Work<'_, D> {
    fn field(&mut self, field: &Field, submitted: Option<&Value>) -> Result<(), PatchError> {
        let Field { name, field_type, .. } = field;
        // Emptied, a field would lose to whatever somebody else says at the same time: here the careful word is said.
        let met = field.met.as_ref();
        let said_by_emptying = met.filter(|met| field.default.as_ref().is_none_or(|default| default == *met));
        let submitted = submitted.or(said_by_emptying.filter(|_| self.now.values.get(name).is_some()));
        let wanted = submitted.or(field.default.as_ref());
        if self.base(field_type).is_some_and(|(base, _)| base.values.get(name) == wanted) {
            return Ok(());
        }
        match field_type {
            FieldType::Text => self.text(name, wanted.and_then(Value::as_text).unwrap_or_default()),
            FieldType::Tags | FieldType::References(_) => {
                self.tags(name, &wanted.and_then(Value::as_tags).map(Tags::to_set).unwrap_or_default())
            }
            _ => {
                let whole = !self.now.damaged.contains(name);
                // Of edits that met, the one that is said again stands alone from now on.
                let said = self.doc.get_all(ROOT, &**name).map_or(0, |all| all.len());
                // The careful word counts where somebody said it, and not where it stands for nothing said.
                let alone = said == 1 || said == 0 && (met.is_none() || wanted != met);
                if self.now.values.get(name) == wanted && whole && alone {
                    return Ok(());
                }
                match (submitted, wanted) {
                    (Some(value), _) => self.steps.push(Step::Put(name.clone(), scalar(value))),
                    (None, _) => self.steps.push(Step::Delete(name.clone())),
                }
                match wanted {
                    Some(value) => self.after.set(name.clone(), value.clone()),
                    None => self.after.clear(name),
                }
                Ok(())
            }
        }
    }

    /// What the writer has seen of a field of this type.
    fn base(&self, field_type: &FieldType) -> Option<&(Reading, &[ChangeHash])> {
        self.base.as_ref().filter(|_| self.base_of == BaseOf::Everything || matches!(field_type, FieldType::Text))
    }

    fn make(&mut self, name: &FieldName, field_type: &FieldType) {
        match field_type {
            FieldType::Text => self.steps.push(Step::Make(name.clone(), ObjType::Text)),
            FieldType::Tags | FieldType::References(_) => {
                self.steps.push(Step::Make(name.clone(), ObjType::Map));
            }
            _ => {}
        }
    }

    fn text(&mut self, name: &FieldName, new: &str) -> Result<(), PatchError> {
        let letters = |values: &Values| values.text(name).chars().collect::<Vec<char>>();
        let (now, new) = (letters(&self.now.values), new.chars().collect::<Vec<char>>());
        let objects_now = objects(self.doc, name, ObjType::Text, None);
        let edits = match &self.base {
            None => splices(&now, &new),
            Some((base, heads)) => {
                let before = objects(self.doc, name, ObjType::Text, Some(heads));
                let object = match (objects_now.as_slice(), before.as_slice()) {
                    ([now], [then]) if now == then => Some(now),
                    _ => None,
                };
                let then = letters(&base.values);
                Stale { doc: self.doc, object, heads, then: &then, now: &now }.splices(&new)
            }
        };
        let damaged = self.now.damaged.contains(name);
        if edits.is_empty() && !(damaged && new.is_empty()) {
            return Ok(());
        }
        let after = spliced(&now, &edits);
        if after.len() > MAX_TEXT {
            let unfit = parse::Unfit::new("at most 1 MiB of text", &format!("{} bytes", after.len()));
            return Err(PatchError::unfit(name, unfit));
        }
        if objects_now.len() == 1 && !damaged {
            self.steps.extend(edits.into_iter().map(|edit| Step::Splice(name.clone(), edit)));
        } else {
            // None yet, or several made at the same time: one takes their place, with all that they say.
            self.steps.push(Step::Make(name.clone(), ObjType::Text));
            let edit = Splice { at: 0, remove: 0, insert: after.clone() };
            self.steps.push(Step::Splice(name.clone(), edit));
        }
        if after.is_empty() {
            self.after.clear(name);
        } else {
            self.after.set(name.clone(), Value::Text(after.into()));
        }
        Ok(())
    }

    fn tags(&mut self, name: &FieldName, wanted: &BTreeSet<String>) -> Result<(), PatchError> {
        let tags = |values: &Values| values.get(name).and_then(Value::as_tags).map(Tags::to_set).unwrap_or_default();
        let now = tags(&self.now.values);
        let seen = self.base(&FieldType::Tags).map_or_else(|| now.clone(), |(base, _)| tags(&base.values));
        let added: Vec<_> = wanted.difference(&seen).filter(|tag| !now.contains(*tag)).cloned().collect();
        let removed: Vec<_> = seen.difference(wanted).filter(|tag| now.contains(*tag)).cloned().collect();
        let mut after = now;
        after.retain(|tag| !removed.contains(tag));
        after.extend(added.iter().cloned());
        if !added.is_empty() && after.len() > MAX_TAGS {
            let unfit = parse::Unfit::new("at most 50 tags", &format!("{} tags", after.len()));
            return Err(PatchError::unfit(name, unfit));
        }
        if !added.is_empty() && objects(self.doc, name, ObjType::Map, None).is_empty() {
            self.make(name, &FieldType::Tags);
        }
        self.steps.extend(removed.into_iter().map(|tag| Step::RemoveTag(name.clone(), tag)));
        self.steps.extend(added.into_iter().map(|tag| Step::AddTag(name.clone(), tag)));
        if after.is_empty() {
            self.after.clear(name);
        } else {
            self.after.set(name.clone(), Value::Tags(after.into()));
        }
        Ok(())
    }
}

impl Piece {
    /// Writes this piece into a transaction on the document that the edit was prepared for.
    ///
    /// # Errors
    ///
    /// [`PatchError::Document`] when the document is another one, or has changed since.
    pub fn write(&self, transaction: &mut impl Transactable) -> Result<(), PatchError> {
        match first::is_blank(transaction).then(|| first::whole(&self.steps)).flatten() {
            Some(whole) => Ok(transaction.init_root_from_hydrate(&whole)?),
            None => self.write_steps(transaction),
        }
    }

    pub(super) fn write_steps(&self, transaction: &mut impl Transactable) -> Result<(), PatchError> {
        for step in &self.steps {
            match step {
                Step::Put(name, scalar) => transaction.put(ROOT, &**name, scalar.clone())?,
                Step::Delete(name) => {
                    if transaction.get(ROOT, &**name)?.is_some() {
                        transaction.delete(ROOT, &**name)?;
                    }
                }
                Step::Make(name, made) => drop(transaction.put_object(ROOT, &**name, *made)?),
                Step::Splice(name, splice) => {
                    let text = object(transaction, name)?;
                    let remove = isize::try_from(splice.remove).unwrap_or(isize::MAX);
                    transaction.splice_text(&text, splice.at, remove, &splice.insert)?;
                }
                Step::AddTag(name, tag) => {
                    let tags = object(transaction, name)?;
                    transaction.put(&tags, tag.as_str(), true)?;
                }
                Step::RemoveTag(name, tag) => {
                    for tags in objects(transaction, name, ObjType::Map, None) {
                        if transaction.get(&tags, tag.as_str())?.is_some() {
                            transaction.delete(&tags, tag.as_str())?;
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

fn object(doc: &impl ReadDoc, name: &str) -> Result<ObjId, PatchError> {
    match doc.get(ROOT, name)? {
        Some((automerge::Value::Object(_), id)) => Ok(id),
        _ => Err(automerge::AutomergeError::NotAnObject.into()),
    }
}

fn scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Number(number) => parse::number_scalar(*number),
        Value::Flag(flag) => (*flag).into(),
        Value::Money(money) => money.stored().into(),
        Value::DateTime(_) | Value::Coordinates(_) | Value::Tags(_) => value.to_string().into(),
    }
}

/// What a step costs at most in its change: bytes by a careful estimate, and operations.
fn cost(step: &Step) -> (usize, usize) {
    match step {
        Step::Put(name, scalar) => {
            let size = match scalar {
                ScalarValue::Str(text) => text.len(),
                _ => 8,
            };
            (40 + name.len() + size, 1)
        }
        Step::Delete(name) | Step::Make(name, _) => (40 + name.len(), 1),
        Step::AddTag(_, tag) | Step::RemoveTag(_, tag) => (40 + tag.len(), 2),
        Step::Splice(_, splice) => {
            let letters = splice.insert.chars().count();
            (40 + splice.insert.len() + 2 * letters + 8 * splice.remove, letters + splice.remove)
        }
    }
}

/// Fills pieces in order; a splice too large for the rest of one is cut.
fn pack(steps: Vec<Step>) -> Vec<Piece> {
    let (mut pieces, mut piece) = (Vec::new(), Piece::default());
    let (mut bytes, mut operations) = (0, 0);
    let fits = |bytes: usize, operations: usize| bytes <= MAX_PIECE_COST && operations <= MAX_PIECE_OPERATIONS;
    for step in steps.into_iter().flat_map(cut) {
        let (more_bytes, more_operations) = cost(&step);
        if !piece.steps.is_empty() && !fits(bytes + more_bytes, operations + more_operations) {
            pieces.push(mem::take(&mut piece));
            (bytes, operations) = (0, 0);
        }
        (bytes, operations) = (bytes + more_bytes, operations + more_operations);
        piece.steps.push(step);
    }
    if !piece.steps.is_empty() {
        pieces.push(piece);
    }
    pieces
}

/// A splice of many letters as several of few.
fn cut(step: Step) -> Vec<Step> {
    const LETTERS: usize = 2_000;
    let Step::Splice(name, splice) = step else { return vec![step] };
    let mut parts = Vec::new();
    let mut remove = splice.remove;
    while remove > LETTERS {
        parts.push(Splice { at: splice.at, remove: LETTERS, insert: String::new() });
        remove -= LETTERS;
    }
    let letters: Vec<char> = splice.insert.chars().collect();
    let mut at = splice.at;
    for part in letters.chunks(LETTERS) {
        parts.push(Splice { at, remove: mem::take(&mut remove), insert: part.iter().collect() });
        at += part.len();
    }
    if remove > 0 {
        parts.push(Splice { at, remove, insert: String::new() });
    }
    parts.into_iter().map(|part| Step::Splice(name.clone(), part)).collect()
}
