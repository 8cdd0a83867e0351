//! A home that is given new keys, and a machine that stops in between.

use grid_node::setup::{self, Soundness};
use grid_tests::grid::Member;
use serde_json::{Value, json};

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
