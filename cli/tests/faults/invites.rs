//! Invites that let nobody in, and what the group that took one is told.

use crate::running::{Group, Place};
use crate::support::{code, stdout};

/// What a refused group is told: in the status for programs, and in words for people.
fn assert_told(group: &Group, why: &str) {
    let refused = group.until(&["status"], |status| status["standing"] == "refused");
    let told = refused["standing_why"].as_str().expect("a reason");
    assert!(told.contains(why), "expected {why:?}, found {told:?}");
    let output = group.run(["status"]);
    assert_eq!(code(&output), 0, "the node itself is well");
    let shown = stdout(&output);
    assert!(shown.contains("not admitted") && shown.contains(why), "{shown}");
    let output = group.run(["action", "new", "--title", "Heard by nobody"]);
    assert_eq!(code(&output), 0, "it is saved here all the same: {output:?}");
}

#[test]
fn an_invite_that_ended_before_the_nodes_met_is_refused_with_the_reason() {
    let place = Place::new();
    let weir = place.founder();
    let weir_node = weir.start();
    let invite = weir.json(["invite", "create", "--expires", "8s"])["invite"].as_str().unwrap().to_owned();
    let mill = place.guest("Mill", &invite, &["--sign"]);
    weir.until(&["invite", "list"], |list| list["items"][0]["state"] == "expired");
    let _mill_node = mill.start();
    assert_told(&mill, "expired");
    assert_eq!(weir.json(["status"])["members"], 1);
    drop(weir_node);
}

#[test]
fn used_up_and_revoked_invites_are_told_apart() {
    let place = Place::new();
    let weir = place.founder();
    let _weir_node = weir.start();
    let invite = weir.invite();
    let mill = place.guest("Mill", &invite, &["--sign"]);
    let _mill_node = mill.start();
    weir.until(&["invite", "list"], |list| list["items"][0]["state"] == "used");
    let late = place.guest("Late", &invite, &["--sign"]);
    let _late_node = late.start();
    assert_told(&late, "used");

    let revoked = weir.json(["invite", "create"]);
    let gone = place.guest("Gone", revoked["invite"].as_str().unwrap(), &["--sign"]);
    weir.json(["invite", "revoke", &revoked["slots"][0].to_string()]);
    let _gone_node = gone.start();
    assert_told(&gone, "taken back");
    assert_eq!(weir.json(["status"])["members"], 2);
}
