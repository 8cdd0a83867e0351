//! The answer to a question: sections of rows, as JSON and as tables.

use super::{Asked, Unanswerable};
use serde::Serialize;
use serde_json::{Map, Value as Json};

/// The answer to a question.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reply {
    /// Its parts, in the order in which people read them.
    pub sections: Vec<Section>,
}

/// A part of an answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    /// Its name for programs: `groups`.
    pub name: &'static str,
    /// What stands above it.
    pub heading: String,
    /// What its rows show, in the order in which tables show it.
    pub columns: Vec<Column>,
    /// The rows. Programs may find more in them than the columns show.
    pub rows: Vec<Map<String, Json>>,
    /// What stands there where there are no rows.
    pub empty: String,
    /// How many rows there are in all.
    pub total: usize,
    /// How many rows are hidden on this computer.
    pub hidden: usize,
    /// What people should know of rows that are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(skip)]
    scope: Scope,
}

/// Whether rows may be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Scope {
    /// It is a list: what is hidden here is left out, and a long one ends.
    #[default]
    List,
    /// It is an account, in which every row counts.
    Account,
}

/// What of a row may be hidden: the groups that it names.
const GROUPS: [&str; 3] = ["group", "with_group", "offering"];

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// The key in the rows.
    pub key: &'static str,
    /// What stands above it.
    pub heading: &'static str,
}

impl Reply {
    /// Adds a section.
    #[must_use]
    pub fn with(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// The section of this name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// What is shown of it here: without what is hidden on this computer, and no more rows than were asked for.
    pub(super) fn shown(mut self, asked: &Asked<'_>) -> Result<Self, Unanswerable> {
        let most = asked.most()?;
        for section in &mut self.sections {
            section.show(asked, most);
        }
        Ok(self)
    }
}

impl Section {
    /// A section without rows.
    pub fn new(
        name: &'static str,
        heading: impl Into<String>,
        columns: &[(&'static str, &'static str)],
        empty: impl Into<String>,
    ) -> Self {
        let columns = columns.iter().map(|(key, heading)| Column { key, heading }).collect();
        Self {
            name,
            heading: heading.into(),
            columns,
            rows: Vec::new(),
            empty: empty.into(),
            total: 0,
            hidden: 0,
            note: None,
            scope: Scope::List,
        }
    }

    /// Says that it is an account: it would be wrong without any of its rows.
    #[must_use]
    pub(super) fn account(mut self) -> Self {
        self.scope = Scope::Account;
        self
    }

    /// Says how many rows there are in all, where not all of them are added.
    #[must_use]
    pub(super) const fn of(mut self, total: usize) -> Self {
        self.total = total;
        self
    }

    /// Says what else people should know of it.
    #[must_use]
    pub(super) fn noting(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// Says how many of them are hidden here and were not added.
    #[must_use]
    pub(super) const fn hiding(mut self, hidden: usize) -> Self {
        self.hidden = hidden;
        self
    }

    /// Adds the first rows of a long list, as many as were asked for; the others are only counted.
    #[must_use]
    pub(super) fn first(mut self, most: usize, rows: impl ExactSizeIterator<Item = Json>) -> Self {
        self.total += rows.len();
        self.rows(rows.take(most))
    }

    /// Adds rows: JSON objects.
    #[must_use]
    pub fn rows(mut self, rows: impl IntoIterator<Item = Json>) -> Self {
        self.rows.extend(rows.into_iter().filter_map(|row| match row {
            Json::Object(row) => Some(row),
            _ => None,
        }));
        self
    }

    fn show(&mut self, asked: &Asked<'_>, most: usize) {
        let hidden = &asked.views.hidden;
        self.total = self.total.max(self.rows.len());
        for row in &mut self.rows {
            call(row, &self.columns, &self.heading);
        }
        if self.scope == Scope::Account {
            return;
        }
        if !hidden.is_empty() {
            let before = self.rows.len();
            self.rows.retain(|row| !is_hidden(asked, row));
            self.hidden += before - self.rows.len();
        }
        self.rows.truncate(most);
        let (shown, rest) = (self.rows.len(), self.total.saturating_sub(self.hidden));
        let mut notes = Vec::new();
        if shown < rest {
            notes.push(format!("{shown} of {rest} are shown: --most {rest} shows all."));
        }
        if self.hidden > 0 {
            notes.push(format!("{} hidden. See: grid hiding list", self.hidden));
        }
        notes.extend(self.note.take());
        self.note = (!notes.is_empty()).then(|| notes.join("\n"));
    }
}

/// Says under `called` what a row is about, as every record of a list does: its title, or its name, or what the first of
/// its columns says in words; a row of figures alone is called like its section.
fn call(row: &mut Map<String, Json>, columns: &[Column], section: &str) {
    let words = |key: &str| {
        let text = row.get(key)?.as_str().filter(|text| !text.trim().is_empty())?;
        let is_time = text.parse::<jiff::Timestamp>().is_ok() || text.parse::<jiff::civil::Date>().is_ok();
        (!is_time).then(|| text.to_owned())
    };
    let shown = columns.iter().map(|column| column.key).filter(|key| *key != "id");
    let called = ["title", "name"].into_iter().chain(shown).find_map(words);
    row.insert("called".to_owned(), Json::String(called.unwrap_or_else(|| section.to_owned())));
}

/// Whether a row shows a record, or a group, that is hidden on this computer.
fn is_hidden(asked: &Asked<'_>, row: &Map<String, Json>) -> bool {
    let text = |key: &str| row.get(key).and_then(Json::as_str);
    let record = text("id").and_then(|id| asked.referred(id));
    let group = |key: &&str| text(key).and_then(|id| id.parse().ok()).is_some_and(|group| !asked.shows_group(&group));
    record.is_some_and(|row| !asked.shows(row)) || GROUPS.iter().any(group)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn a_list_that_ends_early_says_how_much_there_is() {
        let mut coalition = Coalition::new(&["Clean River"]);
        for number in 0..201 {
            coalition.record(0, "person", json!({"name": format!("Ann {number}"), "agreed": true}));
        }
        let people = |words: &[(&str, &str)]| {
            let reply = coalition.ask("leaders", words).unwrap();
            let section = reply.section("people").unwrap();
            (section.rows.len(), section.total, section.note.clone())
        };
        let note = Some("200 of 201 are shown: --most 201 shows all.".to_owned());
        assert_eq!(people(&[]), (200, 201, note));
        assert_eq!(people(&[("most", "1000")]), (201, 201, None));
        assert!(coalition.ask("leaders", &[("most", "many")]).unwrap_err().message.contains("most"));
    }

    #[test]
    fn every_row_says_under_one_key_what_it_is_called() {
        let called = |row: serde_json::Value| {
            let columns = [("id", "Id"), ("when", "When"), ("what", "What"), ("figure", "Figure")];
            let mut section = super::Section::new("totals", "Totals", &columns, "").rows([row]);
            super::call(&mut section.rows[0], &section.columns, &section.heading);
            section.rows[0]["called"].clone()
        };
        assert_eq!(called(json!({"title": "Vigil", "name": "Choir"})), "Vigil");
        assert_eq!(called(json!({"id": "abc", "name": "Choir", "what": "sings"})), "Choir");
        assert_eq!(
            called(json!({"id": "abc", "name": null, "when": "2026-11-25T10:00:00Z", "what": "sings"})),
            "sings"
        );
        assert_eq!(called(json!({"id": "abc", "when": "2026-11-25", "what": "sings"})), "sings");
        assert_eq!(called(json!({"id": "abc", "figure": 3})), "Totals");
    }

    #[test]
    fn all_rows_of_all_questions_say_what_they_are_called() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        coalition.record(0, "action", json!({"title": "Vigil", "starts": "2026-11-25T10:00:00Z"}));
        coalition.record(1, "person", json!({"name": "Ann", "agreed": true, "skills": ["driving"]}));
        coalition.record(0, "need", json!({"title": "A driver", "tags": ["driving"]}));
        coalition.record(0, "report", json!({"title": "The vigil", "on": "2026-11-10T10:00:00Z", "letters": 12}));
        let mut rows = 0;
        for question in crate::question::ALL {
            let words: &[(&str, &str)] = match question.name {
                "find" => &[("text", "vigil")],
                "who" => &[("group", "Clean River")],
                _ => &[],
            };
            let Ok(reply) = coalition.ask(question.name, words) else { continue };
            for row in reply.sections.iter().flat_map(|section| &section.rows) {
                assert!(row["called"].as_str().is_some_and(|called| !called.is_empty()), "{}: {row:?}", question.name);
                rows += 1;
            }
        }
        assert!(rows > 40, "{rows}");
    }

    #[test]
    fn what_is_hidden_is_left_out_of_lists_and_told() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        coalition.record(0, "need", json!({"title": "A van", "sort": "help"}));
        coalition.record(1, "need", json!({"title": "A boat", "sort": "help"}));
        coalition.hides(1);
        let reply = coalition.ask("help", &[]).unwrap();
        let open = reply.section("open").unwrap();
        assert_eq!(
            (open.rows.len(), open.hidden, open.note.as_deref()),
            (1, 1, Some("1 hidden. See: grid hiding list"))
        );
    }
}
