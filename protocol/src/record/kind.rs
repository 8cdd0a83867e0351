//! What a kind of record is: its fields, who may write it, what it stands for.

use super::{Audience, Field, FieldName, FieldType, Seal, Unfit, Values, compile, names::one_of};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;

/// A kind of record, described by one plain struct.
///
/// The struct with its doc comments and its `x-grid` metadata is the single description; everything else is compiled
/// from it. On the struct: `name`, `plural`, `title` (the field that names a record), `rule` (`owner` or `members`),
/// `section` (what it is about), and where they apply `singleton`, `verbs`, `identity`, `alike`, `traces` (fields
/// that two have in common which look like one), `imports_as`, `role` (`profile` or `prospect`),
/// `speaks` (the choice that says for whom a record speaks), `readers` (the choice that says how far a record goes:
/// without its word `public` it is for nobody outside), `seal` and `sealed` (the field that seals others, and those),
/// `earlier` (fields of which it counts what they said before).
/// On each field: `audience` (`public`, `coalition`, `group` or `local`), and where they apply `type` (a string is a
/// `line` unless it says `text`, `link`, `place` or `reference`; a set is `tags` unless it says `references`),
/// `aliases` (headings of foreign tables), `parts` (headings of columns that make the field together), `stand_in` (the
/// field whose words stand in for it where a table leaves it empty), `of` (the kind, or the kinds, that a reference refers to; `any` for every
/// kind), `widget`, `day` (a moment that may be said as a day: `from`, `on`, `until`), `writes` (`first`: it is said
/// when the record is made and never again; `once`: what was said first stands), `met` (what counts where
/// edits of a choice or a flag met and one of them says it, and where what was written can't be read), `closeness` (`blurred`: a point is kept to about a kilometre). A field's default is that of the struct.
///
/// The title is a line, a text of which the first line counts, or a reference: such a record is named by what it
/// refers to.
pub trait Record: Serialize + DeserializeOwned + JsonSchema + Default {
    /// What must hold between the fields. It is asked before a patch is written, never when reading.
    ///
    /// # Errors
    ///
    /// The [`Complaint`] that a person should read.
    fn check(&self) -> Result<(), Complaint> {
        Ok(())
    }
}

/// What does not hold between the fields of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The fields it is about: a patch that touches none of them is not held up.
    pub fields: &'static [&'static str],
    /// What is wrong, as a sentence.
    pub message: String,
}

/// Why people outside do not read a record although it is for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptInside<'d> {
    /// It breaks this rule of its kind.
    Breaks(Complaint),
    /// Nobody can read what stands in this field.
    Unreadable(&'d str),
}

/// Who may write the records of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteRule {
    /// The group that made the record.
    Owner,
    /// Every group of the coalition.
    Members,
}

/// What the records of a kind stand for in the directory, where it is more than themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KindRole {
    /// A group of the coalition: its own profile.
    Profile,
    /// A group that is not here yet.
    Prospect,
}

/// A kind of record, compiled from its description.
#[derive(Clone, Debug)]
pub struct Kind {
    /// Its name in commands, paths and documents: `action`.
    pub name: String,
    /// More than one of it: `actions`.
    pub plural: String,
    /// What it is, in a sentence or two.
    pub about: String,
    /// What it is about, so that lists of kinds can be read: `people`, `actions`.
    pub section: String,
    /// Whether a group has exactly one, its nonce then being 0.
    pub singleton: Singleton,
    /// Who may write its records.
    pub rule: WriteRule,
    /// What its records stand for in the directory, if for anything.
    pub role: Option<KindRole>,
    /// The field that names a record; it is never empty.
    pub title: FieldName,
    /// The choice that says for whom a record speaks, where it can speak for the network.
    pub speaks: Option<FieldName>,
    /// The choice that says how far a record goes, where each says so itself.
    pub readers: Option<FieldName>,
    /// The field that seals others, where there is one.
    pub seal: Option<Seal>,
    /// Commands beside those that every kind has.
    pub verbs: Vec<String>,
    /// Fields of which rows tell what they said before.
    pub earlier: Vec<FieldName>,
    /// The fields that together tell one record from another in imports; empty: all that a row says does, and how many
    /// such rows stand before it.
    pub identity: Vec<FieldName>,
    /// The link by which, with the title, an import finds a record whose identity was corrected in the table; none:
    /// such a row is a new record.
    pub alike: Option<FieldName>,
    /// What two have in common that look like one, the most telling first: fields that are equal together. An import says so
    /// of rows that it takes for new.
    pub traces: Vec<Vec<FieldName>>,
    /// The kind that a table of these becomes, where it is another one: nobody can write the profiles of others.
    pub imports_as: Option<String>,
    /// The fields in the order of the struct.
    pub fields: Vec<Field>,
    pub(super) positions: BTreeMap<FieldName, usize>,
    pub(super) check: fn(serde_json::Value) -> Result<(), Complaint>,
}

/// Where the records of a kind lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordHome {
    /// In the log, and so with the others; fields for fewer readers lie beside it.
    Log,
    /// On the computer that wrote them.
    Here,
}

/// How many records of a kind a group has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Singleton {
    /// Exactly one.
    OncePerGroup,
    /// Any number.
    Many,
}

impl Kind {
    /// The kind that a struct describes.
    ///
    /// # Errors
    ///
    /// [`CompileError`] when the description is incomplete, or a field is none of the [`FieldType`](super::FieldType)s.
    pub fn compile<T: Record>() -> Result<Self, CompileError> {
        compile::compile::<T>()
    }

    /// Where its records lie: a kind of which nothing travels stays on the computer that wrote it.
    pub fn home(&self) -> RecordHome {
        let travels = self.fields.iter().any(|field| field.audience.travels());
        if travels { RecordHome::Log } else { RecordHome::Here }
    }

    /// The word of `readers` by which a record is for everybody.
    const PUBLIC: &str = "public";

    /// Whether a record may be read by this audience: where records say so themselves, only those that say `public`
    /// go to people outside, and of those only what [nothing keeps inside](Self::kept_inside).
    pub fn lets_read(&self, values: &Values, damaged: &[String], audience: Audience) -> bool {
        let Some(readers) = self.readers.as_ref().filter(|_| audience == Audience::Public) else { return true };
        values.text(readers) == Self::PUBLIC && self.kept_inside(values, damaged).is_none()
    }

    /// Why people outside do not read a record that says that it is for them; none where they do, or where it does not
    /// say so.
    ///
    /// Of two edits that met each may have kept to all rules; and what is complained of first may stand before a rule
    /// about readers. A field that can't be read may be the one that keeps the record inside, unless it is a text.
    pub fn kept_inside<'d>(&self, values: &Values, damaged: &'d [String]) -> Option<KeptInside<'d>> {
        let readers = self.readers.as_ref()?;
        if values.text(readers) != Self::PUBLIC {
            return damaged.iter().find(|name| **name == **readers).map(|name| KeptInside::Unreadable(name));
        }
        let is_text = |name: &str| self.field(name).is_some_and(|field| field.field_type == FieldType::Text);
        let unread = damaged.iter().find(|name| !is_text(name)).map(|name| KeptInside::Unreadable(name));
        unread.or_else(|| self.check(values).err().map(KeptInside::Breaks))
    }

    /// What a record is called: the first line of its title. One that is named by what it refers to holds an id there.
    pub fn title_of<'v>(&self, values: &'v Values) -> &'v str {
        let title = values.text(&self.title);
        title.trim_start().lines().next().unwrap_or_default()
    }

    /// Its name with the article: `an action`.
    pub fn one(&self) -> String {
        one_of(&self.name)
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.positions.get(name).and_then(|position| self.fields.get(*position))
    }

    /// What a record holds that nobody wrote to: the defaults.
    pub fn defaults(&self) -> Values {
        self.fields.iter().filter_map(|field| Some((field.name.clone(), field.default.clone()?))).collect()
    }

    /// The rules between fields of this kind.
    ///
    /// # Errors
    ///
    /// The [`Complaint`] of the kind's own check.
    pub fn check(&self, values: &Values) -> Result<(), Complaint> {
        (self.check)(values.to_json())
    }
}

/// A description that is no kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// Something that every kind or field must say is not said.
    #[error("{place}: expected {expected} in x-grid, found {found}")]
    Metadata {
        /// The struct or field.
        place: String,
        /// What must be said.
        expected: &'static str,
        /// What is said.
        found: String,
    },
    /// A field of a shape that is none of the field types.
    #[error("{place}: expected one of the field types, found the shape {shape}")]
    Shape {
        /// The field.
        place: String,
        /// Its JSON schema.
        shape: String,
    },
    /// A field with a name that interfaces use for themselves.
    #[error("{place}: this name is taken by every interface; choose another")]
    Reserved {
        /// The field.
        place: String,
    },
    /// A default that the field itself does not take.
    #[error("{place}: the default does not fit")]
    Default {
        /// The field.
        place: String,
        /// Why.
        #[source]
        source: Unfit,
    },
    /// A struct or field without a doc comment.
    #[error("{place}: expected a doc comment, for help, forms and schema")]
    Undocumented {
        /// The struct or field.
        place: String,
    },
}
