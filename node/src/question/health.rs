//! Health: what kills a coalition, made visible before it does, each with who and what to do next.
//!
//! Four things do: nobody finds their way, members get nothing back, what is done never adds up, and what is hard to say
//! is not said. Each is a section; its findings come from the questions that look closer.

mod findings;

use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};

/// What needs care.
pub(super) const QUESTION: Question = Question {
    name: "health",
    about: "What needs care: silence, groups that get nothing, work that adds up to nothing, things left unspoken.",
    place: Place::Command,
    words: &[Word {
        name: "show",
        about: "How many of each to show, such as 100; 5 if nothing is said.",
        many: Given::Once,
    }],
    answer,
};

/// Findings of one sort that are shown, where nothing is said.
const SHOWN: f64 = 5.0;

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let shown = asked.amount("show")?.unwrap_or(SHOWN) as usize;
    let section = |name, heading: &str, empty: &str, sorts: Vec<findings::Sort<'_>>| {
        let columns = [("what", "What"), ("who", "Who"), ("step", "Next step")];
        Section::new(name, heading, &columns, empty).rows(sorts.into_iter().flat_map(|sort| sort.rows(asked, shown)))
    };
    let way = vec![
        findings::silent(asked),
        findings::vacant(asked),
        findings::over(asked),
        findings::uncovered(asked),
        findings::expired(asked),
    ];
    let back = vec![findings::nothing_back(asked), findings::unanswered(asked)];
    let adding_up = vec![
        findings::unlinked(asked),
        findings::unreported(asked),
        findings::overdue(asked),
        findings::undecided(asked),
    ];
    let adds_up = match asked.records("action").next() {
        Some(_) => "Every action leads somewhere and was reported.",
        None => "There is no action yet.",
    };
    let unspoken = vec![findings::no_reflection(asked), findings::stale_reviews(asked)];
    Ok(Reply::default()
        .with(section("way", "People find their way", "Everybody was heard from, every seat and role is filled.", way))
        .with(section(
            "back",
            "Members get something back",
            "Every group got something, every call was answered.",
            back,
        ))
        .with(section("adding_up", "What is done adds up", adds_up, adding_up))
        .with(section(
            "unspoken",
            "What is hard to say is said",
            "A round is set, and every review is fresh.",
            unspoken,
        )))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Coalition, NOW};
    use crate::view::MandateRow;
    use grid_protocol::control::{Role, Term};
    use grid_protocol::id::{GroupId, RecordId, VersionId};
    use grid_protocol::time::Timestamp;
    use serde_json::json;

    fn whats(coalition: &Coalition, section: &str) -> Vec<String> {
        let reply = coalition.ask("health", &[]).unwrap();
        let whats = Coalition::column(&reply, section, "what");
        whats.into_iter().map(|what| what.as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn everything_that_needs_care_is_told_with_who_and_what_to_do() {
        let mut coalition = Coalition::quiet_since(40, &["Clean River", "Hollin Choir"]);
        coalition.record(0, "action", json!({"title": "Vigil", "starts": "2026-11-01T10:00:00Z"}));
        coalition.record(0, "alert", json!({"title": "Flood"}));
        coalition.record(0, "body", json!({"name": "Steering", "seats": 1}));
        coalition.record(0, "decision", json!({"title": "A bus", "closes": "2026-11-01T10:00:00Z"}));
        coalition.record(0, "review", json!({"title": "Doors"}));
        let way = whats(&coalition, "way");
        for expected in ["nothing for 30 days", "1 of 1 seats", "nobody is a weaver"] {
            assert!(way.iter().any(|what| what.contains(expected)), "{expected}: {way:?}");
        }
        let back = whats(&coalition, "back");
        assert!(back.iter().any(|what| what.contains("got nothing")), "{back:?}");
        assert!(back.iter().any(|what| what.contains("Flood")), "{back:?}");
        let adding_up = whats(&coalition, "adding_up");
        for expected in ["no objective", "no report", "past its day"] {
            assert!(adding_up.iter().any(|what| what.contains(expected)), "{expected}: {adding_up:?}");
        }
        let unspoken = whats(&coalition, "unspoken");
        for expected in ["no round of reflection", "Doors"] {
            assert!(unspoken.iter().any(|what| what.contains(expected)), "{expected}: {unspoken:?}");
        }
        let reply = coalition.ask("health", &[]).unwrap();
        for row in reply.sections.iter().flat_map(|section| &section.rows) {
            assert!(row["step"].as_str().unwrap().starts_with("grid "), "{row:?}");
            assert!(row["who"].is_string(), "{row:?}");
        }
    }

    #[test]
    fn what_was_done_about_it_is_told_no_more() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
        let vigil = coalition.record(0, "action", json!({"title": "Vigil", "starts": "2026-11-01T10:00:00Z"}));
        let flood = coalition.record(1, "alert", json!({"title": "Flood"}));
        let goal = coalition.record(0, "objective", json!({"title": "No licence"}));
        coalition.record(0, "action", json!({"title": "Song", "objectives": [goal], "status": "planned"}));
        coalition.record(0, "report", json!({"title": "It went well", "action": vigil}));
        coalition.record(1, "support", json!({"of": vigil}));
        coalition.record(0, "reply", json!({"to": flood, "says": "yes"}));
        let round = json!({"title": "Who is not here", "sort": "reflection", "starts": "2026-12-01T10:00:00Z"});
        coalition.record(0, "event", round);
        let review =
            json!({"title": "Doors", "threats": "theft", "measures": "locks", "again": "2027-01-01T10:00:00Z"});
        coalition.record(0, "review", review);
        let roles = json!(["principal", "driver", "supporter", "weaver", "operator"]);
        coalition.record(0, "person", json!({"name": "Ana", "agreed": true, "roles": roles}));
        assert!(whats(&coalition, "way").is_empty());
        assert!(whats(&coalition, "back").is_empty(), "{:?}", whats(&coalition, "back"));
        assert_eq!(whats(&coalition, "adding_up"), ["Vigil leads to no objective"]);
        assert!(whats(&coalition, "unspoken").is_empty(), "{:?}", whats(&coalition, "unspoken"));
    }

    #[test]
    fn a_mandate_that_is_over_is_told_until_the_holder_has_a_new_one() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let mandate = |id: u8, to: u64, intervals: Vec<Term>| MandateRow {
            id: RecordId([id; 32]),
            version: VersionId([1; 32]),
            group: GroupId([1; 32]),
            role: Role::Speaker,
            scope: "the press".to_owned(),
            term: Term { from: Timestamp(0), to: Timestamp(to) },
            needed: 1,
            endorsers: Vec::new(),
            intervals,
        };
        let over = |coalition: &Coalition| whats(coalition, "way").iter().any(|what| what.contains("speaker"));
        coalition.views.mandates.push(mandate(1, NOW.0 - 1, Vec::new()));
        assert!(over(&coalition));
        let holds = Term { from: Timestamp(0), to: Timestamp(NOW.0 + 1) };
        coalition.views.mandates.push(mandate(2, NOW.0 + 1, vec![holds]));
        assert!(!over(&coalition));
    }

    #[test]
    fn many_findings_of_one_sort_are_folded_and_counted() {
        let mut coalition = Coalition::new(&["Clean River"]);
        for number in 0..8 {
            coalition.record(0, "action", json!({"title": format!("Stall {number}")}));
        }
        let adding_up = whats(&coalition, "adding_up");
        assert_eq!(adding_up.len(), 6);
        assert!(adding_up[5].contains("3 more"), "{adding_up:?}");
        let all = coalition.ask("health", &[("show", "100")]).unwrap();
        assert_eq!(all.section("adding_up").unwrap().rows.len(), 8);
    }

    #[test]
    fn a_term_that_is_over_is_told_until_somebody_sits_there_again() {
        let mut coalition = Coalition::new(&["Clean River"]);
        let body = coalition.record(0, "body", json!({"name": "Steering"}));
        let chair = json!({"body": body, "role": "chair", "holder": "Ann", "until": "2026-11-01T00:00:00Z"});
        coalition.record(0, "seat", chair);
        let way = |coalition: &Coalition| Coalition::column(&coalition.ask("health", &[]).unwrap(), "way", "what");
        assert!(way(&coalition).contains(&"Steering: the term of Ann, chair is over".into()), "{:?}", way(&coalition));
        coalition.record(0, "seat", json!({"body": body, "role": "chair", "holder": "Ben"}));
        assert!(way(&coalition).iter().all(|what| !what.as_str().unwrap().contains("is over")));
    }
}
