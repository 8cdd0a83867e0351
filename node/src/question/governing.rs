//! Governing: where the statement, its policies, what is proposed and the mandates say some words.
//!
//! They are no records, so no index knows them. There are few: each is looked through.

use super::shown::{or_nothing, short};
use super::{Asked, Section};
use crate::view::fold::Phrase;
use crate::view::{MandateState, VersionRow, VersionState, Way};
use serde_json::{Value as Json, json};

/// What stands here, as kinds of what is found; `find --kind` takes these words, too.
pub(super) const SORTS: [&str; 3] = ["statement", "policy", "mandate"];

/// Versions that are looked through at most, the one that is followed first.
const VERSIONS: usize = 20;

/// What has all the words, where there are any. `meant` says which sorts are asked for.
pub(super) fn section(asked: &Asked<'_>, text: Option<&Phrase>, meant: impl Fn(&str) -> bool) -> Section {
    let columns = [("id", "Id"), ("marked", "Name"), ("kind", "What"), ("by", "Group"), ("why", "Why")];
    let section = Section::new("governing", "The statement and mandates", &columns, "Nothing there fits.");
    let versions = asked.views.versions.iter();
    let open = versions.clone().filter(|row| row.state == VersionState::Proposed);
    let followed = versions.filter(|row| row.way == Way::Followed).chain(open).take(VERSIONS);
    let of_versions = followed.flat_map(|version| of_version(asked, version, text));
    let rows = of_versions.chain(mandates(asked, text));
    section.rows(rows.filter(|row| row["kind"].as_str().is_some_and(&meant)))
}

/// What a version says, and its policies.
fn of_version(asked: &Asked<'_>, version: &VersionRow, text: Option<&Phrase>) -> Vec<Json> {
    let statement = &version.statement;
    let proposer = version.proposed.map(|(group, _)| group).filter(|_| version.state == VersionState::Proposed);
    let status = proposer.map(|_| "proposed");
    let texts = [("statement", &statement.title, &statement.text)].into_iter();
    let policies = statement.policies.iter().map(|policy| ("policy", &policy.title, &policy.text));
    let found = texts.chain(policies).filter_map(|(sort, title, said)| {
        let why = why(text, title, said, "text")?;
        let name = short(title, 60);
        Some(json!({
            "id": version.version.to_string(), "kind": sort, "name": or_nothing(&name), "status": status,
            "marked": status.map_or_else(|| name.clone(), |status| format!("{name} ({status})")),
            "group": proposer.map(|group| group.to_string()), "by": proposer.map(|group| asked.name(&group)), "why": why,
        }))
    });
    found.collect()
}

/// The mandates, as far as they hold, or may still.
fn mandates(asked: &Asked<'_>, text: Option<&Phrase>) -> impl Iterator<Item = Json> {
    asked.views.mandates.iter().filter_map(move |mandate| {
        let status = match mandate.state(asked.now) {
            MandateState::Valid { .. } => None,
            MandateState::Upcoming { .. } => Some("upcoming"),
            MandateState::Waiting => Some("waiting"),
            MandateState::Over => return None,
        };
        let holder = asked.name(&mandate.group);
        let why = why(text, &mandate.scope, mandate.role.name(), "role")?;
        let name = short(&mandate.scope, 60);
        Some(json!({
            "id": mandate.id.to_string(), "kind": "mandate", "name": or_nothing(&name), "status": status,
            "marked": status.map_or_else(|| name.clone(), |status| format!("{name} ({status})")),
            "group": mandate.group.to_string(), "by": holder, "why": why,
        }))
    })
}

/// Where the words stand, if all of them do.
fn why(text: Option<&Phrase>, title: &str, said: &str, part: &str) -> Option<Vec<String>> {
    let Some(text) = text else { return Some(Vec::new()) };
    if !text.is_in(&format!("{title}\n{said}")) {
        return None;
    }
    let parts = [("name", title), (part, said)].into_iter();
    Some(parts.filter(|(_, said)| text.touches(said).is_some()).map(|(part, _)| format!("in its {part}")).collect())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Coalition, NOW};
    use crate::view::{MandateRow, VersionRow, VersionState, Way};
    use grid_protocol::control::{Role, Statement, Term};
    use grid_protocol::id::{GroupId, RecordId, VersionId};
    use grid_protocol::time::Timestamp;
    use std::sync::Arc;

    #[test]
    fn a_hidden_group_is_named_neither_as_a_holder_nor_as_a_proposer() {
        let mut coalition = Coalition::new(&["Clean River", "Mill Weir", "Hollin Choir"]);
        let term = Term { from: Timestamp(0), to: Timestamp(NOW.0 + 1) };
        let mandate = |group: u8| MandateRow {
            id: RecordId([group; 32]),
            version: VersionId([1; 32]),
            group: GroupId([group; 32]),
            role: Role::Steward,
            scope: "The weir".to_owned(),
            term,
            needed: 1,
            endorsers: Vec::new(),
            intervals: vec![term],
        };
        let proposal = |group: u8| VersionRow {
            version: VersionId([group; 32]),
            base: Some(VersionId([1; 32])),
            depth: 1,
            statement: Arc::new(Statement { title: "The weir".into(), text: "Open.".into(), policies: Vec::new() }),
            electors: Vec::new(),
            removed: Vec::new(),
            proposed: Some((GroupId([group; 32]), NOW)),
            votes: Vec::new(),
            needed: 2,
            voters: 2,
            state: VersionState::Proposed,
            way: Way::Elsewhere,
            signed: Vec::new(),
            followed_by: Vec::new(),
        };
        coalition.views.mandates = [2, 3].map(mandate).into();
        coalition.views.versions = [2, 3].map(proposal).into();
        let said = |coalition: &Coalition| {
            let reply = coalition.ask("find", &[("text", "weir")]).unwrap();
            let hidden = reply.section("governing").unwrap().hidden;
            (Coalition::column(&reply, "governing", "by"), hidden, serde_json::to_string(&reply).unwrap())
        };
        let (by, hidden, _) = said(&coalition);
        assert_eq!((by.len(), hidden), (4, 0));
        assert!(by.contains(&"Mill Weir".into()) && by.contains(&"Hollin Choir".into()));
        coalition.hides(1);
        let (by, hidden, all) = said(&coalition);
        assert_eq!((by, hidden), (vec!["Hollin Choir".into(), "Hollin Choir".into()], 2));
        assert!(!all.contains("Mill Weir") && !all.contains(&Coalition::group(1)), "{all}");
    }
}
