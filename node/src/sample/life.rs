//! What a coalition does in a year: actions and what others say of them, talk, needs, meetings, learning.

use super::frame::{TOPICS, reference};
use super::{DAYS, Making, YEAR, exchange, names, order, shared};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

const TACTICS: &[&str] =
    &["vigil", "letter", "march", "song", "sit-in", "door-knocking", "petition", "stall", "boycott"];
const VERBS: &[&str] = &["Walk to", "Letters for", "Night at", "Song for", "Stall at", "Round through", "Vigil at"];
const TASKS: &[&str] =
    &["Ask the council about", "Print leaflets on", "Find a speaker on", "Call around about", "Note down"];
const LESSONS: &[(&str, &str)] = &[
    ("Begin an hour earlier", "The bus was late, and we waited in the rain."),
    ("Tell the neighbours first", "They thought that we had come about them."),
    ("Two people at the door", "One alone had no time to listen."),
    ("A song everybody knows", "Half of us had to read the words."),
    ("Somebody who only takes notes", "By the evening nobody knew who had promised what."),
    ("Say when it ends", "Parents left because they did not know."),
];
const WON: &[&str] = &[
    "The well is tested every month",
    "The evening bus runs again",
    "The school cooks its own meals",
    "Twelve evictions were stopped",
    "The council publishes its figures",
];
const WHYS: &[&str] = &[
    "Both look after wells.",
    "One asks for a hall, the other has the key of one.",
    "Both sing, two villages apart.",
    "One has the figures, the other the people to tell them to.",
    "Both lost the same bus.",
];
const OUTCOMES: &[&str] = &[
    "They measure together, on the first Monday of the month.",
    "One lent the other a van, and they wrote a letter.",
    "They talked, and each goes on alone.",
];
const SAID: &[&str] = &[
    "We come with twelve people and the drum.",
    "Can somebody bring the long table?",
    "The hall is free on Saturday.",
    "Thank you for yesterday; it was a good crowd.",
    "The council has moved the hearing to Thursday.",
    "Who speaks Turkish and could help at the door?",
    "We wrote forty letters and will post them tomorrow.",
];

/// A sort of record, and how many in a thousand are of it.
type Sort = (usize, fn(&mut Making, usize));

const SORTS: &[Sort] = &[
    (170, action),
    (190, support),
    (150, message),
    (60, event),
    (90, attendance),
    (50, report),
    (40, exchange::need),
    (3, exchange::lack),
    (12, exchange::help),
    (45, exchange::asset),
    (20, exchange::a_match),
    (40, task),
    (35, tie),
    (30, completion),
    (15, lesson),
    (12, resource),
    (12, prospect),
    (10, tally),
    (3, order::decision),
    (6, thread),
    (6, alert),
    (6, exchange::pledge),
    (4, win),
    (4, exchange::booking),
    (4, introduction),
    (4, place),
    (3, case),
    (5, reply),
    (1, shared::draft),
    (1, shared::ask),
    (4, shared::publish),
    (2, plan),
    (1, shared::page),
    (1, exchange::cost),
    (1, exchange::spending),
    (1, review),
];

/// Makes records until there are as many as were asked for.
pub(super) fn make(making: &mut Making) {
    // Everything is there once, so that nothing refers to nothing.
    for (_, make) in SORTS {
        make(making, 0);
    }
    let all: usize = SORTS.iter().map(|(often, _)| often).sum();
    while making.records.len() < making.size.records {
        let by = making.numbers.mostly_small(making.groups.len());
        let mut drawn = making.numbers.below(all);
        let sort = SORTS.iter().find(|(often, _)| match drawn.checked_sub(*often) {
            Some(rest) => {
                drawn = rest;
                false
            }
            None => true,
        });
        if let Some((_, make)) = sort {
            make(making, by);
        }
    }
}

/// A moment of the year, with a zone of its own.
pub(super) fn moment(making: &mut Making) -> (String, String) {
    let day = making.numbers.below(YEAR);
    moment_of(making, day)
}

/// A moment of a day, and when it ends.
pub(super) fn moment_of(making: &mut Making, day: usize) -> (String, String) {
    let hour = 8 + making.numbers.below(11);
    (making.at(day, hour), making.at(day, hour + 2))
}

/// Where a group does something: mostly at home.
pub(super) fn place_of(making: &mut Making, by: usize) -> usize {
    let home = making.groups.get(by).map_or(0, |group| group.place);
    if making.numbers.percent(80) { home } else { making.numbers.below(names::PLACES) }
}

fn count(making: &mut Making, most: usize) -> Json {
    json!(making.numbers.mostly_small(most))
}

fn action(making: &mut Making, by: usize) {
    let day = making.numbers.below(YEAR);
    let (starts, ends) = moment_of(making, day);
    let place = place_of(making, by);
    let objectives: Vec<Json> = if making.numbers.percent(75) { vec![making.any("objective")] } else { Vec::new() };
    let moment = if making.numbers.percent(20) { making.any("moment") } else { Json::Null };
    let copied = if making.numbers.percent(8) { making.any("action") } else { Json::Null };
    let numbers = &mut making.numbers;
    let fields = json!({
        "title": format!("{} {}", numbers.word(VERBS), names::place(place)), "ask": "Come, and bring somebody.",
        "description": format!("We meet at the bridge in {}. {}", names::place(place), numbers.word(SAID)),
        "starts": starts, "ends": ends, "place": names::place(place), "coordinates": names::point(place),
        "tactics": numbers.words(TACTICS, 2), "target": "The water board", "objectives": objectives, "moment": moment,
        "copied_from": copied, "status": if day < DAYS { "done" } else { "planned" },
    });
    making.add(by, "action", fields);
}

fn support(making: &mut Making, by: usize) {
    let kind = if making.numbers.percent(92) { "action" } else { "alert" };
    let of = making.any(kind);
    if of.is_null() {
        return;
    }
    let people = count(making, 40);
    let sort = making.numbers.word(&["boost", "boost", "join", "join", "offer", "pledge"]);
    making.add(by, "support", json!({"of": of, "sort": sort, "people": people}));
}

fn message(making: &mut Making, by: usize) {
    let (thread, about) = match making.numbers.percent(70) {
        true => (making.any("thread"), Json::Null),
        false => (Json::Null, making.any("action")),
    };
    let author = names::person(&mut making.numbers);
    let text = making.numbers.word(SAID);
    making.add(by, "message", json!({"text": text, "thread": thread, "about": about, "author": author}));
}

fn thread(making: &mut Making, by: usize) {
    let topic = making.numbers.word(TOPICS);
    let home = names::place(making.groups.get(by).map_or(0, |group| group.place));
    let title = making.title("thread", |_| format!("What we do about {topic} in {home}"));
    let body = if making.numbers.percent(30) { making.any("body") } else { Json::Null };
    making.add(by, "thread", json!({"title": title, "tags": [topic], "body": body}));
}

fn event(making: &mut Making, by: usize) {
    const SORTS: &[&str] = &["meeting", "call", "study", "training", "webinar", "podcast", "conference"];
    let day = making.numbers.below(YEAR);
    let (starts, ends) = moment_of(making, day);
    let place = place_of(making, by);
    let sort = making.numbers.word(SORTS);
    let body = if making.numbers.percent(40) { making.any("body") } else { Json::Null };
    let title =
        making.title("event", |numbers| format!("{}: a {sort} in {}", numbers.word(TOPICS), names::place(place)));
    let readers = if body.is_null() { "public" } else { "coalition" };
    let recorded = day < DAYS && matches!(sort, "webinar" | "podcast") && body.is_null();
    let (recording, bytes) = if recorded { shared::recording(making, sort) } else { (Json::Null, Json::Null) };
    making.add(
        by,
        "event",
        json!({"title": title, "sort": sort, "starts": starts, "ends": ends,
        "place": names::place(place), "coordinates": names::point(place), "body": body, "readers": readers,
        "agenda": "What is new. What is next.", "status": if day < DAYS { "done" } else { "planned" },
        "recording": recording, "recording_bytes": bytes}),
    );
}

fn attendance(making: &mut Making, by: usize) {
    let event = making.any("event");
    let people = count(making, 12);
    let says = making.numbers.word(&["going", "going", "maybe", "not_going"]);
    let over = making.field_of(&event, "starts").is_some_and(|starts| making.is_over(&starts));
    let came = if over && says != "not_going" { people.clone() } else { Json::Null };
    making.add(by, "attendance", json!({"event": event, "says": says, "people": people, "came": came}));
}

fn report(making: &mut Making, by: usize) {
    let on = making.past();
    let action = making.any_where("action", ("status", "done"));
    // Whoever did it tells of it.
    let by = making.writer_of(&action).unwrap_or(by);
    let of = making.field_of(&action, "title").unwrap_or_default();
    let title = making.title("report", |_| format!("{}: what came of it", of.as_str().unwrap_or_default()));
    let figures: Vec<Json> = [120, 80, 4, 5, 3].into_iter().map(|most| count(making, most)).collect();
    let figure = |index: usize| figures.get(index).cloned().unwrap_or_default();
    making.add(
        by,
        "report",
        json!({"title": title, "action": action, "on": on,
        "outcome": "More people than we had hoped for.", "people": figure(0), "letters": figure(1),
        "initiatives": figure(2), "media": figure(3), "legislators": figure(4), "internal": "The hall was too small."}),
    );
}

fn task(making: &mut Making, by: usize) {
    let (due, _) = moment(making);
    let body = making.any("body");
    let home = names::place(making.groups.get(by).map_or(0, |group| group.place));
    let title = making.title("task", |numbers| format!("{} {} in {home}", numbers.word(TASKS), numbers.word(TOPICS)));
    let numbers = &mut making.numbers;
    let person = if numbers.percent(85) { making.any("person") } else { Json::Null };
    let numbers = &mut making.numbers;
    let fields = json!({"title": title, "person": person, "due": due,
        "status": numbers.word(&["open", "doing", "done", "done"]), "body": body, "gap": numbers.percent(10)});
    making.add(by, "task", fields);
}

fn tie(making: &mut Making, by: usize) {
    let on = making.past();
    let with = making.any("group");
    making.add(by, "tie", json!({"with": with, "on": on, "every_days": 60}));
}

fn completion(making: &mut Making, by: usize) {
    let on = making.past();
    let (course, person) = (making.any("course"), making.any("person"));
    making.add(by, "completion", json!({"course": course, "person": person, "on": on}));
}

fn lesson(making: &mut Making, by: usize) {
    let action = making.any_where("action", ("status", "done"));
    let by = making.writer_of(&action).unwrap_or(by);
    let tactics = making.numbers.words(TACTICS, 2);
    let (told, text) = making.numbers.one(LESSONS).copied().unwrap_or_default();
    let home = names::place(making.groups.get(by).map_or(0, |group| group.place));
    let tactic = tactics.first().copied().unwrap_or_default();
    let title = making.title("lesson", |_| format!("{told}: after a {tactic} in {home}"));
    making.add(by, "lesson", json!({"title": title, "text": text, "tactics": tactics, "action": action}));
}

fn resource(making: &mut Making, by: usize) {
    let author = making.groups.get(by).map(|group| group.name.clone()).unwrap_or_default();
    let made_from = if making.numbers.percent(20) { making.any("resource") } else { Json::Null };
    let numbers = &mut making.numbers;
    let fields = json!({"title": format!("How to: {}", numbers.word(TACTICS)), "kind": numbers.word(&["guide", "template", "media"]),
        "description": "What we do, step by step.", "tags": numbers.words(TOPICS, 2), "licence": "CC0", "author": author,
        "based_on_resource": made_from});
    making.add(by, "resource", fields);
}

fn prospect(making: &mut Making, by: usize) {
    let (name, place) = names::group(making.size.groups + making.records.len());
    let contact = making.numbers.word(&["wanted", "wanted", "contacted", "talking", "invited"]);
    making.add(
        by,
        "prospect",
        json!({"name": name, "place": names::place(place), "coordinates": names::point(place),
        "contact": contact}),
    );
}

fn tally(making: &mut Making, by: usize) {
    let on = making.past();
    let action = making.any("action");
    let (letters, calls) = (count(making, 90), count(making, 30));
    making.add(
        by,
        "tally",
        json!({"action": action, "target": "The water board", "letters": letters, "calls": calls, "on": on}),
    );
}

fn alert(making: &mut Making, by: usize) {
    let place = place_of(making, by);
    // Some calls stand, most are over.
    let day = match !making.has("alert") || making.numbers.percent(30) {
        true => DAYS + 1 + making.numbers.below(20),
        false => making.numbers.below(DAYS),
    };
    let (until, _) = moment_of(making, day);
    making.add(
        by,
        "alert",
        json!({"title": format!("Machines at {}", names::place(place)), "ask": "Come to the gate.",
        "place": names::place(place), "coordinates": names::point(place), "radius_km": 50, "until": until,
        "status": if day < DAYS { "over" } else { "open" }}),
    );
}

fn win(making: &mut Making, by: usize) {
    let on = making.past();
    let (objective, action) = (making.any("objective"), making.any_where("action", ("status", "done")));
    let home = names::place(making.groups.get(by).map_or(0, |group| group.place));
    let title = making.title("win", |numbers| format!("{} in {home}", numbers.word(WON)));
    making.add(by, "win", json!({"title": title, "on": on, "objective": objective, "actions": [action]}));
}

fn introduction(making: &mut Making, by: usize) {
    let (Some(one), Some(other)) = (making.any_number("person"), making.any_number("person")) else { return };
    let people = [reference(one), reference(other)];
    let why = making.numbers.word(WHYS);
    // The first came to an end; of the later ones some did, and some still wait for an answer.
    let status = match making.has("introduction") {
        false => "closed",
        true => making.numbers.word(&["proposed", "proposed", "made", "talking", "closed"]),
    };
    let outcome = if status == "closed" { json!(making.numbers.word(OUTCOMES)) } else { Json::Null };
    let follow_up = if status == "made" { json!(making.at(DAYS + 10, 12)) } else { Json::Null };
    let fields = json!({"people": people, "why": why, "status": status, "outcome": outcome, "follow_up": follow_up});
    let introduction = reference(making.add(by, "introduction", fields));
    if status != "proposed" {
        let groups = people.map(|person| making.writer_of(&person.into()));
        // Those of one group say it with one voice.
        for by in BTreeSet::from(groups).into_iter().flatten() {
            making.add(by, "reply", json!({"to": introduction, "says": "yes"}));
        }
    }
}

fn place(making: &mut Making, by: usize) {
    let number = place_of(making, by);
    making.add(
        by,
        "place",
        json!({"name": format!("Hall of {}", names::place(number)), "sort": "meeting",
        "address": names::place(number), "coordinates": names::point(number), "access": "A ramp on the east side."}),
    );
}

fn case(making: &mut Making, by: usize) {
    let number = place_of(making, by);
    let status = making.numbers.word(&["filed", "heard", "decided"]);
    let days = making.numbers.below(50);
    // Some take the last hearing out once it is decided; others leave it.
    let hearing = match (status, days.is_multiple_of(2)) {
        ("decided", true) => Json::Null,
        ("decided", false) => json!(making.at(DAYS - 5 - days, 10)),
        _ => json!(making.at(DAYS + 5 + days, 10)),
    };
    let title = making.title("case", |_| format!("{} against the water board", names::place(number)));
    making.add(
        by,
        "case",
        json!({"title": title, "court": "Land Court", "status": status, "next_hearing": hearing,
        "place": names::place(number), "coordinates": names::point(number)}),
    );
}

fn reply(making: &mut Making, by: usize) {
    let to = making.any_where("introduction", ("status", "proposed"));
    if making.field_of(&to, "status") != Some("proposed".into()) {
        return;
    }
    let says = making.numbers.word(&["yes", "yes", "yes", "maybe", "no"]);
    making.add(by, "reply", json!({"to": to, "says": says}));
}

fn plan(making: &mut Making, by: usize) {
    let home = names::place(making.groups.get(by).map_or(0, |group| group.place));
    let title = making.title("plan", |_| format!("What we do in {home} this year"));
    let objective = making.any("objective");
    let plan = making.add(
        by,
        "plan",
        json!({"title": title, "text": "First listen, then act.",
        "objectives": [objective]}),
    );
    let report = making.any("report");
    if !report.is_null() {
        making.add(
            by,
            "revision",
            json!({"plan": reference(plan), "change": "More vigils, fewer stalls.", "because": [report]}),
        );
    }
}

fn review(making: &mut Making, by: usize) {
    // The first is due.
    let again = if making.has("review") { DAYS + 10 } else { DAYS - 3 };
    let (reviewed, again) = (making.at(DAYS / 5, 12), making.at(again, 12));
    making.add(
        by,
        "review",
        json!({"title": "Those who are named in public", "threats": "Calls at night, and a list in the wrong hands.",
        "measures": "Aliases, and no list with addresses.", "reviewed": reviewed, "again": again}),
    );
}
