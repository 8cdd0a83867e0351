//! What a listing is narrowed by, read once and then asked of every record.

use super::error::ApiError;
use super::input::Words;
use super::period::{During, Period};
use super::pick;
use super::resolve::meant_by;
use super::text::Text;
use crate::view::fold::{bare, folded};
use crate::view::{Hidden, Said, Sight, Views, newest_first};
use grid_protocol::id::GroupId;
use grid_protocol::record::{Field, FieldName, FieldType, Kind, Tags, Value, Values};
use grid_protocol::replica::Row;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::HashSet;
use std::sync::Arc;

/// Records of a page where nothing is said.
const LIMIT: usize = 50;
/// Records of a page at most.
pub(super) const MAX_LIMIT: usize = 1_000;

/// Which part of a listing is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) limit: usize,
    pub(crate) offset: usize,
}

impl Page {
    pub(crate) fn take(words: &mut Words) -> Result<Self, ApiError> {
        let limit = words.parse("limit", "a number up to 1000")?.unwrap_or(LIMIT);
        let offset = words.parse("offset", "a number")?.unwrap_or(0);
        if limit > MAX_LIMIT {
            let message = format!("limit: expected at most {MAX_LIMIT}, found {limit}");
            return Err(ApiError::invalid(message, "Ask for the rest with offset, or use export."));
        }
        Ok(Self { limit, offset })
    }

    /// The part of `rows`, and how many there are.
    pub(crate) fn of<T>(self, rows: impl Iterator<Item = T>) -> (Vec<T>, usize) {
        let mut total = 0;
        let mut page = Vec::new();
        for row in rows {
            if total >= self.offset && page.len() < self.limit {
                page.push(row);
            }
            total += 1;
        }
        (page, total)
    }
}

/// What a listing is narrowed by.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    group: Option<GroupId>,
    text: Option<Text>,
    during: Option<During>,
    hidden: Option<Hidden>,
    fields: Vec<(FieldName, Wanted)>,
    /// What those fields say, as far as an index knows of it.
    said: Said,
}

/// Whether a record fits a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It does, and is shown.
    Shown,
    /// It does, and the people of this computer do not want to see it.
    Hidden,
    /// It does not.
    No,
}

#[derive(Debug)]
enum Wanted {
    Nothing,
    /// A text, or one of a set.
    Text(Typed),
    /// A day as the people there count it.
    Day(Date),
    Moment(Timestamp),
    Value(Value),
}

impl Filter {
    /// The filter that a query asks for; what the listing has no name for is a field.
    pub(crate) fn read(views: &Views, kind: &Kind, words: Words) -> Result<Self, ApiError> {
        Self::with(views, kind, words, Text::new)
    }

    /// The same for readers who may not see all of a record: see [`Filter::shows_to`].
    pub(crate) fn for_readers(views: &Views, kind: &Kind, words: Words) -> Result<Self, ApiError> {
        Self::with(views, kind, words, |_, kind, text| Text::for_readers(kind, text))
    }

    fn with(
        views: &Views,
        kind: &Kind,
        mut words: Words,
        read: impl FnOnce(&Views, &Kind, &str) -> Text,
    ) -> Result<Self, ApiError> {
        let text = words.take("text")?.filter(|text| !text.is_empty()).map(|text| read(views, kind, &text));
        let group = words.take("group")?.map(|told| pick::group(views, &told)).transpose()?;
        let during = Period::take(&mut words)?.during(kind);
        let hidden = match words.flag("hidden")? {
            None | Some(false) => Some(views.hidden.clone()).filter(|hidden| !hidden.is_empty()),
            Some(true) => None,
        };
        let wanted = |(name, value): (String, String)| {
            let field = kind.field(&name).ok_or_else(|| no_field(kind, &name))?;
            // Who refers to what is asked by title, as it is said by title.
            let meant = match field.field_type.targets() {
                Some(_) if !value.trim().is_empty() => meant_by(views, kind, field, value.trim())?.id,
                _ => value,
            };
            Ok((field.name.clone(), Wanted::read(field, &meant)?))
        };
        let fields = words.rest().into_iter().map(wanted).collect::<Result<Vec<_>, ApiError>>()?;
        let mut said = Said::default();
        for (name, wanted) in &fields {
            if let (Some(field), Some(text)) = (kind.field(name), wanted.said()) {
                said.note(field, text);
            }
        }
        Ok(Self { group, text, during, hidden, fields, said })
    }

    /// The records of a kind that it shows, newest first, and how many more it would show if nothing were hidden here.
    pub(crate) fn rows<'a>(&self, views: &'a Views, kind: &Kind) -> (Vec<&'a Arc<Row>>, usize) {
        let mut hidden = 0;
        let fits =
            |(row, sight): (&'a Arc<Row>, Sight)| match self.shown_or_hidden(row, self.says(row, &row.values), sight) {
                Fit::Shown => Some(row),
                Fit::Hidden => {
                    hidden += 1;
                    None
                }
                Fit::No => None,
            };
        let rows = self.looked_at(views, kind).into_iter().filter_map(fits).collect();
        (rows, hidden)
    }

    /// The records of its time that it looks at, newest first, and whether they are shown here: those that an index leads
    /// to, where one does.
    pub(super) fn looked_at<'a>(&self, views: &'a Views, kind: &Kind) -> Vec<(&'a Arc<Row>, Sight)> {
        let by_words = self.text.as_ref().and_then(Text::found);
        let most = by_words.map_or(views.records.count_of(&kind.name) / 2, HashSet::len);
        let rows = match (views.saying(kind, &self.said, most), by_words) {
            (Some(rows), _) => rows,
            (None, Some(found)) => newest_first(found.iter().filter_map(|document| views.records.row(document))),
            (None, None) => {
                let is_of_its_time = |row: &Row, when| self.during.as_ref().is_none_or(|it| it.takes_in(row, when));
                let noted = views.records.of_kind_noted(&kind.name);
                let noted = noted.filter(|(row, when, _)| is_of_its_time(row, *when));
                return noted.map(|(row, _, sight)| (row, sight)).collect();
            }
        };
        let rows = rows.into_iter().filter(|row| self.is_of_its_time(row, &row.values));
        rows.map(|row| (row, views.hidden.sight(row))).collect()
    }

    /// How many records were not looked through for words, although they say more than the index keeps.
    pub(crate) fn left(&self) -> usize {
        self.text.as_ref().map_or(0, Text::left)
    }

    /// Whether it shows everything.
    pub(crate) fn is_open(&self) -> bool {
        self.group.is_none() && self.hidden.is_none() && !self.looks_at_fields()
    }

    /// Whether it looks at what the fields of a record hold.
    pub(crate) fn looks_at_fields(&self) -> bool {
        self.text.is_some() || self.during.is_some() || !self.fields.is_empty()
    }

    /// Whether it shows a record.
    pub(crate) fn shows(&self, row: &Row) -> bool {
        self.fit(row) == Fit::Shown
    }

    /// Whether a record fits, and is shown.
    pub(crate) fn fit(&self, row: &Row) -> Fit {
        let sight = self.hidden.as_ref().map_or(Sight::Shown, |hidden| hidden.sight(row));
        self.shown_or_hidden(row, self.fits(row, &row.values), sight)
    }

    /// Whether a record is shown of which all but its words, and what is hidden here, fits.
    fn shown_or_hidden(&self, row: &Row, fits: bool, sight: Sight) -> Fit {
        let fits = fits && self.text.as_ref().is_none_or(|text| text.is_in_row(row));
        match sight {
            _ if !fits => Fit::No,
            Sight::TakenOut if self.hidden.is_some() => Fit::Hidden,
            Sight::Unlisted if self.hidden.is_some() => Fit::No,
            _ => Fit::Shown,
        }
    }

    /// Whether it shows a record to readers of whom these values are all that they see of it: what they can't read, they
    /// can't find out by asking for it either.
    pub(crate) fn shows_to(&self, row: &Row, seen: &Values) -> bool {
        self.fits(row, seen)
            && self.hidden.as_ref().is_none_or(|hidden| !hidden.hides(row))
            && self.text.as_ref().is_none_or(|text| text.is_in_values(seen))
    }

    /// Whether a record fits but for its words, whatever is hidden here.
    fn fits(&self, row: &Row, seen: &Values) -> bool {
        self.says(row, seen) && self.is_of_its_time(row, seen)
    }

    /// Whether a record is of the group that is asked for, and its fields say what they should.
    fn says(&self, row: &Row, seen: &Values) -> bool {
        self.group.is_none_or(|group| row.owner() == Some(group))
            && self.fields.iter().all(|(field, wanted)| wanted.is(seen.get(field)))
    }

    fn is_of_its_time(&self, row: &Row, seen: &Values) -> bool {
        self.during.as_ref().is_none_or(|during| during.holds(row, seen))
    }

    /// Whether a group fits of which nothing is known but its name, and is shown.
    pub(crate) fn fit_bare(&self, group: Option<GroupId>, name: &str) -> Fit {
        let fits = self.fields.is_empty()
            && self.during.is_none()
            && (self.group.is_none() || self.group == group)
            && self.text.as_ref().is_none_or(|text| text.is_in(name));
        let is_hidden = |hidden: &Hidden| group.is_some_and(|group| hidden.groups.contains(&group));
        match fits {
            false => Fit::No,
            true if self.hidden.as_ref().is_some_and(is_hidden) => Fit::Hidden,
            true => Fit::Shown,
        }
    }
}

impl Wanted {
    fn read(field: &Field, text: &str) -> Result<Self, ApiError> {
        if field.field_type.is_set() && !text.is_empty() {
            return Ok(Self::Text(Typed::new(&text.to_lowercase())));
        }
        if field.field_type == FieldType::DateTime
            && let Ok(day) = text.trim().parse::<Date>()
            && !text.contains(':')
        {
            return Ok(Self::Day(day));
        }
        match field.from_text(text) {
            Ok(Some(Value::DateTime(moment))) => Ok(Self::Moment(moment.instant())),
            Ok(Some(Value::Text(text)))
                if matches!(field.field_type, FieldType::Line | FieldType::Text | FieldType::Place) =>
            {
                Ok(Self::Text(Typed::new(&text)))
            }
            Ok(value) => Ok(value.map_or(Self::Nothing, Self::Value)),
            Err(unfit) => {
                let day = (field.field_type == FieldType::DateTime).then(|| "A day is enough: 2026-11-30.".to_owned());
                let hint = day.or_else(|| unfit.hint.clone()).unwrap_or_else(|| format!("Give {}.", unfit.expected));
                Err(ApiError::invalid(format!("{}: {unfit}", field.name), hint))
            }
        }
    }

    /// The text that a field must say, however it is typed.
    fn said(&self) -> Option<&str> {
        match self {
            Self::Text(typed) => Some(&typed.text),
            Self::Value(value) => value.as_text(),
            Self::Nothing | Self::Day(_) | Self::Moment(_) => None,
        }
    }

    fn is(&self, found: Option<&Value>) -> bool {
        match self {
            Self::Nothing => found.is_none(),
            Self::Text(typed) => found.is_some_and(|found| {
                let tags = found.as_tags().into_iter().flat_map(Tags::iter);
                tags.chain(found.as_text()).any(|text| typed.is(text))
            }),
            Self::Day(day) => matches!(found, Some(Value::DateTime(moment)) if moment.local().date() == *day),
            Self::Moment(instant) => matches!(found, Some(Value::DateTime(moment)) if moment.instant() == *instant),
            Self::Value(value) => found == Some(value),
        }
    }
}

/// A text that somebody typed, and what it has in common with others that say the same: case, accents, signs and how
/// letters are composed do not matter.
#[derive(Debug)]
struct Typed {
    text: String,
    letters: String,
    /// The words between which it divides those letters: the index, which is asked first, knows texts by these.
    words: String,
}

impl Typed {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), letters: bare(text), words: folded(text) }
    }

    fn is(&self, text: &str) -> bool {
        text == self.text || (bare(text) == self.letters && folded(text) == self.words)
    }
}

pub(super) fn no_field(kind: &Kind, name: &str) -> ApiError {
    let shown: String = name.chars().take(80).collect();
    let fields: Vec<&str> = kind.fields.iter().map(|field| &*field.name).collect();
    let hint = format!("The fields of {} are: {}.", kind.one(), fields.join(", "));
    ApiError::invalid(format!("{} has no field {shown:?}", kind.name), hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::fixture::{Coalition, NOW};
    use grid_protocol::time::Timestamp as Time;
    use serde_json::json;

    #[test]
    fn a_moment_is_found_by_its_day_and_by_its_instant() {
        let action = grid_protocol::record::Registry::standard().kind("action").unwrap();
        let starts = action.field("starts").unwrap();
        let found = starts.from_text("2026-11-30T08:00:00+11:00[Australia/Sydney]").unwrap();
        let is = |text: &str| Wanted::read(starts, text).unwrap().is(found.as_ref());
        assert!(is("2026-11-30") && is("2026-11-29T21:00:00Z") && is("2026-11-30T08:00:00+11:00"));
        assert!(!is("2026-11-29") && !is("2026-11-30T08:00:00Z") && !is(""));
        let error = Wanted::read(starts, "tomorrow").unwrap_err();
        assert!(error.hint.contains("2026-11-30"), "{}", error.hint);
    }

    #[test]
    fn texts_places_and_tags_are_found_however_they_are_typed() {
        let action = grid_protocol::record::Registry::standard().kind("action").unwrap();
        let is = |field: &str, wanted: &str, found: &str| {
            let field = action.field(field).unwrap();
            Wanted::read(field, wanted).unwrap().is(field.from_text(found).unwrap().as_ref())
        };
        for field in ["title", "place", "description", "tactics"] {
            for wanted in ["São Tomé", "sao tome", "SA\u{303}O TOME\u{301}", "sao-tome!"] {
                assert!(is(field, wanted, "São Tomé"), "{field}: {wanted}");
                assert!(is(field, "São Tomé", wanted), "{field}: {wanted}");
            }
            for wanted in ["Sao", "sao tome e", "sao tomes", "saotome", "!?"] {
                assert!(!is(field, wanted, "São Tomé"), "{field}: {wanted}");
            }
            assert!(is(field, "🌊", "🌊") && !is(field, "🌊", "🌍"), "{field}");
            assert!(is(field, "plan a", "Plan A") && !is(field, "plan a", "Plan B"), "{field}");
        }
    }

    /// What a list of actions, or of people, shows and counts, and what looking at each of them finds.
    fn shown(coalition: &Coalition, kind: &str, query: &str) -> (usize, usize) {
        let views = &coalition.views;
        let kind = views.registry.kind(kind).unwrap().clone();
        let filter = Filter::read(views, &kind, Words::read(query).unwrap()).unwrap();
        let (rows, hidden) = filter.rows(views, &kind);
        let all = || views.records.of_kind(&kind.name);
        assert_eq!(rows, all().filter(|row| filter.fit(row) == Fit::Shown).collect::<Vec<_>>(), "{query}");
        assert_eq!(hidden, all().filter(|row| filter.fit(row) == Fit::Hidden).count(), "{query}");
        (rows.len(), hidden)
    }

    fn walk(coalition: &mut Coalition, by: usize, tactic: &str) -> String {
        let fields = json!({"title": "Walk", "tactics": [tactic], "starts": "2026-11-24T09:00:00Z"});
        coalition.record(by, "action", fields)
    }

    #[test]
    fn what_is_noted_of_who_is_shown_follows_the_taste_of_the_people_here() {
        let mut coalition = Coalition::new(&["Clean River", "Mill Weir"]);
        for (by, tactic) in [(0, "Vigil"), (1, "Vigil"), (1, "March"), (1, "Vigil")] {
            walk(&mut coalition, by, tactic);
        }
        let all = |coalition: &Coalition| {
            let queries = ["", "since=2026-11-01", "hidden=yes", "group=Mill%20Weir"];
            let [list, time, both, group] = queries.map(|query| shown(coalition, "action", query));
            assert_eq!((list, both), (time, (4, 0)));
            (list, group)
        };
        assert_eq!(all(&coalition), ((4, 0), (3, 0)));
        coalition.record(0, "hiding", json!({"what": "vigil", "until": "2026-11-22T12:00:01Z"}));
        assert_eq!(all(&coalition), ((2, 2), (1, 2)));
        coalition.views.pass(Time(NOW.0 + 1_000));
        assert_eq!(all(&coalition), ((4, 0), (3, 0)));
        coalition.hides(1);
        assert_eq!(all(&coalition), ((1, 3), (0, 3)));
    }

    #[test]
    fn what_is_noted_of_who_is_shown_follows_what_a_record_says() {
        let mut coalition = Coalition::new(&["Clean River", "Mill Weir"]);
        coalition.record(0, "hiding", json!({"what": "vigil"}));
        let action = walk(&mut coalition, 1, "March");
        let person = coalition.record(1, "person", json!({"name": "Ana", "agreed": true}));
        assert_eq!((shown(&coalition, "action", ""), shown(&coalition, "person", "")), ((1, 0), (1, 0)));
        let mut change = |document: &str, change: &dyn Fn(&mut Row)| {
            let mut row = Row::clone(coalition.views.records.row(&document.parse().unwrap()).unwrap());
            change(&mut row);
            coalition.views.take_rows([row]);
        };
        change(&action, &|row| row.values.set("tactics".into(), Value::Tags(["Vigil"].into_iter().collect())));
        change(&person, &|row| row.values.clear("agreed"));
        assert_eq!((shown(&coalition, "action", ""), shown(&coalition, "person", "")), ((0, 1), (0, 0)));
    }

    #[test]
    fn a_page_is_a_part_and_the_count_of_all() {
        assert_eq!(Page { limit: 2, offset: 1 }.of(0..5), (vec![1, 2], 5));
        assert_eq!(Page { limit: 2, offset: 4 }.of(0..5), (vec![4], 5));
        assert_eq!(Page { limit: 0, offset: 9 }.of(0..5), (vec![], 5));
    }
}
