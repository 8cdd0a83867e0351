//! Formats written and read back, and files as other programs write them.

mod calendars;
mod cards;
mod maps;

use super::{Credit, Entry, Feed, Shape};
use crate::id::{CoalitionId, DocumentId};
use crate::record::{Audience, ImportError, ImportOptions, ImportPlan, Kind, Patch, Presence, Registry, Values};
use crate::time::Timestamp;
use serde_json::{Value as Json, json};

/// The coalition that everything comes from, and goes back to.
const HOME: CoalitionId = CoalitionId([4; 32]);
/// 2026-11-22, noon.
const NOW: Timestamp = Timestamp(1_795_348_800_000);

fn kind(name: &str) -> &'static Kind {
    Registry::standard().kind(name).expect("a kind of the grid")
}

fn values(kind: &Kind, fields: &Json) -> Values {
    let patch = Patch::from_json(kind, fields).expect("fields that fit");
    patch.over(kind, kind.defaults())
}

fn entry_for(name: &str, audience: Audience, fields: &Json) -> Entry {
    let seen = kind(name).seen_by(audience).expect("a title that these readers see");
    let values = values(kind(name), fields).seen_by(&seen, audience);
    Entry {
        id: DocumentId([7; 32]).to_string(),
        coalition: HOME.to_string(),
        kind: name.to_owned(),
        title: seen.title_of(&values).to_owned(),
        author: "Weir; Friends, \"of\" it".to_owned(),
        credit: None,
        created: NOW,
        changed: NOW,
        sequence: 3,
        presence: Presence::Present,
        shape: Shape::of(&seen),
        values,
    }
}

fn entry(name: &str, fields: &Json) -> Entry {
    entry_for(name, Audience::Coalition, fields)
}

fn feed() -> Feed {
    Feed { title: "River: calendar".to_owned(), id: "urn:x".to_owned(), ..Feed::default() }
}

fn read_with(name: &str, file: &str, options: &ImportOptions) -> ImportPlan {
    ImportPlan::read(kind(name), file.as_bytes(), options).expect("a file that can be read")
}

fn read(name: &str, file: &str) -> ImportPlan {
    read_with(name, file, &ImportOptions { home: Some(HOME), ..ImportOptions::default() })
}

fn row(plan: &ImportPlan, at: usize) -> Json {
    plan.rows[at].patch.values().to_json()
}

fn reasons(rows: &[crate::record::BadRow]) -> Vec<(u64, &str)> {
    rows.iter().map(|row| (row.line, row.reason.as_str())).collect()
}

/// A text in which everything is that a format has to take care of.
const HARD: &str = "Say \"no\"; come, all\\both\nמים לכולם \u{202b}مياه\u{202c} e\u{301}🌊 ]]> <b> & c\tend";

#[test]
fn the_shape_of_every_kind_follows_from_its_fields() {
    let shape = Shape::of(kind("action"));
    let part = |part: &Option<crate::record::FieldName>| part.as_deref().unwrap_or("-").to_owned();
    let parts = [&shape.starts, &shape.ends, &shape.place, &shape.point, &shape.text, &shape.link, &shape.tags];
    assert_eq!(parts.map(part), ["starts", "ends", "place", "coordinates", "description", "link", "tactics"]);
    let task = Shape::of(kind("task"));
    assert_eq!((part(&task.starts), part(&task.ends)), ("due".into(), "-".into()));
    assert_eq!(part(&Shape::of(kind("decision")).ends), "-", "when it was decided is no end of its voting");
    assert_eq!(part(&Shape::of(kind("case")).starts), "next_hearing");
    assert_eq!(part(&Shape::of(kind("person")).tags), "interests");
}

#[test]
fn no_reader_sees_a_field_that_is_for_fewer() {
    for kind in Registry::standard().kinds() {
        for audience in [Audience::Public, Audience::Coalition] {
            let Some(seen) = kind.seen_by(audience) else { continue };
            assert!(seen.fields.iter().all(|field| field.audience <= audience), "{}", kind.name);
            assert!(seen.columns().iter().all(|column| seen.field(&column.field).is_some()), "{}", kind.name);
        }
    }
    assert!(kind("person").seen_by(Audience::Public).is_none() && kind("supporter").seen_by(Audience::Group).is_none());
    let event = json!({"title": "Call", "starts": "2026-11-30T10:00:00Z", "agenda": "secret agenda", "join": "secret"});
    let public = entry_for("event", Audience::Public, &event);
    let all =
        [super::calendar(&feed(), [&public]), super::atom(&feed(), [&public]), super::podcast(&feed(), [&public])];
    assert!(all.iter().all(|text| !text.contains("secret")));
}

#[test]
fn a_kind_without_what_a_file_is_about_refuses_it() {
    for (name, file) in
        [("person", "BEGIN:VCALENDAR\nEND:VCALENDAR"), ("task", r#"{"type": "FeatureCollection", "features": []}"#)]
    {
        let error = ImportPlan::read(kind(name), file.as_bytes(), &ImportOptions::default()).unwrap_err();
        assert!(matches!(error, ImportError::NoPart { .. }), "{error}");
    }
}
