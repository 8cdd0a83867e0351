//! Changes that do not fit what was before them: rights, sequence numbers, start ops, dependencies, and ids
//! of operations that are not in their past.

use super::probes::{ENEMY, HONEST, Outcome, Probe, STRANGER, enemy_first, enemy_second, hash, honest, inert};
use super::{Change, Id, Key, Row, make, set};
use grid_protocol::document::{Inert, NoRight, Right};
use grid_protocol::id::{Actor, ChangeHash};
use grid_protocol::limits::MAX_OP;

/// A writer of whom nothing else is known.
const THIRD: Actor = Actor([0x55; 32]);

fn rights() -> Vec<Probe> {
    let change = enemy_second(&[set("b")]).bytes();
    let may_not = |name, why, outcome| Probe::new(name, change.clone(), outcome).with(Right::MayNot(why));
    vec![
        may_not(
            "a change by a group that does not own it",
            NoRight::NotOwner,
            inert!(Inert::NoRight(NoRight::NotOwner)),
        ),
        may_not(
            "a change by a group that is no member",
            NoRight::NotMember,
            inert!(Inert::NoRight(NoRight::NotMember)),
        ),
        may_not(
            "a change by a device that may only relay",
            NoRight::NoCapability,
            inert!(Inert::NoRight(NoRight::NoCapability)),
        ),
        may_not("a change after the cut of its device", NoRight::AfterCut, inert!(Inert::NoRight(NoRight::AfterCut))),
        may_not("a change of a space", NoRight::Space, inert!(Inert::NoRight(NoRight::Space))),
        Probe::new("a change by somebody who is not known yet", change, Outcome::Waiting).with(Right::Unknown),
    ]
}

/// Changes behind the cut of their device, which count where another device has built on them.
fn behind_a_cut() -> Vec<Probe> {
    let (plain, cut) = (enemy_second(&[set("b")]), inert!(Inert::NoRight(NoRight::AfterCut)));
    let bytes = plain.bytes();
    let builds =
        |actor, seq| Change { seq, start_op: 5, deps: vec![hash(&bytes)], ..Change::first(actor, &[set("o")]) };
    let probe = |name, outcome| Probe::new(name, bytes.clone(), outcome).with(Right::IfBuiltOn);
    let out_of_order = Change { start_op: 9, ..plain.clone() }.bytes();
    let late = inert!(Inert::StartOp { .. });
    let on_it = Change { start_op: 10, deps: vec![hash(&out_of_order)], ..Change::first(STRANGER, &[set("o")]) };
    vec![
        probe("a change behind a cut on which nobody has built", cut),
        probe("a change behind a cut on which its own device alone has built", cut).beside(&builds(ENEMY, 3)),
        probe("a change behind a cut on which another device has built", Outcome::Effective)
            .beside(&builds(STRANGER, 1)),
        Probe::new("a change behind a cut on which another has built, and that is out of order", out_of_order, late)
            .with(Right::IfBuiltOn)
            .beside(&on_it),
    ]
}

fn numbers() -> Vec<Probe> {
    let plain = enemy_second(&[set("b")]);
    let sequence = inert!(Inert::Sequence { .. });
    let start_op = inert!(Inert::StartOp { .. });
    let seq = |name, seq| Probe::new(name, Change { seq, ..plain.clone() }.bytes(), sequence);
    let start = |name, start| Probe::new(name, Change { start_op: start, ..plain.clone() }.bytes(), start_op);
    let all = honest().iter().map(|(bytes, _)| hash(bytes)).collect::<Vec<_>>();
    let after = |deps: Vec<ChangeHash>| Change { deps, ..plain.clone() }.bytes();
    let enemy = hash(&enemy_first().bytes());
    vec![
        // T3, T4: panics, and the document is unusable after.
        seq("a gap in the sequence", 5),
        seq("a gap to the last number there is", MAX_OP),
        Probe::new(
            "a second change without a first",
            Change { seq: 2, ..Change::first(STRANGER, &[set("b")]) }.bytes(),
            sequence,
        )
        .by(STRANGER),
        // T15: saves, then loading fails or panics.
        Probe::new("a second change that does not depend on the first", after(vec![]), sequence),
        Probe::new("a second change that depends on everything but the first", after(vec![all[2]]), sequence),
        start("a gap in start ops", 9),
        start("an operation id that the same writer used before", 1),
        start("the last operation id used again", 3),
        // T8: the victim's own next write panics.
        start("a start op far ahead", MAX_OP - 9),
        Probe::new(
            "a start op that leaves out what others wrote",
            Change { deps: vec![enemy, all[2]], ..plain.clone() }.bytes(),
            start_op,
        ),
        Probe::new(
            "a change after everything",
            Change { deps: vec![enemy, all[2]], start_op: 7, ..plain.clone() }.bytes(),
            Outcome::Effective,
        ),
    ]
}

fn dependencies() -> Vec<Probe> {
    let plain = enemy_second(&[set("b")]);
    let all = honest().iter().map(|(bytes, _)| hash(bytes)).collect::<Vec<_>>();
    let enemy = hash(&enemy_first().bytes());
    let after = |deps: Vec<ChangeHash>, start_op| Change { deps, start_op, ..plain.clone() };
    let (one, other) = (all[0], all[1]);
    let (low, high) = (enemy.min(one), enemy.max(one));
    let refused = Change { seq: 7, ..enemy_second(&[set("c")]) };
    let unknown = after(vec![ChangeHash([9; 32])], 4);
    let late = Change { seq: 3, start_op: 5, deps: vec![hash(&unknown.bytes())], ..plain.clone() };
    let twins = ["b", "c"].map(|key| enemy_second(&[set(key)]));
    let [smaller, larger] = if hash(&twins[0].bytes()) < hash(&twins[1].bytes()) {
        twins
    } else {
        let [one, other] = twins;
        [other, one]
    };
    let of_twin = Change { seq: 3, start_op: 5, deps: vec![hash(&larger.bytes())], ..enemy_second(&[set("d")]) };
    let no_dependency = Change { seq: 2, start_op: 2, deps: vec![], ..Change::first(STRANGER, &[set("d")]) };
    vec![
        Probe::new("a dependency that nobody knows", unknown.bytes(), Outcome::Waiting),
        Probe::new("a change after one that waits", late.bytes(), Outcome::Waiting).beside(&unknown),
        Probe::new(
            "the same dependency twice",
            after(vec![enemy, enemy], 4).bytes(),
            inert!(Inert::NotCanonical("dependencies named once")),
        ),
        Probe::new("dependencies in order", after(vec![low, high], 4).bytes(), Outcome::Effective),
        Probe::new("dependencies in another order", after(vec![high, low], 4).bytes(), Outcome::Effective),
        Probe::new(
            "a dependency that another one has in its past",
            after(vec![enemy, other, all[2]], 7).bytes(),
            Outcome::Effective,
        ),
        Probe::new(
            "a change after one without effect",
            Change { deps: vec![enemy, hash(&refused.bytes())], ..plain.clone() }.bytes(),
            inert!(Inert::DependsOnInert(_)),
        )
        .beside(&refused),
        Probe::new(
            "a change by somebody else after one without effect",
            Change { deps: vec![hash(&no_dependency.bytes())], start_op: 3, ..Change::first(THIRD, &[set("d")]) }
                .bytes(),
            inert!(Inert::DependsOnInert(_)),
        )
        .by(THIRD)
        .beside(&no_dependency),
        // T2: the one seen first wins, so nodes differ for ever.
        Probe::new("the twin with the larger hash", larger.bytes(), inert!(Inert::Twin(_))).beside(&smaller),
        Probe::new("the twin with the smaller hash", smaller.bytes(), Outcome::Effective).beside(&larger),
        Probe::new("a change after the twin with the larger hash", of_twin.bytes(), inert!(Inert::DependsOnInert(_)))
            .beside(&smaller)
            .beside(&larger),
    ]
}

/// A first change of the stranger, at the same time as all others: 1 makes the list `s`, 2 and 3 insert into it, 4 sets `k`.
fn concurrent() -> Change {
    let into = |key| Row { object: Some((0, 1)), key, insert: true, ..set("") };
    Change::first(STRANGER, &[make("s", 2), into(Key::Head), into(Key::At((0, 2))), set("k")])
}

fn ids() -> Vec<Probe> {
    let second = |row: Row| enemy_second(&[row]);
    // Names an operation of the stranger without depending on it.
    let strange = |row: Row| Change { others: vec![STRANGER], ..second(row) };
    let depending = |row: Row| {
        let change = strange(row);
        let deps = [change.deps.clone(), vec![hash(&concurrent().bytes())]].concat();
        Change { deps, start_op: 5, ..change }
    };
    let object = inert!(Inert::MissingObject { operation: 0 });
    let element = inert!(Inert::MissingElement { operation: 0 });
    let predecessor = inert!(Inert::MissingPredecessor { operation: 0 });
    let inside = |object: Id| Row { object: Some(object), ..set("b") };
    let in_list = |key| Row { object: Some((1, 1)), key, insert: true, ..set("") };
    let over = |id: Id, key| Row { predecessors: vec![id], ..set(key) };
    let own = |name, row, outcome| Probe::new(name, second(row).bytes(), outcome);
    let early = |name, row, outcome| Probe::new(name, strange(row).bytes(), outcome).beside(&concurrent());
    let fine = |name, row| Probe::new(name, depending(row).bytes(), Outcome::Effective).beside(&concurrent());
    let later = [Row { object: Some((0, 5)), ..set("b") }, make("m", 0)];
    let unwritten = Change { others: vec![HONEST[0]], ..second(inside((1, 2))) };
    vec![
        // T5: panics.
        own("an object that nobody made", inside((0, 99)), object),
        own("an object with an id of 2^64", inside((0, u64::MAX)), object),
        own("an object with an id of zero", inside((0, 0)), object),
        own("an object that is a text value", inside((0, 1)), object),
        own("an object that is the operation itself", inside((0, 4)), object),
        Probe::new("an object made later in the change", enemy_second(&later).bytes(), object),
        Probe::new("an object of an honest writer that is not in the past", unwritten.bytes(), object),
        early("an object of a change at the same time", Row { insert: true, key: Key::Head, ..inside((1, 1)) }, object),
        early(
            "an element of a change at the same time",
            Row { object: Some((0, 2)), ..in_list(Key::At((1, 2))) },
            element,
        ),
        early("a predecessor of a change at the same time", over((1, 4), "k"), predecessor),
        fine("an object of a change before", in_list(Key::Head)),
        fine("an element of a change before", in_list(Key::At((1, 2)))),
        fine("a predecessor of a change before", over((1, 4), "k")),
        own("an element that nobody inserted", Row { object: Some((0, 2)), ..in_list(Key::At((0, 99))) }, element),
        own("an element that is a value of a map", Row { object: Some((0, 2)), ..in_list(Key::At((0, 1))) }, element),
        own("an element that is the text itself", Row { object: Some((0, 2)), ..in_list(Key::At((0, 2))) }, element),
        // T19: saves, then loading fails.
        own("a predecessor that nobody wrote", over((0, 77), "a"), predecessor),
        own("a predecessor that is the operation itself", over((0, 4), "a"), predecessor),
        own("a predecessor at another key", over((0, 1), "b"), predecessor),
        own("a predecessor in another object", over((0, 3), "a"), predecessor),
        own("a predecessor at its own key", over((0, 1), "a"), Outcome::Effective),
    ]
}

pub(super) fn probes() -> Vec<Probe> {
    [rights(), behind_a_cut(), numbers(), dependencies(), ids()].concat()
}
