//! What people read, think of and are asked before anything is signed, met or published.

use crate::running::Place;
use crate::support::{FakeNode, answer, code, error, grid, on, stderr, stdout};
use serde_json::json;

/// A template in which the needed parts are filled in.
fn filled() -> String {
    let template = stdout(&grid().args(["review", "start", "--template"]).output().expect("the program runs"));
    assert!(template.contains("## What could happen\n"), "{template}");
    template.replace("## What could happen\n", "## What could happen\n\nA laptop is taken.\n").replace(
        "## What you do about it, and who does it\n",
        "## What you do about it, and who does it\n\nA passphrase.\n",
    )
}

#[test]
fn a_review_of_threats_is_in_the_home_before_its_node_meets_anybody() {
    let place = Place::new();
    let statement = place.file("statement.md", "# Clean water\n\nWe want it.\n");
    let (empty, review) = (place.file("empty.md", "## What could happen\n"), place.file("review.md", &filled()));
    let home = place.path("weir");
    let init = |more: &[&str]| {
        let words = ["init", "--coalition", "River", "--group", "Weir", "--statement", &statement, "--no-input"];
        on(&home, words.iter().chain(more))
    };
    // What is no review makes no home.
    let refused = init(&["--review", &empty, "--json"]);
    assert_eq!((code(&refused), home.exists()), (2, false), "{refused:?}");
    assert!(error(&refused)["message"].as_str().unwrap().contains("What could happen"), "{refused:?}");
    let made = init(&["--review", &review]);
    assert!(made.status.success() && stderr(&made).contains("review of threats is kept"), "{made:?}");
    let weir = crate::running::Group { home };
    let node = weir.start();
    assert_eq!(weir.json(["status"])["threat_review"], "before_sync");
    let kept = weir.json(["review", "list"])["items"][0].clone();
    assert_eq!((&kept["threats"], &kept["before_sync"]), (&json!("A laptop is taken."), &json!(true)));
    drop(node);
}

#[test]
fn whoever_thinks_of_threats_later_is_reminded_until_it_is_done() {
    let place = Place::new();
    let (weir, node) = place.running_founder();
    assert_eq!(weir.json(["status"])["threat_review"], "not_yet");
    let shown = stdout(&weir.run(["status"]));
    assert!(shown.contains(" review start`"), "{shown}");
    assert_eq!(code(&weir.run(["review", "start", "--no-input"])), 2);
    let review = place.file("review.md", &filled());
    weir.json(["review", "start", "--file", &review]);
    // It has met nobody yet.
    assert_eq!(weir.json(["status"])["threat_review"], "before_sync");
    assert!(!stdout(&weir.run(["status"])).contains("grid review start"));
    drop(node);
}

#[test]
fn an_invite_is_read_before_anything_is_made_or_signed() {
    let place = Place::new();
    let (weir, node) = place.running_founder();
    weir.json(["page", "new", "--title", "What you get", "--purpose", "value", "--text", "Songs, and a van."]);
    let invite = weir.invite();
    assert!(invite.starts_with("grid2"), "{invite:.20}");
    let home = place.path("mill");
    let shown = stdout(&on(&home, ["invite", "show", &invite]));
    for said in ["Weir invites you to Clean River", "We want it.", "What you get", "Songs, and a van.", "not signed"] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    assert!(!home.exists());
    let json = answer(&on(&home, ["invite", "show", &invite, "--json"]));
    assert_eq!(json["pages"][0]["text"], "Songs, and a van.");
    assert!(!json.to_string().contains(&invite[5..40]));
    assert_eq!(code(&on(&home, ["invite", "show", "grid3abc"])), 2);
    drop(node);
    // The invite lets in as every other does.
    place.guest("Mill", &invite, &["--sign", "--review-later"]);
}

#[test]
fn totals_are_shown_before_they_are_published_and_nobody_publishes_them_by_accident() {
    let plan = json!({"schema": 1, "survey": "s".repeat(52), "title": "Trust", "least": 5, "closes": null, "items": [
        {"question": "Us?", "period": "2026-Q4", "state": "ready", "published": 0.0, "new": 5.0, "missing": 0,
            "answers": 5.0, "mean": 4.2, "score": null},
        {"question": "Them?", "period": "2026-Q4", "state": "waiting", "published": 0.0, "new": 3.0, "missing": 2,
            "answers": 0.0, "mean": null, "score": null},
        {"question": "You?", "period": "2026-Q4", "state": "not_asked", "published": 0.0, "new": 6.0, "missing": 0,
            "answers": 0.0, "mean": null, "score": null},
    ]});
    let node = FakeNode::saying(200, plan);
    let shown = stdout(&node.run(["survey", "total", "ssssssss", "--dry-run"]));
    for said in ["can be published", "2 answers missing", "not asked by this survey", "4.2", "5 people or more"] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let refused = node.run(["survey", "total", "ssssssss", "--period", "2026-Q4"]);
    assert_eq!(code(&refused), 2, "{refused:?}");
    assert!(node.asked().iter().all(|asked| asked.method == "GET"));
    assert!(node.run(["survey", "total", "ssssssss", "--period", "2026-Q4", "--yes"]).status.success());
    let last = node.asked().pop().unwrap();
    assert_eq!((last.method.as_str(), &last.json()["period"]), ("POST", &json!("2026-Q4")));
    assert_eq!(last.path, "/api/surveys/ssssssss/totals");
}
