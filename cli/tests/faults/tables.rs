//! The table of an office: in, with its mistakes, and out again, harmless.

use crate::running::Place;
use serde_json::json;

/// Made-up groups of a river valley, under the headings of an office spreadsheet.
const GROUPS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/groups.csv");

#[test]
fn a_table_of_an_office_is_taken_in_with_a_reason_for_each_row_that_is_not() {
    let place = Place::new();
    let weir = place.founder();
    let _node = weir.start();
    let report = weir.json(["group", "import", GROUPS]);
    let lines: Vec<_> = report["bad"].as_array().unwrap().iter().map(|bad| bad["line"].clone()).collect();
    assert_eq!(lines, [json!(5), json!(7)], "{report}");
    assert!(report["bad"].as_array().unwrap().iter().all(|bad| !bad["reason"].as_str().unwrap().is_empty()));
    assert_eq!((&report["created"], &report["changed"]), (&json!(8), &json!(0)), "{report}");
    let mapping = report["mapping"].as_array().unwrap();
    assert!(mapping.contains(&json!({"heading": "City", "field": "place"})), "{report}");

    let found = weir.json(["prospect", "list", "--text", "well watchers"]);
    let id = found["items"][0]["id"].as_str().unwrap();
    weir.json(["prospect", "edit", id, "--place", "Upper Hollin", "--about", "They measure every well."]);
    let again = weir.json(["group", "import", GROUPS]);
    assert_eq!((&again["created"], &again["changed"]), (&json!(0), &json!(0)), "{again}");
    let kept = weir.json(["prospect", "show", id]);
    assert_eq!((&kept["place"], &kept["about"]), (&json!("Upper Hollin"), &json!("They measure every well.")));

    let file = place.path("out.csv");
    weir.json(["prospect", "export", "--file", file.to_str().unwrap()]);
    let out = std::fs::read_to_string(file).unwrap();
    for formula in ["=HYPERLINK", "+1+1", "-2+3", "@SUM"] {
        assert!(out.contains(formula), "{formula} is exported: {out}");
        assert!(
            [",", "\n", "\""].iter().all(|before| !out.contains(&format!("{before}{formula}"))),
            "{formula} would run: {out}"
        );
    }
}

#[test]
fn a_prospect_that_joins_is_one_member_and_no_prospect_any_more() {
    let place = Place::new();
    let weir = place.founder();
    let _weir_node = weir.start();
    weir.json(["group", "import", GROUPS]);
    let wanted = weir.json(["group", "list", "--text", "bridge singers"]);
    assert_eq!((&wanted["total"], &wanted["items"][0]["membership"]), (&json!(1), &json!("prospect")), "{wanted}");
    let prospect = wanted["items"][0]["id"].clone();

    let singers = place.guest("Bridge Singers", &weir.invite(), &["--sign"]);
    let _singers_node = singers.start();
    weir.until(&["status"], |status| status["members"] == 2);
    singers.until(&["prospect", "list"], |list| list["total"] == 8);
    for group in [&weir, &singers] {
        let words = ["group", "list", "--text", "bridge singers"];
        let found = group.until(&words, |list| list["items"][0]["membership"] == "member");
        assert_eq!(found["total"], 1, "{found}");
        assert_eq!(found["items"][0]["was"], json!([prospect]), "{found}");
    }
}
