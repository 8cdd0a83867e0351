//! What somebody wants to change: the one form that command line, web form, JSON and tables are parsed into.

use super::{Audience, Complaint, FieldName, Imported, Kind, Unfit, Value, Values, names::one_of};
use crate::id::ChangeHash;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The changes to one record, each already accepted by its field.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patch {
    /// The heads of the document as the writer saw it; empty: the writer means the document as it is when the
    /// patch is written. A field that the writer left as it was then is not written.
    pub based_on: Vec<ChangeHash>,
    /// Which fields that is about.
    pub base_of: BaseOf,
    pub(super) fields: BTreeMap<FieldName, Option<Value>>,
    pub(super) imported: Option<Imported>,
}

/// Which fields the heads of a patch are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BaseOf {
    /// All: the patch is a form that shows the whole record.
    #[default]
    Everything,
    /// Long texts: other fields are set as they are given, whatever they were.
    Texts,
}

/// Why a patch can't be made or written.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// The kind has no such field.
    #[error("{kind} has no field {field:?}")]
    UnknownField {
        /// The kind.
        kind: String,
        /// What was asked for.
        field: String,
        /// The fields it has.
        hint: String,
    },
    /// A value that its field does not take.
    #[error("{field}: {unfit}")]
    Unfit {
        /// The field.
        field: FieldName,
        /// What was expected and found.
        #[source]
        unfit: Unfit,
    },
    /// The same field twice, where it takes one value.
    #[error("{field} is given twice, and takes one value")]
    Repeated {
        /// The field.
        field: FieldName,
    },
    /// A field that a record can't be without.
    #[error("{field} is missing: every {kind} needs one")]
    Missing {
        /// The kind.
        kind: String,
        /// The field.
        field: FieldName,
    },
    /// A field that was sealed: it stands.
    #[error("{field} stands as it was sealed")]
    Sealed {
        /// The kind.
        kind: String,
        /// The field.
        field: FieldName,
    },
    /// A field that is said when the record is made was to be changed.
    #[error("{field} is said when a {kind} is made, and never changed: what stood here before stays in the history")]
    OnlyFirst {
        /// The kind.
        kind: String,
        /// The field.
        field: FieldName,
    },
    /// A field that is said once was to be changed.
    #[error("{field} of {} stands as it was said first: an edit does not change it", one_of(.kind))]
    OnlyOnce {
        /// The kind.
        kind: String,
        /// The field.
        field: FieldName,
    },
    /// The fields do not fit together.
    #[error("{}", .0.message)]
    Rule(Complaint),
    /// JSON of another shape.
    #[error("expected a JSON object with the fields of {}, found {found}", one_of(.kind))]
    NotAnObject {
        /// The kind.
        kind: String,
        /// What stood there.
        found: String,
    },
    /// Two versions that the patch is based on.
    #[error("expected based_on or texts_based_on, found both")]
    TwoBases,
    /// `based_on` is not a list of change hashes.
    #[error("based_on: expected an array of change hashes as shown with the record, found {found}")]
    NotHeads {
        /// What stood there.
        found: String,
    },
    /// The patch was made on a version of the record that this node has not got.
    #[error("the change was made on a version of this record that is not here (change {})", missing.short())]
    UnknownHeads {
        /// The first head that is missing.
        missing: ChangeHash,
    },
    /// The edit does not fit one change, and was to be written as one.
    #[error("expected an edit that fits one change, found one of {pieces}")]
    ManyPieces {
        /// How many changes it takes.
        pieces: usize,
    },
    /// A field that stays on the computer that wrote it was to be written into a log.
    #[error("{field} is for {audience} readers and never enters a log")]
    NotForOthers {
        /// The field.
        field: FieldName,
        /// Who may read it.
        audience: Audience,
    },
    /// Automerge refused an edit.
    #[error("the document can't be edited")]
    Document(#[from] automerge::AutomergeError),
}

impl PatchError {
    /// What to do about it, where that can be said.
    pub fn hint(&self) -> Option<&str> {
        match self {
            PatchError::UnknownField { hint, .. } => Some(hint),
            PatchError::Unfit { unfit, .. } => unfit.hint.as_deref(),
            PatchError::Sealed { .. } => Some("Make another record with the new content; this one stays what it is."),
            PatchError::OnlyFirst { .. } => {
                Some("Make a new record and remove this one; other computers keep the history of the old one.")
            }
            PatchError::OnlyOnce { .. } => {
                Some("Where it is wrong, make a new record that says it rightly and remove this one.")
            }
            PatchError::TwoBases => Some("Leave one of them out: texts_based_on is about long texts alone."),
            PatchError::UnknownHeads { .. } => Some("Show the record again and repeat the change there."),
            _ => None,
        }
    }
}

impl Patch {
    /// The patch with the heads that it was made on.
    #[must_use]
    pub fn based_on(mut self, heads: impl IntoIterator<Item = ChangeHash>) -> Self {
        self.based_on = heads.into_iter().collect();
        self
    }

    /// Sets a field, or with `None` empties it.
    ///
    /// # Errors
    ///
    /// [`PatchError`] when the kind has no such field or the field does not take the value.
    pub fn set(&mut self, kind: &Kind, field: &str, value: Option<Value>) -> Result<(), PatchError> {
        let field = kind.field(field).ok_or_else(|| kind.unknown(field))?;
        let value = value
            .map(|value| field.accept(field.kept(value)))
            .transpose()
            .map_err(|unfit| PatchError::unfit(&field.name, unfit))?;
        self.fields.insert(field.name.clone(), value.flatten());
        Ok(())
    }

    /// The fields with what they shall hold; `None` empties.
    pub fn fields(&self) -> impl Iterator<Item = (&FieldName, Option<&Value>)> {
        self.fields.iter().map(|(name, value)| (name, value.as_ref()))
    }

    /// What a field shall hold, where the patch touches it.
    pub fn get(&self, field: &str) -> Option<Option<&Value>> {
        self.fields.get(field).map(Option::as_ref)
    }

    /// What the record shall note of imports, where the patch comes of one.
    pub fn imported(&self) -> Option<&Imported> {
        self.imported.as_ref()
    }

    /// What it sets, as the values of a record.
    pub fn values(&self) -> Values {
        self.fields.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect()
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.imported.is_none()
    }

    /// The patch in two: what goes into the log, and what stays on this computer. What names the row of an import is a hash
    /// of all that it says: where some of that stays here, so does the hash, by which others could try what it is.
    pub fn split(mut self, kind: &Kind) -> (Patch, Patch) {
        let stays = |name: &FieldName| kind.field(name).is_some_and(|field| !field.audience.travels());
        let (here, log): (BTreeMap<_, _>, _) =
            std::mem::take(&mut self.fields).into_iter().partition(|(name, _)| stays(name));
        let here = Patch { fields: here, ..Patch::default() };
        if here.fields.is_empty() {
            return (Patch { fields: log, ..self }, here);
        }
        let imported = self.imported.take();
        (Patch { fields: log, ..self }, Patch { imported, ..here })
    }

    /// The values with what the patch sets and empties; an emptied field has its default.
    pub fn over(&self, kind: &Kind, mut values: Values) -> Values {
        for (name, value) in &self.fields {
            match value.as_ref().or(kind.field(name).and_then(|field| field.default.as_ref())) {
                Some(value) => values.set(name.clone(), value.clone()),
                None => values.clear(name),
            }
        }
        values
    }

    /// The patch of a command line or a web form: flags or field names with their text. Blank text empties a field;
    /// tags may be given several times.
    ///
    /// # Errors
    ///
    /// [`PatchError`] on the first flag that does not fit.
    pub fn from_flags<F: AsRef<str>, T: AsRef<str>>(
        kind: &Kind,
        flags: impl IntoIterator<Item = (F, T)>,
    ) -> Result<Self, PatchError> {
        let mut patch = Self::default();
        for (flag, text) in flags {
            let name = flag.as_ref().trim_start_matches('-').replace('-', "_");
            let field = kind.field(&name).ok_or_else(|| kind.unknown(flag.as_ref()))?;
            let value = field.from_text(text.as_ref()).map_err(|unfit| PatchError::unfit(&field.name, unfit))?;
            match (patch.fields.get_mut(&field.name), value) {
                (None, value) => drop(patch.fields.insert(field.name.clone(), value)),
                (Some(Some(Value::Tags(tags))), Some(Value::Tags(more))) => {
                    *tags = tags.iter().chain(more.iter()).collect();
                    let all = Value::Tags(tags.clone());
                    field.accept(all).map_err(|unfit| PatchError::unfit(&field.name, unfit))?;
                }
                (Some(known), value) if field.field_type.is_set() => *known = known.take().or(value),
                (Some(_), _) => return Err(PatchError::Repeated { field: field.name.clone() }),
            }
        }
        Ok(patch)
    }

    /// The patch of a JSON object: the fields in their JSON form, `null` to empty one, and optionally `based_on` or
    /// `texts_based_on`, an array of change hashes.
    ///
    /// # Errors
    ///
    /// [`PatchError`] on the first field that does not fit.
    pub fn from_json(kind: &Kind, json: &Json) -> Result<Self, PatchError> {
        let object = json.as_object().ok_or_else(|| PatchError::NotAnObject {
            kind: kind.name.clone(),
            found: Unfit::new("", &json.to_string()).found,
        })?;
        let mut patch = Self::default();
        for (name, json) in object {
            let base_of = match name.as_str() {
                "based_on" => Some(BaseOf::Everything),
                "texts_based_on" => Some(BaseOf::Texts),
                _ => None,
            };
            if let Some(base_of) = base_of {
                if !patch.based_on.is_empty() {
                    return Err(PatchError::TwoBases);
                }
                (patch.based_on, patch.base_of) = (heads(json)?, base_of);
                continue;
            }
            let field = kind.field(name).ok_or_else(|| kind.unknown(name))?;
            let value = field.from_json(json).map_err(|unfit| PatchError::unfit(&field.name, unfit))?;
            patch.fields.insert(field.name.clone(), value);
        }
        Ok(patch)
    }
}

impl PatchError {
    pub(super) fn unfit(field: &FieldName, unfit: Unfit) -> Self {
        PatchError::Unfit { field: field.clone(), unfit }
    }
}

impl Kind {
    fn unknown(&self, field: &str) -> PatchError {
        let fields: Vec<&str> = self.fields.iter().map(|field| &*field.name).collect();
        let hint = format!("The fields of {} are: {}.", self.one(), fields.join(", "));
        PatchError::UnknownField { kind: self.name.clone(), field: field.chars().take(80).collect(), hint }
    }
}

fn heads(json: &Json) -> Result<Vec<ChangeHash>, PatchError> {
    let wrong = || PatchError::NotHeads { found: Unfit::new("", &json.to_string()).found };
    let hashes = json.as_array().ok_or_else(wrong)?;
    hashes.iter().map(|hash| hash.as_str().and_then(|text| text.parse().ok()).ok_or_else(wrong)).collect()
}
