//! A small coalition of real processes: three nodes, and a new one with much to catch up on.

use crate::api::{ids, until_equal};
use crate::running::{Group, Place};
use serde_json::json;

fn three_nodes_hold_the_same_and_know_who_received_what(listen: &str) {
    let place = Place::new();
    let words = ["--listen", listen, "--http", "127.0.0.1:0"];
    let weir = place.founder();
    let _weir_node = weir.start_with(&words);
    let mill = place.guest("Mill", &weir.invite(), &["--sign"]);
    let _mill_node = mill.start_with(&words);
    let lake = place.guest("Lake", &weir.invite(), &["--sign"]);
    let _lake_node = lake.start_with(&words);
    let all = [&weir, &mill, &lake];
    for group in all {
        group.until(&["status"], |status| status["members"] == 3);
    }
    let made: Vec<(&Group, String)> = all
        .into_iter()
        .map(|group| {
            let made = group.json(["action", "new", "--title", "Vigil"]);
            (group, made["id"].as_str().expect("an id").to_owned())
        })
        .collect();
    for (author, id) in &made {
        let shown = author.until(&["action", "show", id], |shown| shown["received_by"] == 2);
        assert_eq!((&shown["groups"], &shown["waiting_for"]), (&json!(2), &json!([])));
    }
    until_equal(&all);
    for group in all {
        let here = ids(group, "action");
        assert!(made.iter().all(|(_, id)| here.contains(id)), "{here:?}");
    }
}

#[test]
fn three_nodes_hold_the_same_and_know_who_received_what_over_tcp() {
    three_nodes_hold_the_same_and_know_who_received_what("/ip4/127.0.0.1/tcp/0");
}

#[test]
fn three_nodes_hold_the_same_and_know_who_received_what_over_quic() {
    three_nodes_hold_the_same_and_know_who_received_what("/ip4/127.0.0.1/udp/0/quic-v1");
}

#[test]
fn a_thousand_records_reach_a_new_node() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let rows: String = (0..1_000).map(|number| format!("Group {number},Ketterby,river; number {number}\n")).collect();
    let file = place.file("groups.csv", &format!("Name,City,Tags\n{rows}"));
    let report = weir.json(["prospect", "import", &file]);
    assert_eq!(report["created"], 1_000, "{}", report["bad"]);

    let (mill, _mill_node) = place.member("Mill", &weir);
    mill.until(&["prospect", "list", "--limit", "1"], |list| list["total"] == 1_000);
    until_equal(&[&weir, &mill]);
    let here = ids(&mill, "prospect");
    assert_eq!(here.len(), 1_000);
    assert_eq!(here, ids(&weir, "prospect"));
}
