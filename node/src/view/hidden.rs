//! What the people of this computer do not want to see: tactics and groups. Nobody else knows of it.

use super::Records;
use grid_protocol::id::GroupId;
use grid_protocol::record::Value;
use grid_protocol::replica::Row;
use std::collections::BTreeSet;

/// What is hidden on this computer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Groups of which nothing is shown.
    pub groups: BTreeSet<GroupId>,
    /// Tactics of which no actions are shown, in lower case.
    pub tactics: BTreeSet<String>,
}

impl Hidden {
    /// The kind of record that hides something.
    pub(super) const KIND: &str = "hiding";

    /// What the records of this computer hide.
    pub(super) fn read(records: &Records) -> Self {
        let mut hidden = Self::default();
        for row in records.of_kind(Self::KIND) {
            match row.values.text("sort") {
                "group" => hidden.groups.extend(row.values.text("of_group").parse::<GroupId>()),
                _ => drop(hidden.tactics.insert(row.values.text("what").trim().to_lowercase())),
            }
        }
        hidden
    }

    /// Whether a record is not to be shown.
    pub fn hides(&self, row: &Row) -> bool {
        if self.groups.is_empty() && self.tactics.is_empty() {
            // Most people hide nothing, and every question asks this of every record.
            return false;
        }
        if row.owner().is_some_and(|group| self.groups.contains(&group)) {
            return true;
        }
        let tactics = row.values.get("tactics").and_then(Value::as_tags);
        !self.tactics.is_empty()
            && tactics.is_some_and(|tactics| tactics.iter().any(|tactic| self.tactics.contains(&tactic.to_lowercase())))
    }
}
