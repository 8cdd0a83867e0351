//! What a cut took from a group is known field by field, and is said again once.

mod fetched;
mod weir;

use grid_protocol::control::Record;
use grid_protocol::record::{Registry, Value};
use grid_protocol::replica::{Legibility, OwnWords, Regained, Removal};
use grid_protocol::time::Timestamp;
use grid_tests::sim::{NOON, Subject};
use serde_json::json;
use std::collections::BTreeMap;
use weir::Weir;

fn text(regained: &Regained, field: &str) -> Option<Option<String>> {
    let value = regained.fields.get(field)?;
    Some(value.as_ref().and_then(Value::as_text).map(str::to_owned))
}

#[test]
fn a_record_that_was_lost_with_its_opening_is_known_whole() {
    let mut weir = Weir::new();
    let (desk, office) = (weir.desk.clone(), weir.office.clone());
    let lost = weir.write(&office, &Subject::New("action"), 1, &json!({"title": "Vigil", "place": "Old bridge"}));
    weir.write(&desk, &Subject::New("action"), 2, &json!({"title": "Walk"}));
    assert_eq!(weir.regained(), [], "nothing is lost yet");
    weir.end_office(0);
    let regained = weir.regained();
    assert_eq!(regained.len(), 1);
    assert_eq!((regained[0].document, regained[0].is_missing()), (lost, true));
    assert_eq!(text(&regained[0], "title"), Some(Some("Vigil".to_owned())));
    assert_eq!(text(&regained[0], "place"), Some(Some("Old bridge".to_owned())));
    // Said again by the other computer, it is there, and nothing is left to be said.
    weir.write(&desk, &Subject::Existing(lost), 0, &json!({"title": "Vigil", "place": "Old bridge"}));
    let again = weir.regained();
    assert_eq!((again.len(), again[0].is_missing(), again[0].older.len()), (1, false, 0));
    // What is written since is not undone by saying it once more.
    weir.write(&desk, &Subject::Existing(lost), 0, &json!({"title": "Silent vigil"}));
    let since = weir.regained();
    assert_eq!((since[0].is_missing(), since[0].older.len()), (false, 1));
}

#[test]
fn of_several_lost_changes_the_last_counts_and_what_others_changed_since_stays() {
    let mut weir = Weir::new();
    let (desk, office) = (weir.desk.clone(), weir.office.clone());
    let page = weir.write(&desk, &Subject::New("page"), 1, &json!({"title": "How", "text": "Together.\n"}));
    weir.write(&office, &Subject::Existing(page), 0, &json!({"title": "How we decide"}));
    weir.write(&office, &Subject::Existing(page), 0, &json!({"title": "How we all decide", "text": "Slowly.\n"}));
    weir.end_office(0);
    let regained = weir.regained();
    assert_eq!(text(&regained[0], "title"), Some(Some("How we all decide".to_owned())));
    assert_eq!(text(&regained[0], "text"), Some(Some("Slowly.\n".to_owned())));
    assert_eq!(regained[0].changes.len(), 2);
    assert_eq!(regained[0].removal, Removal::None);
    weir.write(&desk, &Subject::Existing(page), 0, &json!({"title": "Who decides"}));
    let regained = weir.regained();
    assert_eq!(text(&regained[0], "title"), None);
    assert!(regained[0].older.contains_key("title"));
    assert_eq!(text(&regained[0], "text"), Some(Some("Slowly.\n".to_owned())));
}

#[test]
fn a_change_on_which_others_have_built_is_not_lost() {
    let mut weir = Weir::new();
    let (desk, office) = (weir.desk.clone(), weir.office.clone());
    let page = weir.write(&desk, &Subject::New("page"), 1, &json!({"title": "How", "text": "Together.\n"}));
    weir.write(&office, &Subject::Existing(page), 0, &json!({"title": "How we decide"}));
    weir.write(&desk, &Subject::Existing(page), 0, &json!({"text": "Slowly.\n"}));
    weir.end_office(0);
    assert_eq!(weir.regained(), []);
}

#[test]
fn a_field_that_was_emptied_is_emptied_again() {
    let mut weir = Weir::new();
    let (desk, office) = (weir.desk.clone(), weir.office.clone());
    let action = weir.write(&desk, &Subject::New("action"), 1, &json!({"title": "Walk", "place": "Old bridge"}));
    weir.write(&office, &Subject::Existing(action), 0, &json!({"place": null}));
    weir.end_office(0);
    let regained = weir.regained();
    assert_eq!(text(&regained[0], "place"), Some(None));
    assert!(regained[0].changes.iter().all(|(device, lost)| *device == office.me.device && lost.time > Timestamp(0)));
}

#[test]
fn what_a_second_certificate_took_from_a_group_is_its_own_to_say_again_and_the_thiefs_words_are_not() {
    let mut weir = Weir::new();
    let (desk, office) = (weir.desk.clone(), weir.office.clone());
    let vigil = weir.write(&office, &Subject::New("action"), 1, &json!({"title": "Vigil", "place": "Old bridge"}));
    let walk = weir.write(&office, &Subject::New("action"), 2, &json!({"title": "Walk"}));
    weir.recover_without_office(2);
    // Whoever has the computer goes on: it was ended before that.
    weir.write(&office, &Subject::Existing(walk), 0, &json!({"title": "We leave"}));
    weir.write(&desk, &Subject::Existing(vigil), 0, &json!({"title": "Vigil at the weir"}));
    let shown = |weir: &Weir, document| {
        let mut replica = weir.replica(&weir.desk);
        let registry = Registry::standard();
        let row = replica.live(document).expect("storage in memory").row(registry);
        (row.values.text("title").to_owned(), row.heads.len())
    };
    assert_eq!((shown(&weir, vigil).0, shown(&weir, walk).0), ("Vigil at the weir".to_owned(), "Walk".to_owned()));

    weir.certify_office_by_another();
    assert_eq!((shown(&weir, vigil).1, shown(&weir, walk).1), (0, 0), "it counts for nobody");
    let regained = weir.regained();
    let of = |document| regained.iter().find(|regained| regained.document == document).expect("it is listed");
    assert_eq!(regained.len(), 2);
    assert_eq!(
        regained.iter().map(|it| (it.is_missing(), it.legibility)).collect::<Vec<_>>(),
        [(true, Legibility::Whole); 2]
    );
    // What the group's own other computer wrote on top of it is lost with it.
    assert_eq!((text(of(vigil), "title"), of(vigil).changes.len()), (Some(Some("Vigil at the weir".to_owned())), 2));
    assert_eq!(text(of(vigil), "place"), Some(Some("Old bridge".to_owned())));
    assert_eq!((text(of(walk), "title"), of(walk).changes.len()), (Some(Some("Walk".to_owned())), 1));

    // Said again by the computer that is left, it is there, once and for good.
    weir.write(&desk, &Subject::Existing(vigil), 0, &json!({"title": "Vigil at the weir", "place": "Old bridge"}));
    weir.write(&desk, &Subject::Existing(walk), 0, &json!({"title": "Walk"}));
    assert_eq!((shown(&weir, vigil).0, shown(&weir, walk).0), ("Vigil at the weir".to_owned(), "Walk".to_owned()));
    let again = weir.regained();
    assert!(
        again.iter().all(|it| !it.is_missing() && it.older.is_empty() && it.legibility == Legibility::Whole),
        "{again:?}"
    );
    weir.write(&desk, &Subject::Existing(vigil), 0, &json!({"title": "Silent vigil"}));
    assert!(weir.regained().iter().all(|it| !it.is_missing()), "what is written since is not undone");
}

#[test]
fn a_page_that_others_went_on_with_outlives_a_second_certificate_of_the_device_that_opened_it() {
    let mut weir = Weir::new();
    let (desk, office) = (weir.desk.clone(), weir.office.clone());
    let page = weir.write(&office, &Subject::New("page"), 1, &json!({"title": "How", "text": "Together.\n"}));
    weir.write(&desk, &Subject::Existing(page), 0, &json!({"text": "Slowly.\n"}));
    weir.certify_office_by_another();
    let mut replica = weir.replica(&desk);
    let row = replica.live(page).expect("storage in memory").row(Registry::standard());
    assert_eq!((row.values.text("title"), row.values.text("text")), ("How", "Slowly.\n"));
    assert_eq!(weir.regained(), [], "nothing of it is lost");
}

#[test]
fn a_device_that_is_former_forked_and_of_two_groups_is_still_its_groups_to_say_again() {
    let mut weir = Weir::new();
    let (desk, office) = (weir.desk.clone(), weir.office.clone());
    let vigil = weir.write(&office, &Subject::New("action"), 1, &json!({"title": "Vigil"}));
    let other = weir.certify_office_by_another();
    // The fork that whoever has the key can prove changes nothing of that, and neither does a list without the device.
    let mut elsewhere = weir.replica(&desk);
    let lie = json!({"title": "Lie"});
    let (_, lies) = office.write_after(None, &mut elsewhere, NOON.wall, &Subject::New("action"), [8; 16], &lie);
    weir.records.push(other.prove_fork(office.me.group, weir.of(&office)[0], &lies[0]));
    let rotation = desk.rotate(&weir.replica(&desk), &BTreeMap::new());
    weir.records.push(rotation);
    let regained = weir.regained();
    assert_eq!((regained.len(), regained[0].document), (1, vigil));
    assert_eq!(text(&regained[0], "title"), Some(Some("Vigil".to_owned())));
}

#[test]
fn a_device_that_was_ended_before_its_first_entry_has_nothing_to_say_again_after_a_second_certificate() {
    let mut weir = Weir::new();
    let office = weir.office.clone();
    weir.write(&office, &Subject::New("action"), 1, &json!({"title": "We leave"}));
    weir.certify_office_by_another();
    assert_eq!(weir.regained().len(), 1, "it can be looked at before its end is said");
    weir.end_office(0);
    assert_eq!(weir.regained(), []);
}

#[test]
fn words_of_a_device_of_two_groups_are_the_groups_own_once_it_named_their_end_and_has_them_up_to_there() {
    let mut weir = Weir::new();
    let (desk, office) = (weir.desk.clone(), weir.office.clone());
    let walk = weir.write(&office, &Subject::New("action"), 1, &json!({"title": "Walk"}));
    weir.write(&office, &Subject::Existing(walk), 0, &json!({"title": "We leave"}));
    assert_eq!(weir.own_words(2), OwnWords::Here, "it is nobody else's");
    weir.certify_office_by_another();
    assert_eq!(weir.own_words(2), OwnWords::Endless);
    weir.end_office(1);
    assert_eq!([0, 1, 2].map(|held| weir.own_words(held)), [OwnWords::Elsewhere, OwnWords::Here, OwnWords::Here]);
    // The end holds under the next root too, which may also be the first to say it.
    let rotation = desk.rotate(&weir.replica(&desk), &BTreeMap::new());
    weir.records.push(rotation);
    assert_eq!([0, 1].map(|held| weir.own_words(held)), [OwnWords::Elsewhere, OwnWords::Here]);
}

#[test]
fn a_recovery_says_where_the_words_of_a_device_of_two_groups_end_and_a_new_root_without_that_leaves_it_out() {
    for (kept, own) in [(Some(1), OwnWords::Here), (None, OwnWords::Endless)] {
        let mut weir = Weir::new();
        let (desk, office) = (weir.desk.clone(), weir.office.clone());
        weir.write(&office, &Subject::New("action"), 1, &json!({"title": "Walk"}));
        weir.certify_office_by_another();
        match kept {
            Some(kept) => weir.recover_without_office(kept),
            None => {
                let rotation = desk.rotate(&weir.replica(&desk), &BTreeMap::new());
                weir.records.push(rotation);
            }
        }
        assert_eq!(weir.own_words(1), own);
        let listed = weir.records.iter().find_map(|record| match record {
            Record::Rotation(rotation) => Some(rotation.body.devices.iter().any(|it| it.device == office.me.device)),
            _ => None,
        });
        assert_eq!(listed, Some(kept.is_some()));
    }
}
