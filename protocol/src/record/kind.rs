//! What a kind of record is: its fields, who may write it, who may read each field.

use super::{Day, FieldName, Seal, Unfit, Value, Values, compile, names::one_of};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, fmt};

/// A kind of record, described by one plain struct.
///
/// The struct with its doc comments and its `x-grid` metadata is the single description; everything else is compiled
/// from it. On the struct: `name`, `plural`, `title` (the field that names a record), `rule` (`owner` or `members`),
/// `section` (what it is about), and where they apply `singleton`, `verbs`, `identity`, `alike`, `imports_as`, `role` (`profile` or `prospect`),
/// `speaks` (the choice that says for whom a record speaks), `readers` (the choice that says how far a record goes:
/// without its word `public` it is for nobody outside), `seal` and `sealed` (the field that seals others, and those).
/// On each field: `audience` (`public`, `coalition`, `group` or `local`), and where they apply `type` (a string is a
/// `line` unless it says `text`, `link`, `place` or `reference`; a set is `tags` unless it says `references`),
/// `aliases` (headings of foreign tables), `of` (the kind, or the kinds, that a reference refers to; `any` for every
/// kind), `widget`, `day` (a moment that may be said as a day: `from`, `on`, `until`), `writes` (`first`: it is said
/// when the record is made and never again), `closeness` (`blurred`: a point is kept to about a kilometre). A field's default is that of the struct.
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

/// Who may read a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Everybody, also outside the coalition.
    Public,
    /// The groups of the coalition.
    Coalition,
    /// The computers of the group that wrote it. Until there are private spaces it stays on the one that wrote it.
    Group,
    /// Whoever sits at the computer that wrote it: it never enters a log.
    Local,
}

impl Audience {
    /// Whether what it may read goes into the log, and so to others.
    pub const fn travels(self) -> bool {
        matches!(self, Audience::Public | Audience::Coalition)
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Audience::Public => "public",
            Audience::Coalition => "coalition",
            Audience::Group => "group",
            Audience::Local => "local",
        })
    }
}

/// The closed set of what a field can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// One line of text.
    Line,
    /// Text of any number of lines, edited by many at once.
    Text,
    /// A link: http, https, mailto or tel.
    Link,
    /// A moment: instant, offset, zone.
    DateTime,
    /// A place as people call it.
    Place,
    /// A point on the earth.
    Coordinates,
    /// A set of tags; additions and removals merge.
    Tags,
    /// One of a few words.
    Choice(Vec<Choice>),
    /// The id of something else.
    Reference(Targets),
    /// A set of ids; additions and removals merge.
    References(Targets),
    /// A number.
    Number,
    /// Yes or no.
    Flag,
    /// An amount of money.
    Money,
}

impl FieldType {
    /// The word for it in schemas and help.
    pub fn name(&self) -> &'static str {
        match self {
            FieldType::Line => "line",
            FieldType::Text => "text",
            FieldType::Link => "link",
            FieldType::DateTime => "date-time",
            FieldType::Place => "place",
            FieldType::Coordinates => "coordinates",
            FieldType::Tags => "tags",
            FieldType::Choice(_) => "choice",
            FieldType::Reference(_) => "reference",
            FieldType::References(_) => "references",
            FieldType::Number => "number",
            FieldType::Flag => "flag",
            FieldType::Money => "money",
        }
    }
}

impl FieldType {
    /// Whether it holds a set of words: tags or ids.
    pub const fn is_set(&self) -> bool {
        matches!(self, FieldType::Tags | FieldType::References(_))
    }

    /// What it refers to, if it refers to anything.
    pub const fn targets(&self) -> Option<&Targets> {
        match self {
            FieldType::Reference(targets) | FieldType::References(targets) => Some(targets),
            _ => None,
        }
    }
}

/// The kinds that a reference may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Records of any kind.
    Any,
    /// Records of these kinds.
    Of(Vec<String>),
}

impl Targets {
    /// Whether records of this kind may be named.
    pub fn take(&self, kind: &str) -> bool {
        match self {
            Targets::Any => true,
            Targets::Of(kinds) => kinds.iter().any(|known| known == kind),
        }
    }

    /// The only kind that may be named, where there is one.
    pub fn only(&self) -> Option<&str> {
        match self {
            Targets::Of(kinds) => match kinds.as_slice() {
                [only] => Some(only),
                _ => None,
            },
            Targets::Any => None,
        }
    }
}

impl fmt::Display for Targets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Targets::Any => f.write_str("record"),
            Targets::Of(kinds) => f.write_str(&kinds.join(", ")),
        }
    }
}

/// One of the words that a choice takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The word itself.
    pub word: String,
    /// What it means.
    pub about: String,
}

/// When a field may be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Writes {
    /// At any time.
    #[default]
    Always,
    /// When the record is made, and never again.
    First,
}

/// How closely a field says where something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Closeness {
    /// As closely as it was given: people come there.
    #[default]
    Exact,
    /// To about a kilometre, whatever was given: people live or work there.
    Blurred,
}

/// One field of a kind.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name, as in JSON: `copied_from`.
    pub name: FieldName,
    /// What it is, for help and forms: the doc comment.
    pub about: String,
    /// What it holds.
    pub field_type: FieldType,
    /// Who may read it.
    pub audience: Audience,
    /// Headings under which foreign tables carry it.
    pub aliases: Vec<String>,
    /// How a form should ask for it, where the type does not say enough.
    pub widget: Option<String>,
    /// Which moment of a day is meant where a day is given; none: the time has to be said.
    pub day: Option<Day>,
    /// When it may be written.
    pub writes: Writes,
    /// How closely it says where something is.
    pub closeness: Closeness,
    /// What it holds where nothing was written.
    pub default: Option<Value>,
}

impl Field {
    /// The name as people read it: `Copied from`.
    pub fn label(&self) -> String {
        let spaced = self.name.replace('_', " ");
        let mut letters = spaced.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }

    /// What stands for it in JSON where it holds nothing: an empty list of tags, or null.
    pub fn empty_json(&self) -> serde_json::Value {
        match self.field_type {
            FieldType::Tags | FieldType::References(_) => serde_json::Value::Array(Vec::new()),
            _ => serde_json::Value::Null,
        }
    }

    /// The name as a command line spells it: `copied-from`.
    pub fn flag(&self) -> String {
        self.name.replace('_', "-")
    }
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
    /// The fields that together tell one record from another in imports; empty: each row is a new record.
    pub identity: Vec<FieldName>,
    /// The link by which, with the title, an import finds a record whose identity was corrected in the table; none:
    /// such a row is a new record.
    pub alike: Option<FieldName>,
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
    /// [`CompileError`] when the description is incomplete, or a field is none of the [`FieldType`]s.
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
    /// go to people outside.
    pub fn lets_read(&self, values: &Values, audience: Audience) -> bool {
        let said = self.readers.as_ref().is_none_or(|readers| values.text(readers) == Self::PUBLIC);
        said || audience != Audience::Public
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
