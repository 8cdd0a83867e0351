//! Which field of a kind plays which part: the one rule behind all formats.

use crate::record::heading::field_for;
use crate::record::{Audience, Day, Field, FieldName, FieldType, Kind};

/// The parts that formats know, and the fields that play them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// What names a record.
    pub title: FieldName,
    /// When it begins: the first date-time. A deadline is a beginning without an end.
    pub starts: Option<FieldName>,
    /// When it ends: the date-time behind it, if it is called `ends`, `until` or `closes`.
    pub ends: Option<FieldName>,
    /// Which moment stands for a day on which it begins, where a day will do.
    pub begins_on: Option<Day>,
    /// Which moment stands for a day on which it ends, where a day will do.
    pub ends_on: Option<Day>,
    /// How it comes back: the line `repeats`.
    pub repeats: Option<FieldName>,
    /// The days on which it does not, although it comes back: the tags `except`.
    pub except: Option<FieldName>,
    /// Where it is: the first place.
    pub place: Option<FieldName>,
    /// Where it is on the map: the first coordinates.
    pub point: Option<FieldName>,
    /// What it is about: the first long text.
    pub text: Option<FieldName>,
    /// Where to read more: the first link.
    pub link: Option<FieldName>,
    /// What it is listed under: the first tags that are neither roles nor languages nor days.
    pub tags: Option<FieldName>,
    /// How far it is: the choice `status`.
    pub status: Option<FieldName>,
    /// What can be heard: the link `recording`.
    pub recording: Option<FieldName>,
    /// The language: the line `language`.
    pub language: Option<FieldName>,
    /// An address for letters: the line `email`.
    pub email: Option<FieldName>,
    /// A telephone number: the line `phone`.
    pub phone: Option<FieldName>,
    /// A way to be reached of any sort: the line `reach`.
    pub reach: Option<FieldName>,
    /// What somebody noted: what a table calls `Notes`.
    pub note: Option<FieldName>,
}

/// Names of the second date-time of a pair.
const ENDS: &[&str] = &["ends", "until", "closes"];

impl Shape {
    /// The shape of a kind.
    pub fn of(kind: &Kind) -> Self {
        let first = |fits: &dyn Fn(&Field) -> bool| {
            kind.fields.iter().find(|field| fits(field)).map(|field| field.name.clone())
        };
        let of_type = |wanted: FieldType| first(&|field| field.field_type == wanted && field.name != kind.title);
        let line = |name: &str| first(&|field| field.field_type == FieldType::Line && &*field.name == name);
        let (starts, ends) = Self::times(kind);
        let is_choice = |field: &Field| matches!(field.field_type, FieldType::Choice(_));
        Self {
            title: kind.title.clone(),
            starts: starts.map(|field| field.name.clone()),
            ends: ends.map(|field| field.name.clone()),
            begins_on: starts.and_then(|field| field.day),
            ends_on: ends.and_then(|field| field.day),
            repeats: line("repeats"),
            except: first(&|field| field.field_type == FieldType::Tags && &*field.name == "except"),
            place: of_type(FieldType::Place),
            point: of_type(FieldType::Coordinates),
            text: of_type(FieldType::Text),
            link: first(&|field| field.field_type == FieldType::Link && &*field.name != "recording"),
            tags: first(&|field| {
                field.field_type == FieldType::Tags && !["roles", "languages", "except"].contains(&&*field.name)
            }),
            status: first(&|field| &*field.name == "status" && is_choice(field)),
            recording: first(&|field| field.field_type == FieldType::Link && &*field.name == "recording"),
            language: line("language"),
            email: line("email"),
            phone: line("phone"),
            reach: line("reach"),
            note: field_for(kind, "Notes"),
        }
    }

    /// The fields of a kind that say when a record begins and ends.
    pub fn times(kind: &Kind) -> (Option<&Field>, Option<&Field>) {
        let mut times = kind.fields.iter().filter(|field| field.field_type == FieldType::DateTime);
        let starts = times.next();
        (starts, times.next().filter(|field| ENDS.contains(&&*field.name)))
    }

    /// Whether its records can be reached, as in an address book.
    pub fn is_reachable(&self) -> bool {
        self.email.is_some() || self.phone.is_some() || self.reach.is_some()
    }
}

impl Kind {
    /// The kind as such a reader sees it: with the fields that are for them, and none where the title is not.
    ///
    /// A record that is named by what it refers to is nothing for the public: the name is another record's.
    #[must_use]
    pub fn seen_by(&self, audience: Audience) -> Option<Kind> {
        let mut seen = self.clone();
        seen.fields.retain(|field| field.audience <= audience);
        seen.positions = seen.fields.iter().enumerate().map(|(at, field)| (field.name.clone(), at)).collect();
        let title = seen.field(&seen.title)?;
        let borrowed = matches!(title.field_type, FieldType::Reference(_)) && audience == Audience::Public;
        (!borrowed).then_some(seen)
    }
}
