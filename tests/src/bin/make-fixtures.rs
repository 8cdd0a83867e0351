//! Writes the fixtures of the present formats: `cargo run -p grid-tests --bin make-fixtures`.
//!
//! It runs three small groups, keeps the home of one, and a sample of everything that they wrote and said.
//! `-- missing` writes only samples of record kinds that have none yet, and leaves all else as it is.

use grid_node::setup::Signing;
use grid_node::store::{LocalRecord, Store};
use grid_protocol::codec::{self, Format};
use grid_protocol::control::Record;
use grid_protocol::document::{Opening, WriteRule};
use grid_protocol::id::{CoalitionId, GroupId};
use grid_protocol::invite::InviteTicket;
use grid_protocol::key::{DeviceId, SecretKey};
use grid_protocol::record::{Presence, Registry, TableRow, export_csv, export_json};
use grid_protocol::storage::Storage as _;
use grid_protocol::sync::{
    Application, ApplicationOutcome, Gossip, Hint, News, Refusal, Request, Response, Says, pack,
};
use grid_protocol::time::Timestamp;
use grid_tests::fixtures::{content, directory, governing_records, pack_home, pages};
use grid_tests::grid::{Member, until_equal};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::time::Duration;

const TCP: &[&str] = &["/ip4/127.0.0.1/tcp/0"];
/// Bytes of the run that is kept.
const RUN: usize = 6_000;

type Outcome<T> = Result<T, Box<dyn Error>>;
type Samples = BTreeMap<String, Vec<u8>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let directory = directory();
    if std::env::args().nth(1).as_deref() == Some("missing") {
        return add_missing(&directory);
    }
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(directory.join("encoded"))?;
    let (mut weir, status) = live(&directory).await?;
    weir.stop().await;

    let (mut store, report) = Store::open(&weir.path(), status.coalition)?;
    assert!(report.rebuilt.is_none(), "{report:?}");
    let samples = samples(&mut store, status.coalition, status.device)?;
    drop(store);
    pack_home(&weir.path(), &directory.join("home"))?;

    let mut expected = Map::new();
    for (name, bytes) in samples {
        expected.insert(name.clone(), content(&name, &bytes)?);
        fs::write(directory.join("encoded").join(name), bytes)?;
    }
    fs::write(directory.join("encoded.json"), serde_json::to_vec(&expected)?)?;
    println!("written to {}", directory.display());
    Ok(())
}

/// The long invite with pages to read before signing, which came with `grid2`.
fn add_pages(directory: &std::path::Path) -> Outcome<()> {
    let long = InviteTicket::parse(&fs::read_to_string(directory.join("invite-long.txt"))?)?;
    Ok(fs::write(directory.join("invite-pages.txt"), long.with_pages(pages()).to_text()?)?)
}

/// Samples of kinds that came later.
fn add_missing(directory: &std::path::Path) -> Outcome<()> {
    let listing = directory.join("encoded.json");
    let mut expected: Map<String, Value> = serde_json::from_slice(&fs::read(&listing)?)?;
    let name = "local-supporter.bin".to_owned();
    if !expected.contains_key(&name) {
        println!("{name}");
        let bytes = codec::encode(&local_record());
        expected.insert(name.clone(), content(&name, &bytes)?);
        fs::write(directory.join("encoded").join(name), bytes)?;
    }
    for record in governing_records() {
        let name = name_of(&record);
        if !expected.contains_key(&name) {
            println!("{name}");
            expected.insert(name.clone(), content(&name, &record.encode())?);
            fs::write(directory.join("encoded").join(name), record.encode())?;
        }
    }
    if !directory.join("invite-pages.txt").exists() {
        println!("invite-pages.txt");
        add_pages(directory)?;
    }
    Ok(fs::write(listing, serde_json::to_vec(&expected)?)?)
}

/// Somebody on the list of a group, who stays on its computer.
fn local_record() -> LocalRecord {
    let kind = "supporter".parse().expect("a sound name");
    let opening = Opening { nonce: [7; 16], ..Opening::singleton(GroupId([1; 32]), kind, WriteRule::Owner) };
    LocalRecord {
        version: Format,
        document: opening.document(&CoalitionId([9; 32])),
        opening,
        created: Timestamp(1_795_000_000_000),
        changed: Timestamp(1_795_000_001_000),
        values: "{\"name\":\"Ana Novak\",\"tags\":[\"letters\"]}".to_owned(),
        presence: Presence::Present,
    }
}

fn name_of(record: &Record) -> String {
    format!("record-{:?}.bin", record.kind()).to_lowercase()
}

/// Three groups at work; leaves behind what they can say in text.
async fn live(directory: &std::path::Path) -> Outcome<(Member, grid_node::handle::Status)> {
    let weir = Member::found("Weir", TCP).await;
    let mut mill = Member::join("Mill", &weir.invite().await, Signing::Sign, TCP).await;
    let mut lake = Member::join("Lake", &weir.invite().await, Signing::Sign, TCP).await;
    for member in [&weir, &mill, &lake] {
        member.until_members(3).await;
    }
    let action = weir
        .write(
            "action",
            json!({"title": "Walk to the spring", "place": "Old bridge", "tactics": ["walk", "song"],
            "starts": "2030-05-01T10:00:00+02:00[Europe/Berlin]", "coordinates": {"latitude": 47.2, "longitude": 2.6}}),
        )
        .await;
    weir.edit("action", action, json!({"place": "New bridge"})).await;
    mill.write("resource", json!({"title": "How to knock on doors", "kind": "guide", "licence": "CC0"})).await;
    weir.write("prospect", json!({"name": "Bridge Singers", "place": "Ketterby", "tags": ["music"]})).await;
    let page = weir.write("page", json!({"title": "How we work", "text": "We meet by the river.\n"})).await;
    mill.until_here(page).await;
    mill.edit("page", page, json!({"text": "Welcome. We meet by the river.\n"})).await;
    until_equal(&[&weir, &mill, &lake]).await;

    let invite = weir.handle().invite(2, Duration::from_secs(3_600)).await?;
    for slot in &invite.slots {
        weir.handle().revoke_invite(*slot, None).await?;
    }
    let tickets = json!({"long": InviteTicket::parse(&invite.text)?, "short": InviteTicket::parse(&invite.short)?});
    fs::write(directory.join("invite-long.txt"), &invite.text)?;
    fs::write(directory.join("invite-short.txt"), &invite.short)?;
    fs::write(directory.join("invites.json"), serde_json::to_vec(&tickets)?)?;
    add_pages(directory)?;
    lake.handle().withdraw().await?;
    weir.until_members(2).await;
    until_equal(&[&weir, &mill]).await;
    fs::write(directory.join("statement.json"), weir.handle().sheet(None).await?)?;

    let kind = Registry::standard().kind("action").ok_or("actions are there")?;
    let rows: Vec<TableRow> = weir.handle().look(|views| {
        let rows = views.records.of_kind("action");
        rows.map(|row| TableRow { id: row.document.to_string(), values: row.values.clone() }).collect()
    });
    fs::write(directory.join("actions.csv"), export_csv(kind, &rows))?;
    fs::write(directory.join("actions.json"), export_json(&rows).to_string())?;
    let status = weir.status().await;
    let records: BTreeMap<String, Value> = weir.handle().look(|views| {
        let kinds = Registry::standard().kinds();
        let rows = kinds.flat_map(|kind| views.records.of_kind(&kind.name));
        rows.map(|row| (row.document.to_string(), row.values.to_json())).collect()
    });
    let statement = weir.handle().look(|views| views.statement.as_ref().map(|it| it.text.clone()));
    let home = json!({
        "coalition": status.coalition.to_string(), "group": status.group.to_string(),
        "device": status.device.to_string(), "members": status.members, "state_root": status.state_root.to_string(),
        "records": records, "statement": statement,
    });
    fs::write(directory.join("home.json"), serde_json::to_vec_pretty(&home)?)?;
    mill.stop().await;
    lake.stop().await;
    Ok((weir, status))
}

/// One of everything that is stored or sent.
fn samples(store: &mut Store, coalition: CoalitionId, device: DeviceId) -> Outcome<Samples> {
    let mut samples = Samples::new();
    let records = store.records()?;
    for record in records.iter().chain(&governing_records()) {
        samples.insert(name_of(record), record.encode());
    }
    let run = store.run(&device, 0, RUN)?.ok_or("the group has written")?;
    let verified = run.clone().verify(&coalition)?;
    let entry = verified.entries().last().and_then(|entry| entry.announce()).ok_or("a run ends at a signature")?;
    samples.insert("entry.bin".to_owned(), codec::encode(&entry));
    samples.insert("run.bin".to_owned(), codec::encode(&run));

    let key = SecretKey::from_seed(&[5; 32]);
    let hint = |says| Hint::write(coalition, &key, Timestamp(1_900_000_000_000), says);
    let received = hint(Says::Received(vec![(device, 3)]));
    let reachable = hint(Says::Reachable(vec!["/ip4/127.0.0.1/tcp/4040".to_owned()]));
    let hello = json!({"Hello": {
        "version": 1, "coalition": coalition, "control": vec![1; 32], "logs": vec![2; 32], "devices": vec![3; 32], "nonce": 9,
    }});
    let requests = [
        ("hello", serde_json::from_value(hello)?),
        ("control", serde_json::from_value(json!({"Control": [{"bucket": 7, "held": [[1, 2, 3, 4, 5, 6, 7, 8]]}]}))?),
        ("runs", serde_json::from_value(json!({"Runs": [{"device": device, "first": 2}]}))?),
        ("hints", Request::Hints(vec![received.clone(), reachable.clone()])),
        ("apply", Request::Apply(Application { coalition, records: records.iter().take(3).cloned().collect() })),
    ];
    for (name, request) in requests {
        samples.insert(format!("request-{name}.bin"), pack(&request));
    }
    let buckets: Vec<u64> = (0..256).collect();
    let height = json!({"entries": 4, "head": [1, 2, 3, 4, 5, 6]});
    let summary = |control: Value, logs: Value| json!({"Hello": {"control": control, "logs": logs}});
    let some: Vec<Record> = records.iter().take(2).cloned().collect();
    let responses = [
        ("hello-same", serde_json::from_value(summary(json!("Same"), json!("Same")))?),
        ("hello-heights", serde_json::from_value(summary(json!({"Buckets": buckets}), json!({"Heights": [height]})))?),
        ("hello-devices", serde_json::from_value(summary(json!("Same"), json!({"Devices": [[device, height]]})))?),
        ("control", serde_json::from_value(json!({"Control": {"records": some, "rest": "More"}}))?),
        ("runs", Response::Runs(vec![run])),
        ("noted", Response::Noted),
        ("applied", Response::Applied { outcome: ApplicationOutcome::Refused("no".to_owned()), founding: some }),
        ("refused", Response::Refused(Refusal::WrongCoalition)),
    ];
    for (name, response) in responses {
        samples.insert(format!("response-{name}.bin"), pack(&response));
    }
    let head = *verified.head();
    let record = records.into_iter().next().ok_or("there are records")?;
    let news = [
        ("entry", News::Entry(entry)),
        ("record", News::Record(record)),
        ("head", News::Head { device, head }),
        ("receipt", News::Hint(received)),
        ("addresses", News::Hint(reachable)),
    ];
    for (name, news) in news {
        samples.insert(format!("gossip-{name}.bin"), pack(&Gossip { version: codec::Format, news }));
    }
    Ok(samples)
}
