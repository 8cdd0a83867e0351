//! What a coalition does in a year: actions and what others say of them, talk, needs, meetings, learning.

use super::frame::{LANGUAGES, SKILLS, TOPICS, reference};
use super::{DAYS, Making, YEAR, names};
use serde_json::{Value as Json, json};

const TACTICS: &[&str] =
    &["vigil", "letter", "march", "song", "sit-in", "door-knocking", "petition", "stall", "boycott"];
const VERBS: &[&str] = &["Walk to", "Letters for", "Night at", "Song for", "Stall at", "Round through", "Vigil at"];
const THINGS: &[&str] = &["van", "hall", "projector", "tents", "sound system", "kitchen", "boat", "printing press"];
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
    (45, need),
    (45, asset),
    (20, a_match),
    (40, task),
    (35, tie),
    (30, completion),
    (15, lesson),
    (12, resource),
    (12, prospect),
    (10, tally),
    (8, decision),
    (20, voice),
    (6, thread),
    (6, alert),
    (6, pledge),
    (4, win),
    (4, booking),
    (4, introduction),
    (4, place),
    (3, case),
    (5, reply),
    (1, draft),
    (2, survey),
    (4, score),
    (2, plan),
    (2, seat),
    (1, page),
    (1, cost),
    (1, spending),
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
fn moment(making: &mut Making) -> (String, String) {
    let day = making.numbers.below(YEAR);
    moment_of(making, day)
}

fn moment_of(making: &mut Making, day: usize) -> (String, String) {
    let hour = 8 + making.numbers.below(11);
    (making.at(day, hour), making.at(day, hour + 2))
}

fn place_of(making: &mut Making, by: usize) -> usize {
    let home = making.groups.get(by).map_or(0, |group| group.place);
    if making.numbers.percent(80) { home } else { making.numbers.below(names::PLACES) }
}

fn money(making: &mut Making) -> Json {
    json!({"amount": 500 * (1 + making.numbers.below(400)), "currency": "AUD"})
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
    let body = if making.numbers.percent(30) { making.any("body") } else { Json::Null };
    making.add(by, "thread", json!({"title": format!("What we do about {topic}"), "tags": [topic], "body": body}));
}

fn event(making: &mut Making, by: usize) {
    let (starts, ends) = moment(making);
    let place = place_of(making, by);
    let sort = making.numbers.word(&["meeting", "call", "study", "training", "webinar", "podcast", "conference"]);
    let body = if making.numbers.percent(40) { making.any("body") } else { Json::Null };
    let topic = making.numbers.word(TOPICS);
    let readers = if body.is_null() { "public" } else { "coalition" };
    making.add(by, "event", json!({"title": format!("{topic}: a {sort}"), "sort": sort, "starts": starts, "ends": ends,
        "place": names::place(place), "coordinates": names::point(place), "body": body, "readers": readers, "agenda": "What is new. What is next."}));
}

fn attendance(making: &mut Making, by: usize) {
    let event = making.any("event");
    let people = count(making, 12);
    let says = making.numbers.word(&["going", "going", "maybe", "not_going"]);
    making.add(by, "attendance", json!({"event": event, "says": says, "people": people, "came": people}));
}

fn report(making: &mut Making, by: usize) {
    let on = making.past();
    let action = making.any("action");
    // Whoever did it tells of it.
    let by = making.writer_of(&action).unwrap_or(by);
    let figures: Vec<Json> = [120, 80, 4, 5, 3].into_iter().map(|most| count(making, most)).collect();
    let figure = |index: usize| figures.get(index).cloned().unwrap_or_default();
    let place = names::place(place_of(making, by));
    making.add(
        by,
        "report",
        json!({"title": format!("What came of it in {place}"), "action": action, "on": on,
        "outcome": "More people than we had hoped for.", "people": figure(0), "letters": figure(1),
        "initiatives": figure(2), "media": figure(3), "legislators": figure(4), "internal": "The hall was too small."}),
    );
}

fn need(making: &mut Making, by: usize) {
    let place = place_of(making, by);
    let (until, _) = moment(making);
    let numbers = &mut making.numbers;
    let (what, sort) = match numbers.percent(50) {
        true => (numbers.word(SKILLS), "skill"),
        false => (numbers.word(THINGS), "thing"),
    };
    let fields = json!({"title": format!("{what} in {}", names::place(place)), "sort": sort, "tags": [what],
        "place": names::place(place), "coordinates": names::point(place), "until": until,
        "languages": numbers.words(LANGUAGES, 1), "status": if numbers.percent(30) { "met" } else { "open" }});
    making.add(by, "need", fields);
}

fn asset(making: &mut Making, by: usize) {
    let place = place_of(making, by);
    let numbers = &mut making.numbers;
    let what = numbers.word(THINGS);
    let fields = json!({"name": format!("{what} of {}", names::place(place)), "tags": [what],
        "place": names::place(place), "coordinates": names::point(place),
        "terms": "bring it back clean", "days": numbers.words(&["friday", "saturday", "sunday"], 2)});
    making.add(by, "asset", fields);
}

fn a_match(making: &mut Making, by: usize) {
    let (need, with) = (making.any("need"), making.any("asset"));
    if need.is_null() || with.is_null() {
        return;
    }
    let status = making.numbers.word(&["suggested", "agreed", "done", "done", "failed"]);
    making.add(by, "match", json!({"need": need, "with": with, "status": status}));
}

fn task(making: &mut Making, by: usize) {
    let (due, _) = moment(making);
    let body = making.any("body");
    let numbers = &mut making.numbers;
    let person = if numbers.percent(85) { making.any("person") } else { Json::Null };
    let numbers = &mut making.numbers;
    let fields = json!({"title": format!("Ask about {}", numbers.word(TOPICS)), "person": person, "due": due,
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
    let action = making.any("action");
    let tactics = making.numbers.words(TACTICS, 2);
    making.add(
        by,
        "lesson",
        json!({"title": "Begin an hour earlier", "text": "The bus was late, and we waited in the rain.",
        "tactics": tactics, "action": action}),
    );
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

fn decision(making: &mut Making, by: usize) {
    let topic = making.numbers.word(TOPICS);
    let (closes, _) = moment(making);
    let status = making.numbers.word(&["open", "adopted", "adopted", "rejected"]);
    making.add(
        by,
        "decision",
        json!({"title": format!("A common week for {topic}"), "closes": closes, "status": status,
        "proposal": "All groups do something in the same week, each in its own way."}),
    );
}

fn voice(making: &mut Making, by: usize) {
    let decision = making.any("decision");
    let stance = making.numbers.word(&["support", "support", "stand_aside", "concern", "object"]);
    making.add(by, "voice", json!({"decision": decision, "stance": stance}));
}

fn alert(making: &mut Making, by: usize) {
    let place = place_of(making, by);
    let (until, _) = moment(making);
    making.add(
        by,
        "alert",
        json!({"title": format!("Machines at {}", names::place(place)), "ask": "Come to the gate.",
        "place": names::place(place), "coordinates": names::point(place), "radius_km": 50, "until": until}),
    );
}

fn pledge(making: &mut Making, by: usize) {
    let (fund, amount) = (making.any("fund"), money(making));
    let status = making.numbers.word(&["promised", "given", "given"]);
    making.add(by, "pledge", json!({"fund": fund, "amount": amount, "status": status}));
}

fn spending(making: &mut Making, by: usize) {
    let (fund, amount) = (making.any("fund"), money(making));
    making.add(by, "spending", json!({"fund": fund, "amount": amount, "what": "Bus to the hearing"}));
}

fn win(making: &mut Making, by: usize) {
    let on = making.past();
    let (objective, action) = (making.any("objective"), making.any("action"));
    making.add(
        by,
        "win",
        json!({"title": "The well is tested every month now", "on": on, "objective": objective,
        "actions": [action]}),
    );
}

fn booking(making: &mut Making, by: usize) {
    let asset = making.any("asset");
    let (from, until) = moment(making);
    if !asset.is_null() {
        making.add(by, "booking", json!({"asset": asset, "from": from, "until": until, "purpose": "the march"}));
    }
}

fn introduction(making: &mut Making, by: usize) {
    let (Some(one), Some(other)) = (making.any_number("person"), making.any_number("person")) else { return };
    let people = [reference(one), reference(other)];
    making.add(by, "introduction", json!({"people": people, "why": "Both look after wells."}));
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
    making.add(
        by,
        "case",
        json!({"title": format!("{} against the water board", names::place(number)),
        "court": "Land Court", "status": status, "place": names::place(number), "coordinates": names::point(number)}),
    );
}

fn survey(making: &mut Making, by: usize) {
    let sort = making.numbers.word(&["trust", "climate", "backbone", "reflection"]);
    let period = period(making);
    making.add(
        by,
        "survey",
        json!({"title": format!("How we stand: {sort}"), "sort": sort, "period": period,
        "questions": "Do you trust the others?\nDo you get what you need?"}),
    );
}

/// The last quarter of the year.
fn period(making: &Making) -> String {
    format!("{}-Q4", making.begun.year())
}

fn reply(making: &mut Making, by: usize) {
    let to = making.any("introduction");
    let says = making.numbers.word(&["yes", "yes", "yes", "maybe", "no"]);
    if !to.is_null() {
        making.add(by, "reply", json!({"to": to, "says": says}));
    }
}

fn draft(making: &mut Making, by: usize) {
    let topic = making.numbers.word(TOPICS);
    let until = making.at(DAYS + 20, 20);
    let text = format!("What we say together about {topic}.");
    making.add(by, "draft", json!({"title": format!("On {topic}"), "text": text, "until": until}));
}

fn score(making: &mut Making, by: usize) {
    let (survey, period) = (making.any("survey"), period(making));
    let answers = 5 + making.numbers.below(20);
    let total = answers * (2 + making.numbers.below(3));
    making.add(
        by,
        "score",
        json!({"survey": survey, "question": "Do you trust the others?", "period": period,
        "answers": answers, "total": total}),
    );
}

fn plan(making: &mut Making, by: usize) {
    let objective = making.any("objective");
    let plan = making.add(
        by,
        "plan",
        json!({"title": "Plan of the year", "text": "First listen, then act.",
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

fn seat(making: &mut Making, by: usize) {
    let body = making.any("body");
    let until = making.at(YEAR, 12);
    let role = making.numbers.word(&["representative", "chair", "convener", "note-taker"]);
    making.add(by, "seat", json!({"body": body, "role": role, "until": until}));
}

fn page(making: &mut Making, by: usize) {
    let topic = making.numbers.word(TOPICS);
    making.add(by, "page", json!({"title": topic, "text": "What we mean by it.", "purpose": "term"}));
}

fn cost(making: &mut Making, by: usize) {
    let (event, amount) = (making.any("event"), money(making));
    making.add(by, "cost", json!({"event": event, "what": "Hall", "amount": amount}));
}

fn review(making: &mut Making, by: usize) {
    let (reviewed, again) = (making.at(DAYS / 5, 12), making.at(DAYS + 10, 12));
    making.add(by, "review", json!({"title": "Those who are named in public", "reviewed": reviewed, "again": again}));
}
