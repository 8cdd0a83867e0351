//! Cases: what lies before courts, where, and how far it is.

use super::agenda::is_behind;
use super::asked::instant;
use super::shown::{by_title, field, line, moment};
use super::told::{among, choices};
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use serde_json::json;
use std::sync::Arc;

/// What lies before courts.
pub(super) const QUESTION: Question = Question {
    name: "cases",
    about: "Cases before courts and authorities: where, how far they are, when they are heard next.",
    place: Place::Ask,
    words: &[Word { name: "status", about: "Only with this status, such as filed or heard.", many: Given::Often }],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let wanted = among(asked, "status", &choices(asked, "case", "status"))?;
    let mut cases: Vec<&Arc<Row>> = asked
        .records("case")
        .filter(|case| wanted.is_empty() || wanted.contains(&case.values.text("status")))
        .collect();
    by_title(asked, &mut cases);
    cases.sort_by_key(|case| {
        let next = instant(case, "next_hearing").filter(|next| asked.now <= *next);
        next.unwrap_or(Timestamp(u64::MAX))
    });
    let rows = cases.into_iter().map(|case| {
        let is_over = !is_behind(case) && instant(case, "next_hearing").is_some_and(|next| next < asked.now);
        let more = json!({
            "status": case.values.text("status"),
            "court": case.values.text("court"),
            "number": case.values.text("number"),
            "place": case.values.text("place"),
            "coordinates": field(case, "coordinates"),
            "next_hearing": moment(case, "next_hearing"),
            "why": if is_over { "the hearing is over: how did it go?" } else { "" },
        });
        line(asked, case, more)
    });
    let columns = [
        ("title", "Case"),
        ("court", "Court"),
        ("place", "Where"),
        ("status", "Status"),
        ("next_hearing", "Heard next"),
        ("why", "Note"),
    ];
    let empty = match wanted.is_empty() {
        true => "No case is known: `grid case new --title TITLE` tells of one.",
        false => "No case that is known has this status.",
    };
    Ok(Reply::default().with(Section::new("cases", "Cases", &columns, empty).rows(rows)))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    #[test]
    fn cases_come_by_their_next_hearing_with_their_point_on_the_map() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let at = json!({"latitude": -28.81, "longitude": 153.28});
        coalition.record(0, "case", json!({"title": "Old", "next_hearing": "2026-11-01T10:00:00Z", "status": "heard"}));
        coalition.record(
            0,
            "case",
            json!({"title": "Late", "next_hearing": "2026-12-09T10:00:00Z", "status": "filed"}),
        );
        coalition.record(
            0,
            "case",
            json!({"title": "Soon", "next_hearing": "2026-12-01T10:00:00Z", "coordinates": at}),
        );
        let reply = coalition.ask("cases", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "cases", "title"), ["Soon", "Late", "Old"]);
        assert_eq!(Coalition::column(&reply, "cases", "coordinates")[0], at);
        let filed = coalition.ask("cases", &[("status", "filed")]).unwrap();
        assert_eq!(Coalition::column(&filed, "cases", "title"), ["Late"]);
    }

    #[test]
    fn a_case_that_was_decided_and_is_heard_again_is_on_the_agenda() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let case = |title: &str, at: &str| json!({"title": title, "status": "decided", "next_hearing": at});
        coalition.record(0, "case", case("Appeal", "2026-12-01T10:00:00Z"));
        coalition.record(0, "case", case("Over", "2026-11-01T10:00:00Z"));
        let reply = coalition.ask("agenda", &[]).unwrap();
        assert_eq!(Coalition::column(&reply, "agenda", "title"), ["Appeal"]);
        assert!(Coalition::column(&reply, "overdue", "title").is_empty());
    }

    #[test]
    fn a_status_that_no_case_can_have_is_told() {
        let coalition = Coalition::new(&["Clean River"]);
        for (question, word) in [("cases", "status"), ("spoken", "kind"), ("leaders", "role")] {
            let error = coalition.ask(question, &[(word, "zzz")]).unwrap_err();
            assert!(error.message.contains("zzz"), "{question}: {error}");
        }
        let filed = coalition.ask("cases", &[("status", "filed")]).unwrap();
        assert!(filed.section("cases").unwrap().empty.contains("status"));
    }
}
