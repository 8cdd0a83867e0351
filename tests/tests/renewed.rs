//! A home that is given new keys, and a machine that stops in between.

use grid_node::handle::{CommandError, Target};
use grid_node::setup::{self, SetupError, Signing, Soundness};
use grid_protocol::record::{Patch, Registry};
use grid_tests::grid::Member;
use serde_json::{Value, json};
use std::path::Path;

/// Bytes in front of the first frame of a journal, and in front of each payload.
const HEADER: usize = 16;
const FRAME: usize = 12;

/// The disk loses one entry of the journal, counted from the first; the store is gone.
fn lose(home: &Path, entry: usize) {
    let journal = home.join("journal");
    let mut bytes = std::fs::read(&journal).expect("a journal");
    let (mut at, mut seen) = (HEADER, 0);
    while let Some(length) = bytes.get(at..at + 4).and_then(|length| length.try_into().ok()).map(u32::from_le_bytes) {
        let payload = at + FRAME;
        // An entry is the first thing that a journal can hold.
        if bytes.get(payload) == Some(&0) && length > 0 {
            if seen == entry {
                bytes[payload + 40] ^= 1;
                break;
            }
            seen += 1;
        }
        at = payload + usize::try_from(length).expect("a length");
    }
    assert_eq!(seen, entry, "there are so many");
    std::fs::write(journal, bytes).expect("a journal");
    std::fs::remove_dir_all(home.join("store")).expect("a store");
}

const TCP: &[&str] = &["/ip4/127.0.0.1/tcp/0"];

#[tokio::test(flavor = "multi_thread")]
async fn a_home_goes_on_with_new_keys_also_where_the_machine_stopped_before_its_profile_was_saved() {
    let mut weir = Member::found("Weir", TCP).await;
    let kept = weir.write("action", json!({"title": "Vigil"})).await;
    let old = weir.status().await.device;
    weir.stop().await;
    let place = weir.path().join("node.json");
    let before = std::fs::read(&place).expect("a profile");
    let renewed = setup::renew(&weir.path(), Soundness::Doubted, None).expect("it holds the group's key");
    assert_eq!((renewed.old, renewed.lost), (old, 0));
    // As if the power had gone between the two files.
    std::fs::write(&place, before).expect("a profile");
    weir.start().await;
    assert_eq!(weir.status().await.device, renewed.new);
    assert_eq!(weir.text(&kept, "title"), "Vigil", "what it wrote before stays");
    weir.edit("action", kept, json!({"title": "Silent vigil"})).await;
    assert_eq!(weir.text(&kept, "title"), "Silent vigil");
    let profile: Value = serde_json::from_slice(&std::fs::read(&place).expect("a profile")).expect("JSON");
    assert_eq!(profile["device"], renewed.new.to_string());
    weir.stop().await;
    assert!(setup::renew(&weir.path(), Soundness::Trusted, None).is_err(), "nothing shows that it needs newer ones");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_that_lost_entries_which_nobody_else_has_is_told_of_new_keys_and_writes_with_them() {
    let mut weir = Member::found("Weir", TCP).await;
    let kept = weir.write("action", json!({"title": "Vigil"})).await;
    let gone = weir.write("action", json!({"title": "Walk"})).await;
    let behind = weir.write("action", json!({"title": "Swim"})).await;
    weir.stop().await;
    let (untouched, old) = (weir.backup(), weir_device(&weir));
    // The group's profile is the first entry of all.
    lose(&weir.path(), 2);

    weir.start().await;
    let told = weir.status().await.troubles;
    assert!(told.iter().any(|trouble| trouble.hint.contains("grid device renew")), "{told:?}");
    let kind = Registry::standard().kind("action").expect("a kind");
    let patch = Patch::from_json(kind, &json!({"title": "More"})).expect("fields of the kind");
    let refused = weir.handle().write(Target::New(kind.name.clone()), patch).await;
    assert!(
        matches!(&refused, Err(CommandError::Refused { hint, .. }) if hint.contains("grid device renew")),
        "{refused:?}"
    );
    weir.stop().await;

    let renewed = setup::renew(&weir.path(), Soundness::Trusted, None).expect("something shows that it needs them");
    assert_eq!((renewed.old, renewed.cut, renewed.lost), (old, 2, 1), "one entry is here and has no place");
    weir.start().await;
    let status = weir.status().await;
    assert!(!status.troubles.iter().any(|trouble| trouble.what.contains("wait for earlier")), "{:?}", status.troubles);
    let more = weir.write("action", json!({"title": "More"})).await;
    let mill = Member::join("Mill", &weir.invite().await, Signing::Sign, TCP).await;
    for here in [kept, more] {
        mill.until_here(here).await;
    }
    for lost in [gone, behind] {
        assert_eq!(weir.text(&lost, "title"), "", "it was lost, and the report said so");
    }
    mill.until_members(2).await;

    // The home as it was before needs none.
    weir.stop().await;
    weir.restore(untouched);
    let sound = setup::renew(&weir.path(), Soundness::Trusted, None);
    assert!(matches!(sound, Err(SetupError::Sound)), "{sound:?}");
}

fn weir_device(weir: &Member) -> grid_protocol::key::DeviceId {
    let profile: Value =
        serde_json::from_slice(&std::fs::read(weir.path().join("node.json")).expect("a profile")).expect("JSON");
    profile["device"].as_str().and_then(|id| id.parse().ok()).expect("an id")
}
