//! How a coalition is ordered: what moves what, who sits in which body, who holds a mandate, and what is decided.

use super::frame::{TOPICS, reference};
use super::{DAYS, Licence, Making, YEAR, names};
use grid_protocol::control::Role;
use serde_json::{Value as Json, json};

/// What moves the country: a name, and whether somebody could turn it.
const FACTORS: &[(&str, bool)] = &[
    ("Rain", false),
    ("Wells", true),
    ("Jobs at the mine", false),
    ("Trust in the council", true),
    ("Rents", true),
    ("Young people who stay", false),
];

/// A body, and the lever that it works on, by its place among the factors. Nobody works on the trust in the council.
const BODIES: &[(&str, &str, Option<usize>)] = &[
    ("steering", "Steering committee", None),
    ("capacity", "Organising hub", None),
    ("caucus", "Caucus of night workers", None),
    ("funders", "Funders among us", None),
    ("backbone", "Office of the valleys", None),
    ("working_group", "Working group on wells", Some(1)),
    ("working_group", "Working group on rents", Some(4)),
];
/// The body to which each group may send somebody.
const ROUND: &str = "Round of the valleys";
/// Seats of every other body; fewer groups sit there.
const SEATS: usize = 7;
const SEATED: usize = 6;

const PROPOSALS: &[&str] = &[
    "A common week for {}",
    "One letter to the water board about {}",
    "A shared fund for {}",
    "Open meetings about {} in every valley",
    "No talks about {} without all of us",
    "A yearly report on {}",
    "A working group on {}",
    "One hearing for all about {}",
];
/// Days for which voices are heard.
const HEARD: usize = 14;
/// Voices that a decision gets at most: more change no picture of it.
const VOICES: usize = 24;

/// The systems map.
pub(super) fn systems(making: &mut Making) {
    let add = |making: &mut Making, (name, lever): &(&str, bool)| {
        making.add(0, "factor", json!({"name": name, "lever": lever}))
    };
    let factors: Vec<usize> = FACTORS.iter().map(|factor| add(making, factor)).collect();
    for (number, factor) in factors.iter().enumerate() {
        let to = factors.get((number + 1) % factors.len()).copied().unwrap_or(*factor);
        let effect = if number % 2 == 0 { "more" } else { "less" };
        let by = number % making.groups.len();
        making.add(by, "influence", json!({"from": reference(*factor), "to": reference(to), "effect": effect}));
    }
    making.levers = factors;
}

/// The bodies, and who sits in them.
pub(super) fn bodies(making: &mut Making) {
    for (number, (sort, name, lever)) in BODIES.iter().enumerate() {
        let lever = lever.and_then(|lever| making.levers.get(lever)).map(|lever| reference(*lever));
        let fields = json!({"name": name, "sort": sort, "lever": lever.unwrap_or_default(), "seats": SEATS,
            "wanted_roles": ["chair", "convener", "note-taker"], "meets": "every second Tuesday at seven"});
        let body = making.add(0, "body", fields);
        let groups = making.groups.len();
        for place in 0..SEATED.min(groups) {
            let by = (number + place * (1 + groups / SEATED)) % groups;
            // Of the hub one group is chair and convener too: somebody should see that.
            let role = match (*sort, place) {
                ("capacity", 0) => "chair and convener",
                (_, 0) => "chair",
                (_, 1) => "convener",
                (_, 2) => "note-taker",
                _ => "member",
            };
            // One term is over.
            let until = if (number, place) == (0, SEATED - 1) { DAYS - 10 } else { YEAR };
            seat(making, (by, body), role, until);
        }
    }
    let fields = json!({"name": ROUND, "sort": "representatives", "meets": "on the first Sunday of the month"});
    let round = making.add(0, "body", fields);
    for by in 0..making.groups.len() {
        if by == 0 || making.numbers.percent(70) {
            seat(making, (by, round), "representative", YEAR);
        }
    }
}

fn seat(making: &mut Making, (by, body): (usize, usize), role: &str, until: usize) {
    let (from, until, person) = (making.at(10, 12), making.at(until, 12), making.any_of("person", by));
    let fields = json!({"body": reference(body), "role": role, "from": from, "until": until, "person": person});
    making.add(by, "seat", fields);
    making.seated.entry(body).or_default().push(by);
}

/// Who may speak and act for all, and what was said so.
pub(super) fn mandates(making: &mut Making) {
    let groups = making.groups.len();
    for (by, role, scope, from, until) in [
        (0, Role::Backbone, "the calendar, the office and the common funds", 0, DAYS + 120),
        (1, Role::Steward, "the statement, and how closely we work together", 0, DAYS + 90),
        (2, Role::Speaker, "the press and the water board", 0, DAYS + 60),
        (3, Role::Representative, "the valleys at the round table of the council", 20, DAYS - 30),
    ] {
        making.mandates.push(Licence { by: by % groups, role, scope, from, until });
    }
    let (from, until, objective) = (making.at(DAYS - 20, 8), making.at(DAYS + 40, 20), making.any("objective"));
    let fields = json!({"title": "Until the hearing", "setting": "coordinated", "from": from, "until": until,
        "objectives": [objective], "voice": "network"});
    making.add(1 % groups, "mode", fields);
    let (from, until) = (making.at(DAYS + 41, 8), making.at(DAYS + 60, 20));
    let fields = json!({"title": "A quiet month", "setting": "autonomy", "from": from, "until": until,
        "voice": "network"});
    making.add(1 % groups, "mode", fields);
    let (from, until) = (making.at(DAYS + 5, 8), making.at(DAYS + 30, 20));
    let fields =
        json!({"title": "While the machines stand still", "setting": "balanced", "from": from, "until": until});
    making.add(3 % groups, "mode", fields);
    let (starts, ends) = (making.at(DAYS + 10, 12), making.at(DAYS + 10, 14));
    let place = making.groups.first().map_or(0, |group| group.place);
    let fields = json!({"title": "All valleys before the water board", "ask": "Bring a jar from your own well.",
        "starts": starts, "ends": ends, "place": names::place(place), "coordinates": names::point(place),
        "tactics": ["vigil"], "target": "The water board", "objectives": [making.any("objective")],
        "voice": "network", "status": "planned"});
    making.add(2 % groups, "action", fields);
}

/// Something is decided: proposed by a group, with the voices of many, before or after it is closed.
pub(super) fn decision(making: &mut Making, by: usize) {
    let title = making.title("decision", |numbers| {
        let topic = numbers.word(TOPICS);
        numbers.word(PROPOSALS).replace("{}", topic)
    });
    let body = if making.numbers.percent(25) { making.any_number("body") } else { None };
    let mut voices = body.and_then(|body| making.seated.get(&body)).cloned().unwrap_or_default();
    voices.sort_unstable();
    voices.dedup();
    if voices.is_empty() {
        let groups = making.groups.len();
        let most = groups.min(VOICES);
        let count = (most / 2).max(1) + making.numbers.below(most / 2 + 1);
        let first = making.numbers.below(groups);
        // They sit apart from each other, and none twice.
        voices = (0..count.min(groups)).map(|place| (first + place * (groups / count).max(1)) % groups).collect();
    }
    let stances: Vec<&str> = voices
        .iter()
        .map(|_| making.numbers.word(&["support", "support", "support", "stand_aside", "concern", "object"]))
        .collect();
    // The first was asked so that everybody can be heard, and is open still.
    let closes = if making.has("decision") { making.today() + HEARD } else { DAYS + 7 };
    let objections = stances.iter().filter(|stance| **stance == "object").count();
    let (status, outcome) = match (closes < DAYS, objections * 4 > voices.len()) {
        (false, _) => ("open", ""),
        (true, true) => ("rejected", "Too many could not live with it. Each goes on in its own way."),
        (true, false) => ("adopted", "Whoever wants to joins in; nobody has to."),
    };
    let at = making.at(closes, 20);
    let decided = if status == "open" { Json::Null } else { json!(at) };
    let fields = json!({"title": title, "closes": at, "decided": decided, "status": status, "outcome": outcome,
        "proposal": "All who want to do something in the same week, each in its own way.",
        "body": body.map(reference).unwrap_or_default()});
    let decision = making.add(by, "decision", fields);
    for (by, stance) in voices.into_iter().zip(stances) {
        let reason = match stance {
            "concern" => "Some of us work at night and can't come.",
            "object" => "It comes too soon after the harvest.",
            _ => "",
        };
        making.add(by, "voice", json!({"decision": reference(decision), "stance": stance, "reason": reason}));
    }
}
