//! From what people and programs give to a [`Value`]: each field takes or refuses it, and says what it expected.

use super::{Closeness, Coordinates, DateTime, Field, FieldType, Money, Value, date_time, measure, value::whole};
use crate::{
    id::DocumentId,
    limits::{MAX_LINE, MAX_LINK, MAX_TAG, MAX_TAGS, MAX_TEXT},
};
use jiff::civil::Date;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// A value that does not fit its field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub struct Unfit {
    /// What would fit.
    pub expected: String,
    /// What stood there, at most 80 characters of it.
    pub found: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Unfit {
    pub(super) fn new(expected: &str, found: &str) -> Self {
        let mut shown: String = found.chars().take(80).collect();
        if shown.len() < found.len() {
            shown.push('…');
        }
        Self { expected: expected.to_owned(), found: format!("{shown:?}"), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The schemes that a link may have: nothing that runs in a page.
const SCHEMES: &[&str] = &["http://", "https://", "mailto:", "tel:"];
const LINK: &str = "a link like https://example.org";
const FLAG: &str = "yes or no";
const NUMBER: &str = "a number like 12.5";
const REFERENCE: &str = "the id of a record, 52 letters and digits; commands take its first six, too, or a title";
const REFERENCES: &str = "ids of records, 52 letters and digits each, with semicolons between them";

impl Field {
    /// The value of a text: a command line, a form, a cell. Blank text is no value.
    ///
    /// # Errors
    ///
    /// [`Unfit`] when the field does not take it.
    pub fn from_text(&self, text: &str) -> Result<Option<Value>, Unfit> {
        let trimmed = text.trim();
        if trimmed.is_empty() && !matches!(self.field_type, FieldType::Text) {
            return Ok(None);
        }
        let value = match &self.field_type {
            FieldType::Line | FieldType::Place => Value::Text(text.into()),
            FieldType::Text => Value::Text(line_ends(text).into()),
            FieldType::Link => Value::Text(with_scheme(trimmed).into()),
            FieldType::Choice(_) => Value::Text(self.choice_word(trimmed).into()),
            FieldType::Reference(_) => Value::Text(trimmed.to_ascii_lowercase().into()),
            FieldType::DateTime => Value::DateTime(Box::new(self.moment(trimmed)?)),
            FieldType::Coordinates => Value::Coordinates(Coordinates::parse(trimmed)?),
            FieldType::Tags => Value::Tags(split_tags(trimmed).into()),
            FieldType::References(_) => Value::Tags(split_tags(&trimmed.to_ascii_lowercase()).into()),
            FieldType::Number => Value::Number(trimmed.parse().map_err(|_| Unfit::new(NUMBER, text))?),
            FieldType::Flag => Value::Flag(flag(trimmed).ok_or_else(|| Unfit::new(FLAG, text))?),
            FieldType::Money => Value::Money(Box::new(Money::parse(trimmed)?)),
        };
        self.accept(self.kept(value))
    }

    /// The value of its JSON form; a string is read as text. `null` is no value.
    ///
    /// # Errors
    ///
    /// [`Unfit`] when the field does not take it.
    pub fn from_json(&self, json: &Json) -> Result<Option<Value>, Unfit> {
        let value = self.whole_json(json)?;
        Ok(value.map(|value| self.kept(value)))
    }

    /// What is kept of a value that somebody gives. What was written before stands as it is.
    pub(super) fn kept(&self, value: Value) -> Value {
        match (self.closeness, value) {
            (Closeness::Blurred, Value::Coordinates(point)) => Value::Coordinates(point.blurred()),
            (_, value) => value,
        }
    }

    fn whole_json(&self, json: &Json) -> Result<Option<Value>, Unfit> {
        let unfit = |expected: &str| Unfit::new(expected, &json.to_string());
        let value = match (&self.field_type, json) {
            (_, Json::Null) => return Ok(None),
            (_, Json::String(text)) => return self.from_text(text),
            (FieldType::Tags | FieldType::References(_), Json::Array(tags)) => {
                let tags = tags.iter().map(|tag| tag.as_str().map(|tag| tag.trim().to_owned()));
                let mut tags: BTreeSet<_> = tags.collect::<Option<_>>().ok_or_else(|| unfit("an array of strings"))?;
                tags.remove("");
                Value::Tags(tags.into())
            }
            (FieldType::Coordinates, Json::Object(_)) => {
                Value::Coordinates(serde_json::from_value(json.clone()).map_err(|_| unfit(measure::COORDINATES))?)
            }
            (FieldType::Money, Json::Object(_)) => {
                Value::Money(Box::new(serde_json::from_value(json.clone()).map_err(|_| unfit(measure::MONEY))?))
            }
            (FieldType::Number, Json::Number(number)) => Value::Number(number.as_f64().ok_or_else(|| unfit(NUMBER))?),
            (FieldType::Flag, Json::Bool(flag)) => Value::Flag(*flag),
            _ => return Err(unfit(&self.expected())),
        };
        self.accept(value)
    }

    /// The value of its JSON form where it was stored before: a moment is taken as it stands, whatever this computer's
    /// zone database says of it today.
    ///
    /// # Errors
    ///
    /// [`Unfit`] when the field does not take it.
    pub fn from_stored_json(&self, json: &Json) -> Result<Option<Value>, Unfit> {
        match (&self.field_type, json) {
            (FieldType::DateTime, Json::String(text)) => self.accept(Value::DateTime(Box::new(text.parse()?))),
            _ => self.whole_json(json),
        }
    }

    /// Takes a value of the right type within its bounds, in its one form; an empty one is no value.
    ///
    /// # Errors
    ///
    /// [`Unfit`] when the field does not take it.
    pub fn accept(&self, value: Value) -> Result<Option<Value>, Unfit> {
        let unfit = |found: &str| Unfit::new(&self.expected(), found);
        match (&self.field_type, &value) {
            (FieldType::Text, Value::Text(text)) => {
                if text.len() > MAX_TEXT {
                    return Err(Unfit::new("at most 1 MiB of text", text).hint("Split it into several records."));
                }
                check_controls(text, &['\n', '\t'])?;
                Ok((!text.is_empty()).then_some(value))
            }
            (FieldType::Line | FieldType::Place, Value::Text(text)) => {
                check_length(text, MAX_LINE)?;
                check_controls(text, &['\t'])?;
                Ok((!text.trim().is_empty()).then_some(value))
            }
            (FieldType::Link, Value::Text(text)) => {
                check_length(text, MAX_LINK)?;
                let rest = SCHEMES.iter().find_map(|scheme| text.strip_prefix(scheme));
                let sound = rest.is_some_and(|rest| !rest.is_empty())
                    && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
                if sound { Ok(Some(value)) } else { Err(unfit(text)) }
            }
            (FieldType::Choice(choices), Value::Text(text)) => {
                if choices.iter().any(|choice| choice.word.as_str() == text.as_str()) {
                    Ok(Some(value))
                } else {
                    Err(unfit(text))
                }
            }
            (FieldType::Reference(_), Value::Text(text)) => {
                let id: DocumentId = text.parse().map_err(|_| unfit(text))?;
                Ok(Some(Value::Text(id.to_string().into())))
            }
            (FieldType::Tags, Value::Tags(tags)) => {
                if tags.len() > MAX_TAGS {
                    return Err(Unfit::new("at most 50 tags", &format!("{} tags", tags.len())));
                }
                tags.iter().try_for_each(check_tag)?;
                Ok((!tags.is_empty()).then_some(value))
            }
            (FieldType::References(_), Value::Tags(ids)) => {
                if ids.len() > MAX_TAGS {
                    return Err(Unfit::new(&format!("at most {MAX_TAGS} ids"), &format!("{} ids", ids.len())));
                }
                let parsed = ids.iter().map(|id| Ok(id.parse::<DocumentId>().map_err(|_| unfit(id))?.to_string()));
                let ids = parsed.collect::<Result<BTreeSet<_>, Unfit>>()?;
                Ok((!ids.is_empty()).then_some(Value::Tags(ids.into())))
            }
            (FieldType::Number, Value::Number(number)) if number.is_finite() => Ok(Some(Value::Number(number + 0.0))),
            (FieldType::DateTime, Value::DateTime(_))
            | (FieldType::Coordinates, Value::Coordinates(_))
            | (FieldType::Flag, Value::Flag(_))
            | (FieldType::Money, Value::Money(_)) => Ok(Some(value)),
            _ => Err(unfit(&value.to_string())),
        }
    }

    /// The moment that a text says, or the day, where a day will do.
    fn moment(&self, text: &str) -> Result<DateTime, Unfit> {
        match self.day.and_then(|day| DateTime::of_day(text, day)) {
            Some(moment) => moment,
            None if self.day.is_some() => {
                DateTime::parse(text).map_err(|unfit| Unfit { expected: date_time::EXPECTED_DAY.to_owned(), ..unfit })
            }
            None => DateTime::parse(text),
        }
    }

    /// The day that a moment of this field stands for, where it was given as a day.
    pub fn day_of(&self, moment: &DateTime) -> Option<Date> {
        moment.as_day(self.day?)
    }

    /// What the field takes, for messages and help.
    pub fn expected(&self) -> String {
        match &self.field_type {
            FieldType::Line => "a line of text".to_owned(),
            FieldType::Text => "text".to_owned(),
            FieldType::Link => LINK.to_owned(),
            FieldType::DateTime if self.day.is_some() => date_time::EXPECTED_DAY.to_owned(),
            FieldType::DateTime => date_time::EXPECTED.to_owned(),
            FieldType::Place => "the name of a place".to_owned(),
            FieldType::Coordinates => measure::COORDINATES.to_owned(),
            FieldType::Tags => "tags with semicolons between them, or commas where no semicolon is".to_owned(),
            FieldType::Choice(choices) => {
                format!("one of {}", choices.iter().map(|choice| choice.word.as_str()).collect::<Vec<_>>().join(", "))
            }
            FieldType::Reference(_) => REFERENCE.to_owned(),
            FieldType::References(_) => REFERENCES.to_owned(),
            FieldType::Number => NUMBER.to_owned(),
            FieldType::Flag => FLAG.to_owned(),
            FieldType::Money => measure::MONEY.to_owned(),
        }
    }

    /// The word of a choice, however it is capitalised.
    fn choice_word(&self, text: &str) -> String {
        let FieldType::Choice(choices) = &self.field_type else { return text.to_owned() };
        let same = |word: &str| word.replace('_', " ").eq_ignore_ascii_case(&text.replace(['_', '-'], " "));
        choices.iter().find(|choice| same(&choice.word)).map_or(text, |choice| &choice.word).to_owned()
    }
}

/// One tag: trimmed, not empty, without the separator of lists.
pub(super) fn check_tag(tag: &str) -> Result<(), Unfit> {
    let sound = !tag.is_empty()
        && tag.trim() == tag
        && !tag.contains(|letter: char| letter == ';' || letter.is_control())
        && tag.chars().nth(MAX_TAG).is_none();
    if sound { Ok(()) } else { Err(Unfit::new("tags of 1 to 80 characters without semicolons", tag)) }
}

/// Separated by semicolons, or where there is none by commas.
pub(super) fn split_tags(text: &str) -> BTreeSet<String> {
    let separator = if text.contains(';') { ';' } else { ',' };
    text.split(separator).map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

fn check_length(text: &str, most: usize) -> Result<(), Unfit> {
    match text.chars().nth(most) {
        Some(_) => Err(Unfit::new(&format!("at most {most} characters"), text)),
        None => Ok(()),
    }
}

fn check_controls(text: &str, allowed: &[char]) -> Result<(), Unfit> {
    match text.chars().find(|letter| letter.is_control() && !allowed.contains(letter)) {
        Some('\n' | '\r') => Err(Unfit::new("a single line", text)),
        Some(letter) => Err(Unfit::new("text without control characters", &format!("{letter}"))),
        None => Ok(()),
    }
}

/// Forms and spreadsheets end lines with CR LF: one text has one form here, else every line would count as edited.
fn line_ends(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

/// `example.org` means `https://example.org`.
fn with_scheme(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    match SCHEMES.iter().find(|scheme| lower.starts_with(**scheme)) {
        Some(scheme) => format!("{scheme}{}", text.get(scheme.len()..).unwrap_or_default()),
        None if text.contains('.') && !text.contains([':', '@']) => format!("https://{text}"),
        None => text.to_owned(),
    }
}

fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "1" | "y" | "on" => Some(true),
        "no" | "false" | "0" | "n" | "off" => Some(false),
        _ => None,
    }
}

/// A number as Automerge should hold it: whole numbers as integers.
pub(super) fn number_scalar(number: f64) -> automerge::ScalarValue {
    whole(number).map_or(automerge::ScalarValue::F64(number), automerge::ScalarValue::Int)
}
