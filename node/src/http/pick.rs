//! From what a person wrote to the one version, mandate or change that is meant: its id, or the beginning of it.

use super::error::ApiError;
use crate::view::told::{self, PREFIX, Untold, WHOLE};
use crate::view::{MandateRow, VersionRow, Views};
use grid_protocol::id::{GroupId, VersionId};
use std::fmt::Display;

/// The text as the beginning of an id.
pub(super) fn prefix(id: &str) -> Result<String, ApiError> {
    told::beginning(id).ok_or_else(|| {
        let shown: String = id.chars().take(80).collect();
        let message = format!("expected an id of {WHOLE} letters and digits (a-z, 2-7), found {shown:?}");
        ApiError::invalid(message, format!("The first {PREFIX} letters are enough where only one id fits."))
    })
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

/// The group that a query is narrowed to; one of which only the id is known has written nothing yet.
pub(super) fn group(views: &Views, told: &str) -> Result<GroupId, ApiError> {
    let unfit = |untold: Untold| ApiError::invalid(format!("group: {untold}"), untold.hint());
    views.group_meant(told).or_else(|untold| told.parse().map_err(|_| unfit(untold)))
}

/// The only one of those that fit.
pub(super) fn only<T>(
    what: &str,
    id: impl Display,
    fits: Vec<T>,
    shown: impl Fn(&T) -> (String, String),
    hint: &str,
) -> Result<T, ApiError> {
    let called = |fitting: &T| {
        let (id, name) = shown(fitting);
        (name, id)
    };
    told::only(what, &id.to_string(), fits, called).map_err(|untold| match untold {
        Untold::Nothing { .. } => ApiError::not_found(untold.to_string(), hint),
        Untold::Several { .. } => untold.into(),
    })
}

impl From<Untold> for ApiError {
    fn from(untold: Untold) -> Self {
        match untold {
            Untold::Nothing { .. } => Self::not_found(untold.to_string(), untold.hint()),
            Untold::Several { .. } => Self::invalid(untold.to_string(), untold.hint()),
        }
    }
}
