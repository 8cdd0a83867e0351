//! Letters: what was sent, called and visited, by action and by whom it was meant for.

use super::period::{Period, SINCE, UNTIL};
use super::shown::{by_name, count, figure};
use super::told::record;
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use crate::view::fold::bare;
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What was sent.
pub(super) const QUESTION: Question = Question {
    name: "letters",
    about: "Letters, calls and visits, counted for each action and each person they were meant for.",
    place: Place::Ask,
    words: &[Word { name: "of", about: "Only for this action: its id or its title.", many: Given::Once }, SINCE, UNTIL],
    answer,
};

/// What some tallies add up to.
#[derive(Clone, Debug, Default)]
pub(super) struct Letters {
    /// Letters.
    pub(super) letters: f64,
    calls: f64,
    visits: f64,
    groups: BTreeSet<GroupId>,
    tallies: Vec<String>,
}

impl Letters {
    /// Counts one tally.
    pub(super) fn add(&mut self, tally: &Row) {
        self.letters += count(tally, "letters");
        self.calls += count(tally, "calls");
        self.visits += count(tally, "visits");
        self.groups.extend(tally.owner());
        self.tallies.push(tally.document.to_string());
    }

    /// The letters for an action.
    pub(super) fn of(asked: &Asked<'_>, action: &Row) -> Self {
        let mut letters = Self::default();
        asked.referring(action, "tally").for_each(|tally| letters.add(tally));
        letters
    }

    fn row(self, title: String, id: Option<String>) -> Json {
        json!({
            "id": id,
            "title": title,
            "letters": figure(self.letters),
            "calls": figure(self.calls),
            "visits": figure(self.visits),
            "groups": self.groups.len(),
            "tallies": self.tallies,
        })
    }
}

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let period = Period::asked(asked)?;
    let of = record(asked, "of", &["action"])?;
    let meant = |tally: &&Arc<Row>| of.is_none_or(|of| tally.values.text("action") == of.document.to_string());
    let mut total = Letters::default();
    let mut actions: BTreeMap<&str, Letters> = BTreeMap::new();
    let mut targets: BTreeMap<String, (&str, Letters)> = BTreeMap::new();
    for tally in asked.records("tally").filter(meant).filter(|tally| period.holds_row(tally, "on")) {
        total.add(tally);
        actions.entry(tally.values.text("action")).or_default().add(tally);
        let target = tally.values.text("target").trim();
        targets.entry(bare(target)).or_insert_with(|| (target, Letters::default())).1.add(tally);
    }
    let mut actions: Vec<(String, &str, Letters)> = actions
        .into_iter()
        .map(|(id, letters)| {
            (asked.views.title_of_id(id).unwrap_or_else(|| "an action that is not here".to_owned()), id, letters)
        })
        .collect();
    actions.sort_by_cached_key(|(title, id, _)| by_name(title, *id));
    let by_action = actions.into_iter().map(|(title, id, letters)| letters.row(title, Some(id.to_owned())));
    let by_target = targets.into_values().map(|(target, letters)| {
        let target = if target.is_empty() { "nobody named" } else { target };
        letters.row(target.to_owned(), None)
    });
    let columns = |first| {
        [(first, "For"), ("letters", "Letters"), ("calls", "Calls"), ("visits", "Visits"), ("groups", "Groups")]
    };
    let empty = "Nothing was counted yet: `grid tally new --action ID --letters N` does.";
    let heading = format!("Letters, calls and visits {}", period.words());
    let total_rows = (!total.tallies.is_empty()).then(|| total.row("all".to_owned(), None));
    Ok(Reply::default()
        .with(Section::new("total", heading, &columns("title"), empty).rows(total_rows))
        .with(Section::new("actions", "By action", &columns("title"), empty).rows(by_action))
        .with(Section::new("targets", "By whom they were meant for", &columns("title"), empty).rows(by_target)))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn counts_equal_the_stored_letters_whatever_the_case_of_a_name() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let vigil = coalition.record(0, "action", json!({"title": "Vigil"}));
        coalition.record(0, "tally", json!({"action": vigil, "target": "Ms Reed MP", "letters": 40, "calls": 2}));
        coalition.record(1, "tally", json!({"action": vigil, "target": "ms reed mp", "letters": 2}));
        coalition.record(1, "tally", json!({"letters": 7, "on": "2026-01-01T10:00:00Z"}));
        let reply = coalition.ask("letters", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "total", "letters"), [49]);
        assert_eq!(
            Coalition::column(&reply, "actions", "letters"),
            [42, 7].map(|n| json!(n)).into_iter().rev().collect::<Vec<_>>()
        );
        assert_eq!(Coalition::column(&reply, "targets", "groups"), [1, 2]);
        let later = coalition.ask("letters", &[("since", "2026-02-01")]).unwrap();
        assert_eq!(Coalition::column(&later, "total", "letters"), [42]);
        let of = coalition.ask("letters", &[("of", &vigil)]).unwrap();
        assert_eq!(Coalition::column(&of, "total", "calls"), [2]);
    }
}
