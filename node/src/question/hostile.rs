//! Tests: whatever stands in the records, every question has an answer that fits a table.

use super::fixture::Coalition;
use super::{ALL, Question, Reply};
use grid_protocol::record::{Coordinates, DateTime, Field, FieldType, Money, Registry, Value, Values};
use std::collections::BTreeSet;

/// Columns that fit a terminal.
const COLUMNS: usize = 6;

fn fits(question: &str, reply: &Reply) {
    let names: BTreeSet<&str> = reply.sections.iter().map(|section| section.name).collect();
    assert_eq!(names.len(), reply.sections.len(), "{question}: two sections have one name");
    for section in &reply.sections {
        let place = format!("{question}, {}", section.name);
        assert!(!section.heading.is_empty() && section.columns.len() <= COLUMNS, "{place}");
        assert!(section.columns.iter().all(|column| !column.heading.is_empty()), "{place}");
        assert!(!section.rows.is_empty() || !section.empty.is_empty(), "{place}: says nothing");
    }
}

/// Asks without words; those that ask for nothing without any say so.
fn bare(coalition: &Coalition, question: &Question) {
    match coalition.ask(question.name, &[]) {
        Ok(reply) => fits(question.name, &reply),
        Err(error) => assert!(["find", "who"].contains(&question.name) && !error.hint.is_empty(), "{error}"),
    }
}

#[test]
fn every_question_has_an_answer_where_nothing_is_here() {
    let coalition = Coalition::new(&[]);
    for question in ALL {
        bare(&coalition, question);
    }
}

/// A value that no sound person writes and that a field nevertheless takes.
fn absurd(field: &Field, reference: &str, turn: usize) -> Value {
    let late = DateTime::parse("9998-12-30T23:59:59Z").expect("a date");
    let early = DateTime::parse("0002-01-01T00:00:00Z").expect("a date");
    match &field.field_type {
        FieldType::DateTime => Value::DateTime(Box::new(if turn.is_multiple_of(2) { late } else { early })),
        FieldType::Coordinates => Value::Coordinates(Coordinates::new(90.0, -180.0).expect("a pole")),
        FieldType::Tags => Value::Tags(["\u{202e}\u{301}".to_owned(), "x".repeat(5000)].into_iter().collect()),
        FieldType::References(_) => Value::Tags([reference, "nothing"].into_iter().collect()),
        FieldType::Reference(_) => Value::Text(reference.into()),
        FieldType::Number => Value::Number(if turn.is_multiple_of(2) { f64::MAX } else { -f64::MAX }),
        FieldType::Flag => Value::Flag(turn.is_multiple_of(2)),
        FieldType::Money => {
            let most = (1 << 53) - 1;
            let amount = Money::new(if turn.is_multiple_of(2) { most } else { -most }, "AUD").expect("an amount");
            Value::Money(Box::new(amount))
        }
        FieldType::Choice(choices) => {
            Value::Text(choices.get(turn % choices.len()).map_or("?", |choice| &choice.word).into())
        }
        FieldType::Line | FieldType::Text | FieldType::Link | FieldType::Place => {
            Value::Text(format!("\u{202e}\u{645}\u{301}\n{}", "\u{e9}".repeat(3000)).into())
        }
    }
}

#[test]
fn every_question_has_an_answer_whatever_stands_in_the_records() {
    let mut coalition = Coalition::new(&["Clean River", "Hollin Choir"]);
    let mut ids = vec![Coalition::group(0), Coalition::group(40), String::new()];
    for turn in 0..4 {
        for kind in Registry::standard().kinds() {
            ids.push(coalition.raw(turn % 2, &kind.name, Values::default()));
            // Each kind refers to itself and to every sort of thing, so that there are circles of every length.
            let own = coalition.next_id(turn % 2, &kind.name, 0);
            let reference = if turn == 0 { own } else { ids[(turn * 31 + ids.len() * 7) % ids.len()].clone() };
            let of = |field: &Field| (field.name.clone(), absurd(field, &reference, turn));
            ids.push(coalition.raw(turn % 2, &kind.name, kind.fields.iter().map(of).collect()));
        }
    }
    let some = || ids.iter().step_by(13).map(String::as_str);
    for question in ALL {
        bare(&coalition, question);
        for word in question.all_words() {
            for said in some().chain(["0", "1e308", "-1", "2026-11-22", "public", "x"]) {
                // It may be refused, with a hint; it may not panic.
                match coalition.ask(question.name, &[(word.name, said)]) {
                    Ok(reply) => fits(question.name, &reply),
                    Err(error) => assert!(!error.hint.is_empty(), "{}: {error}", question.name),
                }
            }
        }
    }
}
