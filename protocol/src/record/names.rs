//! Names that interfaces use for themselves, so that no field may carry them: the one list of all.
//!
//! An item of the API shows its fields beside what every record has, a query filters by fields beside its own words,
//! and a command has a flag for each field beside its own.

/// What the API says of a record beside its fields.
pub const ITEM: &[&str] = &[
    "schema",
    "id",
    "record_kind",
    "group",
    "group_name",
    "mine",
    "next",
    "changed_at",
    "created_at",
    "damaged",
    "unreadable",
    "received_by",
    "groups",
    "waiting_for",
    "heads",
    "latest_by",
    "contested",
    "member",
    "membership",
    "record",
    "was",
    "called",
    "referred",
    "counts",
    "credit",
    "stays_here",
    "speaks",
    "speaks_why",
    "sources",
    "withheld",
    "supporters",
    "noted",
];

/// What narrows a listing beside its fields.
pub const QUERY: &[&str] =
    &["limit", "offset", "group", "member", "format", "hidden", "audience", "since", "until", "text"];

/// The words of a query that a field may carry all the same. Nobody asks for a long text that is equal, and `text` looks
/// through one of that name as through all others; a time of that name is a beginning or an end, as `since` and `until`
/// look at it.
const SHARED: &[&str] = &["since", "until", "text"];

/// Flags of commands, and what they and the API send beside fields.
const COMMAND: &[&str] = &[
    "based_on",
    "clear",
    "delivered",
    "dry_run",
    "editor",
    "file",
    "help",
    "home",
    "items",
    "json",
    "merged",
    "no_input",
    "overwrite",
    "save",
    "texts_based_on",
    "version",
    "wait",
    "written",
    "yes",
];

/// A noun with its article: `an action`.
pub fn one_of(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

/// Whether a field may not be called that.
pub(super) fn is_reserved(name: &str) -> bool {
    // Our own marks in a document begin like this.
    name.starts_with('_')
        || (!SHARED.contains(&name) && [ITEM, QUERY, COMMAND].iter().any(|names| names.contains(&name)))
}
