//! Data of today's formats is read by every later version.

use grid_node::handle::{CommandError, Target};
use grid_node::node::{Dialling, Node, NodeConfig, StartError};
use grid_node::passphrase::{self, Escrow, Passphrase};
use grid_node::{KeystoreError, LocalError};
use grid_protocol::appeal::{Appeal, Drawn};
use grid_protocol::control::Record;
use grid_protocol::invite::InviteTicket;
use grid_protocol::record::{ImportOptions, ImportPlan, Patch, Registry};
use grid_protocol::sheet::StatementSheet;
use grid_protocol::words::RecoveryWords;
use grid_tests::fixtures::{content, directory, governing_records, pages, sealed_directory, unpack_home};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn read(name: &str) -> Vec<u8> {
    fs::read(directory().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn read_json(name: &str) -> Value {
    serde_json::from_slice(&read(name)).expect("a fixture in JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_opens_with_all_that_was_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    unpack_home(&directory().join("home"), &home).unwrap();
    let expected = read_json("home.json");
    let registry = Arc::new(Registry::standard().clone());
    let node =
        Node::start(&home, NodeConfig { dialling: Dialling::OnRequest, ..NodeConfig::new(Vec::new(), registry) })
            .await
            .unwrap();
    assert!(node.report().is_empty(), "{:?}", node.report());
    let status = node.handle().status().await.unwrap();
    assert_eq!(status.troubles, []);
    for (name, found) in [
        ("coalition", status.coalition.to_string()),
        ("group", status.group.to_string()),
        ("device", status.device.to_string()),
        ("state_root", status.state_root.to_string()),
    ] {
        assert_eq!(expected[name], found, "{name}");
    }
    assert_eq!(expected["members"], status.members);
    node.handle().look(|views| {
        let rows = Registry::standard().kinds().flat_map(|kind| views.records.of_kind(&kind.name));
        let found: serde_json::Map<_, _> = rows.map(|row| (row.document.to_string(), row.values.to_json())).collect();
        assert_eq!(json!(found), expected["records"]);
        assert_eq!(json!(views.statement.as_ref().map(|it| &it.text)), expected["statement"]);
    });
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_from_before_places_were_noted_is_taken_for_no_copy_and_copies_are_known_from_then_on() {
    let dir = tempfile::tempdir().unwrap();
    let (home, copy) = (dir.path().join("home"), dir.path().join("copy"));
    unpack_home(&directory().join("home"), &home).unwrap();
    assert!(!home.join("place").exists());
    let registry = Arc::new(Registry::standard().clone());
    let config = || NodeConfig { dialling: Dialling::OnRequest, ..NodeConfig::new(Vec::new(), registry.clone()) };
    let action = registry.kind("action").unwrap();
    let written = async |home: &Path| {
        let node = Node::start(home, config()).await.unwrap();
        let patch = Patch::from_json(action, &json!({"title": "Swim"})).unwrap();
        let written = node.handle().write(Target::New("action".to_owned()), patch).await;
        let report = node.report().to_vec();
        node.stop().await;
        (written, report)
    };
    let (first, report) = written(&home).await;
    assert!(first.is_ok() && report.is_empty(), "{first:?} {report:?}");
    assert!(std::process::Command::new("cp").arg("-a").args([&home, &copy]).status().unwrap().success());
    let (refused, report) = written(&copy).await;
    assert!(matches!(refused, Err(CommandError::Copied { .. })), "{refused:?}");
    assert!(report.iter().any(|trouble| trouble.what.contains("this home is a copy")), "{report:?}");
    assert!(written(&home).await.0.is_ok(), "the home itself goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_that_lost_its_store_opens_with_what_its_journal_holds() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    unpack_home(&directory().join("home"), &home).unwrap();
    fs::remove_dir_all(home.join("store")).unwrap();
    let registry = Arc::new(Registry::standard().clone());
    let node =
        Node::start(&home, NodeConfig { dialling: Dialling::OnRequest, ..NodeConfig::new(Vec::new(), registry) })
            .await
            .unwrap();
    assert_eq!(node.report().len(), 1);
    let titles: BTreeSet<String> = node
        .handle()
        .look(|views| views.records.of_kind("action").map(|row| row.values.text("title").to_owned()).collect());
    assert_eq!(titles, BTreeSet::from(["Walk to the spring".to_owned()]));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_home_opens_with_its_passphrase_and_after_a_reset_with_its_words() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    unpack_home(&sealed_directory().join("home"), &home).unwrap();
    let expected = fs::read(sealed_directory().join("home.json")).unwrap();
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    let text = |name: &str| expected[name].as_str().unwrap();
    let registry = Arc::new(Registry::standard().clone());
    let config = || NodeConfig { dialling: Dialling::OnRequest, ..NodeConfig::new(Vec::new(), registry.clone()) };
    let locked = Node::start(&home, config()).await.err().unwrap();
    assert!(matches!(locked, StartError::Local(LocalError::Keys(KeystoreError::Locked))), "{locked}");
    let new = Passphrase::new("kingfishers dive where it is clear").unwrap();
    for passphrase in [Passphrase::new(text("passphrase")).unwrap(), new] {
        let node = Node::start_with(&home, config(), Some(&passphrase)).await.unwrap();
        assert!(node.report().is_empty(), "{:?}", node.report());
        let status = node.handle().status().await.unwrap();
        let found = [status.coalition.to_string(), status.device.to_string(), status.state_root.to_string()];
        assert_eq!(found, ["coalition", "device", "state_root"].map(text));
        let action = text("action").parse().unwrap();
        let title =
            node.handle().look(|views| views.records.row(&action).map(|row| row.values.text("title").to_owned()));
        assert_eq!(title.as_deref(), Some("Walk to the spring"));
        node.stop().await;
        let words = RecoveryWords::parse(text("words")).unwrap();
        passphrase::reset(&home, &words, &Passphrase::new("kingfishers dive where it is clear").unwrap()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_of_the_first_format_gets_a_passphrase_and_keeps_its_root() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("home");
    unpack_home(&directory().join("home"), &home).unwrap();
    let secret = Passphrase::new("herons nest behind the old mill").unwrap();
    let done = passphrase::set(&home, &secret, None).unwrap();
    assert_eq!((done.escrow, done.damaged, done.left), (Escrow::Nothing, 0, Vec::new()));
    let registry = Arc::new(Registry::standard().clone());
    let config = NodeConfig { dialling: Dialling::OnRequest, ..NodeConfig::new(Vec::new(), registry) };
    let node = Node::start_with(&home, config, Some(&secret)).await.unwrap();
    assert!(node.report().is_empty(), "{:?}", node.report());
    assert_eq!(read_json("home.json")["state_root"], node.handle().status().await.unwrap().state_root.to_string());
    node.stop().await;
}

#[test]
fn every_encoded_sample_decodes_to_what_was_encoded() {
    let expected = read_json("encoded.json");
    let expected = expected.as_object().unwrap();
    for (name, expected) in expected {
        let bytes = fs::read(directory().join("encoded").join(name)).unwrap();
        let found = content(name, &bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(&found, expected, "{name}");
    }
    let has = |beginning: &str| expected.keys().filter(|name| name.starts_with(beginning)).count();
    let counts = ["record-", "entry", "run", "request-", "response-", "gossip-"].map(has);
    assert_eq!(counts, [18, 1, 1, 5, 8, 5]);
}

#[test]
fn there_is_a_sample_of_every_kind_of_record_and_each_is_encoded_as_it_was() {
    let mut kinds = BTreeSet::new();
    for file in fs::read_dir(directory().join("encoded")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("record-") {
            let bytes = fs::read(&path).unwrap();
            let record = Record::decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(record.encode(), bytes, "{name}");
            kinds.insert(format!("{:?}", record.kind()));
        }
    }
    assert_eq!(kinds.len(), 18, "{kinds:?}");
}

#[test]
fn the_samples_about_keys_and_rules_are_still_made_the_same_way() {
    for record in governing_records() {
        let name = format!("record-{:?}.bin", record.kind()).to_lowercase();
        let kept = fs::read(directory().join("encoded").join(&name)).unwrap();
        assert_eq!(record.encode(), kept, "{name}: the layout or what is signed has changed");
    }
}

#[test]
fn invites_in_both_forms_are_read() {
    let expected = read_json("invites.json");
    for form in ["long", "short"] {
        let text = String::from_utf8(read(&format!("invite-{form}.txt"))).unwrap();
        let ticket = InviteTicket::parse(&text).unwrap();
        assert_eq!(serde_json::to_value(&ticket).unwrap(), expected[form], "{form}");
        assert_eq!(ticket.coalition_name, "Clear Water");
    }
}

#[test]
fn an_invite_that_brings_pages_is_read_with_them() {
    let text = String::from_utf8(read("invite-pages.txt")).unwrap();
    assert!(text.starts_with("grid2"), "{text}");
    let ticket = InviteTicket::parse(&text).unwrap();
    assert_eq!(ticket.pages, pages());
    assert_eq!(serde_json::to_value(&ticket).unwrap(), read_json("invites.json")["long"], "beside them it is the same");
}

#[test]
fn an_exported_statement_verifies() {
    let report = StatementSheet::verify(&read("statement.json")).unwrap();
    assert!(report.is_sound());
}

#[test]
fn exported_tables_are_read() {
    let kind = Registry::standard().kind("action").unwrap();
    let plans = ["actions.csv", "actions.json"]
        .map(|name| ImportPlan::read(kind, &read(name), &ImportOptions::default()).unwrap());
    for plan in &plans {
        assert!(plan.bad.is_empty(), "{:?}", plan.bad);
        assert_eq!(plan.rows.len(), 1);
        assert!(plan.rows[0].id.is_some());
    }
    assert_eq!(plans[0].rows[0].patch, plans[1].rows[0].patch);
}

#[test]
fn an_appeal_to_recovery_contacts_is_read_before_and_after_they_have_signed() {
    let text = String::from_utf8(read("appeals.txt")).expect("text");
    let appeals: Vec<Appeal> = text.lines().map(|line| Appeal::parse(line).unwrap()).collect();
    assert!(appeals.iter().zip(text.lines()).all(|(appeal, line)| appeal.to_text() == line));
    assert!(appeals.iter().all(|appeal| appeal.comparison() == "9819 8033 2872 6751 1324"));
    let signed: Vec<usize> = appeals
        .iter()
        .map(|appeal| appeal.drawn.as_ref().and_then(Drawn::recovery).map_or(0, |recovery| recovery.approvals.len()))
        .collect();
    assert_eq!(signed, [0, 2]);
}
