//! Versions of the statement between real nodes: proposed, voted on, adopted, signed, split; removal.

use crate::running::{Group, Node, Place};
use crate::support::{answer, code, error, grid, stdout};
use serde_json::{Value, json};

/// Three groups with their nodes, all of them electors, and what the statement says by then.
pub(crate) struct Three {
    pub(crate) weir: Group,
    pub(crate) mill: Group,
    pub(crate) lake: Group,
    pub(crate) nodes: [Option<Node>; 3],
    pub(crate) place: Place,
}

impl Three {
    /// The founder and two members: it alone is an elector.
    pub(crate) fn members() -> Self {
        let place = Place::new();
        let (weir, weir_node) = place.running_founder();
        let (mill, mill_node) = place.member("Mill", &weir);
        let (lake, lake_node) = place.member("Lake", &weir);
        let nodes = [weir_node, mill_node, lake_node].map(Some);
        let three = Self { weir, mill, lake, nodes, place };
        for group in three.all() {
            group.until(&["status"], |status| status["members"] == 3 && status["standing"] == "member");
        }
        three
    }

    /// The same with a second version, in which all three are electors.
    fn electors() -> Self {
        let three = Self::members();
        let version = three.propose(&three.weir, &["--add-elector", "Mill", "--add-elector", "lake"]);
        assert_eq!(three.vote(&three.weir, &version)["state"], "adopted", "of one elector one vote is enough");
        three.until_adopted(&version);
        three
    }

    fn all(&self) -> [&Group; 3] {
        [&self.weir, &self.mill, &self.lake]
    }

    fn propose(&self, by: &Group, more: &[&str]) -> String {
        let made = by.json(["statement", "propose"].iter().chain(more));
        made["version"].as_str().expect("an id").to_owned()
    }

    fn vote(&self, by: &Group, version: &str) -> Value {
        by.until(&["statement", "versions"], |list| row(list, version).is_some());
        by.json(["statement", "vote", version])
    }

    fn until_adopted(&self, version: &str) {
        for group in self.all() {
            until_state(group, version, "adopted");
        }
    }
}

fn row<'a>(list: &'a Value, version: &str) -> Option<&'a Value> {
    list["items"].as_array().expect("a list").iter().find(|item| item["version"] == version)
}

fn until_state(group: &Group, version: &str, state: &str) -> Value {
    let found = |list: &Value| row(list, version).is_some_and(|item| item["state"] == state);
    let list = group.until(&["statement", "versions"], found);
    row(&list, version).expect("just found").clone()
}

fn needs(status: &Value) -> Vec<(&str, &str)> {
    let needs = status["needs"].as_array().expect("a list").iter();
    needs.map(|need| (need["kind"].as_str().expect("a word"), need["version"].as_str().expect("an id"))).collect()
}

fn names(groups: &Value) -> Vec<&str> {
    let mut names: Vec<&str> =
        groups.as_array().expect("a list").iter().map(|group| group["name"].as_str().expect("a name")).collect();
    names.sort_unstable();
    names
}

fn refused(group: &Group, words: &[&str]) -> Value {
    let output = group.run(words.iter().chain(&["--json"]));
    assert_eq!(code(&output), 5, "{words:?}: {output:?}");
    let error = error(&output);
    assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{words:?}: {error}");
    error
}

#[test]
fn a_version_is_proposed_voted_on_by_two_of_three_adopted_signed_and_newcomers_join_under_it() {
    let three = Three::members();
    let text = three.place.file("next.md", "# Clean water for all\n\nWe want it, and we measure it.\n");
    let propose = ["statement", "propose", "--text-file", &text];
    let told = refused(&three.mill, &propose);
    assert!(told["message"].as_str().expect("words").contains("only an elector"), "{told}");
    assert!(told["hint"].as_str().expect("words").contains("Weir"), "who may is named: {told}");
    let nothing = three.weir.run(["statement", "propose", "--json"]);
    assert_eq!((code(&nothing), error(&nothing)["code"].as_str()), (2, Some("invalid")));

    let electors = three.propose(&three.weir, &["--add-elector", "Mill", "--add-elector", "Lake"]);
    three.vote(&three.weir, &electors);
    three.until_adopted(&electors);
    // The text is a new one to sign, though nothing else has changed; being a member does not hang on it.
    let status = three.mill.until(&["status"], |status| !needs(status).is_empty());
    assert_eq!((needs(&status), &status["standing"]), (vec![("sign", &*electors)], &json!("member")));
    three.mill.json(["statement", "sign"]);
    assert_eq!(needs(&three.mill.json(["status"])), []);
    refused(&three.mill, &["statement", "sign"]);

    let next = three.propose(&three.mill, &["--text-file", &text]);
    let waits = three.weir.until(&["status"], |status| needs(status).contains(&("vote", &next)));
    assert!(waits["needs"][1]["what"].as_str().expect("words").contains("0 of 2 votes"), "{waits}");
    let shown = stdout(&three.weir.run(["status"]));
    assert!(shown.starts_with("Something needs you:") && shown.contains("grid statement vote"), "{shown}");
    assert_eq!(three.vote(&three.mill, &next)["state"], "proposed");
    refused(&three.mill, &["statement", "vote", &next]);
    refused(&three.mill, &["statement", "sign", &next]);
    until_votes(&three.weir, &next, 1);
    assert_eq!(three.vote(&three.weir, &next)["state"], "adopted");
    three.until_adopted(&next);
    assert!(needs(&three.weir.json(["status"])).iter().all(|(kind, _)| *kind != "vote"));
    refused(&three.lake, &["statement", "vote", &next]);
    let statement = three.lake.json(["statement", "show"]);
    assert_eq!((&statement["title"], &statement["version"]), (&json!("Clean water for all"), &json!(next)));
    assert_eq!(statement["signatures"], json!([]), "nobody has signed it yet");
    for group in three.all() {
        group.json(["statement", "sign"]);
        group.until(&["statement", "show", &next], |shown| {
            names(&shown["signed_by"]).len() == 3 || !three.is_last(group)
        });
    }

    // Newcomers: one with the whole invite, one with the short form.
    let hut = three.place.guest("Hut", &three.weir.invite(), &["--sign"]);
    let _hut_node = hut.start();
    hut.until(&["status"], |status| status["standing"] == "member" && status["members"] == 4);
    assert_eq!(hut.json(["statement", "show"])["title"], "Clean water for all");
    let short = three.mill.json(["invite", "create"])["short"].as_str().expect("an invite").to_owned();
    let pier = three.place.guest("Pier", &short, &[]);
    let _pier_node = pier.start();
    pier.until(&["status"], |status| status["standing"] == "not_signed" && status["coalition"]["name"].is_string());
    assert_eq!(pier.json(["statement", "show"])["version"], next);
    pier.json(["statement", "sign"]);
    pier.until(&["status"], |status| status["standing"] == "member");
    three.weir.until(&["status"], |status| status["members"] == 5);
    let signed = three.weir.until(&["statement", "show", &next], |shown| names(&shown["signed_by"]).len() == 5);
    assert_eq!(names(&signed["signed_by"]), ["Hut", "Lake", "Mill", "Pier", "Weir"]);
    let invites = three.weir.json(["invite", "list"]);
    let versions: Vec<&Value> = invites["items"].as_array().expect("a list").iter().map(|it| &it["version"]).collect();
    assert!(versions.len() == 3 && *versions[0] == json!(next), "each version has slots of its own: {invites}");

    // The sheet of each version verifies without a node; that of version 0 as it always did.
    let history = three.lake.json(["statement", "history"]);
    let way: Vec<&Value> = history["items"].as_array().expect("a list").iter().map(|item| &item["version"]).collect();
    assert_eq!((way.len(), way[1], way[2]), (3, &json!(electors), &json!(next)));
    for (version, schema, signers) in [(None, 2, 5), (way[0].as_str(), 1, 3)] {
        let sheet = three.place.path("sheet.json").to_str().expect("a path").to_owned();
        three.weir.json(["statement", "export", "--file", &sheet].into_iter().chain(version));
        let checked = answer(&grid().args(["statement", "verify", "--json", &sheet]).output().expect("it runs"));
        assert_eq!(checked["valid"].as_array().map(Vec::len), Some(signers), "{checked}");
        let file: Value = serde_json::from_slice(&std::fs::read(&sheet).expect("a file")).expect("JSON");
        assert_eq!(file["schema"], schema);
    }
}

impl Three {
    fn is_last(&self, group: &Group) -> bool {
        group.home == self.lake.home
    }
}

fn until_votes(group: &Group, version: &str, votes: usize) {
    let found =
        |list: &Value| row(list, version).is_some_and(|item| item["votes"].as_array().map(Vec::len) == Some(votes));
    group.until(&["statement", "versions"], found);
}

#[test]
fn two_versions_adopted_on_one_base_are_shown_as_a_split_until_each_group_has_signed_one() {
    let three = Three::electors();
    let north = three.propose(&three.weir, &["--title", "North"]);
    let south = three.propose(&three.mill, &["--title", "South"]);
    three.vote(&three.weir, &north);
    three.vote(&three.lake, &north);
    three.until_adopted(&north);
    three.lake.until(&["statement", "versions"], |list| row(list, &south).is_some());
    assert_eq!(until_state(&three.lake, &south, "overtaken")["split"], Value::Null);
    let told = refused(&three.lake, &["statement", "vote", &south]);
    assert!(told["message"].as_str().expect("words").contains("split"), "{told}");
    let voted = [&three.mill, &three.lake].map(|group| group.json(["statement", "vote", &south, "--although-voted"]));
    let split = voted[1]["split"].as_str().expect("the vote that splits says so");
    assert!(voted[0]["split"].is_null() && split.contains(&north[..10]), "{voted:?}");
    three.until_adopted(&south);
    for group in three.all() {
        let status = group.until(&["status"], |status| needs(status).iter().any(|(kind, _)| *kind == "split"));
        assert_eq!(status["standing"], "member", "nobody is moved by a split");
        let told = refused(group, &["statement", "sign"]);
        let hint = told["hint"].as_str().expect("words");
        assert!(hint.contains(&north[..10]) && hint.contains(&south[..10]), "both branches are named: {told}");
        refused(group, &["statement", "propose", "--title", "East"]);
    }
    let shown = stdout(&three.weir.run(["statement", "versions"]));
    let told: Vec<&str> = shown.lines().filter(|line| line.starts_with("Split: ")).collect();
    assert!(told.len() == 1 && told[0].contains("Lake voted for both"), "{shown}");

    three.weir.json(["statement", "sign", &north]);
    three.mill.json(["statement", "sign", &south[..10]]);
    three.lake.json(["statement", "sign", &north]);
    for group in three.all() {
        group.until(&["statement", "versions"], |list| {
            let followed = |version| row(list, version).map(|item| names(&item["followed_by"]));
            followed(&north) == Some(vec!["Lake", "Weir"]) && followed(&south) == Some(vec!["Mill"])
        });
        assert!(needs(&group.json(["status"])).iter().all(|(kind, _)| *kind != "split"));
    }
    let title = |group: &Group| group.json(["statement", "show"])["title"].clone();
    assert_eq!(three.all().map(title), ["North", "South", "North"].map(Value::from));
    // Who signs the other branch later follows that one.
    three.lake.json(["statement", "sign", &south]);
    assert_eq!(title(&three.lake), "South");
    // Both sides go on serving each other.
    let made = three.mill.json(["action", "new", "--title", "Vigil", "--wait=60"]);
    assert_eq!(made["delivered"], true);
}

#[test]
fn a_removed_group_is_told_and_what_it_writes_later_counts_for_nobody() {
    let three = Three::members();
    let made = three.weir.json(["page", "new", "--title", "Minutes", "--text", "One."]);
    let page = made["id"].as_str().expect("an id").to_owned();
    let arrives = |group: &Group, text: &str| {
        group.until(&["page", "list"], |list| {
            list["items"].as_array().is_some_and(|it| it.iter().any(|it| it["text"] == text))
        })
    };
    arrives(&three.lake, "One.");
    three.lake.json(["page", "edit", &page, "--text", "One. Two.", "--overwrite"]);
    arrives(&three.weir, "One. Two.");

    refused(&three.weir, &["statement", "propose", "--remove", "Weir"]);
    let unknown = three.weir.run(["statement", "propose", "--remove", "Nobody", "--json"]);
    assert_eq!(code(&unknown), 4, "{unknown:?}");
    let version = three.propose(&three.weir, &["--title", "Without Lake", "--remove", "Lake"]);
    assert_eq!(names(&three.weir.json(["statement", "show", &version])["removed"]), ["Lake"]);
    three.vote(&three.weir, &version);
    let status = three.lake.until(&["status"], |status| status["standing"] == "removed");
    let why = status["standing_why"].as_str().expect("a reason");
    assert!(why.contains("Without Lake") && why.contains("counts for nobody"), "{why}");
    let shown = stdout(&three.lake.run(["status"]));
    assert!(shown.contains("removed your group") && shown.contains("Without Lake"), "{shown}");
    three.mill.until(&["status"], |status| status["members"] == 2);
    for words in [&["statement", "sign"][..], &["statement", "propose", "--title", "X"], &["invite", "create"]] {
        refused(&three.lake, words);
    }
    let listed = three.mill.json(["group", "list"]);
    let lake = listed["items"].as_array().expect("a list").iter().find(|item| item["name"] == "Lake").cloned();
    let lake = lake.expect("it is still listed");
    assert_eq!((&lake["member"], &lake["membership"]), (&json!(false), &json!("removed")));
    assert!(stdout(&three.mill.run(["group", "list"])).contains("removed"));

    // It is saved where it is written, and believed nowhere: neither there nor, later, by anybody else.
    three.lake.json(["page", "edit", &page, "--text", "One. Two. Three.", "--overwrite"]);
    assert_eq!(three.lake.json(["page", "show", &page])["text"], "One. Two.");
    three.mill.json(["page", "edit", &page, "--title", "Minutes of May"]);
    three.weir.until(&["page", "show", &page], |shown| shown["title"] == "Minutes of May");
    for group in [&three.weir, &three.mill] {
        assert_eq!(group.json(["page", "show", &page])["text"], "One. Two.");
    }
    // Who leaves is told apart from who was removed.
    three.mill.json(["leave", "--yes"]);
    three.weir.until(&["group", "list"], |list| {
        list["items"].as_array().is_some_and(|items| items.iter().any(|it| it["membership"] == "withdrew"))
    });
}

#[test]
fn a_founder_that_was_removed_while_it_was_away_is_told_when_it_comes_back() {
    let mut three = Three::electors();
    three.nodes[0].take();
    let version = three.propose(&three.mill, &["--remove", "Weir", "--title", "Without Weir"]);
    for group in [&three.mill, &three.lake] {
        three.vote(group, &version);
    }
    until_state(&three.lake, &version, "adopted");
    three.nodes[0] = Some(three.weir.start());
    let status = three.weir.until(&["status"], |status| status["standing"] == "removed");
    assert!(status["standing_why"].as_str().expect("a reason").contains("Without Weir"), "{status}");
}

#[test]
fn what_a_proposal_changes_is_shown_word_by_word() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let text = place.file("next.md", "# Clean water\n\nWe want it now.\n");
    let care = place.file("care.md", "We look after each other.");
    let policy = format!("Care={care}");
    let made = weir.json(["statement", "propose", "--text-file", &text, "--policy", &policy]);
    let version = made["version"].as_str().expect("an id").to_owned();
    let shown = stdout(&weir.run(["statement", "diff", &version[..8]]));
    assert!(shown.contains("We want it{+ now+}.") && shown.contains("Policy added: Care"), "{shown}");
    let diff = weir.json(["statement", "diff", &version]);
    let base = diff["from"]["version"].as_str().expect("an id").to_owned();
    assert_eq!(
        (&diff["policies"][0]["is"], &diff["text"][1]),
        (&json!("added"), &json!({"is": "added", "text": " now"}))
    );
    let turned = stdout(&weir.run(["statement", "diff", &version, &base]));
    assert!(turned.contains("We want it[- now-]."), "{turned}");
    let founding = weir.run(["statement", "diff", "--json"]);
    assert_eq!((code(&founding), error(&founding)["code"].as_str()), (2, Some("invalid")), "{founding:?}");
}
