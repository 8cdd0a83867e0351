//! Mandates between real nodes: claimed, endorsed, taken back, given back.

use crate::governing::Three;
use crate::support::{code, error, stdout};
use serde_json::{Value, json};

#[test]
fn a_mandate_holds_while_enough_electors_endorse_it_and_until_it_is_given_back() {
    let three = Three::members();
    let words = ["mandate", "claim", "--role", "steward", "--scope", "The lower river", "--until", "2099-01-01"];
    let id = three.mill.json(words)["id"].as_str().expect("an id").to_owned();
    let state = |shown: &Value| shown["state"].as_str().expect("a word").to_owned();
    assert_eq!(state(&three.mill.json(["mandate", "show", &id])), "waiting");
    let found = |list: &Value| list["items"].as_array().is_some_and(|items| items.iter().any(|it| it["id"] == *id));
    three.weir.until(&["mandate", "list"], found);
    let shown = stdout(&three.weir.run(["mandate", "list"]));
    assert!(shown.contains("The lower river") && shown.contains("0 of 1"), "{shown}");

    for group in [&three.mill, &three.lake] {
        group.until(&["mandate", "list"], found);
        let output = group.run(["mandate", "endorse", &id, "--json"]);
        assert_eq!(code(&output), 5, "only electors endorse: {output:?}");
        assert!(error(&output)["hint"].as_str().expect("a hint").contains("Weir"), "{output:?}");
    }
    let endorsed = three.weir.json(["mandate", "endorse", &id[..8]]);
    assert_eq!((state(&endorsed), &endorsed["endorsers"][0]["name"]), ("valid".to_owned(), &json!("Weir")));
    assert_eq!(code(&three.weir.run(["mandate", "endorse", &id])), 5, "once is enough");
    three.lake.until(&["mandate", "show", &id], |shown| shown["state"] == "valid");
    assert_eq!(code(&three.lake.run(["mandate", "withdraw", &id])), 5, "it has nothing to take back");

    three.weir.json(["mandate", "withdraw", &id]);
    three.lake.until(&["mandate", "show", &id], |shown| shown["state"] == "waiting" && shown["held"] != json!([]));
    three.weir.json(["mandate", "endorse", &id]);
    three.mill.until(&["mandate", "show", &id], |shown| shown["state"] == "valid");
    let given = three.mill.json(["mandate", "withdraw", &id])["id"].as_str().expect("an id").to_owned();
    assert_ne!(given, id);
    three.lake.until(&["mandate", "show", &given], |shown| shown["state"] == "over");
    assert_eq!(code(&three.lake.run(["mandate", "show", &id])), 4, "the claim before went with its endorsements");
    assert_eq!(code(&three.weir.run(["mandate", "endorse", &given])), 5);
}

#[test]
fn a_claim_that_makes_no_sense_is_refused_before_it_is_signed() {
    let three = Three::members();
    let claim = |more: &[&str]| three.weir.run(["mandate", "claim", "--json"].iter().chain(more));
    for more in [
        &["--scope", "The river", "--until", "2099-01-01"][..],
        &["--scope", "speaker", "--until", "2001-01-01"],
        &["--scope", "speaker", "--from", "2098-01-01", "--until", "2097-01-01"],
        &["--scope", "speaker", "--until", "soon"],
        &["--scope", " ", "--role", "speaker", "--until", "2099-01-01"],
    ] {
        let output = claim(more);
        assert_eq!(code(&output), 2, "{more:?}: {output:?}");
        assert!(error(&output)["hint"].is_string(), "{more:?}: {output:?}");
    }
    assert_eq!(three.weir.json(["mandate", "list"])["items"], json!([]));
    for _ in 0..16 {
        assert_eq!(code(&claim(&["--scope", "speaker", "--until", "2099-01-01"])), 0);
    }
    let one_more = claim(&["--scope", "speaker", "--until", "2099-01-01"]);
    assert_eq!(code(&one_more), 5, "{one_more:?}");
    let upcoming = three.weir.json(["mandate", "list"])["items"][0]["id"].as_str().expect("an id").to_owned();
    three.weir.json(["mandate", "withdraw", &upcoming]);
    assert_eq!(code(&claim(&["--scope", "backbone", "--from", "2098-01-01", "--until", "2099-01-01"])), 0);
}
