//! What the people of this computer do not want to see: tactics and groups. Nobody else knows of it.

use super::{Views, listed};
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

    /// What the records of this computer hide. A group may be named by its own id or by that of its profile, which may
    /// come later.
    pub(super) fn read(views: &Views) -> Self {
        let mut hidden = Self::default();
        for row in views.records.of_kind(Self::KIND) {
            match row.values.text("sort") {
                "group" => {
                    let named = row.values.text("of_group");
                    hidden.groups.extend(views.group_named(named).or_else(|| named.parse().ok()));
                }
                _ => drop(hidden.tactics.insert(row.values.text("what").trim().to_lowercase())),
            }
        }
        hidden
    }

    /// Whether a record is not to be shown: it is hidden here, or lists somebody who has not agreed.
    pub fn hides(&self, row: &Row) -> bool {
        if !listed::may_be_listed(row) {
            return true;
        }
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
