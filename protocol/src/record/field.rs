//! What a field of a kind holds, who may read it, and what it refers to.

use super::{Day, FieldName, Value};
use serde::Serialize;
use std::fmt;

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
    /// As long as it holds nothing: what was said then stands.
    Once,
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

/// The field that says how far something is.
pub const STATUS: &str = "status";

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
    /// Headings of the columns that make it together where a table has it in parts: for each part, in the order in
    /// which they are joined, what it is called.
    pub parts: Vec<Vec<String>>,
    /// The field whose words stand in for it in tables that leave it empty.
    pub stand_in: Option<FieldName>,
    /// How a form should ask for it, where the type does not say enough.
    pub widget: Option<String>,
    /// Which moment of a day is meant where a day is given; none: the time has to be said.
    pub day: Option<Day>,
    /// When it may be written.
    pub writes: Writes,
    /// How closely it says where something is.
    pub closeness: Closeness,
    /// The word that gives less away: it is read where edits of the field met and one of them says it, and where nobody
    /// can read what was written.
    pub met: Option<Value>,
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

    /// What a record says in this field, where that is its status and not the one with which records of its kind begin.
    pub fn turned<'s>(&self, said: &'s str) -> Option<&'s str> {
        let is_status = &*self.name == STATUS && matches!(self.field_type, FieldType::Choice(_));
        let begins = self.default.as_ref().and_then(Value::as_text).unwrap_or_default();
        Some(said).filter(|said| is_status && !said.is_empty() && *said != begins)
    }

    /// The name as a command line spells it: `copied-from`.
    pub fn flag(&self) -> String {
        self.name.replace('_', "-")
    }
}
