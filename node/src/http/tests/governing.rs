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

/// Asks for something that can't be, and gives the reason.
async fn refused(grid: &Grid, path: &str, body: Json, expected: (u16, &str)) -> String {
    let answer = grid.post(path, body.clone()).await;
    assert_eq!(code(&answer), expected, "{path} {body}: {}", answer.1);
    assert!(answer.1["error"]["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{path} {body}");
    answer.1["error"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_proposal_that_can_not_be_is_refused_by_the_field_that_is_wrong() {
    let grid = Grid::start().await;
    let path = "/api/statement/versions";
    for (body, said) in [
        (json!({"tittle": "We stand"}), "tittle"),
        (json!({"title": 7}), "integer"),
        (json!({"policies": [{"title": "Care"}]}), "text"),
        (json!({"policies": [{"title": "Care", "text": "So", "by": "us"}]}), "by"),
        (json!({"add_electors": "Clean River"}), "sequence"),
        (json!(["We stand"]), "found a list"),
    ] {
        let why = refused(&grid, path, body.clone(), (400, "invalid")).await;
        assert!(why.contains(said), "{body}: {why}");
    }
    for field in ["add_electors", "remove_electors", "remove"] {
        let why = refused(&grid, path, json!({(field): ["Nobody at all"]}), (404, "not_found")).await;
        assert!(why.contains("Nobody at all"), "{field}: {why}");
    }
    // What the rules of the coalition say against it comes from the node, in its words.
    let why = refused(&grid, path, json!({"title": "Other"}), (403, "refused")).await;
    assert_eq!(why, "signed already");
}

#[tokio::test]
async fn a_vote_names_a_version_that_is_there() {
    let grid = Grid::start().await;
    let path = "/api/statement/votes";
    let north = NORTH.to_string();
    for (body, expected, said) in [
        (json!({}), (400, "invalid"), "version"),
        (json!({"version": 6}), (400, "invalid"), "string"),
        (json!({"version": north, "although_voted": "yes"}), (400, "invalid"), "boolean"),
        (json!({"version": north, "twice": true}), (400, "invalid"), "twice"),
        (json!({"version": "no!"}), (400, "invalid"), "no!"),
        (json!({"version": "abcdef"}), (404, "not_found"), "abcdef"),
        (json!({"version": north}), (403, "refused"), "signed already"),
    ] {
        let why = refused(&grid, path, body.clone(), expected).await;
        assert!(why.contains(said), "{body}: {why}");
    }
}

#[tokio::test]
async fn a_claim_names_role_scope_and_term() {
    let grid = Grid::start().await;
    let path = "/api/mandates";
    let until = "2099-01-01T00:00:00Z";
    for (body, expected, said) in [
        (json!({"role": "king", "scope": "All", "until": until}), (400, "invalid"), "role"),
        (json!({"role": "steward", "until": until}), (400, "invalid"), "scope"),
        (json!({"role": "steward", "scope": "All"}), (400, "invalid"), "until"),
        (json!({"role": "steward", "scope": "All", "until": "soon"}), (400, "invalid"), "until"),
        (json!({"role": "steward", "scope": "All", "until": "1960-01-01T00:00:00Z"}), (400, "invalid"), "1970"),
        (json!({"role": "steward", "scope": "All", "from": "2099-13-01", "until": until}), (400, "invalid"), "from"),
        (json!({"role": "steward", "scope": "All", "until": until, "version": "a"}), (400, "invalid"), "52 letters"),
        (json!({"role": "steward", "scope": "All", "until": until, "version": "abcdef"}), (404, "not_found"), "abcdef"),
        (json!({"role": "steward", "scope": "All", "until": until, "for": "us"}), (400, "invalid"), "for"),
        (json!({"role": "steward", "scope": "All", "until": until}), (403, "refused"), "signed already"),
    ] {
        let why = refused(&grid, path, body.clone(), expected).await;
        assert!(why.contains(said), "{body}: {why}");
    }
}

#[tokio::test]
async fn what_a_version_changes_is_told_against_its_base_or_another_one() {
    let grid = Grid::start().await;
    let (first, north) = (FIRST.to_string(), NORTH.to_string());
    let diff = grid.get(&format!("/api/statement/diff?to={}", &north[..8])).await;
    assert_eq!((diff.0, &diff.1["from"]["version"]), (StatusCode::OK, &json!(first)), "{}", diff.1);
    assert_eq!((&diff.1["from"]["title"], &diff.1["to"]["title"]), (&json!("We stand"), &json!("North")));
    assert_eq!(diff.1["text"], json!([{"is": "same", "text": "Together."}]));
    assert_eq!((&diff.1["policies"], &diff.1["electors"]["added"]), (&json!([]), &json!([])));
    let turned = grid.get(&format!("/api/statement/diff?from={north}&to={first}")).await.1;
    assert_eq!(turned["to"]["version"], first);
    let founding = grid.get("/api/statement/diff").await;
    assert_eq!(code(&founding), (400, "invalid"), "nothing lies before version 0");
    assert_eq!(code(&grid.get("/api/statement/diff?to=abcdef").await), (404, "not_found"));
    assert_eq!(code(&grid.get("/api/statement/diff?form=abcdef").await), (400, "invalid"));
}

#[test]
fn what_waits_for_a_group_says_whom_a_version_removes() {
    let mut views = Views::new(Arc::new(Registry::standard().clone()), US);
    fill(&mut views);
    let waits = |removes: GroupId, state: VersionState, views: &mut Views| {
        let changed = |row: &VersionRow| {
            let removed = if row.version == SOUTH { vec![removes] } else { Vec::new() };
            let state = if row.base.is_some() { state } else { row.state };
            VersionRow { removed, state, ..row.clone() }
        };
        views.versions = views.versions.iter().map(changed).collect();
        views.needs().into_iter().map(|need| need.what).collect::<Vec<_>>().join("\n")
    };
    let split = waits(US, VersionState::Adopted, &mut views);
    assert!(split.contains(&format!("({}), which removes your group.", SOUTH.short())), "{split}");
    let proposed = waits(US, VersionState::Proposed, &mut views);
    assert!(proposed.contains("which removes your group, 1 of 2 votes"), "{proposed}");
    let others = waits(FAR, VersionState::Proposed, &mut views);
    assert!(others.contains(&format!("which removes {}, 1 of 2 votes", FAR.short())), "{others}");
    assert_eq!(others.matches("removes").count(), 1, "{others}");
}
