//! Changes that mean something sound and are not written as Automerge writes it: it keeps documents in another
//! layout, so that such a change saves a document that never loads again.

use super::probes::{ENEMY, HONEST, Outcome, Probe, STRANGER, enemy_first, enemy_second, inert};
use super::{Change, Part, Row, set};
use grid_protocol::document::Inert;

pub(super) fn probes() -> Vec<Probe> {
    let two = enemy_second(&[set("b"), set("c")]);
    let same = enemy_second(&[set("b"), set("b"), set("b")]);
    let one = enemy_second(&[Row { predecessors: vec![(0, 1)], ..set("a") }]);
    let canonical = inert!(Inert::NotCanonical(_));
    let column = |name, change: &Change, spec, bytes: &[u8]| {
        Probe::new(name, change.clone().with_column(spec, bytes.to_vec()).bytes(), canonical)
    };
    let value = |name, kind: u8, bytes: &[u8]| {
        Probe::new(name, enemy_second(&[Row { value: (kind, bytes.to_vec()), ..set("b") }]).bytes(), canonical)
    };
    let named = |name, others| Probe::new(name, Change { others, ..one.clone() }.bytes(), canonical);
    let with = |name, part, bytes: &[u8], outcome| Probe::new(name, one.bytes_with(part, bytes), outcome);
    let pair = Row { predecessors: vec![(0, 4), (0, 5)], ..set("b") };
    let backwards = Row { predecessors: vec![(0, 5), (0, 4)], ..set("b") };
    let twice = Row { predecessors: vec![(0, 4), (0, 4)], ..set("b") };
    let over = |row: Row| enemy_second(&[set("b"), set("b"), row]).bytes();
    vec![
        // T16: saves, then loading fails.
        column("two literal runs for one", &two, 0x15, &[0x7f, 1, b'b', 0x7f, 1, b'c']),
        column("a literal run of what is the same", &same, 0x15, &[0x7d, 1, b'b', 1, b'b', 1, b'b']),
        column("two repeating runs for one", &same, 0x15, &[2, 1, b'b', 0x7f, 1, b'b']),
        column("a repeating run of one", &one, 0x15, &[1, 1, b'a']),
        column("an empty run before another", &one, 0x15, &[0, 0, 0x7f, 1, b'a']),
        column("an empty run behind another", &one, 0x15, &[0x7f, 1, b'a', 0, 0]),
        column("two runs of nulls for one", &two, 0x01, &[0, 1, 0, 1]),
        column("a column of nulls alone", &one, 0x01, &[0, 1]),
        column("a column without bytes", &one, 0x01, &[]),
        column("two runs of booleans for one", &two, 0x34, &[1, 0, 1]),
        column("insertions that end before the operations", &two, 0x34, &[1]),
        column("insertions beyond the operations", &one, 0x34, &[2]),
        column("expansions where there are none", &one, 0x94, &[1]),
        column("keys beyond the operations", &one, 0x15, &[0x7e, 1, b'a', 1, b'b']),
        column("keys that end before the operations", &two, 0x15, &[0x7f, 1, b'b']),
        column("an operation without an action", &one, 0x42, &[0, 1]),
        column("fewer actions than other columns have items", &two, 0x42, &[0x7f, 1]),
        column("an object that has an actor and no counter", &one, 0x01, &[0x7f, 0]),
        column("an object that has a counter and no actor", &one, 0x02, &[0x7f, 2]),
        column("a key that is an element as well", &one, 0x13, &[0x7f, 1]),
        column("an element that has a counter and no actor", &one, 0x13, &[0x7f, 0]),
        column("a counter below zero", &one, 0x73, &[0x7f, 0x7f]),
        column("an actor beyond those that are named", &one, 0x71, &[0x7f, 9]),
        column("a predecessor that no operation has", &two, 0x71, &[0x7f, 0]),
        column("predecessors with more actors than counters", &one, 0x71, &[2, 0]),
        column("value bytes that no value has", &one, 0x57, b"crafted and more"),
        column("values longer than their column", &one, 0x57, b"craft"),
        column(
            "a value of almost 2^60 bytes",
            &one,
            0x56,
            &[0x7f, 0xf6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        ),
        column("a value without a type", &one, 0x56, &[]),
        value("an unsigned number in more bytes than it needs", 3, &[0x81, 0]),
        value("a signed number in more bytes than it needs", 4, &[0x81, 0]),
        value("a time in more bytes than it needs for a value", 9, &[0xff, 0x7f]),
        value("a number with bytes behind it", 3, &[1, 1]),
        value("a number without bytes", 4, &[]),
        value("a null with bytes", 0, &[0]),
        value("a truth with bytes", 2, &[1]),
        value("a floating-point number of four bytes", 5, &[0; 4]),
        value("a text that is no text", 6, &[0xc3, 0x28]),
        value("a number of more than 64 bits", 3, &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
        named("an actor that no operation names", vec![STRANGER]),
        named("the writer among the others", vec![ENEMY]),
        named("the same actor twice", vec![STRANGER, STRANGER]),
        named("actors out of order", vec![STRANGER, HONEST[0]]),
        Probe::new("predecessors in order", over(pair), Outcome::Effective),
        Probe::new("predecessors out of order", over(backwards), canonical),
        Probe::new("the same predecessor twice", over(twice), canonical),
        with("a message", Part::Message, b"\x05hello", Outcome::Effective),
        with("an empty text for a name", Part::Message, &[1, 0], Outcome::Effective),
        Probe::new("the first change again", enemy_first().bytes(), Outcome::Effective),
    ]
}
