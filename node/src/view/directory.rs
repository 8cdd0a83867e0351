//! The directory: who is here, and who is wanted.
//!
//! Members come from the signed records, prospects from imports and from what groups wrote down. A
//! prospect that has joined is shown once, as the member that it became: the one that somebody linked
//! it to, or else the member of the same name.

use super::Views;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::replica::Row;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The kind of a group's own profile.
pub const PROFILE: &str = "group";
/// The kind of a group that is not here yet.
pub const PROSPECT: &str = "prospect";

/// Whether a group of the directory is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// It is a member.
    Member,
    /// It is known here and is no member: it has not signed, or has withdrawn.
    Known,
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
}

impl Views {
    /// The name that a group has given itself, or the one that it was founded under.
    pub fn name_of(&self, group: &GroupId) -> String {
        self.names.get(group).cloned().unwrap_or_else(|| group.short())
    }

    /// Every group: members first, then prospects, each by name.
    pub fn directory(&self) -> Vec<DirectoryRow> {
        let mut rows = self.groups();
        let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
        let mut by_group: BTreeMap<String, usize> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            by_name.entry(folded(&row.name)).or_insert(index);
            if let Some(group) = row.group {
                by_group.insert(group.to_string(), index);
            }
        }
        let mut prospects = Vec::new();
        for row in self.records.of_kind(PROSPECT) {
            let name = row.values.text("name");
            let linked = by_group.get(row.values.text("joined_as")).or_else(|| by_name.get(&folded(name)));
            match linked.and_then(|index| rows.get_mut(*index)) {
                Some(member) => member.was.push(row.document),
                None => prospects.push(DirectoryRow {
                    group: None,
                    record: Some(row.document),
                    name: name.to_owned(),
                    membership: Membership::Prospect,
                    row: Some(row.clone()),
                    was: Vec::new(),
                }),
            }
        }
        rows.extend(prospects);
        rows.sort_by_cached_key(|row| (row.membership as u8, row.name.to_lowercase(), row.record));
        rows
    }

    fn groups(&self) -> Vec<DirectoryRow> {
        let members: BTreeSet<&GroupId> = self.members.iter().collect();
        let profiles: BTreeMap<GroupId, &Arc<Row>> =
            self.records.of_kind(PROFILE).filter_map(|row| Some((row.owner()?, row))).collect();
        let known: BTreeSet<GroupId> =
            self.members.iter().copied().chain(profiles.keys().copied()).chain([self.own]).collect();
        known
            .into_iter()
            .map(|group| DirectoryRow {
                group: Some(group),
                record: profiles.get(&group).map(|row| row.document),
                name: self.name_of(&group),
                membership: if members.contains(&group) { Membership::Member } else { Membership::Known },
                row: profiles.get(&group).copied().cloned(),
                was: Vec::new(),
            })
            .collect()
    }
}

/// A name without case, accents' spacing and punctuation, so that two spellings of one name meet.
fn folded(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
