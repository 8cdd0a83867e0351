//! Operations that Automerge never writes: actions, keys, values, deletions, counters, marks and nesting.

use super::probes::{Outcome, Probe, enemy_second, inert};
use super::{Id, Key, Row, make, set};
use grid_protocol::document::Inert;
use grid_protocol::limits::{MAX_CHANGE_KEYS, MAX_COUNTER};

const TEXT: Id = (0, 2);
const LETTER: Id = (0, 3);

fn own(counter: u64) -> Id {
    (0, counter)
}

fn second(name: &'static str, rows: &[Row], outcome: Outcome) -> Probe {
    Probe::new(name, enemy_second(rows).bytes(), outcome)
}

fn integer(value: i64) -> Vec<u8> {
    let mut bytes = vec![];
    super::signed(&mut bytes, value);
    bytes
}

/// A list `l`, which is operation 4, and these rows in it, from operation 5 on.
fn in_list(rows: &[Row]) -> Vec<Row> {
    let inside = rows.iter().map(|row| Row { object: Some(own(4)), ..row.clone() });
    std::iter::once(make("l", 2)).chain(inside).collect()
}

fn actions_and_keys() -> Vec<Probe> {
    let unsupported = inert!(Inert::Unsupported { .. });
    let insert = Row { key: Key::Head, insert: true, ..set("") };
    let letter = Row { object: Some(TEXT), key: Key::At(LETTER), predecessors: vec![LETTER], ..set("") };
    let into_text = Row { object: Some(TEXT), ..insert.clone() };
    vec![
        // T18, T20.
        second("no operation", &[], Outcome::Effective),
        second("an action that nobody knows", &[Row { action: 48, ..set("b") }], unsupported),
        second("an action of 2^64", &[Row { action: u64::MAX, ..set("b") }], unsupported),
        second("a table", &[make("b", 6)], unsupported),
        second("an element of the root", std::slice::from_ref(&insert), unsupported),
        second("an insertion with a key", &[Row { insert: true, ..set("b") }], unsupported),
        second("a key of a text", &[Row { object: Some(TEXT), ..set("b") }], unsupported),
        second("a key of a list", &in_list(&[set("b")]), unsupported),
        second("an element of a list", &in_list(std::slice::from_ref(&insert)), Outcome::Effective),
        second("a value before the first element", &in_list(&[Row { insert: false, ..insert.clone() }]), unsupported),
        second(
            "an element that is replaced and inserted",
            &[Row { insert: true, ..letter.clone() }],
            inert!(Inert::MissingPredecessor { .. }),
        ),
        second("a letter that is replaced", std::slice::from_ref(&letter), Outcome::Effective),
        second(
            "an element of a text in a list",
            &in_list(&[Row { key: Key::At(LETTER), ..insert.clone() }]),
            inert!(Inert::MissingElement { .. }),
        ),
        second("an object with a value", &[Row { value: (6, b"x".to_vec()), ..make("b", 0) }], unsupported),
        second("a list within a text", &[Row { value: (0, vec![]), action: 2, ..into_text.clone() }], unsupported),
        second("a map in place of a letter", &[Row { value: (0, vec![]), action: 0, ..letter.clone() }], unsupported),
        second("a block of a text", &[Row { value: (0, vec![]), action: 0, ..into_text }], Outcome::Effective),
    ]
}

fn values() -> Vec<Probe> {
    let unsupported = inert!(Inert::Unsupported { .. });
    let value = |kind: u8, bytes: Vec<u8>| Row { value: (kind, bytes), ..set("b") };
    let counter = |value| Row { value: (8, integer(value)), ..set("n") };
    let increment = |by| Row { action: 5, value: (4, integer(by)), predecessors: vec![own(4)], ..set("n") };
    let letter = Row { object: Some(TEXT), key: Key::Head, insert: true, ..set("") };
    vec![
        second("a value of a type that nobody knows", &[value(12, vec![1])], unsupported),
        second("a value of the last type there is", &[value(15, vec![])], unsupported),
        second("a number that is none", &[value(5, f64::NAN.to_le_bytes().to_vec())], Outcome::Effective),
        second("a floating-point zero below zero", &[value(5, (-0.0_f64).to_le_bytes().to_vec())], Outcome::Effective),
        second("bytes", &[value(7, vec![0xff; 9])], Outcome::Effective),
        second(
            "the largest number",
            &[value(3, vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1])],
            Outcome::Effective,
        ),
        second("an empty key", &[set("")], Outcome::Effective),
        // Sums that overflow panic.
        second("a counter out of range", &[counter(MAX_COUNTER + 1)], unsupported),
        second("the smallest counter there is", &[counter(i64::MIN)], unsupported),
        second("an increment out of range", &[counter(1), increment(i64::MAX)], unsupported),
        second("an increment by the smallest number there is", &[counter(1), increment(i64::MIN)], unsupported),
        second(
            "the largest counter and its increment",
            &[counter(MAX_COUNTER), increment(MAX_COUNTER)],
            Outcome::Effective,
        ),
        second("an increment by a text", &[counter(1), Row { value: (6, b"1".to_vec()), ..increment(1) }], unsupported),
        second(
            "an increment of a text",
            &[Row { predecessors: vec![own(1)], key: Key::Text("a"), ..increment(1) }],
            unsupported,
        ),
        second("an increment of nothing", &[Row { predecessors: vec![], ..increment(1) }], unsupported),
        second(
            "an increment of an increment",
            &[counter(1), increment(1), Row { predecessors: vec![own(5)], ..increment(1) }],
            inert!(Inert::MissingPredecessor { operation: 2 }),
        ),
        second("a counter in a text", &[Row { value: (8, vec![1]), ..letter }], unsupported),
    ]
}

/// One key of so many bytes for all of so many operations, each of which Automerge keeps with a key of its own.
fn long_keys() -> Vec<Probe> {
    let named = |name, length: usize, operations: usize, outcome| {
        let mut run = vec![];
        super::signed(&mut run, operations as i64);
        super::unsigned(&mut run, length as u64);
        run.resize(run.len() + length, b'k');
        let rows = vec![Row { value: (0, vec![]), ..set("k") }; operations];
        Probe::new(name, enemy_second(&rows).with_column(0x15, run).bytes(), outcome)
    };
    let unsupported = inert!(Inert::Unsupported { .. });
    let most = MAX_CHANGE_KEYS / 8;
    vec![
        named("a long key for as many operations as are allowed", most, 8, Outcome::Effective),
        named("a long key for one operation more", most, 9, unsupported),
        // Takes 240 MB, and with as many operations as are allowed 950 MB.
        named("a long key for thousands of operations", 60_000, 4_000, unsupported),
    ]
}

fn deletions() -> Vec<Probe> {
    let unsupported = inert!(Inert::Unsupported { .. });
    let missing = inert!(Inert::MissingPredecessor { .. });
    let delete = Row { action: 3, value: (0, vec![]), predecessors: vec![own(1)], ..set("a") };
    let again = Row { predecessors: vec![own(4)], ..delete.clone() };
    let text = Row { predecessors: vec![TEXT], key: Key::Text("t"), ..delete.clone() };
    let letter = Row { object: Some(TEXT), key: Key::At(LETTER), predecessors: vec![LETTER], ..delete.clone() };
    let after = Row { object: Some(TEXT), key: Key::At(LETTER), insert: true, ..set("") };
    vec![
        second("a deletion of nothing", &[Row { predecessors: vec![], ..delete.clone() }], unsupported),
        second("a deletion with a value", &[Row { value: (6, b"x".to_vec()), ..delete.clone() }], unsupported),
        second("a deletion that inserts", &[Row { insert: true, ..letter.clone() }], missing),
        second("a deletion of a deletion", &[delete.clone(), again], missing),
        second("a deletion of what was deleted", &[delete.clone(), delete.clone()], Outcome::Effective),
        second("a deletion", &[delete], Outcome::Effective),
        second("a letter behind one that was deleted", &[letter, after.clone()], Outcome::Effective),
        second("a letter in a text that was deleted", &[text, after], Outcome::Effective),
    ]
}

fn marks() -> Vec<Probe> {
    let unsupported = inert!(Inert::Unsupported { .. });
    let begin = Row {
        object: Some(TEXT),
        key: Key::At(LETTER),
        insert: true,
        action: 7,
        value: (2, vec![]),
        mark: Some("bold"),
        ..set("")
    };
    let end = |key| Row { key, value: (0, vec![]), mark: None, expand: true, ..begin.clone() };
    let pair = |begin: Row| [begin, end(Key::At(own(4)))];
    let none = f64::NAN.to_le_bytes().to_vec();
    let list = [make("l", 2), Row { object: Some(own(4)), key: Key::Head, ..begin.clone() }];
    let value = Row { object: Some(TEXT), key: Key::At(own(4)), predecessors: vec![], ..set("") };
    let [first, last] = pair(begin.clone());
    vec![
        second("a mark", &pair(begin.clone()), Outcome::Effective),
        // Saves, then loading fails.
        second("a mark that ends before it begins", &[begin.clone(), end(Key::Head)], unsupported),
        second("a mark without an end", std::slice::from_ref(&begin), unsupported),
        second("the end of no mark", &[end(Key::Head)], unsupported),
        second("the beginnings of two marks", &[begin.clone(), begin.clone()], unsupported),
        second("a mark with something between its ends", &[first.clone(), set("b"), last.clone()], unsupported),
        second("a mark that is not inserted", &pair(Row { insert: false, ..begin.clone() }), unsupported),
        second("a mark in a list", &list, unsupported),
        second("a mark in a map", &[Row { object: None, ..begin.clone() }], unsupported),
        second("a mark that does not equal itself", &pair(Row { value: (5, none), ..begin.clone() }), unsupported),
        second("a mark of a type that nobody knows", &pair(Row { value: (13, vec![1]), ..begin.clone() }), unsupported),
        second("the name of a mark at a value", &[Row { mark: Some("bold"), ..set("b") }], unsupported),
        second("a value that expands like a mark", &[Row { expand: true, ..set("b") }], unsupported),
        second("a value in place of a mark", &[first, last, value], unsupported),
    ]
}

fn nesting() -> Vec<Probe> {
    let nested = |name, levels: u64, outcome| {
        let inside = (1..levels).map(|level| Row { object: Some(own(3 + level)), ..make("n", 0) });
        second(name, &std::iter::once(make("n", 0)).chain(inside).collect::<Vec<_>>(), outcome)
    };
    let first = |level: u64| Row { key: Key::Head, insert: true, object: Some(own(3 + level)), ..make("", 2) };
    let lists: Vec<Row> = std::iter::once(make("l", 2)).chain((1..40).map(first)).collect();
    vec![
        // T21: overflows the stack, which ends the process.
        nested("20,000 levels", 20_000, Outcome::Refused(|_| true)),
        nested("16,000 levels", 16_000, inert!(Inert::TooDeep { operation: 32 })),
        nested("33 levels", 33, inert!(Inert::TooDeep { operation: 32 })),
        nested("32 levels", 32, Outcome::Effective),
        second("40 levels of lists", &lists, inert!(Inert::TooDeep { operation: 32 })),
    ]
}

pub(super) fn probes() -> Vec<Probe> {
    [actions_and_keys(), values(), long_keys(), deletions(), marks(), nesting()].concat()
}
