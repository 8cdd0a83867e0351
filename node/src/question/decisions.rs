//! Decisions: what is being decided and what was, who took part and who did not.
//!
//! A group's own action needs no decision of anybody.

use super::asked::instant;
use super::line::{brief, by_title, line, moment, newest_of_each};
use super::shown::or_nothing;
use super::told::{names, record};
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word, seats};
use grid_protocol::id::GroupId;
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is decided.
pub(super) const QUESTION: Question = Question {
    name: "decisions",
    about: "What is being decided and what was: voices, who took part and who did not.",
    place: Place::Ask,
    words: &[Word {
        name: "of",
        about: "Only this decision, with every voice: its id or its title.",
        many: Given::Once,
    }],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let of = record(asked, "of", &["decision"])?;
    let mut decisions: Vec<&Arc<Row>> =
        asked.records("decision").filter(|row| of.is_none_or(|of| of.document == row.document)).collect();
    by_title(asked, &mut decisions);
    let members: BTreeSet<GroupId> = asked.members().collect();
    let section = |name, heading: &str, empty: &str, wanted: fn(&str) -> bool| {
        let rows =
            decisions.iter().filter(|row| wanted(row.values.text("status"))).map(|row| one(asked, row, &members));
        let columns = [
            ("title", "Decision"),
            ("state", "State"),
            ("for", "For"),
            ("concerns", "Concerns"),
            ("against", "Against"),
            ("took_part", "Took part"),
        ];
        Section::new(name, heading, &columns, empty).rows(rows.collect::<Vec<_>>())
    };
    let open = "Open: add your voice with grid voice new --decision ID. A group's own action needs no decision";
    let reply = Reply::default()
        .with(section("open", open, "Nothing is being decided.", |status| status == "open"))
        .with(section("closed", "Decided", "Nothing was decided yet.", |status| status != "open"));
    Ok(match of {
        Some(decision) => reply.with(voices(asked, decision)).with(absent(asked, decision, &members)),
        None => reply,
    })
}

/// The groups whose voice is looked for: those of the body that decides, else all members.
fn expected<'m>(asked: &Asked<'_>, decision: &Row, members: &'m BTreeSet<GroupId>) -> Cow<'m, BTreeSet<GroupId>> {
    let Some(body) = asked.referred(decision.values.text("body")) else { return Cow::Borrowed(members) };
    let seated: BTreeSet<GroupId> = seats::filled(asked, body).iter().filter_map(|seat| seat.owner()).collect();
    if seated.is_empty() { Cow::Borrowed(members) } else { Cow::Owned(seated) }
}

fn one(asked: &Asked<'_>, decision: &Row, members: &BTreeSet<GroupId>) -> Json {
    let voices = newest_of_each(asked.referring(decision, "voice"));
    let mut stances: BTreeMap<&str, usize> = BTreeMap::new();
    for voice in voices.values() {
        *stances.entry(voice.values.text("stance")).or_default() += 1;
    }
    let of = |stance| stances.get(stance).copied().unwrap_or_default();
    let expected = expected(asked, decision, members);
    let heard = expected.iter().filter(|group| voices.contains_key(group)).count();
    let status = decision.values.text("status");
    let more = json!({
        "status": status,
        "state": if is_late(asked, decision) { "open past its day" } else { status },
        "closes": moment(decision, "closes"),
        "decided": moment(decision, "decided"),
        "for": of("support"),
        "aside": of("stand_aside"),
        "concerns": of("concern"),
        "against": of("object"),
        "took_part": format!("{heard} of {}", expected.len()),
        "who": names(asked, voices.keys()),
        "outcome": brief(decision.values.text("outcome")),
        "body": asked.referred(decision.values.text("body")).map(|body| asked.title(body)),
    });
    line(asked, decision, more)
}

fn voices(asked: &Asked<'_>, decision: &Row) -> Section {
    let mut voices: Vec<&Arc<Row>> = newest_of_each(asked.referring(decision, "voice")).into_values().collect();
    voices.sort_by_cached_key(|voice| (asked.group_name(voice).to_lowercase(), voice.document));
    let rows = voices.into_iter().map(|voice| {
        let more = json!({
            // An earlier program took a voice without a stance for a yes.
            "stance": or_nothing(&voice.values.text("stance").replace('_', " ")).unwrap_or("did not say"),
            "reason": brief(voice.values.text("reason")),
            "speaker": voice.values.text("speaker"),
        });
        line(asked, voice, more)
    });
    let columns = [("by", "Group"), ("stance", "Says"), ("reason", "Why"), ("speaker", "Spoken by")];
    Section::new("voices", "Voices", &columns, "Nobody said anything yet.").rows(rows)
}

fn absent(asked: &Asked<'_>, decision: &Row, members: &BTreeSet<GroupId>) -> Section {
    let voices = newest_of_each(asked.referring(decision, "voice"));
    let expected = expected(asked, decision, members);
    let silent = expected.iter().copied().filter(|group| !voices.contains_key(group));
    let mut silent: Vec<_> = silent.map(|group| (asked.views.name_of(&group), group)).collect();
    silent.sort_by_cached_key(|(name, group)| (name.to_lowercase(), *group));
    let rows = silent.into_iter().map(|(name, group)| json!({"group": group.to_string(), "name": name}));
    Section::new("absent", "Not heard", &[("name", "Group")], "Everybody was heard.").rows(rows)
}

/// Whether a decision is open past its day.
pub(super) fn is_late(asked: &Asked<'_>, decision: &Row) -> bool {
    decision.values.text("status") == "open" && instant(decision, "closes").is_some_and(|closes| closes <= asked.now)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn a_decision_shows_who_took_part_and_the_last_word_of_each() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let bus = coalition.record(0, "decision", json!({"title": "A bus", "closes": "2026-11-01T10:00:00Z"}));
        coalition.record(0, "decision", json!({"title": "A name", "status": "adopted"}));
        coalition.days_ago(2).record(1, "voice", json!({"decision": bus, "stance": "object"}));
        coalition.days_ago(1).record(
            1,
            "voice",
            json!({"decision": bus, "stance": "support", "reason": "it is cheap now"}),
        );
        coalition.record(0, "voice", json!({"decision": bus, "stance": "stand_aside"}));
        let reply = coalition.ask("decisions", &[("of", "A bus")]).unwrap();
        assert_eq!(Coalition::column(&reply, "open", "for"), [1]);
        assert_eq!(Coalition::column(&reply, "open", "against"), [0]);
        assert_eq!(Coalition::column(&reply, "open", "took_part"), ["2 of 3"]);
        assert_eq!(Coalition::column(&reply, "open", "state"), ["open past its day"]);
        assert_eq!(Coalition::column(&reply, "voices", "stance"), ["stand aside", "support"]);
        assert_eq!(Coalition::column(&reply, "absent", "name"), ["Ferry Friends"]);
        let all = coalition.ask("decisions", &[]).unwrap();
        assert_eq!(Coalition::column(&all, "closed", "title"), ["A name"]);
    }

    #[test]
    fn a_body_that_decides_asks_its_own_groups_alone() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let body = coalition.record(0, "body", json!({"name": "Steering"}));
        coalition.record(2, "seat", json!({"body": body}));
        coalition.record(0, "decision", json!({"title": "A bus", "body": body}));
        let reply = coalition.ask("decisions", &[("of", "A bus")]).unwrap();
        assert_eq!(Coalition::column(&reply, "absent", "name"), ["Ferry Friends"]);
    }
}
