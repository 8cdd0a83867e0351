//! Invites that let nobody in, and what the group that took one is told.

use crate::running::{Group, Place};
use crate::support::{code, error, stdout};

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
    let (weir, weir_node) = place.running_founder();
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
    let (weir, _weir_node) = place.running_founder();
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

/// Joining in a home that is there already.
fn again(group: &Group, invite: &str) -> std::process::Output {
    group.run(["join", invite, "--sign", "--no-input", "--json"])
}

fn assert_refused(output: &std::process::Output, word: &str, hint: &str) {
    assert_eq!(code(output), 5, "{word}: {output:?}");
    assert_eq!(error(output)["code"], word, "{output:?}");
    assert!(error(output)["hint"].as_str().expect("a hint").contains(hint), "{output:?}");
}

#[test]
fn a_group_that_was_not_let_in_takes_a_new_invite_with_the_keys_it_has() {
    let place = Place::new();
    let (weir, weir_node) = place.running_founder();
    let invite = weir.invite();
    let mill = place.guest("Mill", &invite, &["--sign"]);
    let _mill_node = mill.start();
    weir.until(&["invite", "list"], |list| list["items"][0]["state"] == "used");
    let late = place.guest("Late", &invite, &["--sign"]);
    let node = late.start();
    let before = late.until(&["status"], |status| status["standing"] == "refused");
    let id = late.json(["action", "new", "--title", "Written meanwhile"])["id"].clone();

    // Nothing is changed under a node that runs.
    let busy = again(&late, &weir.invite());
    assert_eq!((code(&busy), error(&busy)["code"].as_str()), (1, Some("home_in_use")), "{busy:?}");
    node.signal("TERM");
    assert_eq!(node.ended().0, Some(0));
    // Why it was not let in is known after a restart, before it meets anybody.
    weir_node.signal("TERM");
    assert_eq!(weir_node.ended().0, Some(0));
    let node = late.start();
    let told = late.json(["status"]);
    assert_eq!((&told["standing"], &told["standing_why"]), (&before["standing"], &before["standing_why"]));
    node.signal("TERM");
    assert_eq!(node.ended().0, Some(0));
    let _weir_node = weir.start();
    let taken = late.json(["join", &weir.invite(), "--sign", "--no-input"]);
    assert_eq!((&taken["group"], &taken["device"]), (&before["group"]["id"], &before["device"]));
    assert_eq!(taken["refused_before"], before["standing_why"]);
    assert_eq!(taken["recovery_words"], serde_json::json!([]), "the words stay as they are");

    let node = late.start();
    late.until(&["status"], |status| status["standing"] == "member");
    weir.until(&["status"], |status| status["members"] == 3);
    weir.until(&["action", "list"], |list| list["items"][0]["id"] == id);

    // A member has no use for another invite.
    weir.until(&["invite", "list"], |list| {
        list["items"].as_array().unwrap().iter().filter(|row| row["state"] == "used").count() == 2
    });
    late.until(&["status"], |status| status["state_root"] == weir.json(["status"])["state_root"]);
    node.signal("TERM");
    assert_eq!(node.ended().0, Some(0));
    assert_refused(&again(&late, &weir.invite()), "member_already", "--home");
    let _node = late.start();
    assert_eq!(late.json(["status"])["group"]["id"], before["group"]["id"]);
}

#[test]
fn another_invite_that_is_over_or_for_another_coalition_leaves_the_home_as_it_is() {
    let (place, elsewhere) = (Place::new(), Place::new());
    let (weir, _weir_node) = place.running_founder();
    let invite = weir.invite();
    let mill = place.guest("Mill", &invite, &["--sign"]);
    let _mill_node = mill.start();
    weir.until(&["invite", "list"], |list| list["items"][0]["state"] == "used");
    let late = place.guest("Late", &invite, &["--sign"]);
    let kept = std::fs::read(late.home.join("node.json")).unwrap();

    let foreign = elsewhere.founder();
    let _foreign_node = foreign.start();
    assert_refused(&again(&late, &foreign.invite()), "wrong_coalition", "another --home");

    let short = weir.json(["invite", "create", "--expires", "1s"])["invite"].as_str().unwrap().to_owned();
    weir.until(&["invite", "list"], |list| {
        list["items"].as_array().unwrap().iter().any(|row| row["state"] == "expired")
    });
    assert_refused(&again(&late, &short), "invite_expired", "new one");
    let torn = &short[..short.len() / 2];
    assert_eq!(code(&again(&late, torn)), 2, "half an invite");
    assert_eq!(std::fs::read(late.home.join("node.json")).unwrap(), kept);
}
