//! The computers of a group in the API.

use super::{DEVICE, Grid, THEM, US, code};
use crate::handle::{
    Command, CommandError, CutAt, DevicePlace, DeviceRow, DeviceState, Governing, LostRecord, LostState, NewPairing,
    Republished, Revocation, Touched,
};
use crate::view::PeerPath;
use axum::http::{Method, StatusCode};
use grid_protocol::control::Capabilities;
use grid_protocol::id::DocumentId;
use grid_protocol::key::{DeviceId, PublicKey};
use grid_protocol::record::Value;
use grid_protocol::time::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;

const OTHER: DeviceId = DeviceId(PublicKey([0x22; 32]));
const FOREIGN: DeviceId = DeviceId(PublicKey([0x23; 32]));

fn row(device: DeviceId, place: DevicePlace) -> DeviceRow {
    DeviceRow {
        device,
        group: if place == DevicePlace::Other { THEM } else { US },
        group_name: "We".to_owned(),
        label: "office".to_owned(),
        place,
        capabilities: Capabilities::WRITE,
        governs: false,
        state: DeviceState::Active,
        cut: None,
        entries: 9,
        path: PeerPath::None,
        last_seen: Some(Timestamp(1_000)),
    }
}

/// What the scripted node answers to commands about computers.
pub(super) fn reply(command: Command) {
    match command {
        Command::AddDevice { device, answer } => {
            let code = format!("gridpair1{}", if device.governing == Governing::Yes { "g" } else { "w" });
            drop(answer.send(Ok(NewPairing { code, expires: Timestamp(1_000) })));
        }
        Command::Devices { answer } => {
            let rows = [(DEVICE, DevicePlace::This), (OTHER, DevicePlace::Own), (FOREIGN, DevicePlace::Other)];
            drop(answer.send(Ok(rows.map(|(device, place)| row(device, place)).to_vec())));
        }
        Command::Revocation { device, at, answer } | Command::RevokeDevice { device, at, answer } => {
            let seq = match at {
                CutAt::Held => 9,
                CutAt::Seq(seq) => seq,
                CutAt::Time(time) => time.0 / 1_000,
            };
            let outcome = match device == OTHER {
                true => Ok(Revocation {
                    device: row(device, DevicePlace::Own),
                    seq,
                    lost: 9 - seq,
                    records: vec![Touched { document: DocumentId([1; 32]), kind: None, title: None }],
                    kept_until: None,
                }),
                false => Err(CommandError::Refused { why: "not this one".into(), hint: "Another.".into() }),
            };
            drop(answer.send(outcome));
        }
        Command::Moved { answer } => drop(answer.send(Ok(()))),
        Command::Lost { answer } => {
            let lost = LostRecord {
                document: DocumentId([1; 32]),
                kind: Some("action".to_owned()),
                title: None,
                changes: 2,
                first: Timestamp(1_000),
                last: Timestamp(2_000),
                devices: vec![OTHER],
                state: LostState::Missing,
                fields: BTreeMap::from([("title".into(), Some(Value::Text("Vigil".into()))), ("text".into(), None)]),
                older: BTreeMap::new(),
                removes: false,
            };
            drop(answer.send(Ok(vec![lost])));
        }
        Command::PublishLost { answer, .. } => drop(answer.send(Ok(Republished::default()))),
        _ => {}
    }
}

#[tokio::test]
async fn computers_are_listed_and_let_in_with_a_code() {
    let grid = Grid::start().await;
    let listed = grid.get("/api/devices").await.1;
    let flags: Vec<_> = listed["items"].as_array().unwrap().iter().map(|it| (&it["this"], &it["own"])).collect();
    assert_eq!(flags, [(&json!(true), &json!(true)), (&json!(false), &json!(true)), (&json!(false), &json!(false))]);
    assert_eq!(listed["items"][1]["may"], json!(["write"]));
    let made = grid.post("/api/devices", json!({"label": "office", "govern": true})).await.1;
    assert_eq!((&made["code"], &made["expires"]), (&json!("gridpair1g"), &json!("1970-01-01T00:00:01Z")));
    for body in [json!({"expires_s": 0}), json!({"expires_s": 9_999_999}), json!({"label": "x".repeat(300)})] {
        assert_eq!(code(&grid.post("/api/devices", body).await), (400, "invalid"));
    }
}

#[tokio::test]
async fn a_computer_is_ended_where_the_request_says() {
    let grid = Grid::start().await;
    let place = format!("/api/devices/{}/revocation", &OTHER.to_string()[..8]);
    assert_eq!(grid.get(&place).await.1["cut"], 9);
    assert_eq!(grid.get(&format!("{place}?before_time=1970-01-01T00:00:04Z")).await.1["cut"], 4);
    let ended = grid.post(&place, json!({"before_seq": 3})).await;
    assert_eq!((ended.0, &ended.1["kept"], &ended.1["lost"]), (StatusCode::OK, &json!(3), &json!(6)));
    assert_eq!(code(&grid.get(&format!("{place}?before_time=soon")).await), (400, "invalid"));
    assert_eq!(code(&grid.post(&place, json!({"before_seq": 1, "before_time": "x"})).await), (400, "invalid"));
    assert_eq!(code(&grid.get("/api/devices/zzzzzzzz/revocation").await), (404, "not_found"));
    assert_eq!(code(&grid.get(&format!("/api/devices/{DEVICE}/revocation")).await), (403, "refused"));
    assert_eq!(code(&grid.ask(Method::DELETE, &place, None).await).0, 405);
}

#[tokio::test]
async fn a_home_that_was_moved_goes_on_where_the_request_says_that_it_is_the_only_one() {
    let grid = Grid::start().await;
    let moved = |only: bool| grid.post("/api/devices/moved", json!({"no_other_copy_will_run": only}));
    assert_eq!(code(&moved(false).await), (400, "invalid"));
    assert_eq!(code(&grid.post("/api/devices/moved", json!({})).await), (400, "invalid"));
    let (status, said) = moved(true).await;
    assert_eq!((status, &said["moved"]), (StatusCode::OK, &json!(true)));
}

#[tokio::test]
async fn what_was_lost_is_listed_with_its_fields() {
    let grid = Grid::start().await;
    let lost = grid.get("/api/devices/lost").await.1;
    assert_eq!(lost["items"][0]["state"], "missing");
    assert_eq!(lost["items"][0]["fields"], json!({"title": "Vigil", "text": null}));
    assert_eq!(grid.post("/api/devices/lost", json!({})).await.1["published"], 0);
    assert_eq!(code(&grid.post("/api/devices/lost", json!({"device": "zzzzzzzz"})).await), (404, "not_found"));
}
