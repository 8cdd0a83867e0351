//! Decisions: what is being decided and what was, who took part and who did not.
//!
//! A group's own action needs no decision of anybody.

mod heard;

use super::asked::instant;
use super::shown::{brief, by_name, by_title, day_or_moment, line, or_nothing};
use super::told::{names, record, short_id};
use super::{Asked, Column, Given, Place, Question, Reply, Section, Unanswerable, Word};
use grid_protocol::replica::Row;
use heard::{Known, Said, Voices};
use serde_json::{Value as Json, json};
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
    let known = Known::of(asked);
    let section = |name, heading: &str, empty: &str, wanted: fn(&str) -> bool| {
        let rows = decisions.iter().filter(|row| wanted(row.values.text("status"))).map(|row| one(asked, row, &known));
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
    let mut open = section("open", "Open", "Nothing is being decided.", |status| status == "open");
    // All of these are open; what can be done about them says more.
    open.columns.retain(|column| column.key != "state");
    open.columns.push(Column { key: "step", heading: "Add your voice" });
    let closed = section("closed", "Decided", "Nothing was decided yet.", |status| status != "open");
    let reply = Reply::default().with(open).with(closed);
    Ok(match of {
        Some(decision) => {
            let heard = Voices::of(asked, decision, &known);
            reply.with(voices(asked, &heard)).with(absent(asked, &heard))
        }
        None => reply,
    })
}

fn one<'a>(asked: &Asked<'a>, decision: &Row, known: &Known<'a>) -> Json {
    let Voices { expected, counted, others } = Voices::of(asked, decision, known);
    let of = |stance: &str| counted.values().filter(|said| said.values.text("stance") == stance).count();
    let status = decision.values.text("status");
    let step = (status == "open").then(|| format!("grid voice new --decision {}", short_id(decision)));
    let took_part = format!("{} of {}", counted.len(), expected.len());
    let before = counted.values().filter(|said| said.is_of_earlier_wording).count();
    let more = json!({
        "status": status,
        "state": if is_late(asked, decision) { "open past its day" } else { status },
        "closes": day_or_moment(asked, decision, "closes"),
        "decided": day_or_moment(asked, decision, "decided"),
        "for": of("support"),
        "aside": of("stand_aside"),
        "concerns": of("concern"),
        "against": of("object"),
        "took_part": if before == 0 { took_part } else { format!("{took_part}, {before} on an earlier wording") },
        "on_earlier_wording": before,
        "who": names(asked, counted.keys()),
        "not_counted": others.len(),
        "outcome": brief(decision.values.text("outcome")),
        "body": asked.named(decision, "body").map(|body| asked.title(body)),
        "step": step,
    });
    line(asked, decision, more)
}

fn voices(asked: &Asked<'_>, voices: &Voices<'_, '_>) -> Section {
    let counted = voices.counted.values().map(|said| (*said, "")).chain(voices.others.iter().copied());
    let mut all: Vec<(Said<'_>, &str)> = counted.collect();
    all.sort_by_cached_key(|(said, _)| by_name(&asked.group_name(said.voice), said.voice.document));
    let rows = all.into_iter().map(|(said, why)| {
        let Said { voice, values, .. } = said;
        let more = json!({
            // An earlier program took a voice without a stance for a yes.
            "stance": or_nothing(&values.text("stance").replace('_', " ")).unwrap_or("did not say"),
            "reason": brief(values.text("reason")),
            "speaker": voice.values.text("speaker"),
            "counts": why.is_empty(),
            "on_earlier_wording": said.is_of_earlier_wording,
            "why": match why {
                "" => said.notes(),
                why => format!("not counted: {why}"),
            },
        });
        line(asked, voice, more)
    });
    let columns = [("by", "Group"), ("stance", "Says"), ("reason", "Why"), ("speaker", "Spoken by"), ("why", "Note")];
    Section::new("voices", "Voices", &columns, "Nobody said anything yet.").rows(rows)
}

fn absent(asked: &Asked<'_>, voices: &Voices<'_, '_>) -> Section {
    let silent = voices.expected.all().into_iter().filter(|group| !voices.counted.contains_key(group));
    let mut silent: Vec<_> = silent.map(|group| (asked.views.name_of(&group), group)).collect();
    silent.sort_by_cached_key(|(name, group)| by_name(name, *group));
    let rows = silent.into_iter().map(|(name, group)| json!({"group": group.to_string(), "name": name}));
    Section::new("absent", "Not heard", &[("name", "Group")], "Everybody was heard.").rows(rows)
}

fn is_closed(decision: &Row) -> bool {
    decision.values.text("status") != "open"
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
        coalition.days_ago(24).record(1, "voice", json!({"decision": bus, "stance": "object"}));
        coalition.days_ago(23).record(
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
    fn a_voice_on_the_day_of_the_decision_counts_unless_an_hour_was_given_before_it() {
        for (decided, took_part) in
            [("2026-11-21", "2 of 2"), ("2026-11-21T18:00:00Z", "1 of 2"), ("2026-11-20", "0 of 2")]
        {
            let mut coalition = Coalition::quiet_since(30, &["Clean River", "Hollin Choir"]);
            let decision = json!({"title": "A bus", "status": "adopted", "decided": decided});
            let bus = coalition.record(0, "decision", decision);
            // The evening of the 21st: by the clocks far in the west it is still the 21st at noon of the 22nd in UTC.
            coalition.hours_ago(19).record(1, "voice", json!({"decision": bus, "stance": "support"}));
            coalition.hours_ago(2).record(0, "voice", json!({"decision": bus, "stance": "support"}));
            let reply = coalition.ask("decisions", &[("of", "A bus")]).unwrap();
            assert_eq!(Coalition::column(&reply, "closed", "took_part"), [took_part], "{decided}");
        }
    }

    #[test]
    fn what_a_group_said_in_time_counts_though_it_says_otherwise_since() {
        let mut coalition = Coalition::quiet_since(30, &["Clean River", "Hollin Choir", "Ferry Friends"]);
        let bus = json!({"title": "A bus", "status": "adopted", "decided": "2026-11-12T12:00:00Z"});
        let bus = coalition.record(0, "decision", bus);
        let voice = |stance: &str, reason: &str| json!({"decision": bus, "stance": stance, "reason": reason});
        // Corrected twice in time and once after it.
        let versions = [
            (15, voice("object", "")),
            (14, voice("concern", "")),
            (12, voice("support", "cheap")),
            (5, voice("object", "dear")),
        ];
        coalition.corrected(1, "voice", &versions);
        // Of two voices that which was the last when voices had been heard.
        coalition.corrected(2, "voice", &[(20, voice("object", "")), (4, voice("object", "still"))]);
        coalition.days_ago(13).record(2, "voice", voice("support", ""));
        coalition.corrected(0, "voice", &[(9, voice("support", "")), (3, voice("object", ""))]);
        let reply = coalition.ask("decisions", &[("of", "A bus")]).unwrap();
        let closed = |key| Coalition::column(&reply, "closed", key)[0].clone();
        assert_eq!((closed("for"), closed("against"), closed("took_part")), (2.into(), 0.into(), "2 of 3".into()));
        let voices = |key| Coalition::column(&reply, "voices", key);
        assert_eq!(voices("stance"), ["object", "support", "support"]);
        assert_eq!(voices("counts"), [false, true, true]);
        assert_eq!(
            (voices("reason")[2].clone(), voices("why")[2].clone()),
            ("cheap".into(), "what it said until voices were heard".into())
        );
    }

    #[test]
    fn what_is_taken_back_or_turned_to_another_decision_after_the_end_counts_where_it_was_said() {
        let mut coalition = Coalition::quiet_since(30, &["Clean River", "Hollin Choir", "Ferry Friends"]);
        let ended = |title: &str| json!({"title": title, "status": "adopted", "decided": "2026-11-12T12:00:00Z"});
        let (bus, boat) =
            (coalition.record(0, "decision", ended("A bus")), coalition.record(0, "decision", ended("A boat")));
        let voice = |on: &str| json!({"decision": on, "stance": "object"});
        let late = coalition.days_ago(15).record(0, "voice", voice(&bus));
        coalition.days_ago(3).removes(&late);
        let early = coalition.days_ago(15).record(2, "voice", voice(&bus));
        coalition.days_ago(14).removes(&early);
        // Another program may turn a voice.
        coalition.corrected(1, "voice", &[(20, voice(&bus)), (2, voice(&boat))]);
        let all = coalition.ask("decisions", &[]).unwrap();
        assert_eq!(Coalition::column(&all, "closed", "title"), ["A boat", "A bus"]);
        assert_eq!(Coalition::column(&all, "closed", "against"), [0, 2]);
        assert_eq!(Coalition::column(&all, "closed", "not_counted"), [1, 0]);
        let voices = Coalition::column(&coalition.ask("decisions", &[("of", &bus)]).unwrap(), "voices", "why");
        assert_eq!(
            voices,
            ["what it said until voices were heard; taken back since", "what it said until voices were heard"]
        );
    }

    #[test]
    fn what_was_decided_without_a_day_was_decided_when_its_status_said_so() {
        let mut coalition = Coalition::quiet_since(30, &["Clean River", "Hollin Choir", "Ferry Friends"]);
        let bus = |status: &str, outcome: &str| json!({"title": "A bus", "status": status, "outcome": outcome});
        let versions = [(20, bus("open", "")), (10, bus("adopted", "")), (4, bus("rejected", "A word more."))];
        let bus = coalition.corrected(0, "decision", &versions);
        let voice = json!({"decision": bus, "stance": "support"});
        coalition.days_ago(15).record(1, "voice", voice.clone());
        coalition.days_ago(5).record(2, "voice", voice.clone());
        coalition.days_ago(1).record(0, "voice", voice);
        let reply = coalition.ask("decisions", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "closed", "took_part"), ["1 of 3"]);
        assert_eq!(Coalition::column(&reply, "closed", "not_counted"), [2]);
    }

    #[test]
    fn a_voice_on_an_earlier_wording_counts_and_is_marked() {
        let mut coalition = Coalition::quiet_since(30, &["Clean River", "Hollin Choir", "Ferry Friends"]);
        let bus = |proposal: &str, body: &str| json!({"title": "A bus", "proposal": proposal, "outcome": body});
        let versions = [(20, bus("For the fair.", "")), (10, bus("For good.", "")), (3, bus("For good.", "Soon."))];
        let bus = coalition.corrected(0, "decision", &versions);
        let voice = json!({"decision": bus, "stance": "support"});
        coalition.days_ago(15).record(1, "voice", voice.clone());
        coalition.days_ago(8).record(2, "voice", voice);
        let reply = coalition.ask("decisions", &[("of", &bus)]).unwrap();
        assert_eq!(Coalition::column(&reply, "open", "took_part"), ["2 of 3, 1 on an earlier wording"]);
        assert_eq!(Coalition::column(&reply, "voices", "on_earlier_wording"), [false, true]);
        assert_eq!(Coalition::column(&reply, "voices", "why"), ["", "said of an earlier wording"]);
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

    #[test]
    fn what_a_body_decided_keeps_those_who_took_part_though_they_leave() {
        let mut coalition = Coalition::quiet_since(30, &["Clean River", "Hollin Choir", "Ferry Friends"]);
        let body = coalition.record(0, "body", json!({"name": "Steering"}));
        for group in [1, 2] {
            coalition.record(group, "seat", json!({"body": body}));
        }
        let took_part = |coalition: &Coalition, of: &str, section: &str| {
            Coalition::column(&coalition.ask("decisions", &[("of", of)]).unwrap(), section, "took_part")[0].clone()
        };
        let fields = json!({"title": "Buses", "body": body, "status": "adopted", "decided": "2026-11-20T10:00:00Z"});
        let buses = coalition.record(0, "decision", fields);
        let trains = coalition.record(0, "decision", json!({"title": "Trains", "body": body}));
        for decision in [&buses, &trains] {
            coalition.days_ago(5).record(1, "voice", json!({"decision": decision, "stance": "support"}));
            coalition.days_ago(5).record(2, "voice", json!({"decision": decision, "stance": "object"}));
        }
        coalition.leaves(1);
        assert_eq!(took_part(&coalition, "Buses", "closed"), "2 of 2");
        assert_eq!(took_part(&coalition, "Trains", "open"), "1 of 1");
        // A body whose seats are all empty does not become everybody.
        coalition.leaves(2);
        assert_eq!(took_part(&coalition, "Buses", "closed"), "2 of 2");
        assert_eq!(took_part(&coalition, "Trains", "open"), "0 of 0");
    }

    #[test]
    fn who_is_not_asked_comes_late_or_has_left_does_not_decide() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends", "Anglers"]);
        let body = coalition.record(0, "body", json!({"name": "Steering"}));
        for group in [0, 1, 3] {
            coalition.record(group, "seat", json!({"body": body}));
        }
        let fields = json!({"title": "Buses", "body": body, "closes": "2026-11-20T00:00:00Z"});
        let buses = coalition.record(0, "decision", fields);
        coalition.days_ago(5).record(0, "voice", json!({"decision": buses, "stance": "support"}));
        coalition.record(2, "voice", json!({"decision": buses, "stance": "object"}));
        coalition.record(3, "voice", json!({"decision": buses, "stance": "object"}));
        coalition.days_ago(1).record(1, "voice", json!({"decision": buses, "stance": "object"}));
        coalition.leaves(3);
        let reply = coalition.ask("decisions", &[("of", "Buses")]).unwrap();
        let open = |key| Coalition::column(&reply, "open", key)[0].clone();
        assert_eq!((open("for"), open("against"), open("took_part")), (1.into(), 0.into(), "1 of 2".into()));
        assert_eq!(open("step"), format!("grid voice new --decision {}", &buses[..8]));
        assert_eq!(Coalition::column(&reply, "absent", "name"), ["Hollin Choir"]);
        assert_eq!(Coalition::column(&reply, "voices", "counts"), [false, true, false, false]);
    }
}
