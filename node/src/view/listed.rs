//! Who may be listed: a person only with consent, and under an alias without a place.
//!
//! The rules of a person's record say so too; whoever reads does not trust that others kept to them.

use grid_protocol::record::Value;
use grid_protocol::replica::Row;

/// The kind of record that lists somebody.
pub(crate) const PERSON: &str = "person";
/// What says where somebody is.
const WHERE: [&str; 2] = ["place", "coordinates"];

/// Whether a record may be listed: a person only with consent.
pub(crate) fn may_be_listed(row: &Row) -> bool {
    row.kind() != Some(PERSON) || says(row, "agreed")
}

/// The fields that are not to be shown: where somebody is who goes by an alias.
pub(super) fn unshown(row: &Row) -> impl Iterator<Item = &'static str> {
    let hides = row.kind() == Some(PERSON) && says(row, "alias");
    WHERE.into_iter().filter(move |_| hides).filter(|field| row.values.get(field).is_some())
}

fn says(row: &Row, field: &str) -> bool {
    matches!(row.values.get(field), Some(Value::Flag(true)))
}
