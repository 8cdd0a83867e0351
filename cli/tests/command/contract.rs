//! The contract for scripts, between real nodes.

use crate::running::Place;
use crate::support::{code, error, grid};
use serde_json::{Value, json};

#[test]
fn two_groups_found_join_sign_broadcast_and_hold_the_same() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let (mill, _mill_node) = place.member("Mill", &weir);
    mill.until(&["status"], |status| status["members"] == 2 && status["standing"] == "member");

    let action =
        ["action", "new", "--title", "Vigil", "--starts", "2030-05-01T10:00:00+02:00", "--place", "Weir", "--wait=60"];
    let made = weir.json(action);
    assert_eq!(made["delivered"], true);
    let id = made["id"].as_str().unwrap();
    let shown = weir.json(["action", "show", id]);
    assert_eq!((&shown["received_by"], &shown["groups"], &shown["waiting_for"]), (&json!(1), &json!(1), &json!([])));
    let listed =
        mill.until(&["action", "list"], |list| list["items"].as_array().is_some_and(|items| !items.is_empty()));
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["title"]), (&json!(id), &json!("Vigil")));
    assert_eq!(mill.json(["action", "show", &id[..12]])["place"], "Weir");

    let refused = mill.run(["action", "edit", id, "--title", "Mine", "--json"]);
    assert_eq!(code(&refused), 5);
    assert_eq!(error(&refused)["code"], "not_yours");
    assert_eq!(mill.json(["action", "show", id])["title"], "Vigil");
    assert_eq!(code(&mill.run(["action", "show", "aaaaaaaaaaaa"])), 4);

    let names = |value: &Value, list: &str| -> Vec<String> {
        value[list].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    let statement = mill.json(["statement", "show"]);
    let mut signers = names(&statement, "signatures");
    signers.sort();
    assert_eq!(signers, ["Mill", "Weir"]);
    assert!(["title", "text", "hash"].iter().all(|key| statement[key].is_string()));
    let groups = mill.json(["group", "list", "--limit", "5000"]);
    let mut listed = names(&groups, "items");
    listed.sort();
    assert_eq!(listed, ["Mill", "Weir"]);
    assert!(groups["items"].as_array().unwrap().iter().all(|group| group["member"] == true));

    let root = weir.json(["status"])["state_root"].clone();
    assert!(root.is_string());
    mill.until(&["status"], |status| status["state_root"] == weir.json(["status"])["state_root"]);
}

#[test]
fn an_exported_statement_verifies_until_a_byte_is_changed() {
    let place = Place::new();
    let (weir, node) = place.running_founder();
    let sheet = place.path("sheet.json");
    weir.json(["statement", "export", "--file", sheet.to_str().unwrap()]);
    drop(node);
    let verify = || grid().args(["statement", "verify", "--json"]).arg(&sheet).output().unwrap();
    assert_eq!(code(&verify()), 0);
    let text = std::fs::read_to_string(&sheet).unwrap();
    for (found, put) in [("We want it", "We sell it"), ("\"Weir\"", "\"Mill\""), ("  ", " ")] {
        assert!(text.contains(found), "{found}");
        std::fs::write(&sheet, text.replacen(found, put, 1)).unwrap();
        let output = verify();
        assert_eq!(code(&output), 5, "{found}");
        assert_eq!(error(&output)["code"], "not_valid", "{found}");
    }
    let mut unsigned = grid_protocol::sheet::StatementSheet::verify(text.as_bytes()).unwrap().sheet;
    unsigned.rows.clear();
    std::fs::write(&sheet, unsigned.to_bytes()).unwrap();
    let output = verify();
    assert_eq!((code(&output), error(&output)["code"].as_str()), (5, Some("not_signed")));
}

#[test]
fn a_group_that_joins_without_signing_is_a_member_once_it_signs() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let mill = place.guest("Mill", &weir.invite(), &[]);
    let _mill_node = mill.start();
    mill.until(&["status"], |status| status["peers"][0]["path"] == "tcp");
    assert_eq!(mill.json(["status"])["standing"], "not_signed");
    assert_eq!(weir.json(["status"])["members"], 1);
    mill.json(["statement", "sign"]);
    mill.until(&["status"], |status| status["standing"] == "member");
    weir.until(&["status"], |status| status["members"] == 2);

    mill.json(["leave", "--yes"]);
    mill.until(&["status"], |status| status["standing"] == "withdrawn");
    weir.until(&["status"], |status| status["members"] == 1);
}

#[test]
fn a_short_invite_brings_the_statement_when_the_nodes_meet() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let short = weir.json(["invite", "create"])["short"].as_str().unwrap().to_owned();
    let signed = grid()
        .arg("--home")
        .arg(place.path("early"))
        .args(["join", &short, "--group", "Mill", "--sign", "--no-input", "--json"])
        .output()
        .unwrap();
    assert_eq!(code(&signed), 5);
    assert_eq!(error(&signed)["code"], "no_statement");
    let mill = place.guest("Mill", &short, &[]);
    let _mill_node = mill.start();
    mill.until(&["status"], |status| {
        status["coalition"]["name"] == "Clean River" && status["standing"] == "not_signed"
    });
    assert_eq!(mill.json(["statement", "show"])["title"], "Clean water");
    mill.json(["statement", "sign"]);
    weir.until(&["status"], |status| status["members"] == 2);
}

#[test]
fn an_invite_for_one_lets_one_group_in_and_a_revoked_one_none() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let invite = weir.invite();
    let mill = place.guest("Mill", &invite, &["--sign"]);
    let _mill_node = mill.start();
    weir.until(&["status"], |status| status["members"] == 2);
    weir.until(&["invite", "list"], |list| list["items"][0]["state"] == "used");
    let late = place.guest("Late", &invite, &["--sign"]);
    let _late_node = late.start();
    let refused = late.until(&["status"], |status| status["standing"] == "refused");
    assert!(refused["standing_why"].is_string(), "{refused}");

    let revoked = weir.json(["invite", "create"]);
    let slot = revoked["slots"][0].to_string();
    weir.json(["invite", "revoke", &slot]);
    let gone = place.guest("Gone", revoked["invite"].as_str().unwrap(), &["--sign"]);
    let _gone_node = gone.start();
    gone.until(&["status"], |status| status["standing"] == "refused");
    assert_eq!(weir.json(["status"])["members"], 2);
}

#[test]
fn an_invite_whose_time_is_over_is_refused_before_a_home_is_made() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let invite = weir.json(["invite", "create", "--expires", "1s"])["invite"].as_str().unwrap().to_owned();
    let refused = (0..).map(|attempt| place.path(&format!("late-{attempt}"))).find_map(|home| {
        let words = ["join", &invite, "--group", "Late", "--no-input", "--json"];
        let output = grid().arg("--home").arg(&home).args(words).output().unwrap();
        (code(&output) != 0).then_some((output, home))
    });
    let (output, home) = refused.unwrap();
    assert_eq!(code(&output), 5);
    assert_eq!(error(&output)["code"], "invite_expired");
    assert!(!home.exists());
}

const TABLE: &str = "Name,Website,City,Latitude,Longitude,Tags,Rating\n\
    Bridge Singers,https://bridge.example/,Ketterby,47.2,2.6,music; river,5\n\
    \"=HYPERLINK(\"\"x\"\")\",,Hollin Cross,,,farming,1\n\
    Lost Anglers,,Nowhere,197.2,2.6,fish,3\n\
    Well Watchers,,Hollin Cross,47.3,2.5,wells,2\n";

#[test]
fn a_spreadsheet_becomes_prospects_and_twice_the_same_changes_nothing() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let file = place.file("groups.csv", TABLE);
    let dry = weir.json(["group", "import", &file, "--dry-run"]);
    assert_eq!(weir.json(["group", "list"])["total"], 1, "{dry}");
    let report = weir.json(["group", "import", &file]);
    assert_eq!((&report["created"], &report["changed"]), (&json!(3), &json!(0)), "{report}");
    assert_eq!(report["bad"][0]["line"], 4);
    assert!(report["mapping"].as_array().unwrap().contains(&json!({"heading": "City", "field": "place"})));
    let again = weir.json(["group", "import", &file]);
    assert_eq!((&again["created"], &again["changed"], &again["unchanged"]), (&json!(0), &json!(0), &json!(3)));

    let wanted = weir.json(["group", "list", "--member", "false", "--text", "well watchers"]);
    let id = wanted["items"][0]["id"].as_str().unwrap();
    assert_eq!(wanted["items"][0]["member"], false);
    weir.json(["prospect", "edit", id, "--place", "Upper Hollin"]);
    weir.json(["group", "import", &file]);
    assert_eq!(weir.json(["prospect", "show", id])["place"], "Upper Hollin");

    // The office corrects a city: the record is the same, also where a person has edited it.
    let corrected = TABLE
        .replace("Well Watchers,,Hollin Cross", "Well Watchers,,Hollin")
        .replace("Bridge Singers,https://bridge.example/,Ketterby", "Bridge Singers,http://bridge.example,Kettersby");
    let file = place.file("corrected.csv", &corrected);
    for changed in [1, 0] {
        let report = weir.json(["group", "import", &file]);
        assert_eq!((&report["created"], &report["changed"]), (&json!(0), &json!(changed)), "{report}");
    }
    assert_eq!(weir.json(["prospect", "show", id])["place"], "Upper Hollin");
    assert_eq!(weir.json(["prospect", "list", "--text", "bridge singers"])["items"][0]["place"], "Kettersby");
    // What could be one of two is named, and not made a third time.
    let twins = place.file("twins.csv", "Name,City\nWell Watchers,Overhill\nWell Watchers,Underhill\nKiln,Weir\n");
    let report = weir.json(["group", "import", &twins]);
    assert_eq!((&report["created"], report["bad"].as_array().unwrap().len()), (&json!(1), 2), "{report}");
    assert!(report["bad"][0]["reason"].as_str().unwrap().contains("Well Watchers"), "{report}");

    let exported = place.path("out.csv");
    weir.json(["prospect", "export", "--file", exported.to_str().unwrap()]);
    let exported = std::fs::read_to_string(exported).unwrap();
    assert!(
        exported.contains("Bridge Singers") && !exported.contains(",=HYPERLINK") && !exported.contains("\n=HYPERLINK")
    );
}
