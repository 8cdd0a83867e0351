//! Which member a prospect has become.
//!
//! Somebody may have linked the two; otherwise they are compared. The same name is not enough where there is more to
//! go by: two groups of one name in two towns are two groups. Nor is it where a group took the name later, which any
//! group can do: those who let it in knew it by the name that it was founded under. In doubt a prospect stays one, since
//! a group shown twice is a smaller mistake than one that nobody sees; a person says which it is.

use super::fold::bare;
use super::{DirectoryRow, Membership};
use grid_protocol::id::GroupId;
use grid_protocol::record::{Field, FieldType, Kind, Registry, Values};
use grid_protocol::replica::Row;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The groups that prospects are compared with.
pub(super) struct Links<'a> {
    prospect: &'a Kind,
    profile: &'a Kind,
    by_name: BTreeMap<String, Vec<(usize, Traits)>>,
    by_group: BTreeMap<String, usize>,
    /// The groups that were founded under the name that they have.
    founded: BTreeSet<usize>,
}

/// What a group is known by beside its name.
#[derive(Debug, Default)]
struct Traits {
    place: BTreeSet<String>,
    site: Option<String>,
}

/// How two groups of one name compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Likeness {
    /// Something else is the same too.
    Same,
    /// Nothing else is known of both.
    NameAlone,
    /// Something else is different.
    Different,
}

impl<'a> Links<'a> {
    /// The members among these rows, and all groups by their ids.
    pub(super) fn new(
        profile: &'a Kind,
        prospect: &'a Kind,
        rows: &[DirectoryRow],
        founding_names: &BTreeMap<GroupId, String>,
    ) -> Self {
        let mut by_name: BTreeMap<String, Vec<(usize, Traits)>> = BTreeMap::new();
        let mut by_group = BTreeMap::new();
        let mut founded = BTreeSet::new();
        for (index, row) in rows.iter().enumerate() {
            if row.membership == Membership::Member {
                let traits = row.row.as_ref().map(|row| Traits::of(profile, &row.values)).unwrap_or_default();
                by_name.entry(bare(&row.name)).or_default().push((index, traits));
            }
            let name = row.group.and_then(|group| founding_names.get(&group));
            if name.is_some_and(|name| bare(name) == bare(&row.name)) {
                founded.insert(index);
            }
            if let Some(group) = row.group {
                by_group.insert(group.to_string(), index);
            }
        }
        Self { prospect, profile, by_name, by_group, founded }
    }

    /// The place of the group that a prospect has become.
    pub(super) fn of(&self, row: &Row) -> Option<usize> {
        let linked = references(self.prospect, &self.profile.name).find_map(|field| {
            let id = row.values.text(&field.name);
            self.by_group.get(id).copied()
        });
        linked.or_else(|| self.by_likeness(row))
    }

    fn by_likeness(&self, row: &Row) -> Option<usize> {
        let namesakes = self.by_name.get(&bare(row.values.text(&self.prospect.title)))?;
        let traits = Traits::of(self.prospect, &row.values);
        let like = |wanted: Likeness| {
            let mut like = namesakes.iter().filter(|(_, known)| traits_alike(&traits, known) == wanted);
            like.next().filter(|_| like.next().is_none()).map(|(index, _)| *index)
        };
        let known_by_it = |index: &usize| self.founded.contains(index);
        let alone = || like(Likeness::NameAlone).filter(|_| namesakes.len() == 1).filter(known_by_it);
        like(Likeness::Same).or_else(alone)
    }
}

fn traits_alike(one: &Traits, other: &Traits) -> Likeness {
    // A page on the web belongs to one group; a place is written in many ways.
    if let (Some(one), Some(other)) = (&one.site, &other.site) {
        return if one == other { Likeness::Same } else { Likeness::Different };
    }
    if one.place.is_empty() || other.place.is_empty() {
        return Likeness::NameAlone;
    }
    let within = one.place.is_subset(&other.place) || other.place.is_subset(&one.place);
    if within { Likeness::Same } else { Likeness::Different }
}

impl Traits {
    fn of(kind: &Kind, values: &Values) -> Self {
        let first = |wanted: &FieldType| {
            let field = kind.fields.iter().find(|field| field.field_type == *wanted);
            field.map(|field| values.text(&field.name)).unwrap_or_default()
        };
        let words = first(&FieldType::Place).split(|sign: char| sign.is_whitespace() || sign.is_ascii_punctuation());
        let place = words.map(bare).filter(|word| !word.is_empty()).collect();
        Self { place, site: site(first(&FieldType::Link)) }
    }
}

/// A link without what two people write differently.
fn site(link: &str) -> Option<String> {
    let (_, rest) = link.split_once("://")?;
    let rest = rest.to_lowercase();
    Some(rest.strip_prefix("www.").unwrap_or(&rest).trim_end_matches('/').to_owned())
}

/// The fields of a kind that name a record of another.
fn references<'k>(kind: &'k Kind, of: &'k str) -> impl Iterator<Item = &'k Field> {
    kind.fields
        .iter()
        .filter(move |field| matches!(&field.field_type, FieldType::Reference(kinds) if kinds.only() == Some(of)))
}

/// The two kinds of the directory, where a registry has both.
pub(super) fn kinds(registry: &Registry) -> Option<(&Arc<Kind>, &Arc<Kind>)> {
    use grid_protocol::record::KindRole;
    Some((registry.with_role(KindRole::Profile)?, registry.with_role(KindRole::Prospect)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use grid_protocol::id::DocumentId;
    use grid_protocol::record::{Patch, Presence};
    use grid_protocol::time::Timestamp;
    use serde_json::{Value as Json, json};

    fn row(kind: &Kind, fields: &Json) -> Arc<Row> {
        let mut values = Values::default();
        for (name, value) in Patch::from_json(kind, fields).unwrap().fields() {
            values.set(name.clone(), value.unwrap().clone());
        }
        Arc::new(Row {
            document: DocumentId([1; 32]),
            opening: None,
            values,
            damaged: Vec::new(),
            heads: Vec::new(),
            created: Timestamp(0),
            changed: Timestamp(0),
            changed_by: None,
            latest: Box::default(),
            earlier: Box::default(),
            presence: Presence::Present,
            quarantine: None,
            breaches: Box::default(),
        })
    }

    fn group(id: u8, membership: Membership, fields: &Json) -> DirectoryRow {
        let row = row(kinds(Registry::standard()).unwrap().0, fields);
        let name = row.values.text("name").to_owned();
        DirectoryRow {
            group: Some(GroupId([id; 32])),
            record: None,
            name,
            membership,
            row: Some(row),
            was: Vec::new(),
            same: Vec::new(),
        }
    }

    /// The place of the group that a prospect has become.
    fn linked(groups: &[DirectoryRow], prospect: Json) -> Option<usize> {
        let (profile, kind) = kinds(Registry::standard()).unwrap();
        let name = |group: &DirectoryRow| Some((group.group?, group.name.clone()));
        Links::new(profile, kind, groups, &groups.iter().filter_map(name).collect()).of(&row(kind, &prospect))
    }

    #[test]
    fn a_group_that_takes_the_name_of_one_that_is_wanted_is_not_that_one() {
        let (profile, kind) = kinds(Registry::standard()).unwrap();
        let groups = [group(1, Membership::Member, &json!({"name": "Bakers' Union"}))];
        let linked = |founded: &str| {
            let founded = BTreeMap::from([(GroupId([1; 32]), founded.to_owned())]);
            Links::new(profile, kind, &groups, &founded).of(&row(kind, &json!({"name": "Bakers' union"})))
        };
        assert_eq!(linked("Mallory"), None);
        assert_eq!(linked("Bakers Union"), Some(0));
    }

    #[test]
    fn a_prospect_and_a_member_of_one_name_in_two_towns_are_two_groups() {
        let mill = json!({"name": "Mill Friends", "place": "Hollin, Upper Valley", "website": "https://mill.example"});
        let groups = [group(1, Membership::Member, &mill)];
        for (prospect, expected) in [
            (json!({"name": "mill friends"}), Some(0)),
            (json!({"name": "Mill Friends", "place": "Hollin"}), Some(0)),
            (json!({"name": "Mill Friends", "place": "Ossmouth"}), None),
            (json!({"name": "Mill Friends", "website": "http://www.mill.example/", "place": "Ossmouth"}), Some(0)),
            (json!({"name": "Mill Friends", "website": "https://other.example", "place": "Hollin"}), None),
        ] {
            assert_eq!(linked(&groups, prospect.clone()), expected, "{prospect}");
        }
    }

    #[test]
    fn a_prospect_is_no_group_that_is_known_and_no_member_unless_somebody_said_so() {
        let groups = [group(1, Membership::Known, &json!({"name": "Mill Friends"}))];
        assert_eq!(linked(&groups, json!({"name": "Mill Friends"})), None);
        let said = json!({"name": "Mill Friends", "joined_as": GroupId([1; 32]).to_string()});
        assert_eq!(linked(&groups, said), Some(0));
    }

    #[test]
    fn among_members_of_one_name_only_the_one_that_shares_more_is_meant() {
        let of = |id, place: &str| group(id, Membership::Member, &json!({"name": "Mill Friends", "place": place}));
        let groups = [of(1, "Hollin"), of(2, "Ossmouth")];
        assert_eq!(linked(&groups, json!({"name": "Mill Friends", "place": "Ossmouth"})), Some(1));
        assert_eq!(linked(&groups, json!({"name": "Mill Friends"})), None);
    }
}
