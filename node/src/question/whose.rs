//! Whose: one group, or those of a place. It narrows questions that are about everybody to somebody.

use super::narrow::{Narrow, Strictness};
use super::shown::{place, point};
use super::told::group;
use super::{Asked, Given, Unanswerable, Word};
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use std::collections::BTreeSet;

/// One group, in a question that is not about what it wrote alone.
pub(super) const GROUP: Word = Word {
    name: "group",
    about: "Only what concerns this group: its name or its id, or mine for your own.",
    many: Given::Once,
};

/// Whom an answer is about.
#[derive(Debug)]
pub(super) struct Whose {
    group: Option<GroupId>,
    near: Narrow,
    /// The groups that are where it was asked for.
    there: BTreeSet<GroupId>,
}

impl Whose {
    /// Whom a question was narrowed to.
    ///
    /// # Errors
    ///
    /// [`Unanswerable`] when no group or more than one is called so, or a point or a distance does not read as one.
    pub(super) fn read(asked: &Asked<'_>, strictness: Strictness) -> Result<Self, Unanswerable> {
        let (group, near) = (group(asked)?, Narrow::read(asked, strictness)?);
        let there = match near.is_open() {
            true => BTreeSet::new(),
            false => asked.profiles().into_iter().filter(|(_, row)| near.fits(row)).map(|(group, _)| group).collect(),
        };
        Ok(Self { group, near, there })
    }

    /// Whether it is about everybody.
    pub(super) fn is_everybody(&self) -> bool {
        self.group.is_none() && self.near.is_open()
    }

    /// Whether it is about this group.
    pub(super) fn holds_group(&self, group: &GroupId) -> bool {
        self.group.is_none_or(|only| only == *group) && (self.near.is_open() || self.there.contains(group))
    }

    /// Whether it is about something of a group.
    pub(super) fn holds(&self, row: &Row) -> bool {
        self.group.is_none_or(|only| row.owner() == Some(only)) && self.is_there(row)
    }

    /// Whether it is about this group wherever something else lies.
    pub(super) fn is_group(&self, group: &GroupId) -> bool {
        self.group == Some(*group)
    }

    /// Whether it is about a place where something lies: where it says, else where its group is.
    pub(super) fn is_there(&self, row: &Row) -> bool {
        let says = !place(row).is_empty() || point(row).is_some();
        match (self.near.is_open(), says) {
            (true, _) => true,
            (false, true) => self.near.fits(row),
            (false, false) => row.owner().is_some_and(|group| self.there.contains(&group)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::{Value as Json, json};

    /// Three groups, of which two are in Lismore; each needs what another has, and knows nobody.
    fn coalition() -> Coalition {
        let mut coalition = Coalition::quiet_since(1, &["Clean River", "Hollin Choir", "Ferry Friends"]);
        let valley = coalition.record(0, "unit", json!({"name": "Valley"}));
        let coast = coalition.record(0, "unit", json!({"name": "Coast"}));
        for (index, name, place, unit) in [
            (0, "Clean River", "Lismore", &valley),
            (1, "Hollin Choir", "Lismore", &valley),
            (2, "Ferry Friends", "Ballina", &coast),
        ] {
            let fields = json!({"name": name, "place": place, "units": [unit], "tags": ["water"]});
            coalition.record(index, "group", fields);
        }
        for (by, what) in [(0, "van"), (1, "hall"), (2, "boat")] {
            coalition.record(by, "need", json!({"title": format!("A {what}"), "tags": [what]}));
            coalition.record((by + 1) % 3, "asset", json!({"name": format!("Our {what}"), "tags": [what]}));
            coalition.record(by, "alert", json!({"title": format!("Alert of {by}"), "status": "open"}));
        }
        // Two who are no members, on the map.
        coalition.record(4, "group", json!({"name": "Mill Street", "place": "Lismore"}));
        coalition.record(5, "group", json!({"name": "Delta Anglers", "place": "Ballina"}));
        coalition
    }

    fn column(coalition: &Coalition, question: &str, words: &[(&str, &str)], at: (&str, &str)) -> Vec<Json> {
        Coalition::column(&coalition.ask(question, words).expect("the question is sound"), at.0, at.1)
    }

    #[test]
    fn what_is_about_everybody_can_be_asked_of_one_group_and_of_a_place() {
        let coalition = coalition();
        let asked = |words: &[(&str, &str)], question, at| column(&coalition, question, words, at);
        let (ours, there) = ([("group", "mine")], [("place", "lismore")]);
        assert_eq!(asked(&ours, "match", ("matches", "name")), ["A van"]);
        assert_eq!(asked(&[("group", "hollin")], "match", ("matches", "name")), ["A hall"]);
        assert_eq!(asked(&there, "match", ("matches", "name")).len(), 2);
        assert_eq!(asked(&[("group", "delta")], "map", ("groups", "name")), ["Delta Anglers"]);
        assert_eq!(asked(&there, "map", ("groups", "name")), ["Mill Street"]);
        assert_eq!(asked(&[("group", "ferry")], "flows", ("groups", "name")), ["Ferry Friends"]);
        assert_eq!(asked(&there, "flows", ("nothing", "name")).len(), 2);
        assert_eq!(asked(&there, "units", ("units", "unit")), ["Valley"]);
        assert_eq!(asked(&[("group", "ferry")], "units", ("units", "unit")), ["Coast"]);
        assert_eq!(asked(&there, "units", ("total", "groups")), [2]);
        assert_eq!(asked(&[("place", "Ballina")], "calls", ("calls", "name")), ["Alert of 2"]);
        assert_eq!(
            asked(&[("group", "ferry")], "calls", ("calls", "name")).len(),
            3,
            "its own, and those that call it"
        );
        assert_eq!(asked(&[("group", "ferry")], "introduce", ("isolated", "name")), ["Ferry Friends"]);
        let pairs = coalition.ask("introduce", &[("group", "ferry")]).unwrap();
        let with = |key| Coalition::column(&pairs, "pairs", key);
        let sides = with("name").into_iter().zip(with("with")).map(|(one, other)| [one, other]);
        assert!(sides.clone().count() > 0 && sides.into_iter().all(|side| side.contains(&json!("Ferry Friends"))));
        assert!(pairs.section("uncovered").is_none(), "what nobody fills is no matter of one group");
    }

    #[test]
    fn a_word_finds_what_meets_it_on_either_side() {
        let mut coalition = coalition();
        coalition.record(0, "need", json!({"title": "A dragon", "tags": ["dragon"]}));
        let matches = |text: &str| column(&coalition, "match", &[("text", text)], ("matches", "name"));
        assert_eq!(matches("van"), ["A van"]);
        assert_eq!(matches("our van"), ["A van"], "by what it is called where it is");
        assert!(matches("ship").is_empty());
        for text in ["dragon", "drgaon"] {
            assert_eq!(column(&coalition, "match", &[("text", text)], ("unmet", "name")), ["A dragon"], "{text}");
        }
        assert!(column(&coalition, "match", &[("text", "van")], ("unmet", "name")).is_empty());
    }

    #[test]
    fn a_group_that_gave_and_got_nothing_is_shown_what_meets_its_own_needs() {
        let coalition = coalition();
        let reply = coalition.ask("health", &[]).unwrap();
        let steps: Vec<String> =
            reply.sections.iter().flat_map(|section| &section.rows).map(|row| row["step"].to_string()).collect();
        let id = Coalition::group(2);
        let wanted = format!("grid match --group {}", &id[..8]);
        assert!(steps.iter().any(|step| step.contains(&wanted)), "{steps:?}");
        let told = wanted.rsplit(' ').next().unwrap();
        assert_eq!(column(&coalition, "match", &[("group", told)], ("matches", "name")), ["A boat"]);
    }
}
