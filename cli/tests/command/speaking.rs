//! What people do without the words of records: say, support, join, offer, report, copy, cancel.

use crate::running::{Group, Place};
use crate::support::{code, stderr};
use serde_json::{Value, json};

/// The only record of a kind.
fn only(group: &Group, kind: &str) -> Value {
    let list = group.json([kind, "list"]);
    assert_eq!(list["total"], 1, "{list}");
    list["items"][0].clone()
}

#[test]
fn what_is_said_is_read_by_another_group_in_its_thread() {
    let place = Place::new();
    let weir = place.founder();
    let _weir_node = weir.start();
    let mill = place.guest("Mill", &weir.invite(), &["--sign"]);
    let _mill_node = mill.start();
    weir.json(["thread", "new", "--title", "Boots"]);
    weir.json(["say", "Bring", "boots", "--in", "boots"]);
    weir.json(["say", "Good morning"]);
    let heard = mill.until(&["ask", "talk"], |talk| talk["sections"][1]["rows"].as_array().map(Vec::len) == Some(2));
    let rows = heard["sections"][1]["rows"].as_array().unwrap();
    let said: Vec<_> = rows.iter().map(|row| (&row["by"], &row["title"], &row["where"])).collect();
    assert!(said.contains(&(&json!("Weir"), &json!("Bring boots"), &json!("Boots"))), "{said:?}");
    assert!(said.contains(&(&json!("Weir"), &json!("Good morning"), &json!("everybody"))), "{said:?}");
    let in_thread = mill.json(["ask", "talk", "--in", "Boots"]);
    assert_eq!(in_thread["sections"][0]["rows"][0]["title"], "Bring boots");
    assert_eq!(code(&mill.run(["say", " "])), 2);
    assert_eq!(code(&mill.run(["say", "Hello", "--in", "Shoes"])), 4);
    let refused = mill.run(["say", "We all stand firm", "--voice", "network"]);
    assert_eq!(code(&refused), 5, "nobody speaks for the network without a mandate");
    assert!(stderr(&refused).contains("mandate"), "{}", stderr(&refused));
}

#[test]
fn a_group_stands_behind_a_thing_once_and_copies_name_their_origin() {
    let place = Place::new();
    let weir = place.founder();
    let _node = weir.start();
    let made = weir.json(["action", "new", "--title", "Vigil", "--ask", "Bring candles", "--tactics", "vigil"]);
    let id = made["id"].as_str().unwrap();
    weir.json(["action", "join", id, "--people", "3"]);
    let again = weir.json(["action", "join", id, "--people", "5"]);
    assert_eq!(again["change"], "edited");
    let support = only(&weir, "support");
    assert_eq!((&support["of"], &support["sort"], &support["people"]), (&json!(id), &json!("join"), &json!(5)));
    assert_eq!(weir.json(["action", "join", id])["change"], "unchanged");
    weir.json(["action", "offer", id, "--what", "a van"]);
    weir.json(["action", "support", id]);
    assert_eq!(weir.json(["support", "list"])["total"], 3, "joining, helping and spreading are three things");

    let report = weir.json(["action", "report", id, "--people", "40"]);
    let report = weir.json(["report", "show", report["id"].as_str().unwrap()]);
    assert_eq!((&report["action"], &report["title"]), (&json!(id), &json!("Vigil")));

    let copy = weir.json(["action", "copy", id, "--title", "Vigil at the mill", "--place", "Mill"]);
    let copy = weir.json(["action", "show", copy["id"].as_str().unwrap()]);
    assert_eq!((&copy["copied_from"], &copy["title"]), (&json!(id), &json!("Vigil at the mill")));
    assert_eq!((&copy["ask"], &copy["tactics"]), (&json!("Bring candles"), &json!(["vigil"])));

    weir.json(["action", "cancel", id]);
    assert_eq!(weir.json(["action", "show", id])["status"], "cancelled");
    assert_eq!(code(&weir.run(["action", "join", "--people", "2"])), 2);
    assert_eq!(code(&weir.run(["action", "cancel", id, "--status", "done"])), 2, "it says one thing");
}
