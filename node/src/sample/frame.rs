//! What a coalition begins with: units, objectives, courses, profiles and people.

use super::{Group, Making, YEAR, names, order, shared};
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
const STANCES: &[&str] = &[
    "Nobody owns the water under a valley.",
    "First those who live here, then those who earn here.",
    "We talk with everybody and sign with few.",
    "No step without the people of the place.",
];
const WAYS: &[&str] = &[
    "We decide at the table, by consent; give us a week.",
    "A committee of five answers within a day.",
    "By vote, once a month; between meetings the secretary speaks.",
    "Whoever does it decides it, and tells the others.",
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
    order::systems(making);
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
    for by in 0..making.groups.len() {
        profile(making, by, &units);
    }
    people(making);
    order::bodies(making);
    order::mandates(making);
    shared::make(making);
}

/// A tree of units, as wide as the coalition is; those of the lowest level.
fn units(making: &mut Making) -> Vec<usize> {
    let groups = making.groups.len();
    let country = making.add(0, "unit", json!({"name": "The whole country", "level": "country"}));
    let mut lowest = Vec::new();
    for region in 0..(groups / 12).clamp(1, 4) {
        let name = format!("Region of {}", names::place(region * 31));
        let region_number =
            making.add(0, "unit", json!({"name": name, "level": "region", "parents": [reference(country)]}));
        for district in 0..(groups / 6).clamp(2, 8) {
            let name = format!("District of {}", names::place(region * 31 + district + 1));
            let parents = [reference(region_number)];
            lowest.push(making.add(0, "unit", json!({"name": name, "level": "district", "parents": parents})));
        }
    }
    lowest
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
        "reach": "through the meeting on Tuesdays", "units": belongs, "stance": numbers.word(STANCES),
        "how_we_work": numbers.word(WAYS),
        // Some have not said yet.
        "stages": if numbers.percent(88) { numbers.words(&["connect", "align", "produce"], 2) } else { Vec::new() },
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
