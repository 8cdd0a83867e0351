//! The directory: who is here, and who is wanted.
//!
//! Members come from the signed records, prospects from imports and from what groups wrote down. A
//! prospect that has joined is shown once, as the member that it became.

use super::Views;
use super::fold::folded;
use super::link::{self, Links};
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::record::KindRole;
use grid_protocol::replica::Row;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Whether a group of the directory is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// It is a member.
    Member,
    /// It is known here and is no member yet.
    Known,
    /// It withdrew its signature.
    Withdrew,
    /// A version of the statement removed it.
    Removed,
    /// Somebody wants it here.
    Prospect,
}

/// A group of the directory.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectoryRow {
    /// The group, where it has keys.
    pub group: Option<GroupId>,
    /// The record that describes it: its own profile, or the prospect.
    pub record: Option<DocumentId>,
    /// Its name.
    pub name: String,
    /// Whether it is here.
    pub membership: Membership,
    /// Its record's content, where there is one.
    pub row: Option<Arc<Row>>,
    /// Prospects that it was before it joined.
    pub was: Vec<DocumentId>,
    /// Further records of the same prospect: several members may want the same group.
    pub same: Vec<Arc<Row>>,
}

impl Views {
    /// Every group: members first, then prospects, each by name.
    pub fn directory(&self) -> Vec<DirectoryRow> {
        let mut rows = self.groups();
        let mut prospects = Vec::new();
        if let Some((profile, prospect)) = link::kinds(&self.registry) {
            let links = Links::new(profile, prospect, &rows, &self.founding_names);
            for row in self.records.of_kind(&prospect.name) {
                match links.of(row).and_then(|index| rows.get_mut(index)) {
                    Some(member) => member.was.push(row.document),
                    None => prospects.push(DirectoryRow {
                        group: None,
                        record: Some(row.document),
                        name: row.values.text(&prospect.title).to_owned(),
                        membership: Membership::Prospect,
                        row: Some(row.clone()),
                        was: Vec::new(),
                        same: Vec::new(),
                    }),
                }
            }
        }
        rows.extend(self.each_once(prospects));
        rows.sort_by_cached_key(|row| (row.membership as u8, folded(&row.name), row.record));
        rows
    }

    /// Prospects that several members wrote down under the same name and place, as one. The record of this group comes
    /// first, since its people can change that one; without one, the record with the smallest id. What is hidden here comes
    /// last.
    fn each_once(&self, prospects: Vec<DirectoryRow>) -> Vec<DirectoryRow> {
        let Some(kind) = self.registry.with_role(KindRole::Prospect) else { return prospects };
        let mut known: BTreeMap<String, Vec<DirectoryRow>> = BTreeMap::new();
        let mut once = Vec::new();
        for row in prospects {
            match row.row.as_ref().and_then(|row| kind.identity(&row.values)) {
                Some(key) => known.entry(key).or_default().push(row),
                None => once.push(row),
            }
        }
        for mut alike in known.into_values() {
            let own = |row: &DirectoryRow| row.row.as_ref().and_then(|row| row.owner()) == Some(self.own);
            let hidden = |row: &DirectoryRow| row.row.as_ref().is_some_and(|row| self.hidden.hides(row));
            alike.sort_by_key(|row| (hidden(row), !own(row), row.record));
            let mut alike = alike.into_iter();
            if let Some(mut first) = alike.next() {
                // One group that has two of a name has made them itself, and merges them itself.
                let owner = |row: &DirectoryRow| row.row.as_ref().and_then(|row| row.owner());
                let mut owners = BTreeSet::from([owner(&first)]);
                for row in alike {
                    match row.row.clone().filter(|_| owners.insert(owner(&row))) {
                        Some(record) => first.same.push(record),
                        None => once.push(row),
                    }
                }
                once.push(first);
            }
        }
        once
    }

    /// The profiles that groups have written.
    pub(super) fn profiles(&self) -> impl Iterator<Item = &Arc<Row>> {
        let kind = self.registry.with_role(KindRole::Profile).map_or("", |kind| kind.name.as_str());
        self.records.of_kind(kind)
    }

    /// The group that an id names: its own, or that of its profile.
    pub fn group_named(&self, id: &str) -> Option<GroupId> {
        if let Some(group) = id.parse().ok().filter(|group| self.names.contains_key(group)) {
            return Some(group);
        }
        let profile = self.registry.with_role(KindRole::Profile)?;
        self.records.row(&id.parse().ok()?).filter(|row| row.kind() == Some(&*profile.name))?.owner()
    }

    fn groups(&self) -> Vec<DirectoryRow> {
        let members: BTreeSet<&GroupId> = self.members.iter().collect();
        let profiles: BTreeMap<GroupId, &Arc<Row>> =
            self.profiles().filter_map(|row| Some((row.owner()?, row))).collect();
        let known: BTreeSet<GroupId> =
            self.members.iter().chain(profiles.keys()).chain(self.ended.keys()).copied().chain([self.own]).collect();
        known
            .into_iter()
            .map(|group| DirectoryRow {
                group: Some(group),
                record: profiles.get(&group).map(|row| row.document),
                name: self.name_of(&group),
                membership: match self.ended.get(&group) {
                    _ if members.contains(&group) => Membership::Member,
                    Some(ended) => *ended,
                    None => Membership::Known,
                },
                row: profiles.get(&group).copied().cloned(),
                was: Vec::new(),
                same: Vec::new(),
            })
            .collect()
    }
}
