//! What a field holds, and its JSON form.
//!
//! | field type | JSON form |
//! |---|---|
//! | line, text, link, place, choice, reference | string |
//! | date-time | string, RFC 9557: `2026-11-30T10:00:00+11:00[Australia/Sydney]`, the zone optional |
//! | coordinates | `{"latitude": -28.81, "longitude": 153.28}` |
//! | tags | array of strings, sorted |
//! | number | number |
//! | flag | `true` or `false` |
//! | money | `{"amount": 1250, "currency": "AUD"}`, in the smallest unit of the currency |
//!
//! A field that is empty is absent: there is no empty string and no empty array.

use super::{Coordinates, DateTime, Money, Tags};
use serde::{Serialize, Serializer, ser::SerializeMap};
use smol_str::SmolStr;
use std::{fmt, sync::Arc};

/// The name of a field, as in JSON: `copied_from`.
pub type FieldName = Arc<str>;

/// What one field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A line, text, link, place, choice or reference.
    Text(SmolStr),
    /// A moment with its offset and, where known, its zone; apart, because few fields hold as much.
    DateTime(Box<DateTime>),
    /// A point on the earth.
    Coordinates(Coordinates),
    /// A set of tags.
    Tags(Tags),
    /// A finite number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// An amount of money.
    Money(Box<Money>),
}

impl Value {
    /// The text of a line, text, link, place, choice or reference.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// The point of coordinates.
    pub fn as_coordinates(&self) -> Option<Coordinates> {
        match self {
            Value::Coordinates(point) => Some(*point),
            _ => None,
        }
    }

    /// The tags of a tags field.
    pub fn as_tags(&self) -> Option<&Tags> {
        match self {
            Value::Tags(tags) => Some(tags),
            _ => None,
        }
    }

    /// The JSON form.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or(serde_json::Value::Null)
    }
}

/// A whole number that `f64` holds exactly.
pub(super) fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64)
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Text(text) => serializer.serialize_str(text),
            Value::DateTime(moment) => moment.serialize(serializer),
            Value::Coordinates(point) => point.serialize(serializer),
            Value::Tags(tags) => tags.serialize(serializer),
            Value::Number(number) => match whole(*number) {
                Some(whole) => serializer.serialize_i64(whole),
                None => serializer.serialize_f64(*number),
            },
            Value::Flag(flag) => serializer.serialize_bool(*flag),
            Value::Money(money) => money.serialize(serializer),
        }
    }
}

/// The text form: what a form field, a command line or a table cell shows. It parses back into the same value.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::DateTime(moment) => moment.fmt(f),
            Value::Coordinates(point) => point.fmt(f),
            Value::Tags(tags) => {
                for (index, tag) in tags.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { "; " })?;
                    f.write_str(tag)?;
                }
                // One tag with a comma in it would read as two without a separator behind it.
                let ambiguous = tags.len() == 1 && tags.iter().any(|tag| tag.contains(','));
                f.write_str(if ambiguous { ";" } else { "" })
            }
            Value::Number(number) => match whole(*number) {
                Some(whole) => whole.fmt(f),
                None => number.fmt(f),
            },
            Value::Flag(flag) => f.write_str(if *flag { "yes" } else { "no" }),
            Value::Money(money) => money.fmt(f),
        }
    }
}

/// The fields of one record that hold something.
///
/// They lie one behind the other, by name: a node holds a hundred thousand of these, each with a few fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(Vec<(FieldName, Value)>);

impl Values {
    /// What a field holds.
    pub fn get(&self, field: &str) -> Option<&Value> {
        let place = self.place(field).ok()?;
        self.0.get(place).map(|(_, value)| value)
    }

    /// Where a field is, or where it would be.
    fn place(&self, field: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(name, _)| (**name).cmp(field))
    }

    /// The text of a field, empty when it has none.
    pub fn text(&self, field: &str) -> &str {
        self.get(field).and_then(Value::as_text).unwrap_or("")
    }

    /// Sets a field. Meant for values that a [`Field`](super::Field) has accepted.
    pub fn set(&mut self, field: FieldName, value: Value) {
        match self.place(&field) {
            Ok(place) => {
                if let Some(known) = self.0.get_mut(place) {
                    known.1 = value;
                }
            }
            Err(place) => self.0.insert(place, (field, value)),
        }
    }

    /// Empties a field.
    pub fn clear(&mut self, field: &str) {
        if let Ok(place) = self.place(field) {
            self.0.remove(place);
        }
    }

    /// Gives back what growing left over.
    pub fn settle(&mut self) {
        self.0.shrink_to_fit();
    }

    /// The fields in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&FieldName, &Value)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// How many fields hold something.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no field holds anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The JSON form: an object with the fields that hold something.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or(serde_json::Value::Null)
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(&**name, value)?;
        }
        map.end()
    }
}

impl FromIterator<(FieldName, Value)> for Values {
    fn from_iter<I: IntoIterator<Item = (FieldName, Value)>>(fields: I) -> Self {
        let mut values = Self::default();
        fields.into_iter().for_each(|(name, value)| values.set(name, value));
        values.settle();
        values
    }
}
