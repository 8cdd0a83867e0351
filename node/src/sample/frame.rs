//! What a coalition begins with: units, objectives, bodies, courses, profiles and people.

use super::{DAYS, Group, Making, YEAR, names};
use serde_json::{Value as Json, json};

pub(super) const TOPICS: &[&str] =
    &["water", "housing", "transport", "food", "health", "schools", "forest", "energy", "wages", "land", "coast"];
pub(super) const SKILLS: &[&str] = &[
    "press",
    "law",
    "cooking",
    "driving",
    "song",
    "maps",
    "printing",
    "translation",
    "mediation",
    "first aid",
    "sewing",
    "radio",
    "bookkeeping",
    "carpentry",
    "photography",
    "facilitation",
];
pub(super) const LANGUAGES: &[&str] = &["English", "French", "Spanish", "Arabic", "Turkish", "Hindi", "Polish"];
const SECTORS: &[&str] = &["union", "church", "school", "environment", "health", "business", "tenants"];
const ROLES: &[&str] = &["principal", "driver", "supporter", "weaver", "operator"];
const OBJECTIVES: &[&str] = &[
    "Clean water in every valley",
    "A bus on every hour",
    "No empty houses",
    "Schools that feed their children",
    "The forest left standing",
    "A harbour for fishers",
    "Rents that people can pay",
    "Care that is paid",
];
const COURSES: &[&str] = &["How we begin", "Leading an action", "Talking with the press", "Teaching others"];

/// Makes all that later records refer to.
pub(super) fn make(making: &mut Making) {
    making.groups = (0..making.size.groups.max(1))
        .map(|number| {
            let (name, place) = names::group(number);
            Group { name, place }
        })
        .collect();
    let units = units(making);
    for (number, title) in OBJECTIVES.iter().enumerate() {
        let until = making.at(YEAR, 12);
        let measure = format!("{} of 10 valleys have it", 3 + number % 7);
        making.add(0, "objective", json!({"title": title, "until": until, "measure": measure}));
    }
    systems(making);
    for (sort, name) in [
        ("steering", "Steering committee"),
        ("representatives", "Round of the valleys"),
        ("capacity", "Organising hub"),
        ("caucus", "Caucus of night workers"),
        ("funders", "Funders among us"),
        ("working_group", "Water lever"),
    ] {
        let lever = if sort == "working_group" { making.any("factor") } else { Json::Null };
        making.add(
            0,
            "body",
            json!({"name": name, "sort": sort, "lever": lever, "seats": 7,
            "wanted_roles": ["chair", "convener", "note-taker"], "meets": "every Tuesday at seven"}),
        );
    }
    for (number, title) in COURSES.iter().enumerate() {
        let level = ["core", "lead", "lead", "train"].get(number).copied().unwrap_or("core");
        making.add(
            0,
            "course",
            json!({"title": title, "level": level, "hours": 4,
            "roles": if level == "core" { vec!["supporter"] } else { vec!["driver"] }}),
        );
    }
    for title in ["Solidarity fund", "Legal fund"] {
        making.add(
            0,
            "fund",
            json!({"title": title, "purpose": "For those who pay for what all win.",
            "goal": {"amount": 5_000_000, "currency": "AUD"}}),
        );
    }
    for number in 0..6 {
        // The last is still to come.
        let day = 50 + number * 60;
        let (starts, ends, objective) = (making.at(day, 8), making.at(day + 1, 20), making.any("objective"));
        making.add(
            0,
            "moment",
            json!({"title": format!("Day of the valleys {}", number + 1), "objective": objective,
            "starts": starts, "ends": ends, "target": "The water board"}),
        );
    }
    talked_about(making);
    for by in 0..making.groups.len() {
        profile(making, by, &units);
    }
    people(making);
}

/// How closely the groups work together, and the words that they found.
fn talked_about(making: &mut Making) {
    let (from, until, objective) = (making.at(DAYS - 20, 8), making.at(DAYS + 40, 20), making.any("objective"));
    making.add(
        0,
        "mode",
        json!({"title": "Until the hearing", "setting": "coordinated", "from": from, "until": until,
        "objectives": [objective]}),
    );
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
    let until = making.at(DAYS + 15, 20);
    making.add(
        0,
        "draft",
        json!({"title": "A statement for the next year", "text": "What we share, and what we leave to each other.",
        "until": until}),
    );
}

/// A tree of units; those of the lowest level.
fn units(making: &mut Making) -> Vec<usize> {
    let country = making.add(0, "unit", json!({"name": "The whole country", "level": "country"}));
    let mut lowest = Vec::new();
    for region in 0..4 {
        let name = format!("Region of {}", names::place(region * 31));
        let region_number =
            making.add(0, "unit", json!({"name": name, "level": "region", "parents": [reference(country)]}));
        for district in 0..8 {
            let name = format!("District of {}", names::place(region * 31 + district + 1));
            let parents = [reference(region_number)];
            lowest.push(making.add(0, "unit", json!({"name": name, "level": "district", "parents": parents})));
        }
    }
    lowest
}

fn systems(making: &mut Making) {
    const FACTORS: &[&str] =
        &["Rain", "Wells", "Jobs at the mine", "Trust in the council", "Rents", "Young people who stay"];
    let factors: Vec<usize> = FACTORS
        .iter()
        .enumerate()
        .map(|(number, name)| making.add(0, "factor", json!({"name": name, "lever": number % 3 == 1})))
        .collect();
    for (number, factor) in factors.iter().enumerate() {
        let to = factors.get((number + 1) % factors.len()).copied().unwrap_or(*factor);
        let effect = if number % 2 == 0 { "more" } else { "less" };
        making.add(0, "influence", json!({"from": reference(*factor), "to": reference(to), "effect": effect}));
    }
}

fn profile(making: &mut Making, by: usize, units: &[usize]) {
    let Some(group) = making.groups.get(by).cloned() else { return };
    let numbers = &mut making.numbers;
    let mut belongs = vec![reference(units.get(group.place % units.len().max(1)).copied().unwrap_or_default())];
    if numbers.percent(15) {
        belongs.extend(numbers.one(units).map(|unit| reference(*unit)));
    }
    let fields = json!({
        "name": group.name, "place": names::place(group.place), "coordinates": names::point(group.place),
        "about": format!("People of {} who look after what they share.", names::place(group.place)),
        "tags": numbers.words(TOPICS, 3), "skills": numbers.words(SKILLS, 4), "needs": numbers.words(SKILLS, 2),
        "languages": numbers.words(LANGUAGES, 2), "roles": numbers.words(ROLES, 4), "sector": numbers.word(SECTORS),
        "reach": "through the meeting on Tuesdays", "units": belongs,
        "stages": numbers.words(&["connect", "align", "produce"], 2),
    });
    making.add(by, "group", fields);
}

fn people(making: &mut Making) {
    for _ in 0..making.size.people {
        let by = making.numbers.mostly_small(making.groups.len());
        let home = making.groups.get(by).map_or(0, |group| group.place);
        let numbers = &mut making.numbers;
        let place = if numbers.percent(70) { home } else { numbers.below(names::PLACES) };
        let alias = numbers.percent(4);
        let (place, point) = match alias {
            true => (Json::Null, Json::Null),
            false => (json!(names::place(place)), if numbers.percent(40) { names::point(place) } else { Json::Null }),
        };
        let fields = json!({
            "name": names::person(numbers), "agreed": true, "alias": alias, "place": place, "coordinates": point,
            "interests": numbers.words(TOPICS, 3), "skills": numbers.words(SKILLS, 3),
            "languages": numbers.words(LANGUAGES, 2), "sector": numbers.word(SECTORS), "roles": numbers.words(ROLES, 2),
            "reach": "through the group",
        });
        making.add(by, "person", fields);
    }
}

/// A reference to a record by its number.
pub(super) fn reference(number: usize) -> String {
    format!("@{number}")
}
