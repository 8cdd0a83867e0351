//! Versions of the statement and mandates, as programs see them.

use super::*;
use crate::view::{MandateRow, Split, VersionRow, VersionState, Way};
use grid_protocol::control::{Policy, Role, Statement, Term};
use grid_protocol::id::RecordId;

const FIRST: VersionId = VersionId([5; 32]);
const NORTH: VersionId = VersionId([6; 32]);
const SOUTH: VersionId = VersionId([7; 32]);

fn version(version: VersionId, base: Option<VersionId>, title: &str) -> VersionRow {
    let policies = vec![Policy { title: "Care".into(), text: "For each other.".into() }];
    VersionRow {
        version,
        base,
        depth: usize::from(base.is_some()),
        statement: Arc::new(Statement { title: title.into(), text: "Together.".into(), policies }),
        electors: vec![US, THEM],
        removed: Vec::new(),
        proposed: base.map(|_| (THEM, Timestamp(2_000))),
        votes: vec![THEM],
        needed: 2,
        voters: 2,
        state: VersionState::Adopted,
        way: Way::Elsewhere,
        signed: Vec::new(),
        followed_by: Vec::new(),
    }
}

/// Views of a group that has signed no branch of a split, with one proposal and three mandates.
pub(super) fn fill(views: &mut Views) {
    let first = VersionRow {
        way: Way::Followed,
        signed: vec![(US, Timestamp(1_000))],
        followed_by: vec![US, THEM],
        ..version(FIRST, None, "We stand")
    };
    views.versions = [first, version(NORTH, Some(FIRST), "North"), version(SOUTH, Some(FIRST), "South")].into();
    views.splits = vec![Split { base: FIRST, children: vec![NORTH, SOUTH], voters: vec![THEM] }];
    let far = Timestamp(9_000_000_000_000);
    let mandate = |byte, group, intervals| MandateRow {
        id: RecordId([byte; 32]),
        version: FIRST,
        group,
        role: Role::FiscalSponsor,
        scope: "The purse".into(),
        term: Term { from: Timestamp(1_000), to: far },
        needed: 1,
        endorsers: vec![THEM],
        intervals,
    };
    let term = |from, to| vec![Term { from, to }];
    views.mandates = vec![
        mandate(31, THEM, term(Timestamp(1_000), far)),
        mandate(32, US, term(Timestamp(far.0 - 1), far)),
        mandate(33, US, Vec::new()),
        MandateRow { term: Term { from: Timestamp(1), to: Timestamp(2) }, ..mandate(34, US, Vec::new()) },
    ];
}

#[tokio::test]
async fn versions_are_listed_and_a_split_is_told_in_words() {
    let grid = Grid::start().await;
    let list = grid.get("/api/statement/versions").await.1;
    assert_eq!((&list["schema"], list["items"].as_array().unwrap().len()), (&json!(1), 3));
    let [first, north] = [&list["items"][0], &list["items"][1]];
    assert_eq!((&first["base"], &first["proposed_by"], &first["way"]), (&Json::Null, &Json::Null, &json!("followed")));
    assert_eq!(first["followed_by"].as_array().unwrap().len(), 2);
    assert_eq!((&north["votes"][0]["name"], &north["needed"]), (&json!("Clean River"), &json!(2)));
    let split = north["split"].as_str().unwrap();
    assert!(split.contains("Clean River voted for both") && split.contains(&SOUTH.short()), "{split}");
    assert_eq!(first["split"], Json::Null);

    let one = grid.get(&format!("/api/statement/versions/{}", &NORTH.to_string()[..8])).await;
    assert_eq!(
        (one.0, &one.1["title"], &one.1["policies"][0]["title"]),
        (StatusCode::OK, &json!("North"), &json!("Care"))
    );
    assert_eq!(code(&grid.get("/api/statement/versions/abcdef").await), (404, "not_found"));
    assert_eq!(code(&grid.get("/api/statement/versions/a").await), (400, "invalid"));
    assert_eq!(code(&grid.get("/api/statement/sheet?version=abcdef").await), (404, "not_found"));
}

#[tokio::test]
async fn a_mandate_says_whether_it_holds_now() {
    let grid = Grid::start().await;
    let list = grid.get("/api/mandates").await.1;
    let states: Vec<&str> = list["items"].as_array().unwrap().iter().map(|it| it["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["valid", "upcoming", "waiting", "over"]);
    let first = &list["items"][0];
    assert_eq!(
        (&first["role"], &first["mine"], &first["elector"]),
        (&json!("fiscal-sponsor"), &json!(false), &json!(true))
    );
    assert!(first["state_at"].is_string() && list["items"][2]["state_at"].is_null());
    let id = RecordId([31; 32]).to_string();
    let shown = grid.get(&format!("/api/mandates/{}", &id[..10])).await.1;
    assert_eq!((&shown["id"], &shown["endorsers"][0]["name"]), (&json!(id), &json!("Clean River")));
    for (method, path) in [(Method::POST, "/endorsement"), (Method::DELETE, "/endorsement"), (Method::DELETE, "")] {
        let path = format!("/api/mandates/{id}{path}");
        assert_eq!(code(&grid.ask(method, &path, None).await), (403, "refused"), "{path}");
    }
}
