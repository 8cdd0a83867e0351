//! From the id in a path to the record that is meant: the whole id, the beginning of it, or the whole title, where only
//! one fits.

use super::directory;
use super::error::ApiError;
use super::pick::prefix;
use crate::view::told::Untold;
use crate::view::{DirectoryRow, Views};
use grid_protocol::id::DocumentId;
use grid_protocol::record::{Kind, KindRole};
use grid_protocol::replica::Row;
use std::sync::Arc;

/// Candidates that an error names.
const NAMED: usize = 5;
/// Letters of an id that tell one record from another.
const LETTERS: usize = 10;
/// Letters of what was told that an error repeats.
const SHOWN: usize = 80;

/// What an id stands for.
pub(super) struct Found {
    /// Its record; a group may have none yet.
    pub(super) row: Option<Arc<Row>>,
    /// Its place in the directory, where groups were looked through.
    pub(super) directory: Option<DirectoryRow>,
}

/// Finds what `id` means among the records of a kind.
pub(super) fn find(views: &Views, kind: &Kind, id: &str) -> Result<Found, ApiError> {
    let prefix = match prefix(id) {
        Ok(prefix) if !begins_nothing(views, kind, &prefix) => prefix,
        by_id => match titled(views, kind, id)? {
            Some(found) => return Ok(found),
            None => by_id.map_err(|_| none(views, kind, id))?,
        },
    };
    if kind.role == Some(KindRole::Profile) {
        return directory::find(views, kind, &prefix);
    }
    let candidates = beginning(views, kind, &prefix).into_iter().map(candidate(views)).collect();
    one(views, kind, &prefix, candidates)
}

/// The records whose id begins so.
fn beginning<'a>(views: &'a Views, kind: &Kind, prefix: &str) -> Vec<&'a Arc<Row>> {
    match prefix.parse::<DocumentId>() {
        Ok(document) => {
            views.records.row(&document).filter(|row| row.kind() == Some(&*kind.name)).into_iter().collect()
        }
        Err(_) => views.records.with_prefix(&kind.name, prefix),
    }
}

/// Whether no id begins so.
fn begins_nothing(views: &Views, kind: &Kind, prefix: &str) -> bool {
    match kind.role {
        Some(KindRole::Profile) => directory::find(views, kind, prefix).is_err(),
        _ => beginning(views, kind, prefix).is_empty(),
    }
}

/// The record whose whole title this is, whatever the case and the accents; where none has it, the removed one that had.
fn titled(views: &Views, kind: &Kind, title: &str) -> Result<Option<Found>, ApiError> {
    if kind.role == Some(KindRole::Profile) {
        return match views.group_told(title) {
            Ok(group) => directory::find(views, kind, &group.to_string()).map(Some),
            Err(Untold::Nothing { .. }) => Ok(None),
            Err(several) => Err(several.into()),
        };
    }
    let mut candidates: Vec<Candidate> = views.called(&kind.name, title).map(candidate(views)).collect();
    if candidates.is_empty() {
        candidates = views.once_called(&kind.name, title).map(candidate(views)).collect();
    }
    if candidates.is_empty() { Ok(None) } else { one(views, kind, title, candidates).map(Some) }
}

fn candidate(views: &Views) -> impl Fn(&Arc<Row>) -> Candidate {
    move |row| Candidate {
        id: row.document.to_string(),
        title: views.told_apart(row),
        found: Found { row: Some(row.clone()), directory: None },
    }
}

/// Something that a prefix fits.
pub(super) struct Candidate {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) found: Found,
}

/// The only candidate.
pub(super) fn one(views: &Views, kind: &Kind, id: &str, candidates: Vec<Candidate>) -> Result<Found, ApiError> {
    let count = candidates.len();
    if count > 1 {
        // Ids that begin alike are named whole.
        let named = candidates.iter().take(NAMED).map(|it| match it.id.starts_with(id) {
            true => format!("{} ({})", it.title, it.id),
            false => format!("{} ({})", it.title, it.id.get(..LETTERS).unwrap_or(&it.id)),
        });
        let named: Vec<String> = named.collect();
        let more = if count > NAMED { ", and more" } else { "" };
        let message = format!("{id:?} fits {count} of the {}: {}{more}", kind.plural, named.join(", "));
        return Err(ApiError::invalid(message, "Give the id of the one you mean: it stands in brackets."));
    }
    let only = candidates.into_iter().next();
    only.map(|candidate| candidate.found).ok_or_else(|| none(views, kind, id))
}

fn none(views: &Views, kind: &Kind, id: &str) -> ApiError {
    let other = id.parse::<DocumentId>().ok().and_then(|document| views.records.row(&document)?.kind());
    let near = match kind.role {
        Some(KindRole::Profile) => views.groups_near(id),
        _ => views.near(&[&kind.name], id),
    };
    let told = id.chars().take(SHOWN).collect();
    let untold = Untold::Nothing { what: kind.name.clone(), told, near };
    match other {
        Some(other) if other != kind.name => {
            ApiError::not_found(untold.to_string(), format!("It is the id of a record of the kind {other}."))
        }
        _ => untold.into(),
    }
}
