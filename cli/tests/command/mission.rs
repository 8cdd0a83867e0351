//! The mission through the command line: two groups with nodes of their own; what one types the other sees.

use crate::running::{Group, Place};
use serde_json::{Value, json};

/// An observation of `docs/mission.md`: what is typed, what is asked then on the other computer, and what is seen.
struct Seen {
    /// The id of the capability.
    id: &'static str,
    /// What the first group types.
    typed: &'static [&'static [&'static str]],
    /// What the other types when all that has arrived; the first reads it.
    answered: &'static [&'static [&'static str]],
    /// What is asked, by the second; where it answered by the first.
    asked: &'static [&'static str],
    /// The part of the answer, the column, and what stands there, row by row.
    section: &'static str,
    column: &'static str,
    rows: fn() -> Vec<Value>,
}

const ALL: &[Seen] = &[
    Seen {
        id: "a08",
        typed: &[
            &["frame", "new", "--title", "Fair", "--test", "Doors", "--asked", "40", "--convinced", "12"],
            &["frame", "new", "--title", "Safe", "--test", "Doors", "--asked", "40", "--convinced", "31"],
        ],
        answered: &[],
        asked: &["ask", "words"],
        section: "frames",
        column: "winner",
        rows: || vec![json!("so far"), Value::Null],
    },
    Seen {
        id: "b02",
        typed: &[&["group", "edit", "--place", "Hollin", "--coordinates", "-28.81234,153.28765"]],
        answered: &[],
        asked: &["ask", "map", "--place", "hollin"],
        section: "groups",
        column: "latitude",
        rows: || vec![json!(-28.81)],
    },
    Seen {
        id: "b01",
        typed: &[
            &["person", "new", "--name", "Ana", "--agreed", "yes", "--skills", "law", "--place", "Hollin"],
            &["person", "new", "--name", "Bo", "--agreed", "yes", "--skills", "driving", "--place", "Hollin"],
        ],
        answered: &[],
        asked: &["ask", "leaders", "--skill", "law", "--place", "Hollin"],
        section: "people",
        column: "name",
        rows: || vec![json!("Ana")],
    },
    Seen {
        id: "b04",
        typed: &[&["prospect", "new", "--name", "Quarry workers", "--contact", "talking"]],
        answered: &[],
        asked: &["ask", "wanted"],
        section: "wanted",
        column: "name",
        rows: || vec![json!("Quarry workers")],
    },
    Seen {
        id: "b06",
        typed: &[&["need", "new", "--title", "A van on Saturday", "--tags", "van"]],
        answered: &[&["asset", "new", "--name", "White van", "--tags", "van"]],
        asked: &["match", "van", "--group", "mine"],
        section: "matches",
        column: "offer",
        rows: || vec![json!("White van")],
    },
    Seen {
        id: "c02",
        typed: &[
            &["body", "new", "--name", "Council of valleys", "--seats", "2"],
            &["seat", "new", "--body", "Council of valleys", "--role", "chair"],
        ],
        answered: &[],
        asked: &["ask", "bodies"],
        section: "vacant",
        column: "vacant",
        rows: || vec![json!("1 of 2 seats")],
    },
    Seen {
        id: "c07",
        typed: &[&["need", "new", "--title", "Hands for the till", "--sort", "help"]],
        answered: &[&["support", "new", "--of", "Hands for the till", "--sort", "offer"]],
        asked: &["ask", "help"],
        section: "open",
        column: "helpers",
        rows: || vec![json!(["Mill"])],
    },
    Seen {
        id: "c10",
        typed: &[&["decision", "new", "--title", "A common week"]],
        answered: &[&["voice", "new", "--decision", "A common week", "--stance", "support"]],
        asked: &["ask", "decisions"],
        section: "open",
        column: "took_part",
        rows: || vec![json!("1 of 2")],
    },
    Seen {
        id: "d07",
        typed: &[
            &["event", "new", "--title", "Supper", "--starts", "2026-01-10T18:00:00Z", "--status", "done"],
            &["cost", "new", "--event", "Supper", "--what", "soup", "--amount", "30 EUR"],
        ],
        answered: &[&["attendance", "new", "--event", "Supper", "--came", "4"]],
        asked: &["ask", "costs"],
        section: "payments",
        column: "amount",
        rows: || vec![json!(1500)],
    },
    Seen {
        id: "e04",
        typed: &[
            &["moment", "new", "--title", "Day of the river"],
            &["action", "new", "--title", "Vigil", "--moment", "Day of the river", "--tactics", "vigil"],
        ],
        answered: &[&["action", "new", "--title", "Letters", "--moment", "Day of the river"]],
        asked: &["ask", "moments"],
        section: "moments",
        column: "groups",
        rows: || vec![json!(2)],
    },
    Seen {
        id: "f02",
        typed: &[&["asset", "new", "--name", "Projector"]],
        answered: &[&[
            "booking",
            "new",
            "--asset",
            "Projector",
            "--from",
            "2050-05-01T10:00:00Z",
            "--until",
            "2050-05-01T12:00:00Z",
        ]],
        asked: &["ask", "bookings"],
        section: "bookings",
        column: "by",
        rows: || vec![json!("Mill")],
    },
    Seen {
        id: "f05",
        typed: &[&["fund", "new", "--title", "A lawyer", "--goal", "100 EUR"]],
        answered: &[&["pledge", "new", "--fund", "A lawyer", "--amount", "40 EUR", "--status", "given"]],
        asked: &["ask", "funds"],
        section: "funds",
        column: "rest",
        rows: || vec![json!("40.00 EUR")],
    },
    Seen {
        id: "g04",
        typed: &[&["lesson", "new", "--title", "Bring chairs", "--tactics", "vigil"]],
        answered: &[],
        asked: &["ask", "lessons", "--tactic", "vigil"],
        section: "lessons",
        column: "name",
        rows: || vec![json!("Bring chairs")],
    },
    Seen {
        id: "g09",
        typed: &[&["objective", "new", "--title", "No pump at low water"]],
        answered: &[],
        asked: &["ask", "adding-up"],
        section: "unlinked",
        column: "title",
        rows: || vec![json!("Letters"), json!("Vigil")],
    },
];

/// Types some lines, each at once or when what it names has arrived.
fn types(group: &Group, lines: &[&[&str]]) {
    for line in lines {
        // What a line names by its title may still be on its way.
        if let Some(name) = line.iter().position(|word| REFERS.contains(word)).and_then(|at| line.get(at + 1)) {
            group.until(&["find", name], |found| found.to_string().contains(name));
        }
        group.json(line.iter().copied());
    }
}

/// Flags that name something.
const REFERS: &[&str] = &["--of", "--decision", "--event", "--moment", "--asset", "--fund", "--body"];

#[test]
fn what_one_group_types_the_other_sees_capability_by_capability() {
    let place = Place::new();
    let (weir, _weir) = place.running_founder();
    let (mill, _mill) = place.member("Mill", &weir);
    for seen in ALL {
        types(&weir, seen.typed);
        types(&mill, seen.answered);
        let wanted = (seen.rows)();
        let rows = |answer: &Value| -> Vec<Value> {
            let sections = answer["sections"].as_array().into_iter().flatten();
            let of_name = sections.filter(|section| section["name"] == seen.section);
            of_name
                .flat_map(|section| section["rows"].as_array().into_iter().flatten())
                .map(|row| row[seen.column].clone())
                .collect()
        };
        let asking = if seen.answered.is_empty() { &mill } else { &weir };
        println!("{}: grid {}", seen.id, seen.asked.join(" "));
        asking.until(seen.asked, |answer| rows(answer) == wanted);
    }
}
