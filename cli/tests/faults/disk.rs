//! Disks that fail: a torn store, and no space left.

use crate::api::{ids, until_equal, write};
use crate::running::{Group, Place};
use crate::support::{answer, code, error, grid};
use serde_json::json;
use std::{collections::BTreeSet, fs, path::Path, process::Command};

fn tear(db: &Path, how: &str) {
    let mut bytes = fs::read(db).expect("a store");
    match how {
        "overwritten" => bytes.iter_mut().skip(2_048).for_each(|byte| *byte = 0xA5),
        "cut" => bytes.truncate(6_000),
        _ => bytes.clear(),
    }
    fs::write(db, bytes).expect("a store");
}

#[test]
fn a_torn_store_is_set_aside_and_comes_back_from_the_journal_and_the_peers() {
    let place = Place::new();
    let (weir, _weir_node) = place.running_founder();
    let (mill, mut mill_node) = place.member("Mill", &weir);
    let made = |group: &Group| -> BTreeSet<String> {
        (0..20).map(|_| write(group, "action", json!({"title": "Vigil"})).unwrap().unwrap()).collect()
    };
    let (own, others) = (made(&mill), made(&weir));
    until_equal(&[&weir, &mill]);
    for how in ["overwritten", "cut", "emptied"] {
        mill_node.signal("TERM");
        assert_eq!(mill_node.ended().0, Some(0), "{how}");
        tear(&mill.home.join("store/db"), how);
        mill_node = mill.start();
        let status = mill.json(["status"]);
        let told = |part: &str| status["troubles"][0][part].as_str().unwrap_or_default().to_owned();
        assert!(told("what").contains("the store was damaged"), "{how}: {status}");
        // The words of the database are for the log.
        assert!(!told("what").contains("backtrace") && !told("what").contains("offset"), "{how}: {status}");
        assert!(told("hint").contains("in sync"), "{how}: {status}");
        assert!(own.is_subset(&ids(&mill, "action")), "{how}: what it wrote itself is there at once");
        mill.until(&["action", "list", "--limit", "1"], |list| list["total"] == 40);
        until_equal(&[&weir, &mill]);
        assert!(others.is_subset(&ids(&mill, "action")), "{how}");
        let id = write(&mill, "action", json!({"title": "After"})).unwrap().unwrap();
        mill.json(["action", "remove", &id, "--yes"]);
    }
}

#[test]
fn a_full_disk_stops_writing_says_so_and_loses_nothing_acknowledged() {
    const BLOCKS: u32 = 4_096;
    let place = Place::new();
    let weir = place.founder();
    let mut limited = Command::new("bash");
    // Files of this process can't grow beyond the limit, and a write beyond it fails as on a full disk.
    let script = format!("trap '' XFSZ; ulimit -f {BLOCKS}; exec \"$0\" \"$@\"");
    limited.env_clear().env("TZ", "UTC").args(["-c", &script]).arg(grid().get_program());
    let node = weir.start_by(limited, &["--listen", "/ip4/127.0.0.1/tcp/0", "--http", "127.0.0.1:0"]);
    // Text that no packing makes small.
    let mut state = 1_u64;
    let mut text = || -> String {
        (0..40_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap())
            })
            .collect()
    };
    let mut acknowledged = BTreeSet::new();
    let (status, refused) = loop {
        match write(&weir, "page", json!({"title": "Long", "text": text()})).unwrap() {
            Ok(id) => drop(acknowledged.insert(id)),
            Err(refused) => break refused,
        }
    };
    assert_eq!((status, &refused["code"]), (507, &json!("disk_full")), "{refused}");
    let output = weir.run(["action", "new", "--title", "One more", "--json"]);
    assert_eq!(code(&output), 1);
    assert_eq!(error(&output)["code"], "disk_full");
    assert!(error(&output)["hint"].as_str().unwrap().contains("space"), "{output:?}");
    let status = weir.json(["status"]);
    assert!(status["troubles"][0]["hint"].as_str().unwrap().contains("space"), "{status}");
    assert!(acknowledged.is_subset(&ids(&weir, "page")), "reading works");

    node.signal("TERM");
    assert_eq!(node.ended().0, Some(0));
    let _node = weir.start();
    assert!(acknowledged.is_subset(&ids(&weir, "page")), "{} were acknowledged", acknowledged.len());
    assert_eq!(weir.json(["status"])["troubles"], json!([]));
    weir.json(["action", "new", "--title", "There is space again"]);
}

/// `init` in a process that is killed before it is done, however far it came: the next one begins anew.
#[test]
fn a_home_whose_making_was_killed_is_made_by_the_next_attempt() {
    let place = Place::new();
    let statement = place.path("statement.md");
    fs::write(&statement, "# Clean river\nThe river belongs to everybody.\n").unwrap();
    let home = place.path("home");
    let init = || {
        let mut command = grid();
        command.arg("--home").arg(&home).args(["init", "--coalition", "Clean River", "--group", "Weir"]);
        command.arg("--statement").arg(&statement).args(["--no-input", "--json"]);
        command
    };
    fs::create_dir(&home).unwrap();
    // What stands there when the machine stops in between.
    for left in ["unfinished", "format", "keys", "keys.new", "journal"] {
        fs::write(home.join(left), "1\n").unwrap();
        let output = grid().arg("--home").arg(&home).args(["node", "--no-input"]).output().unwrap();
        assert_ne!(code(&output), 0, "{output:?}");
    }
    // The words go to a full disk: nobody saw them, so there is no home.
    let full = fs::File::options().write(true).open("/dev/full");
    if let Ok(full) = full {
        let output = init().stdout(full).output().unwrap();
        assert_eq!(code(&output), 1, "{output:?}");
        assert!(error(&output)["hint"].as_str().unwrap().contains("could not be shown"), "{output:?}");
        assert!(!home.join("node.json").exists());
    }
    let made = answer(&init().output().unwrap());
    assert_eq!(made["recovery_words"].as_array().unwrap().len(), 24);
}
