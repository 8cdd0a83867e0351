//! What was asked, and what it is asked of.

use super::nested::Nested;
use super::shown::MOST;
use crate::view::Views;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::record::{Coordinates, DateTime, Day, Earlier, Kind, Tags, Value, Values};
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use jiff::civil::Date;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// A question can't be answered as it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unanswerable {
    /// What is wrong with it.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Unanswerable {
    /// A question that is wrong like this.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

/// What was asked, and what it is asked of.
pub struct Asked<'a> {
    /// Everything that is here.
    pub views: &'a Views,
    /// When it is asked.
    pub now: Timestamp,
    words: BTreeMap<String, Vec<String>>,
    /// Which unit lies in which, once that was asked for.
    nested: OnceCell<Rc<Nested<'a>>>,
}

impl<'a> Asked<'a> {
    pub(super) const fn new(views: &'a Views, now: Timestamp, words: BTreeMap<String, Vec<String>>) -> Self {
        Self { views, now, words, nested: OnceCell::new() }
    }

    /// Which unit lies in which.
    pub(super) fn nested(&self) -> &Nested<'a> {
        self.nested.get_or_init(|| Rc::new(Nested::new(self)))
    }

    /// What was said with a word, blank ones left out.
    pub fn all(&self, word: &str) -> impl Iterator<Item = &str> {
        self.words.get(word).into_iter().flatten().map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// What was said with a word that is given once.
    pub fn word(&self, word: &str) -> Option<&str> {
        self.all(word).next()
    }

    /// As [`Asked::word`], read as something.
    ///
    /// # Errors
    ///
    /// [`Unanswerable`] when it does not read as that.
    pub fn read<T: FromStr>(&self, word: &str, expected: &str) -> Result<Option<T>, Unanswerable> {
        let Some(text) = self.word(word) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| unfit(word, expected, text))
    }

    /// A number that is not below zero.
    ///
    /// # Errors
    ///
    /// [`Unanswerable`] when it is something else.
    pub fn amount(&self, word: &str) -> Result<Option<f64>, Unanswerable> {
        let expected = "a number of 0 or more";
        match self.read::<f64>(word, expected)? {
            Some(number) if !(number.is_finite() && number >= 0.0) => {
                Err(unfit(word, expected, self.word(word).unwrap_or_default()))
            }
            number => Ok(number),
        }
    }

    /// A day, such as 2026-11-30.
    ///
    /// # Errors
    ///
    /// [`Unanswerable`] when it is something else.
    pub fn day(&self, word: &str) -> Result<Option<Date>, Unanswerable> {
        self.read(word, "a day such as 2026-11-30")
    }

    /// A point, such as -28.81,153.28.
    ///
    /// # Errors
    ///
    /// [`Unanswerable`] when it is something else.
    pub fn point(&self, word: &str) -> Result<Option<Coordinates>, Unanswerable> {
        let Some(text) = self.word(word) else { return Ok(None) };
        Coordinates::parse(text)
            .map(Some)
            .map_err(|_| unfit(word, "degrees north and east, such as -28.81,153.28", text))
    }

    /// The moment that many days ago.
    pub fn days_ago(&self, days: f64) -> Timestamp {
        let past = Duration::try_from_secs_f64(days * 86_400.0).unwrap_or(Duration::MAX);
        Timestamp(self.now.0.saturating_sub(u64::try_from(past.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The records of a kind, newest first, whoever wrote them. What is hidden here is among them: hiding is a matter of
    /// what is shown, and changes no sum and no rule.
    pub fn records(&self, kind: &str) -> impl Iterator<Item = &'a Arc<Row>> + use<'a> {
        self.views.records.of_kind(kind)
    }

    /// Those of [`Asked::records`] that hold now: the groups that wrote them have not left and were not removed.
    pub fn current(&self, kind: &str) -> impl Iterator<Item = &'a Arc<Row>> + use<'a> {
        self.views.current(kind)
    }

    /// The record that a reference names, where it is here.
    pub fn referred(&self, id: &str) -> Option<&'a Arc<Row>> {
        let document: DocumentId = id.parse().ok()?;
        let row = self.views.records.row(&document)?;
        (!row.is_removed() && !row.heads.is_empty()).then_some(row)
    }

    /// The records of this kind that refer to this one, whoever wrote them.
    pub fn referring(&self, to: &Row, kind: &str) -> impl Iterator<Item = &'a Arc<Row>> + use<'a> {
        self.views.referring(&to.document, kind)
    }

    /// Those of [`Asked::referring`] that hold now.
    pub fn current_referring(&self, to: &Row, kind: &str) -> impl Iterator<Item = &'a Arc<Row>> + use<'a> {
        let views = self.views;
        views.referring(&to.document, kind).filter(|row| views.holds(row))
    }

    /// Whether a record may be shown: it is not hidden here.
    pub fn shows(&self, row: &Row) -> bool {
        !self.views.hidden.hides(row)
    }

    /// Whether a group may be shown: it is not hidden here.
    pub fn shows_group(&self, group: &GroupId) -> bool {
        !self.views.hidden.groups.contains(group)
    }

    /// How many rows of each part are shown.
    ///
    /// # Errors
    ///
    /// [`Unanswerable`] when it is no number, or none.
    pub fn most(&self) -> Result<usize, Unanswerable> {
        let most = self.read::<NonZeroUsize>("most", "a whole number of 1 or more")?;
        Ok(most.map_or(MOST, NonZeroUsize::get))
    }

    /// The kind of a record.
    pub fn kind_of(&self, row: &Row) -> Option<&'a Arc<Kind>> {
        self.views.registry.kind(row.kind()?)
    }

    /// The day of a field, where it was given as a day.
    pub(super) fn day_of(&self, row: &Row, field: &str) -> Option<Date> {
        match row.values.get(field)? {
            Value::DateTime(moment) => self.kind_of(row)?.field(field)?.day_of(moment),
            _ => None,
        }
    }

    /// Until when a moment goes: a day that was given as a day until it is nowhere that day any more.
    pub(super) fn until(&self, row: &Row, field: &str) -> Option<Timestamp> {
        let day = self.day_of(row, field).and_then(|day| DateTime::of_day(&day.to_string(), Day::Until)?.ok());
        day.as_ref().map(milliseconds).or_else(|| instant(row, field))
    }

    /// What a record is called; one that is named by what it refers to has that name.
    pub fn title(&self, row: &Row) -> String {
        self.views.title_of(row)
    }

    /// The name of the group that wrote a record.
    pub fn group_name(&self, row: &Row) -> String {
        row.owner().map(|group| self.views.name_of(&group)).unwrap_or_default()
    }

    /// The member groups, by ascending id.
    pub fn members(&self) -> impl Iterator<Item = GroupId> + use<'a> {
        self.views.members.iter().copied()
    }
}

/// The tags of a field.
pub(super) fn tags<'r>(row: &'r Row, field: &str) -> impl Iterator<Item = &'r str> {
    row.values.get(field).and_then(Value::as_tags).into_iter().flat_map(Tags::iter)
}

/// The number of a field.
pub(super) fn number(row: &Row, field: &str) -> Option<f64> {
    match row.values.get(field) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    }
}

/// The instant of a field, in milliseconds.
pub(super) fn instant(row: &Row, field: &str) -> Option<Timestamp> {
    match row.values.get(field) {
        Some(Value::DateTime(moment)) => Some(milliseconds(moment)),
        _ => None,
    }
}

/// Since when a record says what it says in fields of which it is known what they said earlier; none where it always did.
/// Of one that was changed too often to know: since the oldest time that is known.
pub(super) fn said_since(row: &Row, fields: &[&str]) -> Option<Timestamp> {
    let now: Vec<Option<Value>> = fields.iter().map(|field| row.values.get(field).map(Earlier::kept)).collect();
    let says = |then: &Values| fields.iter().zip(&now).all(|(field, now)| then.get(field) == now.as_ref());
    since(row, says)
}

/// The same for what is true of those fields.
pub(super) fn since(row: &Row, is: impl Fn(&Values) -> bool) -> Option<Timestamp> {
    let last_other = row.earlier.iter().rev().find(|then| !is(&then.values));
    let oldest = row.earlier.first().filter(|_| row.earlier.len() == Earlier::MOST);
    last_other.or(oldest).map(|then| then.until)
}

fn milliseconds(moment: &DateTime) -> Timestamp {
    Timestamp(u64::try_from(moment.instant().as_millisecond()).unwrap_or_default())
}

fn unfit(word: &str, expected: &str, found: &str) -> Unanswerable {
    let shown: String = found.chars().take(80).collect();
    Unanswerable::new(format!("{word}: expected {expected}, found {shown:?}"), format!("Give {expected}."))
}
