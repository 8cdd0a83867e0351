//! What waits for the people of this group: their word on the statement, and an answer to calls for help.

use crate::question::waiting;
use crate::view::{self, NeedKind, Views};
use grid_protocol::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Calls that are named; how many more there are is said.
const CALLS: usize = 5;

/// What waits for the people of this group.
#[derive(Serialize, ToSchema)]
pub(crate) struct Need {
    /// `vote`, `sign`, `split`, `vouch` or `call`.
    kind: &'static str,
    /// The version of the statement that it is about.
    version: Option<String>,
    /// The call for help that it is about.
    record: Option<String>,
    /// What waits.
    what: String,
    /// What to do.
    hint: String,
}

/// Calls for help first: they are the most urgent.
pub(super) fn needs(views: &Views, now: Timestamp, governing: Vec<view::Need>) -> Vec<Need> {
    calls(views, now).chain(governing.into_iter().map(about_statement)).collect()
}

fn about_statement(need: view::Need) -> Need {
    let kind = match need.kind {
        NeedKind::Vote => "vote",
        NeedKind::Sign => "sign",
        NeedKind::Split => "split",
        NeedKind::Vouch => "vouch",
    };
    Need { kind, version: Some(need.version.to_string()), record: None, what: need.what, hint: need.hint }
}

/// The calls for help that reach this group and wait for its word.
fn calls(views: &Views, now: Timestamp) -> impl Iterator<Item = Need> + use<> {
    let (calls, count) = waiting(views, now, CALLS);
    let more = count - calls.len();
    let named = calls.into_iter().map(|call| {
        let id = call.call.to_string();
        let short = id.get(..8).unwrap_or(&id);
        let place = call.place.map_or_else(String::new, |place| format!(" ({place})"));
        let hint = format!(
            "read it: `grid alert show {short}`; help: `grid alert offer {short} --what WHAT`; or say no: `grid reply new \
             --to {short} --says no`"
        );
        let what = format!("{} calls your group for help: {}{place}.", call.by, call.title);
        Need { kind: "call", version: None, record: Some(id), what, hint }
    });
    let others = (more > 0).then(|| Need {
        kind: "call",
        version: None,
        record: None,
        what: format!("{more} more calls for help wait for your group."),
        hint: "`grid ask calls` lists them all".to_owned(),
    });
    named.chain(others)
}
