//! What a second certificate took is fetched back from the end that its own group named.

use super::text;
use super::weir::Weir;
use grid_protocol::authority::Cut;
use grid_protocol::entry::VerifiedEntry;
use grid_protocol::replica::{Legibility, OwnWords};
use grid_protocol::sync::Response;
use grid_tests::sim::{Exchange, Subject, open};
use serde_json::json;

#[test]
fn of_a_log_that_a_second_certificate_took_the_group_fetches_what_it_ended_itself_and_not_from_whoever_took_it() {
    let mut weir = Weir::new();
    let (mill, thief) = (weir.guest(1), weir.guest(2));
    let office = weir.office.clone();
    let walk = weir.write(&office, &Subject::New("action"), 1, &json!({"title": "Walk"}));
    weir.write(&office, &Subject::Existing(walk), 0, &json!({"place": "Old bridge"}));
    weir.write(&office, &Subject::Existing(walk), 0, &json!({"title": "We leave"}));
    weir.certify_office_by(&thief);
    assert_eq!(weir.fetched_from(&mill), (0, vec![]), "the group has not said where its own words end");
    weir.end_office(2);
    assert_eq!(weir.fetched_from(&thief), (0, vec![]), "it says that the computer is its own");
    assert_eq!(weir.fetched_from(&mill), (1, vec![0, 1]), "what lies behind the end is not kept");
    weir.end_office(0);
    assert_eq!(weir.fetched_from(&mill), (0, vec![]), "none of it is the group's own");
}

#[test]
fn another_history_that_a_confederate_hands_out_keeps_nobody_from_the_groups_own_words() {
    for same in [0, 1] {
        let mut weir = Weir::new();
        let (mill, lake, thief) = (weir.guest(1), weir.guest(2), weir.guest(3));
        let office = weir.office.clone();
        let walk = weir.write(&office, &Subject::New("action"), 1, &json!({"title": "Walk"}));
        weir.write(&office, &Subject::Existing(walk), 0, &json!({"place": "Old bridge"}));
        weir.write(&office, &Subject::Existing(walk), 0, &json!({"title": "We leave"}));
        weir.certify_office_by(&thief);
        weir.end_office(2);
        let lies = weir.lies(same);
        // The other history was here first, or comes from a member, and nothing of it is kept as the group's own.
        for held in [&[][..], &lies] {
            let first = weir.fetch(weir.disk_with(held), (&mill, weir.disk_with(&lies)), std::convert::identity);
            assert_eq!((first.own, first.kept.as_slice()), (OwnWords::Elsewhere, [].as_slice()));
            let then = weir.fetch(first.disk, (&lake, weir.disk(usize::MAX)), std::convert::identity);
            let apart = if held.is_empty() { 0 } else { same as u64 };
            assert_eq!((then.own, then.kept), (OwnWords::Here, (apart..2).collect()));
            let regained = open(&weir.desk, then.disk).regained().expect("storage in memory");
            assert_eq!(regained.iter().map(|it| it.document).collect::<Vec<_>>(), [walk]);
            assert_eq!((regained[0].legibility, regained[0].changes.len()), (Legibility::Whole, 2));
            assert_eq!(text(&regained[0], "title"), Some(Some("Walk".to_owned())));
            assert_eq!(text(&regained[0], "place"), Some(Some("Old bridge".to_owned())));
        }
    }
}

#[test]
fn a_long_log_comes_back_however_short_the_answers_are_and_is_not_fetched_again() {
    let short: fn(Response) -> Response = |response| match response {
        Response::Runs(mut runs) => {
            for run in &mut runs {
                let mut signed = (1..).zip(&run.entries).filter(|(_, entry)| entry.signature.is_some());
                let third = signed.nth(2).map(|(entries, _)| entries);
                run.entries.truncate(third.unwrap_or(run.entries.len()));
            }
            Response::Runs(runs)
        }
        other => other,
    };
    let mut weir = Weir::new();
    let (mill, thief) = (weir.guest(1), weir.guest(2));
    weir.write_many(120);
    weir.certify_office_by(&thief);
    weir.end_office(100);
    let again = |weir: &Weir, disk| weir.fetch(disk, (&mill, weir.disk(usize::MAX)), std::convert::identity).asked;
    for (twist, asked) in [(std::convert::identity as fn(Response) -> Response, 1..=1), (short, 4..=12)] {
        let fetched = weir.fetch(weir.disk(0), (&mill, weir.disk(usize::MAX)), twist);
        assert_eq!((fetched.own, fetched.kept), (OwnWords::Here, (0..100).collect()));
        assert!(asked.contains(&fetched.asked), "{}", fetched.asked);
        assert_eq!(again(&weir, fetched.disk.clone()), 0);
        let mut desk = open(&weir.desk, fetched.disk);
        let regained = desk.regained().expect("storage in memory");
        assert_eq!(regained.iter().filter(|it| it.is_missing()).count(), 100);
    }
    // An earlier end lies on the same way.
    let fetched = weir.fetch(weir.disk(0), (&mill, weir.disk(usize::MAX)), std::convert::identity);
    weir.end_office(40);
    let mut desk = open(&weir.desk, fetched.disk);
    desk.commit(Vec::new(), vec![weir.last_record()]).expect("storage in memory");
    assert_eq!(again(&weir, desk.storage().clone()), 0);
    assert_eq!(desk.regained().expect("storage in memory").len(), 40);
}

#[test]
fn a_group_that_named_an_end_in_the_other_history_gets_its_own_words_once_it_names_an_earlier_one() {
    let mut weir = Weir::new();
    let (mill, thief) = (weir.guest(1), weir.guest(2));
    weir.write_many(3);
    weir.certify_office_by(&thief);
    let lies = weir.lies(0);
    let end = |weir: &Weir, last: &VerifiedEntry| {
        let cut = Cut { seq: last.header().seq + 1, entry: last.id() };
        weir.desk.end(0, weir.office.me.device, cut)
    };
    weir.records.push(end(&weir, &lies[3]));
    let mut exchange = Exchange::new((&weir.desk, weir.disk(0)), (&mill, weir.disk_with(&lies)));
    let own = |exchange: &Exchange| exchange.asker.own_words(&weir.office.me.device).expect("storage in memory");
    exchange.pull();
    assert_eq!(own(&exchange), OwnWords::Here);
    let earlier = end(&weir, weir.of(&weir.office)[2]);
    exchange.asker.commit(Vec::new(), vec![earlier]).expect("storage in memory");
    assert_eq!(own(&exchange), OwnWords::Elsewhere);
    exchange.answerer = open(&mill, weir.disk(usize::MAX));
    exchange.pull();
    assert_eq!(own(&exchange), OwnWords::Here);
    assert_eq!(exchange.asker.regained().expect("storage in memory").len(), 3);
}
