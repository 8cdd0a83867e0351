//! From what a person wrote to the one thing that is meant: an id, the beginning of one, or the name of a group.

use super::error::ApiError;
use crate::view::{MandateRow, VersionRow, Views};
use grid_protocol::id::{GroupId, VersionId};
use std::fmt::Display;

/// The shortest beginning of an id that is looked up: with fewer letters a slip would find something.
pub(super) const MIN_PREFIX: usize = 6;
/// The letters of a whole id.
const WHOLE: usize = 52;
/// Candidates that an error names.
const NAMED: usize = 5;

/// The text as the beginning of an id.
pub(super) fn prefix(id: &str) -> Result<String, ApiError> {
    let sound = id.chars().all(|letter| letter.is_ascii_alphabetic() || ('2'..='7').contains(&letter));
    if sound && (MIN_PREFIX..=WHOLE).contains(&id.len()) {
        return Ok(id.to_ascii_lowercase());
    }
    let shown: String = id.chars().take(80).collect();
    let message = format!("expected an id of {WHOLE} letters and digits (a-z, 2-7), found {shown:?}");
    Err(ApiError::invalid(message, format!("The first {MIN_PREFIX} letters are enough where only one id fits.")))
}

/// The version that is meant.
pub(super) fn version<'a>(views: &'a Views, id: &str) -> Result<&'a VersionRow, ApiError> {
    let prefix = prefix(id)?;
    let fits = views.versions.iter().filter(|row| row.version.to_string().starts_with(&prefix)).collect();
    let hint = "`grid statement versions` lists them; others may still be on their way.";
    only("version", id, fits, |row| (row.version.to_string(), row.statement.title.clone()), hint)
}

/// The id of the version that is meant, where one is named.
pub(super) fn version_id(views: &Views, id: Option<&str>) -> Result<Option<VersionId>, ApiError> {
    id.map(|id| version(views, id).map(|row| row.version)).transpose()
}

/// The mandate that is meant.
pub(super) fn mandate<'a>(views: &'a Views, id: &str) -> Result<&'a MandateRow, ApiError> {
    let prefix = prefix(id)?;
    let fits = views.mandates.iter().filter(|row| row.id.to_string().starts_with(&prefix)).collect();
    let hint = "`grid mandate list` lists them; others may still be on their way.";
    only("mandate", id, fits, |row| (row.id.to_string(), row.scope.clone()), hint)
}

/// The group that is meant: by its id or that of its profile, the beginning of its id, or its name.
pub(super) fn group(views: &Views, text: &str) -> Result<GroupId, ApiError> {
    let text = text.trim();
    if let Some(group) = views.group_named(text) {
        return Ok(group);
    }
    let mut fits: Vec<(&GroupId, &String)> =
        views.names.iter().filter(|(group, _)| views.is_called(group, text)).collect();
    if let (true, Ok(prefix)) = (fits.is_empty(), prefix(text)) {
        fits = views.names.iter().filter(|(group, _)| group.to_string().starts_with(&prefix)).collect();
    }
    let hint = "Give its id or its whole name, as `grid group list` shows it.";
    only("group", text, fits, |(group, name)| (group.to_string(), (*name).clone()), hint).map(|(group, _)| *group)
}

/// The only one of those that fit.
pub(super) fn only<T>(
    what: &str,
    id: impl Display,
    fits: Vec<T>,
    shown: impl Fn(&T) -> (String, String),
    hint: &str,
) -> Result<T, ApiError> {
    let count = fits.len();
    if count > 1 {
        let named = fits.iter().take(NAMED).map(shown).map(|(id, title)| format!("{id} ({title})"));
        let named = named.collect::<Vec<_>>().join(", ");
        let more = if count > NAMED { ", and more" } else { "" };
        let message = format!("{:?} fits {count} records that are a {what}: {named}{more}", id.to_string());
        return Err(ApiError::invalid(message, "Give more letters of the id, or the whole of it."));
    }
    let shown: String = id.to_string().chars().take(80).collect();
    fits.into_iter().next().ok_or_else(|| ApiError::not_found(format!("there is no {what} {shown:?} here"), hint))
}
