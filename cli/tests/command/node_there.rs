//! What commands ask a node, and what they make of its answers.

use crate::support::{FakeNode, answer, code, error, grid, refusal, status, stderr, stdout};
use serde_json::{Value, json};
use std::process::Stdio;

fn action(title: &str) -> Value {
    json!({
        "id": "a".repeat(52), "kind": "action", "group": "g".repeat(52), "group_name": "Weir", "mine": true,
        "changed_at": "2026-01-01T00:00:00Z", "created_at": "2026-01-01T00:00:00Z", "damaged": [], "title": title,
        "starts": "2026-11-30T10:00:00+11:00[Australia/Sydney]", "received_by": 1, "groups": 2,
        "waiting_for": [{"group": "h".repeat(52), "name": "Mill"}],
    })
}

#[test]
fn an_answer_is_passed_on_whole_with_its_schema() {
    let node = FakeNode::saying(200, status());
    let answer = answer(&node.run(["status", "--json"]));
    assert_eq!(answer, status());
    assert_eq!(node.asked()[0].path, "/api/status");
}

#[test]
fn a_person_reads_how_things_stand() {
    let mut status = status();
    status["peers"] = json!([{"group": "x", "name": "Mill", "device": "e", "path": "tcp", "address": "a",
        "sync": "in_sync", "last_seen": "2020-05-01T00:00:00Z", "fault": null}]);
    let node = FakeNode::saying(200, status);
    let shown = stdout(&node.run(["status"]));
    assert!(shown.contains("All is well.") && shown.contains("Mill") && shown.contains("in sync"), "{shown}");
    assert!(shown.contains("1 May 2020"), "{shown}");
}

#[test]
fn of_many_groups_some_stand_in_the_status_and_all_where_all_are_asked_for() {
    let peer =
        |number: usize| json!({"group": "x", "name": format!("Mill {number}"), "path": "none", "sync": "offline"});
    let node = FakeNode::new(move |asked| {
        let list = |from: usize, to: usize| (from..to).map(peer).collect::<Vec<_>>();
        match asked.path.split_once("offset=") {
            None => {
                let mut status = status();
                status["peers"] = json!(list(0, 20));
                status["peers_total"] = json!(1_279);
                status["faults"] = json!([{"fault": "double_vouch", "what": "Two vouches.", "hint": "ask them"}]);
                status["faults_total"] = json!(41);
                (200, status)
            }
            Some((_, "0")) => (200, json!({"items": list(0, 1_000), "total": 1_279})),
            Some(_) => (200, json!({"items": list(1_000, 1_279), "total": 1_279})),
        }
    });
    let some = stdout(&node.run(["status"]));
    assert!(some.contains("Mill 19") && some.contains("and 1259 more: `grid status --all`"), "{some}");
    assert!(!some.contains("Mill 20") && some.contains("and 40 more: `grid status --json`"), "{some}");
    let all = stdout(&node.run(["status", "--all"]));
    assert!(all.contains("Mill 1278") && !all.contains("--all"), "{all}");
    let told = answer(&node.run(["status", "--all", "--json"]));
    assert_eq!(told["peers"].as_array().map(Vec::len), Some(1_279));
}

#[test]
fn a_coalition_of_one_is_normal() {
    let node = FakeNode::saying(200, status());
    let shown = stdout(&node.run(["status"]));
    assert!(shown.contains("This is normal") && shown.contains("invite create"), "{shown}");
}

#[test]
fn what_others_wrote_cannot_command_the_terminal() {
    let evil = "Vig\u{1b}[2Jil\u{202e}\u{9b}31m\nfake";
    let list = json!({"schema": 1, "items": [action(evil)], "total": 1});
    let node =
        FakeNode::new(move |asked| if asked.path.contains("?") { (200, list.clone()) } else { (200, action(evil)) });
    for words in [&["action", "list"][..], &["action", "show", "aaaaaaaa"]] {
        let shown = stdout(&node.run(words));
        assert!(!shown.chars().any(|letter| letter != '\n' && letter.is_control()), "{shown:?}");
        assert!(!shown.contains('\u{202e}') && !shown.lines().any(|line| line == "fake"), "{shown:?}");
    }
    let output = node.run(["action", "show", "aaaaaaaa", "--json"]);
    assert!(!stdout(&output).contains(['\u{9b}', '\u{202e}', '\u{1b}']));
    assert_eq!(answer(&output)["title"], evil);
}

#[test]
fn refusals_of_the_node_have_their_exit_codes() {
    let cases =
        [(403, "not_yours", 5), (403, "refused", 5), (404, "not_found", 4), (400, "invalid", 2), (507, "disk_full", 1)];
    for (number, word, exit) in cases {
        let node = FakeNode::saying(number, refusal(word, "no"));
        let output = node.run(["action", "edit", "aaaaaaaa", "--title", "Mine now", "--json"]);
        assert_eq!(code(&output), exit, "{word}");
        assert_eq!(error(&output), json!({"code": word, "message": "no", "hint": "try something else"}));
        assert!(output.stdout.is_empty(), "{word}");
    }
    let node = FakeNode::saying(403, refusal("not_yours", "no"));
    let output = node.run(["action", "edit", "aaaaaaaa", "--title", "Mine now"]);
    assert_eq!(stderr(&output), "Error: no\nHint: try something else\n");
}

#[test]
fn new_and_edit_send_the_fields_in_their_json_form() {
    let node = FakeNode::saying(201, json!({"schema": 1, "id": "a".repeat(52), "heads": [], "change": "created"}));
    let output = node.run([
        "action",
        "new",
        "--title",
        "Vigil",
        "--starts",
        "2026-11-30T10:00:00+11:00",
        "--coordinates",
        "-28.81,153.28",
        "--tactics",
        "vigil",
        "--tactics",
        "letter",
        "--json",
    ]);
    let made = answer(&output);
    assert_eq!(made["id"], "a".repeat(52));
    assert_eq!(made["delivered"], false);
    let asked = &node.asked()[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/api/records/action"));
    let fields = json!({
        "title": "Vigil", "starts": "2026-11-30T10:00:00+11:00", "tactics": ["letter", "vigil"],
        "coordinates": {"latitude": -28.81, "longitude": 153.28},
    });
    assert_eq!(asked.json()["fields"], fields);

    node.run(["action", "edit", "AAAAAAAA", "--place", "Weir", "--clear", "starts"]);
    // The last look is for whether anybody receives it.
    let asked = node.asked().into_iter().rfind(|asked| asked.method != "GET").unwrap();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("PATCH", "/api/records/action/aaaaaaaa"));
    assert_eq!(asked.json()["fields"], json!({"place": "Weir", "starts": null}));
}

#[test]
fn an_edit_that_names_no_field_and_a_record_without_title_are_refused() {
    let node = FakeNode::saying(200, json!({}));
    for words in [&["action", "edit", "aaaaaaaa"][..], &["action", "new", "--place", "Weir"], &["action", "show", ".."]]
    {
        assert_eq!(code(&node.run(words)), 2, "{words:?}");
    }
    assert!(node.asked().is_empty());
}

#[test]
fn the_record_that_a_group_has_once_needs_no_id() {
    let node = FakeNode::new(|asked| {
        if asked.path == "/api/status" {
            return (200, status());
        }
        let own = json!({"id": "g".repeat(52), "name": "Weir", "group_name": "Weir", "mine": true, "member": true});
        if asked.path.contains('?') { (200, json!({"items": [own], "total": 1})) } else { (200, own) }
    });
    let output = node.run(["group", "edit", "--place", "Ketterby"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(node.asked()[0].method, "POST");
    assert_eq!(node.asked()[0].json()["fields"], json!({"place": "Ketterby"}));
    let shown = stdout(&node.run(["group", "show"]));
    assert!(shown.starts_with("Weir\n"), "{shown}");
}

#[test]
fn filters_and_pages_become_a_query() {
    let node = FakeNode::saying(200, json!({"schema": 1, "items": [], "total": 0}));
    let output = node.run(["action", "list", "--limit", "5", "--text", "Río & co", "--place", "Old Weir", "--json"]);
    assert_eq!(answer(&output)["items"], json!([]));
    let path = node.asked()[0].path.clone();
    assert_eq!(path, "/api/records/action?limit=5&offset=0&text=R%C3%ADo%20%26%20co&place=Old%20Weir");
}

#[test]
fn a_wait_that_runs_out_ends_with_75_and_the_record_is_saved() {
    let node = FakeNode::new(|asked| {
        let mut record = action("Vigil");
        record["received_by"] = json!(0);
        if asked.method == "POST" { (201, json!({"id": "a".repeat(52), "change": "created"})) } else { (200, record) }
    });
    let output = node.run(["action", "new", "--title", "Vigil", "--wait=0", "--json"]);
    assert_eq!(code(&output), 75);
    assert_eq!(error(&output)["code"], "wait_ran_out");
    let made: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&made["id"], &made["delivered"]), (&json!("a".repeat(52)), &json!(false)));
}

#[test]
fn a_wait_ends_when_another_group_has_it() {
    let node = FakeNode::new(|asked| {
        if asked.method == "POST" {
            (201, json!({"id": "a".repeat(52), "change": "created"}))
        } else {
            (200, action("Vigil"))
        }
    });
    let made = answer(&node.run(["action", "new", "--title", "Vigil", "--wait", "--json"]));
    assert_eq!(made["delivered"], true);
}

#[test]
fn an_invite_goes_to_its_file_for_its_owner_alone_and_fits_a_code() {
    use std::os::unix::fs::PermissionsExt as _;
    let invite = json!({"schema": 1, "invite": "grid1abc", "short": "grid1abc", "expires": "2030-01-01T00:00:00Z", "slots": [3]});
    let node = FakeNode::saying(200, invite);
    let file = node.home().join("invite.txt");
    let output =
        node.run(["invite", "create", "--expires", "2d", "--count", "3", "--qr", "--file", file.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    assert!(stdout(&output).contains('█'), "{output:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "grid1abc\n");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(node.asked()[0].json(), json!({"count": 3, "expires_s": 172_800}));
    let printed = node.run(["invite", "create"]);
    assert_eq!(stdout(&printed), "grid1abc\n");
}

#[test]
fn leaving_is_asked_for_twice() {
    let node = FakeNode::saying(200, json!({}));
    let output = node.run(["leave", "--json"]);
    assert_eq!(code(&output), 2);
    assert!(node.asked().is_empty());
    assert!(node.run(["leave", "--yes"]).status.success());
    assert_eq!(node.asked()[0].method, "DELETE");
}

#[test]
fn an_import_shows_its_mapping_and_every_bad_row() {
    let report = json!({
        "schema": 1, "kind": "prospect", "mapping": [{"heading": "City", "field": "place"}], "ignored": ["Rating"],
        "created": 2, "changed": 0, "unchanged": 1, "bad": [{"line": 4, "reason": "the name is missing"}],
    });
    let node = FakeNode::saying(200, report.clone());
    let file = node.home().join("groups.csv");
    std::fs::write(&file, "Name,City\n").unwrap();
    let file = file.to_str().unwrap();
    let output = node.run(["group", "import", file, "--dry-run"]);
    let shown = stdout(&output);
    assert!(shown.contains("City") && shown.contains("place") && shown.contains("Rating"), "{shown}");
    assert!(shown.contains("4") && shown.contains("the name is missing") && shown.contains("2 new"), "{shown}");
    assert_eq!(code(&output), 0);
    assert_eq!(node.asked()[0].path, "/api/records/group/import?dry_run=true&filename=groups.csv&zone=UTC");
    assert_eq!(node.asked()[0].body, b"Name,City\n");

    let mut all_bad = report;
    all_bad["created"] = json!(0);
    all_bad["unchanged"] = json!(0);
    let node = FakeNode::saying(200, all_bad);
    let output = node.run(["group", "import", file, "--json"]);
    assert_eq!(code(&output), 1);
    assert_eq!(error(&output)["code"], "nothing_imported");
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_error() {
    let text = "x".repeat(1_000_000);
    let node = FakeNode::saying(200, json!(text));
    let mut child = grid()
        .arg("--home")
        .arg(node.home())
        .args(["action", "export"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(stderr(&output).is_empty(), "{output:?}");
    assert_eq!(code(&output), 0);
}

#[test]
fn an_answer_that_finds_no_room_is_an_error() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let node = FakeNode::saying(200, status());
    let output = grid().arg("--home").arg(node.home()).args(["status", "--json"]).stdout(full).output().unwrap();
    assert_eq!(code(&output), 1);
    assert!(error(&output)["message"].as_str().unwrap().contains("print"));
}

#[test]
fn a_node_that_answers_nonsense_is_named_as_the_cause() {
    let node = FakeNode::saying(200, json!("<html>"));
    let output = node.run(["status", "--json"]);
    assert_eq!(code(&output), 1);
    assert!(error(&output)["message"].as_str().unwrap().contains("not readable"));
}

#[test]
fn an_invite_never_takes_the_place_of_a_file_and_is_not_made_in_vain() {
    let node = FakeNode::saying(200, json!({"schema": 1, "invite": "grid1abc", "short": "GRID1", "expires": "x"}));
    let file = node.home().join("invite.txt");
    std::fs::write(&file, "my notes").unwrap();
    let output = node.run(["invite", "create", "--json", "--file", file.to_str().unwrap()]);
    assert_eq!((code(&output), error(&output)["code"].as_str()), (2, Some("file_exists")));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "my notes");
    assert!(node.asked().is_empty(), "no invite lies about that nobody has seen");

    let refusing = FakeNode::saying(403, refusal("refused", "no"));
    let file = refusing.home().join("new.txt");
    assert_eq!(code(&refusing.run(["invite", "create", "--file", file.to_str().unwrap()])), 5);
    assert!(!file.exists(), "nothing empty stays behind");
}

#[test]
fn a_wait_takes_its_seconds_with_and_without_a_sign() {
    for wait in [&["--wait", "1"][..], &["--wait=1"]] {
        let node = FakeNode::new(|asked| match asked.method.as_str() {
            "POST" => (201, json!({"schema": 1, "id": "a".repeat(52), "heads": [], "change": "created"})),
            _ => (200, action("Vigil")),
        });
        let output = node.run(["action", "new", "--title", "Vigil"].iter().chain(wait));
        assert_eq!(code(&output), 0, "{wait:?}: {output:?}");
    }
}

#[test]
fn a_damaged_store_does_not_make_a_member_believe_that_it_never_signed() {
    let mut status = status();
    status["coalition"]["name"] = Value::Null;
    status["standing"] = json!("waiting");
    status["troubles"] = json!([{"what": "the store was damaged", "hint": "wait"}]);
    let shown = stdout(&FakeNode::saying(200, status).run(["status"]));
    assert!(shown.contains("not known until the founding records") && !shown.contains("not signed"), "{shown}");
}

#[test]
fn a_schema_is_an_answer_of_its_own_for_programs() {
    let node = FakeNode::saying(200, json!({"type": "object"}));
    let shown = answer(&node.run(["action", "schema", "--json"]));
    assert_eq!((&shown["kind"], &shown["json_schema"]["type"]), (&json!("action"), &json!("object")));
    assert_eq!(stdout(&node.run(["action", "schema"])), "{\n  \"type\": \"object\"\n}\n");
}

#[test]
fn the_first_line_of_a_status_is_true_for_guests_and_with_a_peer_that_is_at_fault() {
    let shown = |standing: &str, members: u64, peers: Value| {
        let mut status = status();
        status["standing"] = json!(standing);
        status["members"] = json!(members);
        status["peers"] = peers;
        stdout(&FakeNode::saying(200, status).run(["status"]))
    };
    let peer = |fault: Value, sync: &str| {
        json!([{"group": null, "name": null, "device": null, "path": "tcp", "address": "a", "sync": sync,
            "last_seen": null, "fault": fault, "hint": "use its invite"}])
    };
    let fault = shown("member", 1, peer(json!("the other node belongs to another coalition"), "fault"));
    assert!(!fault.contains("All is well") && fault.contains("another coalition: use its invite"), "{fault}");

    let guest = shown("not_signed", 0, peer(Value::Null, "waiting"));
    assert!(guest.contains("sign: `grid --home") && !guest.contains("nothing:"), "{guest}");
    assert!(!guest.lines().any(|line| line.starts_with("Members") && line.ends_with(" 0")), "{guest}");
    for standing in ["waiting", "not_signed", "refused", "withdrawn"] {
        let alone = shown(standing, 0, json!([]));
        assert!(!alone.contains("invite create") && alone.contains("Next:"), "{standing}: {alone}");
        assert!(!alone.contains("All is well"), "{standing}: {alone}");
    }
}

#[test]
fn whoever_fills_the_disk_stands_in_the_status_and_is_no_trouble() {
    let mut status = status();
    let quiet = stdout(&FakeNode::saying(200, status.clone()).run(["status"]));
    assert!(!quiet.contains("disk"), "{quiet}");
    status["space"] = json!({"note": {"what": "most of what came in is of Mill", "hint": "Talk to them."}});
    let shown = stdout(&FakeNode::saying(200, status).run(["status"]));
    let parts = ["All is well.", "about your disk", "is of Mill", "Hint: Talk to them."];
    assert!(parts.iter().all(|part| shown.contains(part)), "{shown}");
}

#[test]
fn the_status_says_what_cannot_be_read_here_and_who_broke_which_rule_and_what_to_do() {
    let page = |change: fn(&mut Value)| {
        let mut status = status();
        change(&mut status);
        stdout(&FakeNode::saying(200, status).run(["status"])).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert!(!page(|_| {}).contains("Rules that"), "a coalition without faults");
    let shown = page(|status| {
        status["unreadable"] = json!([{"record": "r".repeat(52), "kind": "action", "why": "it panicked"}]);
    });
    let parts = ["Something needs you", "action rrrr", "it panicked", "report it", "nothing is lost"];
    assert!(parts.iter().all(|part| shown.contains(part)) && !shown.contains("All is well"), "{shown}");
    let shown = page(|status| {
        let fault = |name: &str, what: &str| json!({"fault": name, "own": false, "what": what, "hint": "ask them", "group": null, "device": null});
        status["faults"] = json!([
            fault("double_vouch", "Two vouches."),
            fault("forked", "Two histories."),
            fault("other_text", "One text."),
            fault("too_many_devices", "Many."),
            fault("double_proposal", "Five."),
        ]);
        status["faulty_devices"] = json!([{"device": "d".repeat(52), "group": null, "name": "Mill", "changes": 2,
            "rule": "only the owner writes", "record": "r".repeat(52)}]);
    });
    let parts =
        ["somebody broke a rule", "Two vouches. Hint: ask them", "One text.", "Many.", "and 1 more", "of Mill (dddd"];
    assert!(parts.iter().all(|part| shown.contains(part)), "{shown}");
    assert!(shown.contains("2 changes of it count for nothing") && shown.contains("only the owner writes"), "{shown}");
    assert!(!shown.contains("Two histories."), "its peer says that: {shown}");
}

#[test]
fn a_record_that_cannot_be_read_here_says_so_and_that_nothing_is_lost() {
    let mut record = action("");
    record["unreadable"] = json!("this computer cannot read the document (apply): panic: made up");
    let output = FakeNode::saying(200, record).run(["action", "show", "aaaaaaaa"]);
    let shown = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    let parts = ["can't be read on this computer", "panic: made up", "report it", "Nothing is lost"];
    assert!(parts.iter().all(|part| shown.contains(part)), "{shown}");
}
