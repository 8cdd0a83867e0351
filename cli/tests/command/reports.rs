//! What came of things, as the command line writes it down.

use crate::running::Place;
use crate::support::{code, error};
use serde_json::json;

#[test]
fn each_time_of_what_comes_back_has_a_report_of_its_own_and_a_second_word_corrects_it() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    for (kind, title) in [("action", "Vigil"), ("event", "Call")] {
        let made = weir.json([
            kind,
            "new",
            "--title",
            title,
            "--starts",
            "2026-01-05T18:00:00+11:00",
            "--repeats",
            "FREQ=WEEKLY",
        ]);
        let id = made["id"].as_str().expect("an id");
        let report = |day: &str, people: &str| weir.json([kind, "report", id, "--on", day, "--people", people]);
        report("2026-01-05", "40");
        let second = report("2026-01-12", "25");
        assert_eq!(report("2026-01-12", "20")["id"], second["id"]);
        let reports = weir.json(["report", "list", "--action", id])["items"].clone();
        let mut people: Vec<_> = reports.as_array().expect("items").iter().map(|item| item["people"].clone()).collect();
        people.sort_by_key(serde_json::Value::as_u64);
        assert_eq!(people, [json!(20), json!(40)], "{reports}");
        let unsaid = weir.run([kind, "report", id, "--people", "9", "--json"]);
        assert_eq!(code(&unsaid), 2);
        assert!(error(&unsaid)["hint"].as_str().expect("a hint").contains("--on"), "{}", error(&unsaid));
    }
    let once = weir.json(["action", "new", "--title", "March", "--starts", "2026-01-05T18:00:00+11:00"]);
    let id = once["id"].as_str().expect("an id");
    let report = |day: &str| weir.json(["action", "report", id, "--on", day])["id"].clone();
    assert_eq!(report("2026-01-05"), report("2026-01-06"), "what takes place once has one report");
}
