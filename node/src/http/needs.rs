//! What waits for the people of this group: their word on the statement, an answer to calls for help, and what they
//! meant for everybody and the public does not read.

use crate::question::waiting;
use crate::view::{self, NeedKind, Views};
use grid_protocol::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Calls that are named; how many more there are is said.
const CALLS: usize = 5;
/// The same of what the public does not read.
const INSIDE: usize = 3;

/// What waits for the people of this group.
#[derive(Serialize, ToSchema)]
pub(crate) struct Need {
    /// `vote`, `sign`, `split`, `vouch`, `call` or `kept_inside`.
    kind: &'static str,
    /// The version of the statement that it is about.
    version: Option<String>,
    /// The record that it is about: a call for help, or one of this group's own.
    record: Option<String>,
    /// What waits.
    what: String,
    /// What to do.
    hint: String,
}

/// Calls for help first: they are the most urgent.
pub(super) fn needs(views: &Views, now: Timestamp, governing: Vec<view::Need>) -> Vec<Need> {
    calls(views, now).chain(governing.into_iter().map(about_statement)).chain(kept_inside(views)).collect()
}

/// What this group wrote for everybody, and the public does not read.
fn kept_inside(views: &Views) -> impl Iterator<Item = Need> + use<> {
    let need = |record: Option<String>, what: String, hint: String| Need {
        kind: "kept_inside",
        version: None,
        record,
        what,
        hint,
    };
    let mut all = views.all_inside();
    let named: Vec<Need> = all
        .by_ref()
        .take(INSIDE)
        .map(|(row, inside)| {
            let what = format!("{} is in no public feed or export: {}.", views.title_of(row), inside.why);
            need(Some(row.document.to_string()), what, inside.hint)
        })
        .collect();
    let more = all.count();
    let others = (more > 0).then(|| {
        let what = format!("{more} more records that are for everybody are in no public feed or export.");
        need(None, what, "mend those above; the next ones are named then".to_owned())
    });
    named.into_iter().chain(others)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::fixture::{Coalition, NOW};
    use serde_json::json;

    #[test]
    fn what_was_meant_for_everybody_and_is_not_read_waits_for_its_group_the_first_by_name() {
        let mut coalition = Coalition::new(&["Clean River", "Mallory"]);
        let body = coalition.record(0, "body", json!({"name": "Levers"}));
        for (by, count) in [(0, INSIDE + 2), (1, 1)] {
            for number in 0..count {
                let fields = json!({"title": format!("Caucus {number}"), "readers": "public", "body": body});
                coalition.unchecked(by, "event", fields);
            }
        }
        let needs = needs(&coalition.views, NOW, Vec::new());
        assert!(needs.iter().all(|need| need.kind == "kept_inside"), "each of them");
        let named = needs.iter().filter(|need| need.record.is_some() && need.what.starts_with("Caucus "));
        assert_eq!((named.count(), needs.len()), (INSIDE, INSIDE + 1));
        assert!(needs[INSIDE].what.starts_with("2 more"), "{}", needs[INSIDE].what);
    }
}
