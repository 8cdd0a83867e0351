//! Find: what is here about something, people and groups first, and what governs the coalition last.

use super::governing;
use super::narrow::{self, Narrow, Strictness};
use super::shown::{by_name, foremost, group_id, id, marked, or_nothing, place, short};
use super::{Asked, Given, Place, Question, Reply, Section, Unanswerable, Word};
use crate::view::fold::{Near, Phrase};
use crate::view::overlong::{LookedThrough, not_looked_through};
use crate::view::search::Query;
use grid_protocol::record::{Field, FieldType, Kind, Value};
use grid_protocol::replica::Row;
use serde_json::{Value as Json, json};
use std::cell::OnceCell;
use std::cmp::Reverse;
use std::sync::Arc;

/// Rows of each section where nothing is said.
const ROWS: usize = 30;
/// Rows of each section at most.
const MOST: usize = 500;
/// Kinds that stand first: whoever looks for something looks for somebody.
const PARTIES: [&str; 3] = ["group", "person", "prospect"];

/// What is here about something.
pub(super) const QUESTION: Question = Question {
    name: "find",
    about: "What is here about something: people and groups first, then everything else, then the statement and mandates.",
    place: Place::Command,
    words: &[
        Word { name: "text", about: "What to look for; accents, case and slips are forgiven.", many: Given::Bare },
        Word { name: "kind", about: "Only of this kind: action, page, person, statement.", many: Given::Often },
        narrow::INTEREST,
        narrow::SKILL,
        narrow::PLACE,
        narrow::NEAR,
        narrow::WITHIN,
        narrow::SECTOR,
        narrow::LANGUAGE,
        narrow::ROLE,
        narrow::TAG,
        Word {
            name: "most",
            about: "How many rows each part shows at most; 30 if nothing is said.",
            many: Given::Once,
        },
    ],
    answer,
};

fn answer(asked: &Asked<'_>) -> Result<Reply, Unanswerable> {
    let long = OnceCell::new();
    narrow::exact_or_forgiving(|strictness| search(asked, strictness, &long))
}

/// What is found. What says more than the index keeps is looked through once, and kept in `long`.
fn search<'a>(
    asked: &Asked<'a>,
    strictness: Strictness,
    long: &OnceCell<LookedThrough<'a, ()>>,
) -> Result<Reply, Unanswerable> {
    let narrow = Narrow::read(asked, strictness)?;
    let kinds = kinds(asked)?;
    let most = asked.read::<usize>("most", "a number up to 500")?.unwrap_or(ROWS).min(MOST);
    let text: Vec<&str> = asked.all("text").collect();
    let text = Some(Phrase::new(&text.join(" "))).filter(|_| !text.is_empty());
    if text.is_none() && narrow.is_open() && kinds.is_empty() {
        let hint = "Give words, such as: find river --place Lismore. The listing of a kind shows all of it.";
        return Err(Unanswerable::new("nothing to look for", hint));
    }
    let query = Query { required: narrow.phrases().cloned().collect(), wished: text.clone() };
    let indexed = !query.required.is_empty() || text.is_some();
    let hits = indexed.then(|| asked.views.search.hits(&asked.views.records, &query));
    let says = |said: &str| text.as_ref().is_none_or(|text| text.is_in(said));
    let meant = |kind: &str| kinds.is_empty() || kinds.contains(&kind);
    let shows = |row: &Arc<Row>| !asked.views.hidden.hides(row) && narrow.fits(row);
    let long = long.get_or_init(|| match indexed {
        true => asked.views.look_through(meant, |said| says(said).then_some(())),
        false => LookedThrough::default(),
    });
    let part = |first: bool| -> (Vec<Json>, bool, usize) {
        let of_part = |kind: &str| PARTIES.contains(&kind) == first && meant(kind);
        let mut rows: Vec<(f32, &Arc<Row>)> = match &hits {
            Some(hits) => hits.best(of_part, most + 1, shows).into_iter().map(|hit| (hit.score, hit.row)).collect(),
            None => {
                // Of a kind that has no place on the map no record needs to be looked at.
                let kinds = asked.views.registry.kinds().filter(|kind| of_part(&kind.name) && narrow.may_fit(kind));
                let all = kinds.flat_map(|kind| asked.views.records.of_kind(&kind.name)).filter(|row| shows(row));
                // Without words and without a point the newest do.
                let most = if narrow.is_open() { most + 1 } else { usize::MAX };
                all.take(most).map(|row| (0.0, row)).collect()
            }
        };
        // Of what says more than the index keeps, some may stand behind that.
        let of_part = |row: &&Arc<Row>| row.kind().is_some_and(of_part);
        for row in long.found.iter().map(|(row, ())| *row).filter(of_part).filter(|row| shows(row)) {
            if rows.iter().all(|(_, known)| known.document != row.document) {
                rows.push((0.0, row));
            }
        }
        let hundredths = |km: Option<f64>| km.map_or(u64::MAX, |km| (km * 100.0) as u64);
        // A score is never below zero: its bits are in its order.
        let near = |(score, row): &(f32, &Arc<Row>)| (Reverse(score.to_bits()), hundredths(narrow.km(row)));
        let goes_on = rows.len() > most;
        let rows = foremost(rows, most, near, |(_, row)| by_name(&asked.title(row), row.document));
        let rows = rows.into_iter().map(|(_, row)| found(asked, row, text.as_ref(), &narrow)).collect();
        (rows, goes_on, long.left.iter().copied().filter(|row| of_part(row)).count())
    };
    // Without words only what is listed is looked at, and nothing is counted.
    let hidden = |first: bool| match &hits {
        Some(hits) if !asked.views.hidden.is_empty() => hits.count(
            |kind| PARTIES.contains(&kind) == first && meant(kind),
            |row| asked.views.hidden.takes_out(row) && narrow.fits(row),
        ),
        _ => 0,
    };
    let section = |section: Section, first: bool| {
        let ((rows, goes_on, left), hidden) = (part(first), hidden(first));
        let section = section.of(rows.len() + hidden).hiding(hidden).rows(rows);
        let more = (goes_on && most < MOST).then(|| format!("The first {most}. More: --most {MOST}"));
        let notes: Vec<String> = more.into_iter().chain(not_looked_through(left)).collect();
        if notes.is_empty() { section } else { section.noting(notes.join("\n")) }
    };
    let columns =
        [("id", "Id"), ("marked", "Name"), ("kind", "What"), ("by", "Group"), ("place", "Where"), ("why", "Why")];
    let people = Section::new("people", "People and groups", &columns, "Nobody here fits.");
    let others = Section::new("others", "Everything else", &columns, "Nothing else here fits.");
    // Nothing of that has a place, or carries a skill.
    let governing = governing::section(asked, text.as_ref(), |sort| narrow.is_open() && meant(sort));
    Ok(Reply::default().with(section(people, true)).with(section(others, false)).with(governing))
}

/// The kinds that are asked for, by their singular or plural.
fn kinds<'a>(asked: &Asked<'a>) -> Result<Vec<&'a str>, Unanswerable> {
    let views = asked.views;
    let read = |text: &str| {
        if let Some(sort) = governing::SORTS.iter().find(|sort| sort.eq_ignore_ascii_case(text)) {
            return Ok(*sort);
        }
        let mut kinds = views.registry.kinds();
        let known = kinds.find(|kind| kind.name.eq_ignore_ascii_case(text) || kind.plural.eq_ignore_ascii_case(text));
        known.map(|kind| kind.name.as_str()).ok_or_else(|| {
            let known = views.registry.kinds().map(|kind| kind.name.as_str()).chain(governing::SORTS);
            let known: Vec<&str> = known.collect();
            let message = format!("kind: there is no kind {:?}", short(text, 40));
            Unanswerable::new(message, format!("The kinds are: {}.", known.join(", ")))
        })
    };
    asked.all("kind").map(read).collect()
}

fn found(asked: &Asked<'_>, row: &Row, text: Option<&Phrase>, narrow: &Narrow) -> Json {
    let mut why = narrow.fit(row).unwrap_or_default();
    if let (Some(kind), Some(text)) = (asked.kind_of(row), text) {
        why.extend(said_in(kind, row, text));
    }
    let title = short(&asked.title(row), 60);
    json!({
        "id": id(row),
        "kind": row.kind(),
        "name": or_nothing(&title),
        "marked": or_nothing(&marked(asked, row, &title)),
        "group": group_id(row),
        "by": asked.group_name(row),
        "place": or_nothing(place(row)),
        "status": asked.views.turned(row),
        "why": why,
    })
}

/// Where in a record the words stand: three fields at most, its name first, then what it carries, then its texts.
fn said_in(kind: &Kind, row: &Row, text: &Phrase) -> Vec<String> {
    let said = |field: &Field| -> Option<(usize, Near, String)> {
        let label = field.label().to_lowercase();
        let of_name = |rank: usize| if field.name == kind.title { 0 } else { rank };
        match (row.values.get(&field.name)?, &field.field_type) {
            (_, FieldType::Reference(_) | FieldType::References(_)) => None,
            (Value::Tags(tags), _) => {
                let nearest = tags.iter().filter_map(|tag| Some((text.touches_carried(tag)?, tag))).min();
                nearest.map(|(near, tag)| (of_name(1), near, format!("{label}: {}", short(tag, 40))))
            }
            (Value::Text(said), FieldType::Place) => {
                Some((1, text.touches_carried(said)?, format!("in {}", short(said, 40))))
            }
            (Value::Text(said), _) => Some((of_name(2), text.touches(said)?, format!("in its {label}"))),
            _ => None,
        }
    };
    let mut said: Vec<(usize, Near, String)> = kind.fields.iter().filter_map(said).collect();
    said.sort_by_key(|(rank, near, _)| (*rank, *near));
    said.into_iter().take(3).map(|(.., said)| said).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Coalition;
    use serde_json::json;

    fn coalition() -> Coalition {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        coalition.record(
            0,
            "person",
            json!({"name": "Zoë Brügger", "agreed": true, "skills": ["driving"], "place": "Lismore",
                "coordinates": {"latitude": -28.81, "longitude": 153.28}, "languages": ["French"]}),
        );
        coalition.record(
            1,
            "person",
            json!({"name": "Quiet Owl", "agreed": true, "alias": true, "skills": ["driving"]}),
        );
        coalition.record(
            2,
            "action",
            json!({"title": "River vigil", "place": "Ballina", "description": "By the river"}),
        );
        coalition.record(2, "page", json!({"title": "مرحبا بكم", "text": "النهر"}));
        coalition
    }

    fn names(coalition: &Coalition, section: &str, words: &[(&str, &str)]) -> Vec<serde_json::Value> {
        Coalition::column(&coalition.ask("find", words).unwrap(), section, "name")
    }

    #[test]
    fn people_and_groups_come_first_and_slips_are_forgiven() {
        let coalition = coalition();
        let people = |text: &str| names(&coalition, "people", &[("text", text)]);
        assert_eq!(people("river"), ["Clean River"]);
        assert_eq!(people("zoe bruger"), ["Zoë Brügger"], "accents and a slip");
        assert_eq!(people("LISMROE"), ["Zoë Brügger"]);
        assert_eq!(names(&coalition, "others", &[("text", "river")]), ["River vigil"]);
        assert_eq!(names(&coalition, "others", &[("text", "نهر النَّهر")]), ["مرحبا بكم"]);
        assert!(people("nobody").is_empty());
        let reply = coalition.ask("find", &[("text", "vigil")]).unwrap();
        assert_eq!(Coalition::column(&reply, "others", "why"), [json!(["in its title"])]);
    }

    #[test]
    fn filters_narrow_and_an_alias_is_nowhere() {
        let coalition = coalition();
        let people = |words: &[(&str, &str)]| names(&coalition, "people", words);
        assert_eq!(people(&[("skill", "driving")]), ["Quiet Owl", "Zoë Brügger"]);
        assert_eq!(people(&[("skill", "driving"), ("language", "french")]), ["Zoë Brügger"]);
        assert_eq!(people(&[("near", "-28.8,153.3"), ("km", "20")]), ["Zoë Brügger"]);
        assert!(people(&[("near", "-28.8,150"), ("km", "20")]).is_empty());
        assert_eq!(people(&[("skill", "drivnig"), ("place", "lismore")]), ["Zoë Brügger"], "nobody fits without slips");
        assert_eq!(names(&coalition, "others", &[("kind", "actions")]), ["River vigil"]);
        for (words, hint) in [
            (vec![], "Give words"),
            (vec![("km", "3")], "near"),
            (vec![("kind", "dragon")], "action"),
            (vec![("skill", "?!")], "skill"),
            (vec![("near", "x")], "153.28"),
        ] {
            let error = coalition.ask("find", &words).unwrap_err();
            assert!(error.hint.contains(hint), "{words:?}: {error:?}");
        }
    }

    #[test]
    fn a_sentence_is_answered_by_the_words_that_tell_something() {
        let mut coalition = Coalition::new(&["Clean River", "Hollin Choir", "Ferry Friends"]);
        let said = "Who speaks for those in the valley? Someone who can bring the drum.";
        for number in 0..40 {
            coalition.record(
                number % 3,
                "action",
                json!({"title": format!("Vigil {number}"), "place": "Hollin", "description": said}),
            );
        }
        let about = json!({"name": "Hollin Choir", "place": "Hollin", "about": "People who can sing, in the valley."});
        coalition.record(1, "group", about);
        for (name, place, languages, skills) in [
            ("Ana", "Hollin", "Spanish", "driving"),
            ("Bo", "Weir", "Spanish", "law"),
            ("Cy", "Hollin", "French", "forestry"),
        ] {
            let fields =
                json!({"name": name, "agreed": true, "place": place, "languages": [languages], "skills": [skills]});
            coalition.record(0, "person", fields);
        }
        let people = |text: &str| names(&coalition, "people", &[("text", text)]);
        assert_eq!(people("someone who speaks Spanish in Hollin"), ["Ana"]);
        assert_eq!(people("who can drive"), ["Ana"]);
        assert_eq!(people("lawyer"), ["Bo"]);
        assert_eq!(people("forest"), ["Cy"], "and nobody for whom something is");
        let reply = coalition.ask("find", &[("text", "a Spanish lawyer")]).unwrap();
        assert_eq!(Coalition::column(&reply, "people", "why"), [json!(["languages: Spanish", "skills: law"])]);
        assert_eq!(names(&coalition, "others", &[("text", "who speaks")]).len(), 30, "nothing else was asked");
    }

    #[test]
    fn whoever_looks_for_a_driver_finds_who_is_called_so_first_and_then_who_can_drive() {
        let mut coalition = Coalition::new(&["Mill Street", "Hollin Choir"]);
        for number in 0..30 {
            let about = json!({"title": format!("Walk {number}"), "description": "The driver waits at the gate."});
            coalition.record(1, "action", about);
        }
        coalition.record(0, "person", json!({"name": "Ana", "agreed": true, "skills": ["driving"]}));
        coalition.record(1, "person", json!({"name": "Bo Ek", "agreed": true, "roles": ["driver"]}));
        coalition.record(1, "person", json!({"name": "Cy", "agreed": true, "passion": "A driver for Bo"}));
        coalition.record(1, "person", json!({"name": "Dee", "agreed": true, "passion": "I like driving"}));
        let people = |text: &str| names(&coalition, "people", &[("text", text)]);
        assert_eq!(people("driver"), ["Bo Ek", "Cy", "Ana"], "what somebody says in passing is not meant");
        assert_eq!(people("drivers")[0], "Bo Ek", "a slip away is nearer than another ending");
        let reply = coalition.ask("find", &[("text", "driver")]).unwrap();
        assert_eq!(Coalition::column(&reply, "people", "why")[2], json!(["skills: driving"]));
    }

    #[test]
    fn the_last_word_of_a_text_is_found_however_long_it_is() {
        let mut coalition = coalition();
        let long = format!("{}gasometer", "word ".repeat(200_000));
        coalition.record(0, "page", json!({"title": "Long", "text": long}));
        coalition.record(0, "page", json!({"title": "Heron list", "text": Coalition::wordy("gasometer")}));
        let others = |text: &str| names(&coalition, "others", &[("text", text)]);
        assert_eq!(others("gasometer"), ["Long", "Heron list"]);
        let reply = coalition.ask("find", &[("text", "gasometer"), ("most", "1")]).unwrap();
        assert_eq!(Coalition::column(&reply, "others", "why"), [json!(["in its text"])]);
        assert_eq!(names(&coalition, "others", &[("text", "heron")]), ["Heron list"], "it is found once");
    }

    #[test]
    fn a_part_that_goes_on_says_how_to_see_more() {
        let coalition = coalition();
        let note = |most: &str| {
            let reply = coalition.ask("find", &[("text", "driving"), ("most", most)]).unwrap();
            let section = reply.section("people").unwrap();
            (section.rows.len(), section.note.clone())
        };
        assert_eq!(note("1"), (1, Some("The first 1. More: --most 500".to_owned())));
        assert_eq!(note("2"), (2, None));
    }

    #[test]
    fn a_hidden_group_is_not_found() {
        let mut coalition = coalition();
        coalition.record(
            0,
            "hiding",
            json!({"what": "Ferry Friends", "sort": "group", "of_group": Coalition::group(2)}),
        );
        assert!(names(&coalition, "others", &[("text", "vigil")]).is_empty());
        assert!(names(&coalition, "people", &[("text", "ferry")]).is_empty());
        let told = |words: &[(&str, &str)], section: &str| {
            let reply = coalition.ask("find", words).unwrap();
            let section = reply.section(section).unwrap();
            (section.rows.len(), section.hidden, section.note.clone())
        };
        let note = Some("1 hidden. See: grid hiding list".to_owned());
        assert_eq!(told(&[("text", "vigil")], "others"), (0, 1, note.clone()));
        assert_eq!(told(&[("text", "ferry")], "people"), (0, 1, note));
        assert_eq!(told(&[("text", "vigil"), ("kind", "page")], "others"), (0, 0, None), "what fits is counted");
        coalition.record(0, "person", json!({"name": "Ferry Driver", "agreed": true}));
        assert_eq!(names(&coalition, "people", &[("text", "ferry")]), ["Ferry Driver"]);
    }
}
