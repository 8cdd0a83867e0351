//! What people call things: from a name, an id or the beginning of one to the group or the record that is meant.
//!
//! Whoever types a name need not know how somebody else typed it: case, accents, signs and spaces do not matter, nor
//! whether a letter and its accent are one character or two. What fits more than one thing is never guessed.

use super::Views;
use super::fold::{Phrase, bare};
use super::records::is_shown;
use super::search::Query;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::record::Value;
use grid_protocol::replica::Row;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// The shortest beginning of an id that is looked up: with fewer letters a slip would find something.
pub(crate) const PREFIX: usize = 6;
/// The letters of a whole id.
pub(crate) const WHOLE: usize = 52;
/// Letters of an id that tell one from another where a person reads.
const SHORT: usize = 10;
/// Candidates that an error names.
const NAMED: usize = 5;
/// Letters of a title and of the name of its group that an error names.
const TITLE: usize = 40;
const GROUP: usize = 24;
/// Words of what was told that are looked for where nothing is called so.
const NEAR: usize = 8;
/// Letters of what was told that an error repeats.
const REPEATED: usize = 80;
/// Kinds that an error names one by one.
const FEW: usize = 8;

/// What was told means nothing here, or more than one thing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Untold {
    /// Nothing is called so.
    #[error("there is no {what} {told:?} here{}{}", if .near.is_empty() { "" } else { "; called like it: " }, .near.join(", "))]
    Nothing {
        /// What was looked for: `group`, `need`.
        what: String,
        /// The beginning of what was told.
        told: String,
        /// What has a word of it in its name: name and id.
        near: Vec<String>,
    },
    /// More than one thing is.
    #[error("{told:?} fits {count} records ({what}): {}{}", .candidates.join(", "), if .candidates.len() < *.count { ", and more" } else { "" })]
    Several {
        /// What was looked for.
        what: String,
        /// The beginning of what was told.
        told: String,
        /// How many things it fits.
        count: usize,
        /// The first of them: name and id.
        candidates: Vec<String>,
    },
}

impl Untold {
    /// What to do.
    pub(crate) fn hint(&self) -> String {
        let several = "Give the id of the one you mean: it stands in brackets.";
        match self {
            Self::Several { .. } => several.to_owned(),
            Self::Nothing { near, .. } if !near.is_empty() => several.to_owned(),
            Self::Nothing { what, .. } => {
                let list = if what.contains(' ') { "grid find WORDS".to_owned() } else { format!("grid {what} list") };
                format!(
                    "Give its whole name, its id, or the first six letters of its id: `{list}` shows them. What others \
                     wrote may still be on its way."
                )
            }
        }
    }

    /// The same, with what is called like it, where nothing is called so.
    fn or_near(self, found: impl FnOnce() -> Vec<String>) -> Self {
        match self {
            Self::Nothing { what, told, .. } => Self::Nothing { what, told, near: found() },
            several @ Self::Several { .. } => several,
        }
    }
}

/// The text as the beginning of an id, where it may be one.
pub(crate) fn beginning(told: &str) -> Option<String> {
    let sound = told.chars().all(|letter| letter.is_ascii_alphabetic() || ('2'..='7').contains(&letter));
    (sound && (PREFIX..=WHOLE).contains(&told.len())).then(|| told.to_ascii_lowercase())
}

/// A group of which this may be told.
type Fits<'a> = dyn Fn(&GroupId) -> bool + 'a;

impl Views {
    /// The group that is meant: by its id or that of its profile, the beginning of its id, or its whole name.
    ///
    /// # Errors
    ///
    /// [`Untold`] when no group is called so, or more than one.
    pub(crate) fn group_told(&self, told: &str) -> Result<GroupId, Untold> {
        let told = told.trim();
        if let Some(group) = self.group_named(&told.to_ascii_lowercase()) {
            return Ok(group);
        }
        let (name, prefix) = (bare(told), beginning(told));
        let begins = |group: &GroupId| prefix.as_ref().is_some_and(|prefix| group.to_string().starts_with(prefix));
        self.only_group(told, self.groups_that(&|group| self.bears(group, &name) || begins(group)))
    }

    /// As [`Views::group_told`], for people: where nothing is called so, they are told what is called like it.
    ///
    /// # Errors
    ///
    /// [`Untold`] when no group is called so, or more than one.
    pub(crate) fn group_meant(&self, told: &str) -> Result<GroupId, Untold> {
        self.group_told(told).map_err(|untold| untold.or_near(|| self.groups_near(told)))
    }

    /// As [`Views::group_told`], and where nothing is called so, by a part of its name with slips forgiven: for questions,
    /// which change nothing. A group that is hidden here is not found by a part of its name.
    ///
    /// # Errors
    ///
    /// [`Untold`] when no group is called so, or more than one.
    pub(crate) fn group_like(&self, told: &str) -> Result<GroupId, Untold> {
        let Err(Untold::Nothing { .. }) = self.group_told(told) else { return self.group_told(told) };
        let phrase = Phrase::new(told);
        let part = |phrase: &Phrase| {
            let named = |group: &GroupId| self.names.get(group).is_some_and(|name| phrase.is_in(name));
            self.groups_that(&|group| !self.hidden.groups.contains(group) && named(group))
        };
        let exact = part(&phrase.clone().exactly());
        let only = self.only_group(told, if exact.is_empty() { part(&phrase) } else { exact });
        only.map_err(|untold| untold.or_near(|| self.groups_near(told)))
    }

    /// As [`Views::record_told`], for people: where nothing is called so, they are told what is called like it.
    ///
    /// # Errors
    ///
    /// [`Untold`] when none of them is called so, or more than one.
    pub(crate) fn record_meant(&self, kinds: &[&str], told: &str) -> Result<&Arc<Row>, Untold> {
        self.record_told(kinds, told).map_err(|untold| untold.or_near(|| self.near(kinds, told)))
    }

    /// The record of one of these kinds that is meant: by its id, the beginning of it, or its whole title.
    ///
    /// # Errors
    ///
    /// [`Untold`] when none of them is called so, or more than one.
    pub(crate) fn record_told(&self, kinds: &[&str], told: &str) -> Result<&Arc<Row>, Untold> {
        let told = told.trim();
        let whole = told.to_ascii_lowercase().parse().ok().and_then(|document| self.records.row(&document));
        if let Some(row) = whole.filter(|row| is_shown(row) && row.kind().is_some_and(|kind| kinds.contains(&kind))) {
            return Ok(row);
        }
        let mut fits: Vec<&Arc<Row>> = Vec::new();
        let mut known = HashSet::new();
        for kind in kinds {
            let begun = beginning(told).map(|prefix| self.records.with_prefix(kind, &prefix)).unwrap_or_default();
            for row in begun.into_iter().filter(|row| is_shown(row)).chain(self.called(kind, told)) {
                if known.insert(row.document) {
                    fits.push(row);
                }
            }
        }
        // A support is called what it supports is called: where both fit, that is meant.
        fits.retain(|row| self.named_after(row).is_none_or(|other| !known.contains(&other)));
        let called = |row: &&Arc<Row>| (self.told_apart(row), row.document.to_string());
        let what = if kinds.len() > FEW { "record of any kind".to_owned() } else { kinds.join(", ") };
        only(&what, told, fits, called)
    }

    /// The record whose title is the title of this one.
    fn named_after(&self, row: &Row) -> Option<DocumentId> {
        let kind = self.registry.kind(row.kind()?)?;
        let title = kind.field(&kind.title).filter(|field| field.field_type.targets().is_some())?;
        row.values.text(&title.name).parse().ok()
    }

    /// The first records of these kinds that have a word of this in their titles, the nearest first: name and id. What is
    /// hidden here is not among them.
    pub(crate) fn near(&self, kinds: &[&str], told: &str) -> Vec<String> {
        // Each word is looked for among all that are known.
        let words: Vec<&str> = told.split_whitespace().filter(|word| word.len() <= REPEATED).take(NEAR).collect();
        let phrase = Phrase::new(&words.join(" "));
        let query = Query { required: Vec::new(), wished: Some(phrase.clone()) };
        let fits = |row: &Arc<Row>| !self.hidden.hides(row) && phrase.touches(&self.title_of(row)).is_some();
        let hits = self.search.hits(&self.records, &query).best(|kind| kinds.contains(&kind), NAMED, fits);
        // What is only for this computer's own use is in no index.
        let unindexed = |kind: &&&str| self.registry.kind(kind).is_some_and(|kind| !self.search.holds(kind));
        let others = kinds.iter().filter(unindexed).flat_map(|kind| self.records.of_kind(kind)).filter(|row| fits(row));
        let rows = hits.into_iter().map(|hit| hit.row).chain(others).take(NAMED);
        rows.map(|row| candidate(&self.told_apart(row), &row.document.to_string())).collect()
    }

    /// The first groups that have a word of this in their names: name and id.
    pub(crate) fn groups_near(&self, told: &str) -> Vec<String> {
        let phrase = Phrase::new(told);
        let shown = self.names.iter().filter(|(group, _)| !self.hidden.groups.contains(group));
        let near = shown.filter(|(_, name)| phrase.touches(name).is_some()).take(NAMED);
        near.map(|(group, name)| candidate(name, &group.to_string())).collect()
    }

    /// What a record is called, whose it is, and its day: of two with one title a person knows the one that is meant.
    pub(crate) fn told_apart(&self, row: &Row) -> String {
        let title: String = self.title_of(row).chars().take(TITLE).collect();
        let group = row.owner().map(|group| self.name_of(&group)).unwrap_or_default();
        let group: String = group.chars().take(GROUP).collect();
        let fields = row.kind().and_then(|kind| self.registry.kind(kind)).into_iter().flat_map(|kind| &kind.fields);
        let mut days = fields.filter_map(|field| match row.values.get(&field.name) {
            Some(Value::DateTime(moment)) => Some(moment.to_string()),
            _ => None,
        });
        let day = days.next().unwrap_or_else(|| row.created.to_string());
        format!("{title} by {group}, {}", day.get(..10).unwrap_or(&day))
    }

    /// The records of a kind that have this title.
    pub(crate) fn called<'a>(&'a self, kind: &str, told: &str) -> impl Iterator<Item = &'a Arc<Row>> + use<'a> {
        let wanted = bare(told);
        let rows = (!wanted.is_empty()).then(|| self.records.of_kind(kind));
        rows.into_iter().flatten().filter(move |row| bare(&self.title_of(row)) == wanted)
    }

    /// The removed records of a kind that had this name: those that have a history still.
    pub(crate) fn once_called<'a>(&'a self, kind: &str, told: &str) -> impl Iterator<Item = &'a Arc<Row>> + use<'a> {
        let wanted = bare(told);
        let rows = (!wanted.is_empty()).then(|| self.records.removed(kind));
        rows.into_iter().flatten().filter(move |row| bare(&self.title_of(row)) == wanted)
    }

    fn groups_that(&self, fits: &Fits<'_>) -> Vec<GroupId> {
        let known: BTreeSet<&GroupId> = self.names.keys().chain(&self.members).chain([&self.own]).collect();
        known.into_iter().filter(|group| fits(group)).copied().collect()
    }

    fn only_group(&self, told: &str, fits: Vec<GroupId>) -> Result<GroupId, Untold> {
        let name = |group: &GroupId| self.names.get(group).cloned().unwrap_or_default();
        only("group", told, fits, |group| (name(group), group.to_string()))
    }
}

/// The only one of those that fit; `called` gives name and id.
pub(crate) fn only<T>(
    what: &str,
    told: &str,
    fits: Vec<T>,
    called: impl Fn(&T) -> (String, String),
) -> Result<T, Untold> {
    let (what, repeated) = (what.to_owned(), told.chars().take(REPEATED).collect());
    let count = fits.len();
    if count > 1 {
        let named = fits.iter().take(NAMED).map(|fitting| {
            let (name, id) = called(fitting);
            candidate(&name, &id)
        });
        return Err(Untold::Several { what, told: repeated, count, candidates: named.collect() });
    }
    fits.into_iter().next().ok_or(Untold::Nothing { what, told: repeated, near: Vec::new() })
}

/// Something that may be meant, as an error names it.
fn candidate(name: &str, id: &str) -> String {
    format!("{} ({})", name.chars().take(REPEATED).collect::<String>(), id.get(..SHORT).unwrap_or(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn a_group_is_meant_whatever_the_case_the_accents_and_how_they_are_composed() {
        let coalition = Coalition::new(&["José Martí", "Hollin Choir", "Plan A", "Plan B"]);
        let views = &coalition.views;
        for told in ["José Martí", "Jose\u{301} Marti\u{301}", "JOSE MARTI", " jose  martí ", "José-Martí"] {
            assert_eq!(views.group_told(told), Ok(GroupId([1; 32])), "{told:?}");
        }
        assert_eq!(views.group_told("plan b"), Ok(GroupId([4; 32])), "one letter tells two names apart");
        let id = Coalition::group(1);
        for told in [&*id, &id.to_uppercase(), &id[..8]] {
            assert_eq!(views.group_told(told), Ok(GroupId([2; 32])), "{told:?}");
        }
        assert!(views.group_told(&id[..PREFIX - 1]).is_err());
        assert!(
            matches!(views.group_told("José"), Err(Untold::Nothing { .. })),
            "a part is not enough where one writes"
        );
        assert_eq!(views.group_like("Jose"), Ok(GroupId([1; 32])));
        assert_eq!(views.group_like("holin choir"), Ok(GroupId([2; 32])), "a slip");
        assert!(matches!(views.group_told(""), Err(Untold::Nothing { .. })));
    }

    #[test]
    fn what_fits_more_than_one_lists_them() {
        let mut coalition = Coalition::new(&["José", "JOSE\u{301}", "Hollin Choir"]);
        let error = coalition.views.group_told("jose").unwrap_err();
        for index in 0..2 {
            assert!(error.to_string().contains(&Coalition::group(index)[..SHORT]), "{error}");
        }
        let vigil = coalition.record(0, "action", json!({"title": "Vigil für José"}));
        coalition.record(1, "need", json!({"title": "Vigil fur Jose\u{301}"}));
        let error = coalition.views.record_told(&["action", "need"], "VIGIL FÜR JOSÉ").unwrap_err();
        assert!(
            error.to_string().contains("by José (")
                && error.to_string().contains(", 2026-11-22 (")
                && error.hint().contains("brackets"),
            "{error}"
        );
        assert!(error.to_string().contains("Vigil fur Jose") && error.to_string().contains(&vigil[..SHORT]), "{error}");
        for told in ["vigil fur jose", &vigil, &vigil[..8]] {
            let row = coalition.views.record_told(&["action"], told).unwrap();
            assert_eq!(row.document.to_string(), vigil);
        }
        assert!(matches!(coalition.views.record_told(&["task"], "vigil"), Err(Untold::Nothing { .. })));
    }

    #[test]
    fn what_is_called_after_something_is_not_meant_by_its_title() {
        let mut coalition = Coalition::new(&["Hollin Choir", "Ferry Friends"]);
        let walk = coalition.record(0, "action", json!({"title": "River walk"}));
        let support = coalition.record(1, "support", json!({"of": walk, "sort": "join"}));
        let kinds = ["action", "support", "report"];
        let meant = |told: &str| coalition.views.record_told(&kinds, told).map(|row| row.document.to_string());
        assert_eq!((meant("river walk"), meant(&support[..8])), (Ok(walk.clone()), Ok(support.clone())));
        let alone = coalition.views.record_told(&["support"], "river walk").unwrap();
        assert_eq!(alone.document.to_string(), support, "where nothing else is asked for, it is");
    }

    #[test]
    fn what_fits_nothing_is_answered_with_what_is_called_like_it() {
        let mut coalition = Coalition::new(&["Hollin Choir", "Ferry Friends"]);
        let press = coalition.record(0, "need", json!({"title": "Printing press for the leaflets"}));
        coalition.record(0, "need", json!({"title": "A van"}));
        coalition.record(0, "asset", json!({"name": "Press"}));
        let untold = coalition.views.record_meant(&["need"], "pres").unwrap_err();
        let said = untold.to_string();
        let begins =
            "there is no need \"pres\" here; called like it: Printing press for the leaflets by Hollin Choir, ";
        assert!(said.starts_with(begins) && said.ends_with(&format!(" ({})", &press[..SHORT])), "{said}");
        assert!(untold.hint().contains("the id of the one you mean"), "{}", untold.hint());
        let untold = coalition.views.record_meant(&["need"], "boat").unwrap_err();
        assert_eq!(untold.to_string(), "there is no need \"boat\" here");
        assert!(untold.hint().contains("`grid need list`"), "{}", untold.hint());
        let untold = coalition.views.group_meant("choir").unwrap_err();
        assert!(untold.to_string().contains("Hollin Choir (") && !untold.to_string().contains("Ferry"), "{untold}");
        let link = coalition.record(0, "search", json!({"name": "River things"}));
        let untold = coalition.views.record_meant(&["search"], "river").unwrap_err();
        assert!(untold.to_string().contains(&link[..SHORT]), "what stays here is in no index: {untold}");
        let ferry = |coalition: &Coalition| coalition.views.group_meant("friends").unwrap_err().to_string();
        assert!(ferry(&coalition).contains("Ferry Friends ("));
        coalition.hides(1);
        assert!(!ferry(&coalition).contains("Ferry"), "what is hidden is no candidate");
    }

    #[test]
    fn a_name_that_is_the_beginning_of_anothers_id_takes_nobody_in() {
        let id = Coalition::group(1);
        let mut coalition = Coalition::new(&["Mallory", "Hollin Choir"]);
        coalition.record(0, "group", json!({"name": &id[..8]}));
        assert!(matches!(coalition.views.group_told(&id[..8]), Err(Untold::Several { count: 2, .. })));
        assert_eq!(coalition.views.group_told(&id), Ok(GroupId([2; 32])));
    }
}
