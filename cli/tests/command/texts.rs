//! Texts that several groups write, on the command line.

use crate::running::{Group, Node, Place};
use crate::support::{code, error, grid, stdout};
use serde_json::{Value, json};

/// Two groups with their nodes, and a page that the first has opened and both hold.
struct Two {
    weir: Group,
    mill: Group,
    id: String,
    _nodes: [Node; 2],
    place: Place,
}

const TEXT: &str = "We meet on Monday. Bring boots.";

impl Two {
    fn new() -> Self {
        let place = Place::new();
        let (weir, weir_node) = place.running_founder();
        let (mill, mill_node) = place.member("Mill", &weir);
        let made = weir.json(["page", "new", "--title", "Minutes", "--text", TEXT]);
        let id = made["id"].as_str().expect("an id").to_owned();
        let two = Self { weir, mill, id, _nodes: [weir_node, mill_node], place };
        two.arrives(&two.mill, TEXT);
        two
    }

    /// Waits until a group holds a text, without looking at it as a person does.
    fn arrives(&self, group: &Group, text: &str) {
        group.until(&["page", "list"], |list| {
            list["items"].as_array().expect("a list").iter().any(|item| item["id"] == *self.id && item["text"] == text)
        });
    }

    fn edit(&self, group: &Group, more: &[&str]) -> Value {
        group.json(["page", "edit", &self.id].iter().chain(more))
    }
}

#[test]
fn a_text_that_was_read_before_others_changed_it_keeps_their_words() {
    let two = Two::new();
    two.mill.json(["page", "show", &two.id]);
    two.edit(&two.weir, &["--text", "We meet on Tuesday. Bring boots."]);
    two.arrives(&two.mill, "We meet on Tuesday. Bring boots.");

    let written = two.edit(&two.mill, &["--text", "We meet on Monday. Bring boots and tea.", "--title", "Plan"]);
    assert_eq!(written["merged"], true);
    let both = "We meet on Tuesday. Bring boots and tea.";
    two.arrives(&two.mill, both);
    two.arrives(&two.weir, both);
    assert_eq!(two.mill.json(["page", "show", &two.id])["title"], "Plan");
    let history = two.mill.json(["page", "history", &two.id]);
    let last = history["items"].as_array().unwrap().last().unwrap();
    assert!(last["fields"]["title"] == "Plan" && last["fields"].get("text").is_some(), "one write: {history}");
}

#[test]
fn a_text_that_nobody_here_has_read_is_not_replaced_unless_it_is_meant() {
    let two = Two::new();
    let words = ["page", "edit", &two.id, "--text", "Something else", "--json"];
    let refused = two.mill.run(words);
    assert_eq!(code(&refused), 5);
    let error = error(&refused);
    assert_eq!(error["code"], "not_seen");
    assert!(error["hint"].as_str().unwrap().contains("page show"), "{error}");
    two.arrives(&two.mill, TEXT);

    // Other fields, and what has nothing in it yet, are free.
    two.edit(&two.mill, &["--title", "Plan"]);
    let written = two.edit(&two.mill, &["--text", "Something else", "--overwrite"]);
    assert_eq!(written["merged"], false);
    two.arrives(&two.weir, "Something else");
    // The one who wrote last knows what is there, after an edit as after a look.
    two.edit(&two.mill, &["--text", "Something else again"]);
    two.arrives(&two.weir, "Something else again");
    let merged = two.edit(&two.weir, &["--text", "We meet on Monday. Bring boots, all of you."]);
    assert_eq!(merged["merged"], true);
    // What came of the merge was not seen by anybody yet.
    assert_eq!(code(&two.weir.run(["page", "edit", &two.id, "--text", "New"])), 5);
}

#[test]
fn a_version_can_be_named_as_it_is_shown() {
    let two = Two::new();
    let shown = stdout(&two.mill.run(["page", "show", &two.id]));
    let version = shown.lines().find_map(|line| line.strip_prefix("Version:")).unwrap().trim().to_owned();
    let heads = two.mill.json(["page", "show", &two.id])["heads"].clone();
    assert!(heads[0].as_str().unwrap().starts_with(&version), "{version} {heads}");
    two.edit(&two.weir, &["--text", "We meet on Tuesday. Bring boots."]);
    two.arrives(&two.mill, "We meet on Tuesday. Bring boots.");
    two.mill.json(["page", "show", &two.id]);
    let text = "We meet on Monday. Bring boots and tea.";
    two.edit(&two.mill, &["--text", text, "--based-on", &version]);
    two.arrives(&two.weir, "We meet on Tuesday. Bring boots and tea.");
    for (version, exit) in [("zz", 2), ("abc?ef", 2), ("abcdefghij", 4)] {
        let output = two.mill.run(["page", "edit", &two.id, "--text", text, "--based-on", version]);
        assert_eq!(code(&output), exit, "{version}");
    }
}

#[test]
fn the_editor_opens_the_text_and_what_others_write_meanwhile_stays() {
    let two = Two::new();
    let weir = two.weir.home.display().to_string();
    // An editor that takes its time: meanwhile the other group writes.
    let grid_path = env!("CARGO_BIN_EXE_grid");
    let script = format!(
        "#!/bin/sh\nset -e\n{grid_path} --home {weir} page edit {} --text 'We meet on Tuesday. Bring boots.' >/dev/null\n\
         until {grid_path} --home {} --json page list | grep -q Tuesday; do :; done\n\
         sed -i 's/boots/boots and tea/' \"$1\"\n",
        two.id,
        two.mill.home.display(),
    );
    let editor = two.place.file("editor.sh", &script);
    let edit = |editor: &str| {
        let mut command = grid();
        command.env("PATH", "/usr/bin:/bin").env("EDITOR", editor).arg("--home").arg(&two.mill.home);
        command.args(["--json", "page", "edit", &two.id, "--editor"]).output().unwrap()
    };
    let output = edit(&format!("sh {editor}"));
    assert!(output.status.success(), "{output:?}");
    two.arrives(&two.mill, "We meet on Tuesday. Bring boots and tea.");

    let unchanged: Value = serde_json::from_slice(&edit("true").stdout).unwrap();
    assert_eq!(unchanged["change"], json!("unchanged"));
    assert_eq!(code(&edit("false")), 1);
    assert_eq!(code(&edit("")), 2);
    let left = std::fs::read_dir(&two.mill.home).unwrap();
    assert!(!left.flatten().any(|file| file.file_name().to_string_lossy().starts_with("edit-")));
}

#[test]
fn a_draft_is_frozen_by_one_command_and_no_edit_changes_its_text_after_that() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let made = weir.json(["draft", "new", "--title", "Unity"]);
    let id = made["id"].as_str().expect("an id");
    let empty = weir.run(["draft", "freeze", id]);
    assert_ne!(code(&empty), 0, "there is no text yet");
    weir.json(["draft", "edit", id, "--text", "We act together."]);
    let frozen = weir.json(["draft", "freeze", id]);
    assert_eq!(frozen["change"], "changed");
    let shown = weir.json(["draft", "show", id]);
    let hash = shown["frozen_hash"].as_str().expect("a hash").to_owned();
    assert_eq!((&shown["status"], hash.is_empty()), (&json!("frozen"), false));
    assert_eq!(weir.json(["draft", "freeze", id])["change"], "unchanged");
    let refused = weir.run(["draft", "edit", id, "--text", "We act alone.", "--status", "open", "--json"]);
    assert!(error(&refused)["message"].as_str().expect("why").contains("stands as it was sealed"), "{refused:?}");
    let undone = weir.run(["draft", "undo", id, "--json"]);
    assert_ne!(code(&undone), 0, "{undone:?}");
    assert_eq!(weir.json(["draft", "show", id])["text"], "We act together.");
    assert_eq!(weir.json(["draft", "show", id])["frozen_hash"], json!(hash));
}
