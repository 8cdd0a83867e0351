//! The rules of the house: what may use what, how files look, what lies where.
//!
//! The source is read as text: comments, strings and test modules are taken out, the paths that remain are
//! written out in full, and each rule says in which files which paths have no place. Every rule is also
//! shown to catch a breach, because a check that never fails checks nothing.

mod layout;
mod rules;
mod source;

use rules::{RULES, breaches};
use source::Source;

#[test]
fn every_file_keeps_the_import_rules() {
    let found: Vec<String> = layout::rust_files().iter().flat_map(breaches).collect();
    assert!(found.is_empty(), "breaches of the import rules:\n{}", found.join("\n"));
}

/// A file and a line in it that one rule forbids.
const SAMPLES: &[(&str, &str, &str)] = &[
    ("network and store are strangers", "node/src/network/task.rs", "use crate::store::Store;"),
    ("network and store are strangers", "node/src/store/open.rs", "use crate::{home, network::Network};"),
    ("network and store are strangers", "node/src/store/open.rs", "fn f() { super::super::network::start() }"),
    ("http goes through the handle", "node/src/http/records.rs", "use crate::store::Store;"),
    ("http goes through the handle", "node/src/http/mod.rs", "use crate::{event::Event, keystore};"),
    ("http goes through the handle", "node/src/http/mod.rs", "fn f(_: crate::network::Network) {}"),
    ("tables know nobody who asks", "node/src/view/mod.rs", "use crate::handle::Status;"),
    ("tables know nobody who asks", "node/src/store/index.rs", "use crate::driver;"),
    ("tables know nobody who asks", "node/src/space.rs", "use crate::handle::Trouble;"),
    ("only the store knows sled", "node/src/view/mod.rs", "use sled::Db;"),
    ("only the store knows sled", "cli/src/main.rs", "fn f() -> ::sled::Result<()> { todo() }"),
    ("only the network knows libp2p", "node/src/driver/mod.rs", "use libp2p::{PeerId, Multiaddr};"),
    ("only the network knows libp2p", "cli/src/main.rs", "fn f(_: libp2p::PeerId) {}"),
    ("keys stay where signatures are made", "node/src/driver/mod.rs", "use crate::keystore::Keystore;"),
    ("keys stay where signatures are made", "node/src/store/mod.rs", "use super::keystore;"),
    ("the protocol is pure", "protocol/src/log.rs", "use std::{collections::BTreeMap, fs::File};"),
    ("the protocol is pure", "protocol/src/log.rs", "use std::net::IpAddr;"),
    ("the protocol is pure", "protocol/src/log.rs", "fn f() { std::time::SystemTime::now(); }"),
    ("the protocol is pure", "protocol/src/log.rs", "use std::time::{Duration, Instant};"),
    ("the protocol is pure", "protocol/src/log.rs", "async fn f() { tokio::time::sleep(d).await }"),
    ("the protocol is pure", "protocol/src/log.rs", "fn f() { rand::thread_rng(); }"),
    ("the protocol is pure", "protocol/src/log.rs", "use sled as storage;"),
    ("dependencies point one way", "protocol/src/log.rs", "use grid_node::node;"),
    ("dependencies point one way", "node/src/lib.rs", "use grid_cli::x;"),
    ("no layer asks a later one", "protocol/src/authority/keys.rs", "use crate::authority::governance::Governance;"),
    ("no layer asks a later one", "protocol/src/authority/keys.rs", "use super::membership::Membership;"),
    ("no layer asks a later one", "protocol/src/authority/governance.rs", "use super::{keys::Keys, membership};"),
    ("no layer asks a later one", "protocol/src/control/set.rs", "use crate::authority::Authority;"),
    ("no layer asks a later one", "protocol/src/authority/mod.rs", "use crate::document::Document;"),
    ("no layer asks a later one", "protocol/src/document/mod.rs", "use crate::replica::Replica;"),
    ("stdout belongs to the output module", "cli/src/command/init.rs", "fn f() { println!(\"x\") }"),
    ("stdout belongs to the output module", "node/src/node.rs", "fn f() { std::eprintln!(\"x\") }"),
    ("stdout belongs to the output module", "cli/src/qr.rs", "use std::io::{self, stdout};"),
    ("no unsafe code", "node/src/node.rs", "fn f() { unsafe { g() } }"),
];

#[test]
fn every_import_rule_can_fail() {
    for (rule, path, text) in SAMPLES {
        let found = breaches(&Source::new(path, text));
        assert!(found.iter().any(|breach| breach.contains(rule)), "{rule:?} let this pass in {path}: {text}");
    }
    for rule in RULES {
        assert!(SAMPLES.iter().any(|(name, ..)| *name == rule.name), "no sample shows that {:?} can fail", rule.name);
    }
}

#[test]
fn what_is_allowed_is_not_called_a_breach() {
    let allowed = [
        ("node/src/store/open.rs", "use sled::Db; use crate::home::HomePaths;"),
        ("node/src/network/task.rs", "use libp2p::PeerId;"),
        ("node/src/outbound.rs", "use crate::keystore::Keystore;"),
        ("node/src/driver/mod.rs", "// libp2p::PeerId would not do\nconst X: &str = \"sled::Db\";"),
        (
            "protocol/src/log.rs",
            "#[cfg(test)]\nmod tests { use std::fs; fn f() { println!() } }\nuse std::time::Duration;",
        ),
        ("protocol/src/control/tests.rs", "use std::time::Instant;"),
        ("cli/src/output.rs", "fn f() { println!() }"),
        ("protocol/src/authority/membership.rs", "use crate::authority::{keys::Keys, governance::Governance};"),
        ("node/src/http/mod.rs", "fn f<'a>(x: &'a str) -> char { 'u' } // unsafe"),
    ];
    for (path, text) in allowed {
        assert_eq!(breaches(&Source::new(path, text)), Vec::<String>::new(), "{path}: {text}");
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    let long: Vec<String> =
        layout::rust_files().iter().filter_map(|file| layout::too_long(&file.path, &file.text)).collect();
    assert!(long.is_empty(), "files with too many lines:\n{}", long.join("\n"));
    assert!(layout::too_long("a.rs", &"x\n".repeat(layout::MOST_LINES + 1)).is_some());
    assert!(layout::too_long("a.rs", &"x\n".repeat(layout::MOST_LINES)).is_none());
}

#[test]
fn every_file_begins_with_its_story() {
    let silent: Vec<String> = layout::rust_files()
        .iter()
        .filter(|file| !layout::has_story(&file.text))
        .map(|file| file.path.clone())
        .collect();
    assert!(silent.is_empty(), "files without a story at the top: {silent:?}");
    assert!(!layout::has_story("use std::fmt;") && !layout::has_story("//! x\nuse std::fmt;"));
    assert!(layout::has_story("//! Where a run fits its log.\n"));
}

#[test]
fn the_visible_top_level_is_the_fixed_list() {
    assert_eq!(layout::visible_top_level(&layout::tracked_files()), layout::TOP_LEVEL);
    let more = ["Cargo.toml", "notes.txt", ".ci/run"].map(str::to_owned);
    assert_ne!(layout::visible_top_level(&more), layout::TOP_LEVEL);
}

#[test]
fn no_tracked_file_names_a_place_on_somebody_s_machine() {
    let named: Vec<String> = layout::tracked_files()
        .iter()
        .filter_map(|path| layout::read(path).map(|text| (path, text)))
        .flat_map(|(path, text)| layout::machine_paths(&text).into_iter().map(move |place| format!("{path}: {place}")))
        .collect();
    assert!(named.is_empty(), "{}", named.join("\n"));
    let home = concat!("/ho", "me/ada/x");
    assert_eq!(layout::machine_paths(&format!("see {home} for more")), [home]);
}

#[test]
fn dependencies_point_from_cli_to_node_to_protocol() {
    for (manifest, forbidden) in [
        ("protocol", &["grid-node", "grid-cli", "grid-tests"][..]),
        ("node", &["grid-cli", "grid-tests"]),
        ("cli", &["grid-tests"]),
    ] {
        let text = layout::read(&format!("{manifest}/Cargo.toml")).unwrap();
        assert_eq!(layout::dependencies_among(&text, forbidden), Vec::<String>::new(), "{manifest}");
    }
    assert_eq!(
        layout::dependencies_among("[dependencies]\ngrid-node.workspace = true\n", &["grid-node"]),
        ["grid-node"]
    );
}

#[test]
fn readme_and_ci_run_the_same_tests() {
    let command = "cargo test --workspace";
    for path in ["README.md", ".ci/run"] {
        assert!(layout::read(path).unwrap().contains(command), "{path} does not name `{command}`");
    }
}

#[test]
fn every_link_of_the_documentation_leads_somewhere() {
    let pages: Vec<String> = layout::tracked_files().into_iter().filter(|path| path.ends_with(".md")).collect();
    let dead: Vec<String> =
        pages.iter().flat_map(|page| layout::dead_links(page, &layout::read(page).unwrap_or_default())).collect();
    assert!(dead.is_empty(), "{}", dead.join("\n"));
    assert_eq!(layout::dead_links("docs/a.md", "[b](nowhere.md#x) [c](https://x)"), ["docs/a.md: nowhere.md#x"]);
    assert!(layout::dead_links("docs/guide/a.md", "[up](../protocol.md) [here](#x)").is_empty());
}
