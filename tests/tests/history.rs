//! The history checker finds what is broken: each test hands it a history in which one thing is wrong.

use grid_protocol::id::{Digest, DocumentId, EntryId, GroupId, RecordId};
use grid_protocol::key::{DeviceId, SecretKey};
use grid_tests::sim::{Acknowledged, Dissent, Ending, History, Sayings, Shown, Shows, Speaker, Stored, check_roots};

const DOCUMENT: DocumentId = DocumentId([1; 32]);

fn device() -> DeviceId {
    DeviceId(SecretKey::from_seed(&[1; 32]).public())
}

fn entry(number: u8) -> EntryId {
    EntryId([number; 32])
}

fn write(seq: u64, number: u8) -> Acknowledged {
    Acknowledged { node: 0, device: device(), seq, entry: entry(number) }
}

fn appended(first: u64, prev: EntryId, entries: &[u8]) -> Stored {
    Stored::Appended { device: device(), first, prev, entries: entries.iter().copied().map(entry).collect() }
}

/// Node 0 wrote three entries, and holds them.
fn history() -> History {
    let mut history = History::default();
    for seq in 0..3_u8 {
        history.acknowledged(write(seq.into(), seq + 1), DOCUMENT).expect("each is written once");
    }
    history.stored(0, &appended(0, EntryId::ZERO, &[1, 2, 3])).expect("in order");
    history
}

#[test]
fn a_sound_history_passes() {
    let mut history = history();
    history.stored(1, &appended(0, EntryId::ZERO, &[1, 2])).expect("a beginning");
    history.stored(1, &Stored::CutBack { device: device(), kept: 1 }).expect("the power went");
    history.stored(1, &appended(1, entry(1), &[2, 3])).expect("the rest");
    history.shows(1, DOCUMENT, "We meet by the river.").expect("nothing forged");
    for node in [0, 1] {
        history.check_complete(node).expect("nothing is lost");
    }
    check_roots([(0, Digest([5; 32])), (1, Digest([5; 32]))], |_| String::new()).expect("equal");
}

#[test]
fn a_write_that_is_not_there_in_the_end_is_found() {
    let mut history = history();
    history.stored(1, &appended(0, EntryId::ZERO, &[1, 2])).expect("a beginning");
    assert_eq!(history.check_complete(1), Err(Dissent::Lost { node: 1, write: write(2, 3) }));
    history.ended(device(), 2);
    assert_eq!(history.check_complete(1), Ok(()), "behind a cut nothing has to be held");
}

#[test]
fn an_author_that_forgets_what_it_acknowledged_is_found() {
    let mut history = history();
    assert_eq!(history.check_own(0, device()), Ok(()));
    history.stored(0, &Stored::CutBack { device: device(), kept: 1 }).expect("the power went");
    assert_eq!(history.check_own(0, device()), Err(Dissent::Lost { node: 0, write: write(1, 2) }));
}

#[test]
fn two_writes_acknowledged_at_one_place_are_found() {
    let mut history = history();
    let expected = Dissent::Rewritten { first: Box::new(write(2, 3)), second: Box::new(write(2, 9)) };
    assert_eq!(history.acknowledged(write(2, 9), DOCUMENT), Err(expected));
}

#[test]
fn a_log_with_a_gap_is_found() {
    let found = history().stored(1, &appended(1, entry(1), &[2]));
    assert_eq!(found, Err(Dissent::Order { node: 1, device: device(), expected: 0, found: 1 }));
}

#[test]
fn a_log_that_goes_on_behind_something_else_is_found() {
    let mut history = history();
    history.stored(1, &appended(0, EntryId::ZERO, &[1])).expect("a beginning");
    let found = history.stored(1, &appended(1, entry(7), &[2]));
    assert_eq!(found, Err(Dissent::Order { node: 1, device: device(), expected: 1, found: 1 }));
}

#[test]
fn an_entry_that_its_author_never_wrote_is_found() {
    let mut history = history();
    let found = history.stored(1, &appended(0, EntryId::ZERO, &[1, 9]));
    assert_eq!(found, Err(Dissent::Strange { node: 1, device: device(), seq: 1 }));
    history.note_written((device(), 1, entry(9)), DOCUMENT);
    let found = history.stored(2, &appended(0, EntryId::ZERO, &[1, 9]));
    assert_eq!(found, Ok(()), "a copied home wrote it");
}

#[test]
fn unequal_roots_are_found() {
    let found =
        check_roots([(0, Digest([5; 32])), (1, Digest([6; 32])), (2, Digest([5; 32]))], |node| node.to_string());
    let Err(Dissent::Roots { roots }) = found else { panic!("{found:?}") };
    let counts: Vec<(usize, &str)> = roots.values().map(|(count, holds)| (*count, holds.as_str())).collect();
    assert_eq!(counts, [(2, "0"), (1, "1")]);
}

#[test]
fn a_forgery_is_found_where_it_is_shown() {
    let mut history = history();
    let mark = history.forge(Shown::Never);
    let found = history.shows(1, DOCUMENT, &format!("We {mark} meet."));
    assert!(matches!(found, Err(Dissent::Unauthorised { node: 1, document: DOCUMENT, .. })), "{found:?}");
}

#[test]
fn a_record_that_nobody_wrote_is_found() {
    let found = history().shows(1, DocumentId([2; 32]), "");
    assert!(matches!(found, Err(Dissent::Unauthorised { node: 1, .. })), "{found:?}");
}

#[test]
fn what_was_written_behind_an_end_is_found_once_the_end_is_known() {
    let mut history = history();
    let withdrawal = Ending::Record(RecordId([3; 32]));
    let mark = history.forge(Shown::Until(withdrawal));
    history.shows(1, DOCUMENT, &mark).expect("nobody can know yet");
    assert_eq!(history.believes(1, |_| false), Ok(()));
    let found = history.believes(1, |ending| *ending == withdrawal);
    assert!(matches!(found, Err(Dissent::Unauthorised { node: 1, .. })), "{found:?}");
    history.shows(1, DOCUMENT, "We meet.").expect("nothing forged");
    assert_eq!(history.believes(1, |_| true), Ok(()), "it shows it no more");
}

#[test]
fn what_a_device_with_two_histories_wrote_is_found_once_the_proof_is_known() {
    let mut history = history();
    let mark = history.forge(Shown::Until(Ending::Fork(device())));
    history.shows(1, DOCUMENT, &mark).expect("nobody can know yet");
    assert_eq!(history.believes(1, |ending| matches!(ending, Ending::Record(_))), Ok(()));
    let found = history.believes(1, |ending| *ending == Ending::Fork(device()));
    assert!(matches!(found, Err(Dissent::Unauthorised { node: 1, .. })), "{found:?}");
}

#[test]
fn what_others_built_on_may_stay_and_nothing_else() {
    let mut history = history();
    let withdrawal = Ending::Record(RecordId([3; 32]));
    let (kept, never) = (history.forge(Shown::Until(withdrawal)), history.forge(Shown::Never));
    history.built_on(&format!("{kept} and {never}"));
    history.shows(1, DOCUMENT, &kept).expect("it stays");
    assert_eq!(history.believes(1, |_| true), Ok(()));
    let found = history.shows(1, DOCUMENT, &never);
    assert!(matches!(found, Err(Dissent::Unauthorised { node: 1, .. })), "nothing makes that good: {found:?}");
}

#[test]
fn a_record_signed_in_anothers_name_is_found_where_it_is_held() {
    let mut history = history();
    let record = RecordId([4; 32]);
    history.forge_record(record);
    assert!(history.has_forgeries());
    assert_eq!(history.believes(2, |_| false), Ok(()));
    let found = history.believes(2, |ending| *ending == Ending::Record(record));
    assert_eq!(found, Err(Dissent::Forged { node: 2, record }));
}

fn speaker(number: u8) -> Speaker {
    let device = DeviceId(SecretKey::from_seed(&[number; 32]).public());
    Speaker { group: GroupId([number; 32]), device }
}

/// A text to which three groups added a line each, having read what was there.
fn three_lines(sayings: &mut Sayings) -> String {
    (1..=3).fold(String::new(), |text, number| sayings.say(speaker(number), DOCUMENT, &text))
}

#[test]
fn a_line_that_counts_and_is_not_shown_is_found() {
    let mut sayings = Sayings::default();
    let text = three_lines(&mut sayings);
    assert_eq!(sayings.check(1, DOCUMENT, &text), Ok(()));
    let all_but_the_last = &text[..text.len() - 7];
    let found = sayings.check(1, DOCUMENT, all_but_the_last);
    assert!(matches!(found, Err(Dissent::Uncounted { node: 1, line: 2, .. })), "{found:?}");
}

#[test]
fn a_line_on_which_nobody_built_is_found_where_its_writer_has_no_right() {
    let mut sayings = Sayings::default();
    let text = three_lines(&mut sayings);
    sayings.lapse(speaker(3).device);
    let found = sayings.check(1, DOCUMENT, &text);
    assert!(matches!(found, Err(Dissent::Unauthorised { node: 1, .. })), "{found:?}");
    assert_eq!(sayings.check(1, DOCUMENT, &text[..text.len() - 8]), Ok(()));
    assert_eq!(sayings.counts(), (3, 0));
}

#[test]
fn a_line_on_which_somebody_built_who_may_write_has_to_stay_and_through_others_too() {
    let mut sayings = Sayings::default();
    let text = three_lines(&mut sayings);
    sayings.leave_out(speaker(1).group);
    sayings.lapse(speaker(2).device);
    assert_eq!(sayings.check(1, DOCUMENT, &text), Ok(()));
    assert_eq!(sayings.counts(), (3, 2));
    let found = sayings.check(1, DOCUMENT, &text[8..]);
    assert!(matches!(found, Err(Dissent::Uncounted { node: 1, line: 0, .. })), "{found:?}");
    sayings.leave_out(speaker(3).group);
    let found = sayings.check(1, DOCUMENT, &text);
    assert!(matches!(found, Err(Dissent::Unauthorised { .. })), "now nobody who may write has built on it: {found:?}");
}

#[test]
fn a_line_that_was_never_said_there_is_found() {
    let mut sayings = Sayings::default();
    let text = three_lines(&mut sayings);
    let elsewhere = sayings.say(speaker(1), DocumentId([2; 32]), "");
    for wrong in [elsewhere, "said-77;\n".to_owned()] {
        let found = sayings.check(1, DOCUMENT, &format!("{text}{wrong}"));
        assert!(matches!(found, Err(Dissent::Unauthorised { .. })), "{found:?}");
    }
}

#[test]
fn what_is_the_own_of_a_group_that_a_node_does_not_admit_is_found() {
    let mut history = history();
    let group = speaker(1).group;
    history.keeps(1, group, DOCUMENT, Shows::It);
    assert_eq!(history.admits(1, |_| true), Ok(()));
    let found = history.admits(1, |_| false);
    assert!(matches!(found, Err(Dissent::Unauthorised { node: 1, document: DOCUMENT, .. })), "{found:?}");
    assert_eq!(history.admits(0, |_| false), Ok(()), "another node shows nothing of it");
    history.keeps(1, group, DOCUMENT, Shows::Nothing);
    assert_eq!(history.admits(1, |_| false), Ok(()), "it shows it no more");
}
