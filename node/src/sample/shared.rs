//! What all have written down: pages, tried wordings, texts in the making, and what they ask each other and themselves.

use super::frame::{TOPICS, reference};
use super::{DAYS, Making, names};
use grid_protocol::domain::STATEMENT_TEXT;
use grid_protocol::id::Digest;
use serde_json::{Value as Json, json};

const PAGES: &[(&str, &str, &str)] = &[
    (
        "narrative",
        "How the valleys found each other",
        "In the dry year each valley dug its own well deeper. Then three of them put their figures side by side.",
    ),
    (
        "value",
        "What a member gets, and gives",
        "You get a van when yours is broken, people at your gate, and what others learned. You give what you can spare.",
    ),
    ("faq", "Do we have to ask before we act?", "No. What a group does for itself it decides itself."),
    ("faq", "Who speaks for all of us?", "Whoever has a mandate, for as long as it lasts, about what it names."),
    ("faq", "What does it cost?", "Nothing. Whoever can puts something into the solidarity fund."),
    ("term", "lever", "Something that moves much of the rest when somebody moves it."),
    ("term", "moment", "A day on which many groups act, each in its own way."),
    ("inclusion", "Who is not in the room", "Night workers and whoever has no car. We ask them first when we meet."),
    ("privacy", "What we keep about people", "A name only with consent, and nothing about health, papers or faith."),
];

/// What is asked, and of which sort: the first is for those who work with the backbone, the last stays where it is answered.
const SURVEYS: &[(&str, &str, &str)] = &[
    ("backbone", "How the office does", "Does the office help you when you ask?"),
    ("trust", "How we stand with each other", "Do you trust the others?"),
    ("climate", "How the wind blows", "Do they listen to us?"),
    ("reflection", "Power, and who is absent", "Who decides here without being asked?"),
];
/// Groups that publish what their people answered.
const PUBLISH: usize = 5;

/// Makes it.
pub(super) fn make(making: &mut Making) {
    let groups = making.groups.len();
    for (number, (purpose, title, text)) in PAGES.iter().enumerate() {
        let fields = json!({"title": title, "text": text, "purpose": purpose, "language": "English"});
        making.add(number % groups, "page", fields);
    }
    for (title, wording, convinced) in
        [("Health", "Water that makes nobody ill.", 41), ("Rights", "Water belongs to those who drink it.", 57)]
    {
        making.add(
            0,
            "frame",
            json!({"title": title, "test": "At the doors, in spring", "wording": wording, "asked": 80,
            "convinced": convinced, "winner": convinced > 50, "language": "English"}),
        );
    }
    drafts(making);
    episodes(making);
    for (number, survey) in SURVEYS.iter().enumerate() {
        self::survey(making, number, survey);
    }
    reflection(making);
}

/// A text that stands, and one that is talked about.
fn drafts(making: &mut Making) {
    let text = "What we share: the water, what we know of it, and the work. What we leave to each other: how.";
    let hash = Digest::of(STATEMENT_TEXT, text.as_bytes()).to_string();
    let fields = json!({"title": "What we share", "text": text, "status": "frozen", "frozen_hash": hash,
        "until": making.at(30, 20)});
    making.add(0, "draft", fields);
    let until = making.at(DAYS + 15, 20);
    let fields = json!({"title": "A statement for the next year", "until": until,
        "text": "What we share, and what we leave to each other. What we do when one of us is attacked."});
    let draft = reference(making.add(0, "draft", fields));
    let groups = making.groups.len();
    for (by, text) in [(1, "Say who decides when it is urgent."), (2, "Shorter, please: we read it aloud.")] {
        let author = names::person(&mut making.numbers);
        making.add(by % groups, "message", json!({"about": draft, "text": text, "author": author}));
    }
}

/// What can be heard again, whatever the size of the coalition.
fn episodes(making: &mut Making) {
    const SERIES: &str = "The valleys, heard";
    for (number, title) in ["Whose well is it?", "The bus that came back"].into_iter().enumerate() {
        let day = DAYS / 3 * (number + 1);
        let (starts, ends) = (making.at(day, 18), making.at(day, 19));
        let (recording, bytes) = recording(making, "podcast");
        let fields = json!({"title": format!("{SERIES}: {title}"), "sort": "podcast", "starts": starts, "ends": ends,
            "series": SERIES, "language": "en", "recording": recording, "recording_bytes": bytes, "readers": "public",
            "about": "An hour with people from two valleys.", "status": "done"});
        making.add(0, "event", fields);
    }
}

/// Where something can be heard or seen again, and how long it is.
pub(super) fn recording(making: &mut Making, sort: &str) -> (Json, Json) {
    let (ending, bytes) = if sort == "podcast" { ("mp3", 20_000_000) } else { ("mp4", 200_000_000) };
    let number = making.records.len();
    let bytes = bytes + 1_000 * making.numbers.below(5_000);
    (json!(format!("https://heard.example.org/{sort}-{number}.{ending}")), json!(bytes))
}

fn survey(making: &mut Making, number: usize, (sort, title, question): &(&str, &str, &str)) {
    let groups = making.groups.len();
    let (now, closes) = (making.period(), making.at(DAYS + 20, 20));
    // The wind is asked for each quarter, by one survey; the others stand for the last one.
    let (period, periods) = match *sort {
        "climate" => (Json::Null, making.periods()),
        _ => (json!(now), vec![now]),
    };
    let facilitator = if *sort == "reflection" { "the elders" } else { "" };
    let fields = json!({"title": title, "sort": sort, "period": period, "questions": question, "closes": closes,
        "facilitator": facilitator});
    let survey = making.add(number % groups, "survey", fields);
    // The office does not rate itself.
    for by in (1..groups).step_by((groups / PUBLISH).max(1)).take(PUBLISH) {
        for period in &periods {
            score(making, by, reference(survey).into(), (question, period));
        }
    }
}

fn score(making: &mut Making, by: usize, survey: Json, (question, period): (&str, &str)) {
    let answers = 5 + making.numbers.below(20);
    let total = answers * (2 + making.numbers.below(3)) + making.numbers.below(answers);
    let fields = json!({"survey": survey, "question": question, "period": period, "answers": answers, "total": total});
    making.add(by, "score", fields);
}

/// A round that was held, and one that is set.
fn reflection(making: &mut Making) {
    let groups = making.groups.len();
    for (title, day) in [("Who was not asked", DAYS - 60), ("What power does to us", DAYS + 12)] {
        let place = making.groups.first().map_or(0, |group| group.place);
        let (starts, ends) = (making.at(day, 18), making.at(day, 20));
        let held = day < DAYS;
        let fields = json!({"title": title, "sort": "reflection", "starts": starts, "ends": ends,
            "place": names::place(place), "coordinates": names::point(place), "readers": "coalition",
            "status": if held { "done" } else { "planned" }});
        let event = reference(making.add(0, "event", fields));
        for by in (1..groups).step_by((groups / PUBLISH).max(1)).take(PUBLISH) {
            let came = if held { json!(2) } else { Json::Null };
            making.add(by, "attendance", json!({"event": event, "says": "going", "people": 2, "came": came}));
        }
        if held {
            for (by, what, amount) in [(0, "The hall", 12_000), (1, "Soup for all", 8_400)] {
                let amount = json!({"amount": amount, "currency": "AUD"});
                making.add(by % groups, "cost", json!({"event": event, "what": what, "amount": amount}));
            }
        }
    }
}

/// A group explains a word.
pub(super) fn page(making: &mut Making, by: usize) {
    let title = making.title("page", |numbers| numbers.word(TOPICS).to_owned());
    let text = format!("What we mean when we say {title}.");
    making.add(by, "page", json!({"title": title, "text": text, "purpose": "term", "language": "English"}));
}

/// A group begins a text.
pub(super) fn draft(making: &mut Making, by: usize) {
    let topic = making.numbers.word(TOPICS);
    let title = making.title("draft", |_| format!("On {topic}"));
    let until = making.at(DAYS + 20, 20);
    let text = format!("What we say together about {topic}.");
    making.add(by, "draft", json!({"title": title, "text": text, "until": until}));
}

/// A group asks its people and others.
pub(super) fn ask(making: &mut Making, by: usize) {
    let home = making.groups.get(by).map_or(0, |group| group.place);
    let sort = making.numbers.word(&["trust", "climate", "reflection"]);
    let title = making.title("survey", |_| format!("How we stand in {}: {sort}", names::place(home)));
    let period = making.period();
    let questions = "Do you trust the others?\nDo you get what you need?";
    making.add(by, "survey", json!({"title": title, "sort": sort, "period": period, "questions": questions}));
}

/// A group publishes what its people answered.
pub(super) fn publish(making: &mut Making, by: usize) {
    let survey = making.any_where("survey", ("sort", "trust"));
    let period = making.period();
    score(making, by, survey, ("Do you get what you need?", &period));
}
