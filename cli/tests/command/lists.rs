//! Lists of people from the programs that groups use today, on the command line.

use crate::running::{Group, Place};
use crate::support::stdout;
use serde_json::{Value, json};

const LIST: &str = "Email Address,First Name,Last Name,Phone Number,TAGS,City\n\
    ana@example.org,Ana,Novak,555 0101,\"\"\"choir\"\",\"\"water\"\"\",Hollin\n\
    bo@example.org,Bo,Ek,555 0102,,Weir\n\
    cy@example.org,,,,,\n\
    ,,,555 0104,,Weir\n";

/// What an import did: new, changed, as they were, left alone.
fn did(group: &Group, file: &str) -> [u64; 4] {
    let report = group.json(["supporter", "import", file]);
    let many = |key: &str| report[key].as_u64().expect("a number");
    let skipped = report["skipped"].as_array().expect("rows").len();
    [many("created"), many("changed"), many("unchanged"), u64::try_from(skipped).expect("a number")]
}

fn all(group: &Group) -> Vec<Value> {
    group.json(["supporter", "list"])["items"].as_array().expect("items").clone()
}

fn called(group: &Group, name: &str) -> Value {
    all(group).into_iter().find(|item| item["name"] == name).unwrap_or_default()
}

#[test]
fn a_list_of_mailings_comes_in_with_a_preview_and_a_newer_one_after_it() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let file = place.file("list.csv", LIST);
    let preview = stdout(&weir.run(["supporter", "import", &file, "--dry-run"]));
    assert!(preview.contains("name (from First Name and Last Name)"), "{preview}");
    assert!(preview.contains("3 new") && preview.contains("name is missing"), "{preview}");
    assert!(preview.contains("email stands in for it"), "{preview}");
    assert!(all(&weir).is_empty(), "a dry run writes nothing");

    assert_eq!(did(&weir, &file), [3, 0, 0, 0]);
    assert_eq!(did(&weir, &file), [0, 0, 3, 0], "twice the same file changes nothing");
    assert_eq!(called(&weir, "Ana Novak")["tags"], json!(["choir", "water"]));

    // What people corrected stays, whatever the office still has; a new number comes, and a name that was missing.
    weir.json(["supporter", "edit", "Bo Ek", "--place", "Upper Weir", "--name", "Bo Ekman"]);
    let newer = LIST.replace("555 0102", "555 0199").replace("cy@example.org,,", "cy@example.org,Cy,Marsh");
    let newer = place.file("newer.csv", &newer);
    assert_eq!(did(&weir, &newer), [0, 2, 1, 0]);
    let bo = called(&weir, "Bo Ekman");
    assert_eq!((&bo["place"], &bo["phone"]), (&json!("Upper Weir"), &json!("555 0199")));
    assert_eq!(called(&weir, "Cy Marsh")["email"], "cy@example.org");
    assert_eq!(did(&weir, &newer), [0, 0, 3, 0]);
    assert_eq!(all(&weir).len(), 3);

    // Whoever was taken off the list stays off it.
    weir.json(["supporter", "remove", "Ana Novak", "--yes"]);
    assert_eq!(did(&weir, &newer), [0, 0, 2, 1]);
    assert_eq!(all(&weir).len(), 2);
    weir.json(["supporter", "import", &newer, "--again"]);
    assert_eq!(all(&weir).len(), 3);
}

#[test]
fn a_list_without_names_and_a_newer_one_with_them_come_in_turns() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let nameless = place.file("nameless.csv", "Email\nann@example.org\n");
    let named = place.file("named.csv", "Name,Email\nAnn,ann@example.org\n");
    assert_eq!(did(&weir, &nameless), [1, 0, 0, 0]);
    assert_eq!(did(&weir, &named), [0, 1, 0, 0]);
    for file in [&nameless, &named] {
        assert_eq!(did(&weir, file), [0, 0, 1, 0]);
        assert_eq!(called(&weir, "Ann")["email"], "ann@example.org");
    }
}

#[test]
fn whoever_was_removed_stays_away_however_a_list_calls_them() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let list = |name: &str, content: &str| place.file(name, content);
    let away = |who: &str, lists: &[&String]| {
        weir.json(["supporter", "remove", who, "--yes"]);
        for file in lists {
            assert_eq!(did(&weir, file), [0, 0, 0, 1], "{file} after {who}");
        }
        assert!(all(&weir).is_empty(), "{who}");
    };
    // Typed in by hand, and the list says the same.
    let (ann, no_ann) = (list("a.csv", "Name,Email\nAnn,ann@a.example\n"), list("an.csv", "Email\nann@a.example\n"));
    weir.json(["supporter", "new", "--name", "Ann", "--email", "ann@a.example"]);
    assert_eq!(did(&weir, &ann), [0, 0, 1, 0]);
    away("Ann", &[&ann, &no_ann]);
    // Known from two lists, and called something else since.
    let (bo, no_bo) = (list("b.csv", "Name,Email\nBo,bo@b.example\n"), list("bn.csv", "Email\nbo@b.example\n"));
    assert_eq!((did(&weir, &no_bo), did(&weir, &bo)), ([1, 0, 0, 0], [0, 1, 0, 0]));
    weir.json(["supporter", "edit", "Bo", "--name", "Bo Ekman"]);
    away("Bo Ekman", &[&no_bo, &bo]);
    // Known without a name.
    let (cy, no_cy) = (list("c.csv", "Name,Email\nCy,cy@c.example\n"), list("cn.csv", "Email\ncy@c.example\n"));
    assert_eq!(did(&weir, &no_cy), [1, 0, 0, 0]);
    away("cy@c.example", &[&cy, &no_cy]);
    // Somebody else of a household was not removed.
    assert_eq!(did(&weir, &list("d.csv", "Name,Email\nDee,ann@a.example\n")), [1, 0, 0, 0]);
    weir.json(["supporter", "import", &ann, "--again"]);
    assert_eq!(all(&weir).len(), 2);
}

#[test]
fn a_preview_says_whom_a_new_row_looks_like() {
    let place = Place::new();
    let (weir, _node) = place.running_founder();
    let old = "Name,Email,Phone\nAna Novak,ana@a.example,0412 345 678\nBo Ek,bo@b.example,0498 765 432\n";
    assert_eq!(did(&weir, &place.file("old.csv", old)), [2, 0, 0, 0]);
    let new = "Name,Email,Phone\nAna Hill,hill@a.example,+61 412 345 678\nBo Ek,bo@b.example,0498 765 432\n\
        Cy Ek,cy@b.example,0498 765 432\n";
    let new = place.file("new.csv", new);
    let preview = stdout(&weir.run(["supporter", "import", &new, "--dry-run"]));
    let preview = preview.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(preview.contains("looks like Ana Novak (same phone)"), "{preview}");
    assert!(!preview.contains("looks like Bo"), "the list has Bo beside Cy: {preview}");
    assert_eq!(did(&weir, &new), [2, 0, 1, 0], "it is said, and nothing is refused for it");
}
