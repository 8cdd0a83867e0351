//! Backing: what other groups do for something, counted once for each group.

use super::Asked;
use super::period::is_over;
use super::shown::count;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::replica::Row;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What groups do for one thing, or for several that are added up.
#[derive(Clone, Debug, Default)]
pub(super) struct Backing {
    /// The groups that back it in any way.
    pub(super) groups: BTreeSet<GroupId>,
    /// How many spread the word.
    pub(super) boosts: usize,
    /// How many come.
    pub(super) joins: usize,
    /// How many offer help.
    pub(super) offers: usize,
    /// How many promise something.
    pub(super) pledges: usize,
    /// How many people each group that joins brings.
    coming: BTreeMap<GroupId, f64>,
}

impl Backing {
    /// What others than its owner do for a record.
    pub(super) fn of(asked: &Asked<'_>, row: &Row) -> Self {
        Self::adding(standing(asked, row).filter(|support| support.owner() != row.owner()))
    }

    /// The same for a part of what is over, whenever the part was to be.
    pub(super) fn of_over(asked: &Asked<'_>, row: &Row) -> Self {
        Self::adding(asked.referring(row, "support").filter(|support| support.owner() != row.owner()))
    }

    fn adding<'a>(supports: impl Iterator<Item = &'a Arc<Row>>) -> Self {
        let mut backing = Self::default();
        last_words(supports).for_each(|support| backing.add(support));
        backing
    }

    /// Counts one support. Those of one group for one thing in one way go through [`last_words`] before.
    pub(super) fn add(&mut self, support: &Row) {
        self.groups.extend(support.owner());
        let joins = support.values.text("sort") == "join";
        if let Some(group) = support.owner().filter(|_| joins) {
            *self.coming.entry(group).or_default() += count(support, "people");
        }
        let counted = match support.values.text("sort") {
            "join" => &mut self.joins,
            "offer" => &mut self.offers,
            "pledge" => &mut self.pledges,
            _ => &mut self.boosts,
        };
        *counted += 1;
    }

    /// How many people come: those whom groups bring that join. Who offers help or spreads the word brings nobody.
    pub(super) fn people(&self) -> f64 {
        self.coming.values().sum()
    }

    /// How many of those one group brings.
    pub(super) fn people_of(&self, group: &GroupId) -> f64 {
        self.coming.get(group).copied().unwrap_or_default()
    }

    /// Adds what is done for something else.
    pub(super) fn merge(&mut self, mut other: Self) {
        for (group, people) in std::mem::take(&mut other.coming) {
            *self.coming.entry(group).or_default() += people;
        }
        self.count(other);
    }

    /// Adds what is done for the whole of which this is done for the parts: the people whom a group brings to the whole are
    /// those whom it brings to its parts.
    pub(super) fn merge_whole(&mut self, mut whole: Self) {
        for (group, people) in std::mem::take(&mut whole.coming) {
            let coming = self.coming.entry(group).or_default();
            *coming = coming.max(people);
        }
        self.count(whole);
    }

    fn count(&mut self, other: Self) {
        self.groups.extend(other.groups);
        self.boosts += other.boosts;
        self.joins += other.joins;
        self.offers += other.offers;
        self.pledges += other.pledges;
    }

    /// How many supports it adds up.
    pub(super) const fn supports(&self) -> usize {
        self.boosts + self.joins + self.offers + self.pledges
    }
}

/// The supports of a record that stand. What groups did that have left since was done; what they meant to do will not be.
pub(super) fn standing<'a>(asked: &Asked<'a>, row: &Row) -> impl Iterator<Item = &'a Arc<Row>> {
    let over = is_over(row, asked.now);
    let views = asked.views;
    asked.referring(row, "support").filter(move |support| over || views.holds(support))
}

/// Of the supports that one group wrote for one thing in one way the newest: a slip of the finger counts nobody twice.
pub(super) fn last_words<'a>(supports: impl Iterator<Item = &'a Arc<Row>>) -> impl Iterator<Item = &'a Arc<Row>> {
    let mut newest: BTreeMap<(&str, Option<GroupId>, &str), &'a Arc<Row>> = BTreeMap::new();
    for support in supports {
        let key = (support.values.text("of"), support.owner(), support.values.text("sort"));
        let known = newest.entry(key).or_insert(support);
        if (known.changed, known.document) < (support.changed, support.document) {
            *known = support;
        }
    }
    newest.into_values()
}

/// The supports that stand of what others wrote, of each group for each thing in each way the newest.
pub(super) fn supports<'a>(asked: &Asked<'a>) -> impl Iterator<Item = &'a Arc<Row>> {
    let counts = |support: &Row| match asked.referred(support.values.text("of")) {
        Some(of) => of.owner() != support.owner() && (asked.views.holds(support) || is_over(of, asked.now)),
        None => asked.views.holds(support),
    };
    last_words(asked.records("support").filter(move |support| counts(support)))
}

/// What is done for everything that is backed at all, by the id of the thing.
pub(super) fn everything(asked: &Asked<'_>) -> BTreeMap<DocumentId, Backing> {
    let mut backed: BTreeMap<DocumentId, Backing> = BTreeMap::new();
    for support in supports(asked) {
        if let Ok(thing) = support.values.text("of").parse() {
            backed.entry(thing).or_default().add(support);
        }
    }
    backed
}
