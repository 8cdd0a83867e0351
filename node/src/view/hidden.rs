//! What the people of this computer do not want to see: tactics and groups. Nobody else knows of it.
//!
//! Hiding is a taste of this computer. It takes rows out of what is shown, and out of nothing that is added up or
//! decided: otherwise two computers would tell two results. What this group wrote itself is never hidden.

use super::{Views, listed};
use grid_protocol::id::GroupId;
use grid_protocol::record::Value;
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use std::collections::BTreeSet;

/// What is hidden on this computer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// Groups of which nothing is shown; this node's own is never among them.
    pub groups: BTreeSet<GroupId>,
    /// Tactics of which no actions are shown, in lower case.
    pub tactics: BTreeSet<String>,
    /// This node's own group.
    own: Option<GroupId>,
    /// When something of it will be shown again.
    ends: Option<Timestamp>,
}

/// Whether a record is shown on this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// It is.
    Shown,
    /// It is not, for nothing but the taste of the people here.
    TakenOut,
    /// It lists somebody who has not agreed.
    Unlisted,
}

impl Hidden {
    /// The kind of record that hides something.
    pub(super) const KIND: &str = "hiding";

    /// What the records of this computer hide at a moment.
    pub(super) fn read(views: &Views, now: Timestamp) -> Self {
        let mut hidden = Self { own: Some(views.own), ..Self::default() };
        for row in views.records.of_kind(Self::KIND) {
            let until = match row.values.get("until") {
                Some(Value::DateTime(until)) => u64::try_from(until.instant().as_millisecond()).ok().map(Timestamp),
                _ => None,
            };
            if until.is_some_and(|until| until <= now) {
                continue;
            }
            match row.values.text("sort") {
                "group" => hidden.groups.extend(group(views, row).filter(|group| *group != views.own)),
                _ => hidden.tactics.extend(Some(tactic(row.values.text("what"))).filter(|tactic| !tactic.is_empty())),
            }
            hidden.ends = [hidden.ends, until].into_iter().flatten().min();
        }
        hidden
    }

    /// Whether something of it is to be shown again by now.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }

    /// Whether nothing is hidden.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.tactics.is_empty()
    }

    /// Whether a record is not to be shown: it is hidden here, or lists somebody who has not agreed.
    pub fn hides(&self, row: &Row) -> bool {
        !listed::may_be_listed(row) || self.takes_out(row)
    }

    /// Whether a record is shown, and if not, why.
    pub(crate) fn sight(&self, row: &Row) -> Sight {
        match row {
            _ if self.takes_out(row) => Sight::TakenOut,
            _ if self.hides(row) => Sight::Unlisted,
            _ => Sight::Shown,
        }
    }

    /// Whether a record is not shown for nothing but the taste of the people here.
    pub fn takes_out(&self, row: &Row) -> bool {
        if self.is_empty() || row.owner() == self.own {
            // Most people hide nothing, and every question asks this of every record.
            return false;
        }
        if row.owner().is_some_and(|group| self.groups.contains(&group)) {
            return true;
        }
        let tactics = row.values.get("tactics").and_then(Value::as_tags);
        !self.tactics.is_empty()
            && tactics.is_some_and(|tactics| tactics.iter().any(|word| self.tactics.contains(&tactic(word))))
    }
}

fn tactic(word: &str) -> String {
    word.trim().to_lowercase()
}

/// The group that a record hides: the one that it refers to, by its id or that of its profile, else the only one of that
/// name.
fn group(views: &Views, row: &Row) -> Option<GroupId> {
    let named = row.values.text("of_group");
    if !named.is_empty() {
        // The profile may come later than the wish not to see it: a group's own id says who is meant.
        return views.group_named(named).or_else(|| named.parse().ok());
    }
    views.group_told(row.values.text("what")).ok()
}

impl Views {
    /// Time has passed: what was hidden until then is shown again.
    pub(crate) fn pass(&mut self, now: Timestamp) {
        self.now = now;
        let hidden = Hidden::read(self, now);
        if hidden != self.hidden {
            self.records.look_again(&hidden);
            self.hidden = hidden;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::question::fixture::{Coalition, NOW};
    use grid_protocol::time::Timestamp;
    use serde_json::json;

    fn titles(coalition: &Coalition) -> Vec<serde_json::Value> {
        Coalition::column(&coalition.ask("agenda", &[]).expect("it asks nothing more"), "agenda", "title")
    }

    fn coalition() -> Coalition {
        let mut coalition = Coalition::new(&["Clean River", "Mill Weir"]);
        let walk = |title: &str| json!({"title": title, "tactics": ["Vigil"], "starts": "2026-11-24T09:00:00Z"});
        coalition.record(0, "action", walk("Ours"));
        coalition.record(1, "action", walk("Theirs"));
        coalition
    }

    #[test]
    fn what_one_wrote_oneself_is_never_hidden() {
        let mut coalition = coalition();
        coalition.record(0, "hiding", json!({"what": " vigil", "sort": "tactic"}));
        coalition.hides(0);
        assert_eq!(titles(&coalition), ["Ours"]);
    }

    #[test]
    fn a_group_is_hidden_by_its_name_its_id_and_its_profile_and_by_nothing_that_fits_two() {
        let profile = |coalition: &Coalition| {
            let mut profiles = coalition.views.current("group");
            profiles.find(|row| row.values.text("name") == "Mill Weir").expect("it has one").document.to_string()
        };
        let hiding = |fields: serde_json::Value| {
            let mut coalition = coalition();
            coalition.unchecked(0, "hiding", fields);
            titles(&coalition).len()
        };
        assert_eq!(hiding(json!({"what": "mill weir", "sort": "group"})), 1);
        assert_eq!(hiding(json!({"what": "them", "sort": "group", "of_group": Coalition::group(1)})), 1);
        assert_eq!(hiding(json!({"what": "them", "sort": "group", "of_group": profile(&coalition())})), 1);
        assert_eq!(hiding(json!({"what": "Weir", "sort": "group"})), 2);
        let mut twice = Coalition::new(&["Clean River", "Choir", "Choir"]);
        twice.unchecked(0, "hiding", json!({"what": "choir", "sort": "group"}));
        assert!(twice.views.hidden.groups.is_empty());
    }

    #[test]
    fn what_is_hidden_until_a_day_is_shown_again_then() {
        let mut coalition = coalition();
        coalition.record(0, "hiding", json!({"what": "vigil", "until": "2026-11-22T12:00:00Z"}));
        assert_eq!(titles(&coalition).len(), 2, "that is over");
        coalition.record(0, "hiding", json!({"what": "vigil", "until": "2026-11-22T12:00:01Z"}));
        assert_eq!(titles(&coalition), ["Ours"]);
        let (before, then) = (NOW, Timestamp(NOW.0 + 1_000));
        assert!(!coalition.views.hidden.is_over(before) && coalition.views.hidden.is_over(then));
        coalition.views.pass(then);
        assert_eq!(titles(&coalition).len(), 2);
    }
}
