//! A group with several computers: let in with a code, ended when lost.

use crate::api::until_equal;
use crate::copies::image;
use crate::running::{Group, Node, Place};
use crate::support::{code, error, stderr, stdout};
use serde_json::{Value, json};

fn code_of(group: &Group, more: &[&str]) -> String {
    let answer = group.json(["device", "add"].iter().chain(more));
    assert!(answer["expires"].is_string());
    answer["code"].as_str().expect("a code").to_owned()
}

/// A further computer of a group, let in and in sync.
fn further(place: &Place, old: &Group, name: &str, more: &[&str]) -> (Group, Node) {
    let new = Group { home: place.path(name) };
    let made = new.json(["device", "join", &code_of(old, more), "--label", name]);
    assert_eq!((&made["label"], made["device"].is_string()), (&json!(name), true));
    let node = new.start();
    new.until(&["status"], |status| status["standing"] == "member");
    (new, node)
}

fn own_devices(group: &Group) -> Vec<Value> {
    group.json(["device", "list", "--own"])["items"].as_array().expect("a list").clone()
}

#[test]
fn two_computers_of_a_group_write_as_one_and_a_third_node_sees_one_group() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let (mill, _mill_node) = place.member("Mill", &weir);
    let (office, _office_node) = further(&place, &mill, "office", &[]);
    office.until(&["status"], |status| status["members"] == 2);
    let one = mill.json(["action", "new", "--title", "Vigil"])["id"].as_str().expect("an id").to_owned();
    let two = office.json(["action", "new", "--title", "Walk"])["id"].as_str().expect("an id").to_owned();
    mill.json(["group", "edit", "--place", "Old bridge"]);
    office.json(["group", "edit", "--website", "https://mill.example.org"]);
    let all = [&weir, &mill, &office];
    for (id, title) in [(&one, "Vigil"), (&two, "Walk")] {
        for group in all {
            group.until(&["action", "list"], |list| {
                let items = list["items"].as_array().into_iter().flatten();
                items.clone().any(|item| item["id"] == **id && item["title"] == title && item["group_name"] == "Mill")
            });
        }
    }
    until_equal(&all);
    let groups = weir.json(["group", "list"]);
    assert_eq!(groups["total"], 2, "{groups}");
    let profile = weir.json(["group", "list"])["items"].as_array().expect("groups").clone();
    let of_mill = profile.iter().find(|group| group["name"] == "Mill").expect("the guest").clone();
    assert_eq!((&of_mill["place"], &of_mill["website"]), (&json!("Old bridge"), &json!("https://mill.example.org")));

    let own = own_devices(&mill);
    let seen: Vec<(&Value, &Value, &Value)> =
        own.iter().map(|item| (&item["label"], &item["this"], &item["governs"])).collect();
    assert_eq!(
        seen,
        [(&json!("first computer"), &json!(true), &json!(true)), (&json!("office"), &json!(false), &json!(false))]
    );
    let signed = office.run(["statement", "sign", "--json"]);
    assert_eq!(code(&signed), 5);
    assert!(error(&signed)["message"].as_str().expect("words").contains("may not sign"), "{signed:?}");
    let added = office.run(["device", "add", "--json"]);
    assert_eq!((code(&added), &error(&added)["code"]), (5, &json!("refused")));
    assert!(error(&added)["message"].as_str().expect("words").contains("group's key"));
}

#[test]
fn a_code_is_used_once_and_the_second_computer_is_told() {
    let place = Place::new();
    let (weir, weir_node) = place.running_founder();
    let code_ = code_of(&weir, &[]);
    let office = Group { home: place.path("office") };
    office.json(["device", "join", &code_]);
    let thief = Group { home: place.path("thief") };
    thief.json(["device", "join", &code_]);
    let _office_node = office.start();
    office.until(&["status"], |status| status["standing"] == "member");
    let thief_node = thief.start();
    let refused =
        thief.until(&["status"], |status| status["standing"] == "pairing" && status["standing_why"].is_string());
    assert!(refused["standing_why"].as_str().expect("why").contains("used by another computer"), "{refused}");
    assert_eq!(own_devices(&weir).len(), 2);
    let written = thief.run(["action", "new", "--title", "Mine", "--json"]);
    assert_eq!(code(&written), 5);
    assert!(error(&written)["message"].as_str().expect("words").contains("waits for your group's other computer"));
    // A new code of the same group takes the place of the first one in that home.
    drop(thief_node);
    thief.json(["device", "join", &code_of(&weir, &["--label", "shed"])]);
    let _thief_node = thief.start();
    thief.until(&["status"], |status| status["standing"] == "member");
    assert!(own_devices(&weir).iter().any(|item| item["label"] == "shed"));
    let running = weir.run(["device", "join", &code_, "--json"]);
    assert_eq!((code(&running), &error(&running)["code"]), (1, &json!("home_in_use")));
    drop(weir_node);
    let again = weir.run(["device", "join", &code_, "--json"]);
    assert_eq!((code(&again), &error(&again)["code"]), (5, &json!("home_exists")), "a member's home is left alone");
}

#[test]
fn a_new_computer_waits_until_the_other_one_is_there() {
    let place = Place::new();
    let (weir, node) = place.running_founder();
    let office = Group { home: place.path("office") };
    office.json(["device", "join", &code_of(&weir, &[])]);
    drop(node);
    let _office_node = office.start();
    let shown = stdout(&office.run(["status"]));
    assert!(shown.contains("waits for your group's other computer"), "{shown}");
    // Its node was restarted, and knows the code no more.
    let _node = weir.start();
    let refused =
        office.until(&["status"], |status| status["standing"] == "pairing" && status["standing_why"].is_string());
    assert!(refused["standing_why"].as_str().expect("why").contains("restarted"), "{refused}");
    assert!(stdout(&office.run(["status"])).contains("Make a new code there"));
}

#[test]
fn codes_that_are_wrong_or_over_are_refused_with_a_way_on() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let office = Group { home: place.path("office") };
    for (words, exit, name) in [("grid1abc", 2, "invalid_code"), ("gridpair1aaaa", 2, "invalid_code")] {
        let refused = office.run(["device", "join", words, "--json"]);
        assert_eq!((code(&refused), &error(&refused)["code"]), (exit, &json!(name)), "{words}");
        assert!(error(&refused)["hint"].as_str().expect("a hint").contains("device add"));
    }
    assert_eq!(code(&office.run(["device", "join"])), 2);
    assert_eq!(code(&weir.run(["device", "add", "--expires", "0s"])), 2);
    let code_ = code_of(&weir, &["--expires", "1s"]);
    let over = office_until_over(&office, &code_);
    assert_eq!(error(&over)["code"], "code_expired");
    assert!(!office.home.exists(), "nothing is left behind");
}

/// Tries until the code is over; a home that was made before that is taken away.
fn office_until_over(office: &Group, code_: &str) -> std::process::Output {
    loop {
        let output = office.run(["device", "join", code_, "--json"]);
        if code(&output) == 5 {
            return output;
        }
        assert_eq!(code(&output), 0, "{output:?}");
        std::fs::remove_dir_all(&office.home).expect("the home of this test");
    }
}

#[test]
fn a_lost_computer_is_ended_and_what_it_writes_then_reaches_nobody() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let (mill, _mill_node) = place.member("Mill", &weir);
    let (office, office_node) = further(&place, &mill, "office", &["--govern"]);
    let kept = office.json(["action", "new", "--title", "Vigil"])["id"].as_str().expect("an id").to_owned();
    let gone = office.json(["action", "new", "--title", "Hoax"])["id"].as_str().expect("an id").to_owned();
    for group in [&mill, &weir] {
        group.until(&["action", "list"], |list| list["total"] == 2);
    }

    let own = mill.json(["status"])["device"].as_str().expect("an id").to_owned();
    let itself = mill.run(["device", "revoke", &own, "--yes", "--json"]);
    assert_eq!(code(&itself), 5);
    assert!(error(&itself)["hint"].as_str().expect("a hint").contains("another computer"));
    let foreign = weir.json(["status"])["device"].as_str().expect("an id").to_owned();
    assert_eq!(code(&mill.run(["device", "revoke", &foreign, "--yes"])), 5);
    assert_eq!(code(&mill.run(["device", "revoke", "zzzzzzzz", "--yes"])), 4);
    assert_eq!(code(&mill.run(["device", "revoke", "office", "--before", "99", "--yes"])), 2);
    let unasked = mill.run(["device", "revoke", "office", "--no-input"]);
    assert_eq!((code(&unasked), stderr(&unasked).contains("--yes")), (2, true), "{unasked:?}");
    let without_key = office.run(["device", "revoke", &own, "--yes"]);
    assert_eq!(code(&without_key), 5);

    let shown = mill.run(["device", "revoke", "office", "--before", "1", "--yes"]);
    assert_eq!(code(&shown), 0, "{shown:?}");
    let (said, noted) = (stdout(&shown), stderr(&shown));
    assert!(said.contains("What stays: 1 change") && said.contains("What is lost: 1 change"), "{said}");
    assert!(said.contains("Hoax") && !said.contains("Vigil"), "{said}");
    assert!(noted.contains("group recover"), "{noted}");
    for group in [&mill, &weir] {
        let left = group.until(&["action", "list"], |list| list["total"] == 1);
        assert_eq!(left["items"][0]["id"], *kept, "and not {gone}");
    }
    let again = mill.run(["device", "revoke", "office", "--yes", "--json"]);
    assert_eq!(code(&again), 5, "an end is not moved to a later entry");
    let ended = own_devices(&weir);
    assert_eq!(ended.len(), 1);
    let all = weir.json(["device", "list"]);
    let office_row = all["items"].as_array().expect("a list").iter().find(|item| item["label"] == "office");
    assert_eq!(office_row.map(|item| (&item["state"], &item["cut"])), Some((&json!("revoked"), &json!(1))));
    // The lost computer is told when it knocks, also where it missed the news, and can write nothing more.
    drop(office_node);
    let _office_node = office.start();
    let told = office.until(&["status"], |status| !status["troubles"].as_array().is_none_or(Vec::is_empty));
    assert!(told["troubles"][0]["what"].as_str().expect("words").contains("ended this device"), "{told}");
    assert_eq!(code(&office.run(["action", "new", "--title", "More"])), 5);

    let lost = mill.json(["device", "lost"]);
    assert_eq!((&lost["items"][0]["id"], &lost["items"][0]["state"]), (&json!(gone), &json!("missing")), "{lost}");
    assert_eq!(lost["items"][0]["fields"]["title"], "Hoax");
    assert_eq!(mill.json(["device", "lost", "--publish"])["published"], 1);
    assert_eq!(mill.json(["device", "lost", "--publish"])["published"], 0, "the second time nothing is written");
    for group in [&mill, &weir] {
        group.until(&["action", "show", &gone], |shown| shown["title"] == "Hoax" && shown["group_name"] == "Mill");
    }
}

/// The counter under which a group's signature stands, as another group exports it.
fn counter_of(place: &Place, seen_by: &Group, name: &str) -> u64 {
    let file = place.path("sheet.json");
    let _ = std::fs::remove_file(&file);
    seen_by.json(["statement", "export", "--file", file.to_str().expect("a path")]);
    let sheet: Value = serde_json::from_slice(&std::fs::read(file).expect("a sheet")).expect("JSON");
    let rows = sheet["rows"].as_array().expect("rows").clone();
    rows.iter().find(|row| row["name"] == name).and_then(|row| row["counter"].as_u64()).unwrap_or_default()
}

#[test]
fn what_a_group_has_signed_is_said_again_when_a_computer_is_ended_and_undoes_what_that_one_said() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let (mill, _mill_node) = place.member("Mill", &weir);
    assert_eq!(counter_of(&place, &weir, "Mill"), 1);
    let (_office, office_node) = further(&place, &mill, "office", &["--govern"]);
    office_node.signal("TERM");
    office_node.ended();
    // Nobody asks for a signature: the computer that ends the other one gives it.
    mill.json(["device", "revoke", "office", "--yes"]);
    mill.until(&["status"], |_| counter_of(&place, &weir, "Mill") == (1 << 31) + 1);

    let (yard, _yard_node) = further(&place, &mill, "yard", &["--govern"]);
    yard.json(["leave", "--yes"]);
    for group in [&mill, &weir] {
        group.until(&["group", "list", "--member", "true"], |list| list["total"] == 1);
    }
    mill.json(["device", "revoke", "yard", "--yes"]);
    mill.json(["statement", "sign"]);
    for group in [&mill, &weir] {
        group.until(&["group", "list", "--member", "true"], |list| list["total"] == 2);
    }
    assert!(counter_of(&place, &weir, "Mill") > (1 << 31) + 1);
}

#[test]
fn a_home_that_ran_twice_gets_new_keys_and_publishes_again_what_it_lost() {
    let place = Place::new();
    let (weir, weir_node) = place.running_founder();
    let (mill, mill_node) = place.member("Mill", &weir);
    let kept = mill.json(["action", "new", "--title", "Vigil"])["id"].as_str().expect("an id").to_owned();
    weir.until(&["action", "list"], |list| list["total"] == 1);
    drop(mill_node);
    let sound = mill.run(["device", "renew", "--yes", "--json"]);
    assert_eq!((code(&sound), &error(&sound)["code"]), (5, &json!("sound")));
    assert_eq!(code(&mill.run(["device", "renew", "--no-input"])), 2, "it asks first");

    // Two copies write apart, while nobody else is there.
    drop(weir_node);
    let twin = Group { home: place.path("twin") };
    image(&mill.home, &twin.home);
    let mut lost = Vec::new();
    for (copy, title) in [(&mill, "Walk"), (&twin, "Swim")] {
        let _node = copy.start();
        lost.push(copy.json(["action", "new", "--title", title])["id"].as_str().expect("an id").to_owned());
    }
    let _weir_node = weir.start();
    let mill_node = mill.start();
    weir.until(&["action", "list"], |list| list["total"] == 2);
    drop(mill_node);
    let twin_node = twin.start();
    let has_trouble = |status: &Value| status["troubles"].to_string().contains("runs twice");
    twin.until(&["status"], has_trouble);
    drop(twin_node);
    let mill_node = mill.start();
    let told = mill.until(&["status"], has_trouble);
    assert!(told["troubles"].to_string().contains("device renew"), "{told}");
    let refused = mill.run(["action", "new", "--title", "More", "--json"]);
    assert_eq!(code(&refused), 5);
    assert!(error(&refused)["hint"].as_str().expect("a hint").contains("device renew"));
    assert_eq!(code(&mill.run(["device", "renew", "--yes"])), 1, "not while the node runs");
    mill_node.signal("TERM");
    assert_eq!(mill_node.ended().0, Some(0), "what it has learnt of others is on disk then");

    let renewed = mill.json(["device", "renew", "--yes"]);
    assert_eq!(renewed["lost"], 1, "{renewed}");
    let _mill_node = mill.start();
    mill.until(&["status"], |status| status["standing"] == "member" && status["device"] == renewed["device"]);
    let listed = mill.json(["device", "lost"]);
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["state"]), (&json!(lost[0]), &json!("missing")));
    assert_eq!(mill.json(["device", "lost", "--publish"])["published"], 1);
    assert_eq!(mill.json(["device", "lost", "--publish"])["published"], 0);
    let more = mill.json(["action", "new", "--title", "More"])["id"].as_str().expect("an id").to_owned();
    let shown = weir.until(&["action", "list"], |list| list["total"] == 3);
    let mut here: Vec<&str> =
        shown["items"].as_array().expect("a list").iter().filter_map(|it| it["id"].as_str()).collect();
    let mut expected = vec![kept.as_str(), lost[0].as_str(), more.as_str()];
    here.sort_unstable();
    expected.sort_unstable();
    assert_eq!(here, expected);
    let own = own_devices(&mill);
    let states: Vec<(&Value, &Value)> = own.iter().map(|item| (&item["this"], &item["state"])).collect();
    assert_eq!(states, [(&json!(true), &json!("active")), (&json!(false), &json!("revoked"))]);
}
