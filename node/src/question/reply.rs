//! The answer to a question: sections of rows, as JSON and as tables.

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
}

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
        Self { name, heading: heading.into(), columns, rows: Vec::new(), empty: empty.into() }
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
}
