//! Which record a row of a table stands for.

use super::super::Driver;
use crate::handle::Removed;
use crate::view::Views;
use crate::view::local::marks_of;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::record::{Alike, Alikes, FieldName, ImportRow, Kind, KindRole, Values, WriteRule, origin_of};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What a row stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A record that this group may write.
    Record(DocumentId),
    /// Nothing that is here yet; what somebody should look at, if there is something.
    Nothing(Option<String>),
    /// Something that is not for this group to write, and why.
    Taken(String),
    /// One of several records, or one of several rows for a record, and nobody can tell which.
    Unclear,
}

/// The records that rows are looked up among.
pub(super) struct Finder {
    pub(super) kind: Arc<Kind>,
    /// By what tells one record from another.
    pub(super) known: HashMap<String, DocumentId>,
    /// By the row that an import made them from, whatever became of their identity since. Read only once a row finds
    /// no record: every record has to be opened for it.
    origins: Option<HashMap<String, DocumentId>>,
    /// What is left of records that were removed; none where they may come again.
    removed: Option<HashSet<String>>,
    /// What becomes of them.
    rule: Removed,
    /// What is left over on both sides. Worked out only once a row finds no record by its origin either.
    alikes: Option<Alikes<DocumentId>>,
}

impl Driver {
    /// What a row stands for: by the id of an export first, then by what the row says of itself, then by the row that
    /// a record was made from, at last as the one record of that title which no other row stands for.
    pub(super) fn find(&mut self, finder: &mut Finder, row: &ImportRow, rows: &[ImportRow]) -> Found {
        if let Some(id) = &row.id {
            let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            match named(&views, &finder.kind, finder.rule, id) {
                Found::Nothing(_) => {}
                found => return found,
            }
        }
        let Some(key) = &row.key else { return Found::Nothing(None) };
        if let Some(document) = finder.known.get(key) {
            return Found::Record(*document);
        }
        let origins = match &mut finder.origins {
            Some(origins) => origins,
            none => none.insert(self.origins(&finder.kind)),
        };
        if let Some(document) = origins.get(&origin_of(key)) {
            return Found::Record(*document);
        }
        // A calendar names its rows by names of its own: what is here under the same identity is the same all the same.
        let identity = finder.kind.identity(&row.patch.values());
        if let Some(document) = identity.filter(|own| own != key).and_then(|own| finder.known.get(&own)) {
            return Found::Record(*document);
        }
        if finder.rule == Removed::Stays {
            let removed = match &mut finder.removed {
                Some(removed) => removed,
                none => none.insert(self.removed(&finder.kind)),
            };
            let values = row.patch.values();
            let mut left = finder.kind.left_as(&values).chain([origin_of(key)]);
            if left.any(|origin| removed.contains(&origin)) {
                return Found::Taken(format!(
                    "this {} was removed here; import with --again to make it anew",
                    finder.kind.name
                ));
            }
        }
        let Some(link) = finder.kind.alike.clone() else { return Found::Nothing(None) };
        let alikes = match finder.alikes.take() {
            Some(alikes) => alikes,
            None => self.alikes(finder, rows),
        };
        let values = row.patch.values();
        let found = alikes.find(&finder.kind, &values);
        let seems =
            alikes.seems(&finder.kind, &values).map(|(record, fields)| self.seems(&finder.kind, record, fields));
        finder.alikes = Some(alikes);
        match found {
            Alike::None => Found::Nothing(seems),
            Alike::Namesake => Found::Nothing(seems.or_else(|| Some(namesake(&finder.kind, row, &link)))),
            Alike::One(document) => Found::Record(document),
            Alike::Unclear => Found::Unclear,
        }
    }

    /// That a new row looks like a record, in words.
    fn seems(&self, kind: &Kind, record: DocumentId, fields: &[FieldName]) -> String {
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let title = views.records.row(&record).map(|row| views.title_of(row)).unwrap_or_default();
        let same: Vec<&str> = fields.iter().map(|field| &**field).collect();
        let (name, same, id) = (&kind.name, same.join(" and "), record.short());
        format!(
            "is new, and looks like {title} (same {same}): if it is, `grid {name} edit {id}` and leave this row out"
        )
    }

    /// The records that no row stands for, and the rows that stand for none.
    fn alikes(&self, finder: &Finder, rows: &[ImportRow]) -> Alikes<DocumentId> {
        let stands_for = |row: &ImportRow| {
            let by_id = row.id.as_ref().and_then(|id| id.parse().ok());
            let key = row.key.as_ref();
            by_id
                .or_else(|| finder.known.get(key?).copied())
                .or_else(|| finder.origins.as_ref().and_then(|origins| origins.get(&origin_of(key?)).copied()))
        };
        let mut taken: HashSet<DocumentId> = HashSet::new();
        let mut left: Vec<Values> = Vec::new();
        for row in rows {
            match stands_for(row) {
                Some(document) => drop(taken.insert(document)),
                None => left.push(row.patch.values()),
            }
        }
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let own = views.records.of_kind(&finder.kind.name).filter(|row| row.owner() == Some(views.own));
        let free = own.filter(|row| !taken.contains(&row.document));
        Alikes::new(&finder.kind, free.map(|row| (row.document, row.values.clone())), left)
    }

    pub(super) fn finder(&self, kind: &Arc<Kind>, rule: Removed) -> Finder {
        let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let own = views.records.of_kind(&kind.name).filter(|row| row.owner() == Some(views.own));
        let known = own.filter_map(|row| Some((kind.identity(&row.values)?, row.document))).collect();
        Finder { kind: kind.clone(), known, origins: None, removed: None, rule, alikes: None }
    }

    /// What tells own records apart that were removed: what they say of themselves, and the rows that made them.
    fn removed(&mut self, kind: &Kind) -> HashSet<String> {
        let rows: Vec<(DocumentId, Option<String>)> = {
            let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            let own = views.records.removed(&kind.name).filter(|row| row.owner() == Some(views.own));
            own.map(|row| (row.document, kind.identity(&row.values))).collect()
        };
        let mut removed = HashSet::new();
        for (document, key) in rows {
            removed.extend(key.as_deref().map(origin_of));
            removed.extend(self.origins_of(kind, document));
        }
        removed
    }

    fn origins(&mut self, kind: &Kind) -> HashMap<String, DocumentId> {
        let own: Vec<DocumentId> = {
            let views = self.views.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            let own = views.records.of_kind(&kind.name).filter(|row| row.owner() == Some(views.own));
            own.map(|row| row.document).collect()
        };
        // A record that can't be opened is found by what its row shows, or not at all.
        let mut origins = HashMap::new();
        for document in own {
            origins.extend(self.origins_of(kind, document).into_iter().map(|origin| (origin, document)));
        }
        origins
    }

    /// The rows that wrote into a record: those that its log names, and those that are named on this computer alone.
    fn origins_of(&mut self, kind: &Kind, document: DocumentId) -> Vec<String> {
        let reading = self.reading(kind, document).unwrap_or_default();
        let here = self.local(&document).map(|known| marks_of(&known)).unwrap_or_default();
        reading.imported.origins().chain(here.origins()).map(str::to_owned).collect()
    }
}

/// What the id of a row names.
fn named(views: &Views, kind: &Kind, rule: Removed, id: &str) -> Found {
    let row = id.parse().ok().and_then(|document| views.records.row(&document));
    if let Some(row) = row.filter(|row| row.kind() == Some(&*kind.name)) {
        return match row.owner() {
            _ if row.is_removed() && rule == Removed::ComesAgain => Found::Nothing(None),
            _ if row.is_removed() => {
                Found::Taken(format!("this {} was removed here; import with --again to make it anew", kind.name))
            }
            Some(owner) if owner != views.own && kind.rule == WriteRule::Owner => {
                Found::Taken(format!("belongs to {}: only its own group can change it", views.name_of(&owner)))
            }
            _ => Found::Record(row.document),
        };
    }
    // A table of groups that are here: what they say of themselves is theirs.
    let group = if kind.role == Some(KindRole::Prospect) { views.group_named(id) } else { None };
    group.map_or(Found::Nothing(None), |group| Found::Taken(is_here(views, &group)))
}

fn namesake(kind: &Kind, row: &ImportRow, link: &str) -> String {
    let values = row.patch.values();
    let others = kind.identity.iter().map(|field| &**field).filter(|field| *field != &*kind.title && *field != link);
    let differ: Vec<&str> = others.chain([link]).collect();
    format!(
        "is new beside another {} named {:?} that the file does not have: {} {}; remove one if they are the same",
        kind.name,
        values.text(&kind.title),
        differ.join(" and "),
        if differ.len() == 1 { "differs" } else { "differ" },
    )
}

pub(super) fn unclear(kind: &Kind, row: &ImportRow) -> String {
    let values = row.patch.values();
    format!(
        "may be another {} that is here under the name {:?}: say which in a column id, or write it with `grid {} new`",
        kind.name,
        values.text(&kind.title),
        kind.name
    )
}

fn is_here(views: &Views, group: &GroupId) -> String {
    let name = views.name_of(group);
    let profile = views.registry.with_role(KindRole::Profile).map_or("profile", |kind| kind.name.as_str());
    match () {
        () if *group == views.own => format!("{name} is your own group: change it with `grid {profile} edit`"),
        () if views.members.contains(group) => {
            format!("{name} is a member: what stands here is written by that group itself")
        }
        () => format!("{name} is known here: what stands here is written by that group itself"),
    }
}
