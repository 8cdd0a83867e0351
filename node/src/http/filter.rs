//! What a listing is narrowed by, read once and then asked of every record.

use super::error::ApiError;
use super::input::Words;
use crate::view::{Hidden, Views};
use grid_protocol::id::GroupId;
use grid_protocol::record::{Field, FieldName, FieldType, Kind, Value};
use grid_protocol::replica::Row;
use jiff::Timestamp;
use jiff::civil::Date;

/// Records of a page where nothing is said.
const LIMIT: usize = 50;
/// Records of a page at most.
const MAX_LIMIT: usize = 1_000;

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
    hidden: Option<Hidden>,
    fields: Vec<(FieldName, Wanted)>,
}

#[derive(Debug)]
enum Wanted {
    Nothing,
    Tag(String),
    /// A day as the people there count it.
    Day(Date),
    Moment(Timestamp),
    Value(Value),
}

impl Filter {
    /// The filter that a query asks for; what the listing has no name for is a field.
    pub(crate) fn read(views: &Views, kind: &Kind, mut words: Words) -> Result<Self, ApiError> {
        let text = words.take("text")?.filter(|text| !text.is_empty()).map(|text| Text::new(&text));
        let group = words.take("group")?.map(|id| group(views, &id)).transpose()?;
        let hidden = match words.take("hidden")?.as_deref() {
            None | Some("no") => Some(views.hidden.clone()).filter(|hidden| !hidden.is_empty()),
            Some("yes") => None,
            Some(_) => {
                return Err(ApiError::invalid("hidden: expected yes or no", "yes shows what is hidden here, too."));
            }
        };
        let wanted = |(name, value): (String, String)| {
            let field = kind.field(&name).ok_or_else(|| no_field(kind, &name))?;
            Ok((field.name.clone(), Wanted::read(field, &value)?))
        };
        let fields = words.rest().into_iter().map(wanted).collect::<Result<_, ApiError>>()?;
        Ok(Self { group, text, hidden, fields })
    }

    /// Whether it shows everything.
    pub(crate) fn is_open(&self) -> bool {
        self.group.is_none() && self.text.is_none() && self.hidden.is_none() && self.fields.is_empty()
    }

    /// Whether it shows a record.
    pub(crate) fn shows(&self, row: &Row) -> bool {
        self.group.is_none_or(|group| row.owner() == Some(group))
            && self.fields.iter().all(|(field, wanted)| wanted.is(row.values.get(field)))
            && self.hidden.as_ref().is_none_or(|hidden| !hidden.hides(row))
            && self.text.as_ref().is_none_or(|text| text.is_in_row(row))
    }

    /// Whether it shows a group of which nothing is known but its name.
    pub(crate) fn shows_bare(&self, group: Option<GroupId>, name: &str) -> bool {
        self.fields.is_empty()
            && (self.group.is_none() || self.group == group)
            && self.text.as_ref().is_none_or(|text| text.is_in(name))
    }
}

impl Wanted {
    fn read(field: &Field, text: &str) -> Result<Self, ApiError> {
        if field.field_type.is_set() && !text.is_empty() {
            return Ok(Self::Tag(text.to_lowercase()));
        }
        if field.field_type == FieldType::DateTime
            && let Ok(day) = text.trim().parse::<Date>()
            && !text.contains(':')
        {
            return Ok(Self::Day(day));
        }
        match field.from_text(text) {
            Ok(Some(Value::DateTime(moment))) => Ok(Self::Moment(moment.instant())),
            Ok(value) => Ok(value.map_or(Self::Nothing, Self::Value)),
            Err(unfit) => {
                let day = (field.field_type == FieldType::DateTime).then(|| "A day is enough: 2026-11-30.".to_owned());
                let hint = day.or_else(|| unfit.hint.clone()).unwrap_or_else(|| format!("Give {}.", unfit.expected));
                Err(ApiError::invalid(format!("{}: {unfit}", field.name), hint))
            }
        }
    }

    fn is(&self, found: Option<&Value>) -> bool {
        match self {
            Self::Nothing => found.is_none(),
            Self::Tag(tag) => {
                found.and_then(Value::as_tags).is_some_and(|tags| tags.iter().any(|it| it.to_lowercase() == *tag))
            }
            Self::Day(day) => matches!(found, Some(Value::DateTime(moment)) if moment.local().date() == *day),
            Self::Moment(instant) => matches!(found, Some(Value::DateTime(moment)) if moment.instant() == *instant),
            Self::Value(value) => found == Some(value),
        }
    }
}

/// A text to be found whatever the case.
#[derive(Debug)]
struct Text {
    folded: String,
}

impl Text {
    fn new(text: &str) -> Self {
        Self { folded: text.to_lowercase() }
    }

    fn is_in_row(&self, row: &Row) -> bool {
        row.values.iter().any(|(_, value)| match value {
            Value::Tags(tags) => tags.iter().any(|tag| self.is_in(tag)),
            value => value.as_text().is_some_and(|text| self.is_in(text)),
        })
    }

    /// Texts in ASCII are looked through where they are: a listing asks this of every text of every record.
    fn is_in(&self, text: &str) -> bool {
        if !self.folded.is_ascii() || !text.is_ascii() {
            return text.to_lowercase().contains(&self.folded);
        }
        let (text, wanted) = (text.as_bytes(), self.folded.as_bytes());
        let Some((first, rest)) = wanted.split_first() else { return true };
        text.iter().enumerate().any(|(place, letter)| {
            letter.eq_ignore_ascii_case(first)
                && text.get(place + 1..=place + rest.len()).is_some_and(|found| found.eq_ignore_ascii_case(rest))
        })
    }
}

/// The group that an id or the beginning of one means.
fn group(views: &Views, id: &str) -> Result<GroupId, ApiError> {
    if let Ok(group) = id.parse() {
        return Ok(group);
    }
    let prefix = id.to_ascii_lowercase();
    let known = views.names.keys().chain(&views.members).chain([&views.own]);
    let mut fitting: Vec<GroupId> =
        known.filter(|group| prefix.len() >= 6 && group.to_string().starts_with(&prefix)).copied().collect();
    fitting.sort_unstable();
    fitting.dedup();
    match fitting.as_slice() {
        [group] => Ok(*group),
        [] => {
            let shown: String = id.chars().take(80).collect();
            let message = format!("group: expected the id of a group or its first letters, found {shown:?}");
            Err(ApiError::invalid(message, "List the groups to see their ids."))
        }
        several => {
            let named: Vec<String> =
                several.iter().map(|group| format!("{group} ({})", views.name_of(group))).collect();
            let message = format!("group: {prefix} fits several groups: {}", named.join(", "));
            Err(ApiError::invalid(message, "Give more letters of the id."))
        }
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

    #[test]
    fn a_text_is_found_whatever_the_case_and_script() {
        for (wanted, text) in [("river", "Clean RIVER"), ("ÉCOLE", "une école"), ("r", "R"), ("", "x")] {
            assert!(Text::new(wanted).is_in(text), "{wanted} in {text}");
        }
        for (wanted, text) in [("rivers", "river"), ("river", "rive"), ("a", ""), ("école", "ecole")] {
            assert!(!Text::new(wanted).is_in(text), "{wanted} in {text}");
        }
    }

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
    fn a_page_is_a_part_and_the_count_of_all() {
        assert_eq!(Page { limit: 2, offset: 1 }.of(0..5), (vec![1, 2], 5));
        assert_eq!(Page { limit: 2, offset: 4 }.of(0..5), (vec![4], 5));
        assert_eq!(Page { limit: 0, offset: 9 }.of(0..5), (vec![], 5));
    }
}
