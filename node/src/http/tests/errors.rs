//! Wrong requests, and failures of the node, as programs see them.

use super::*;

#[tokio::test]
async fn failures_of_the_node_have_their_status_code_and_hint() {
    let cases: [(Failure, u16, &str); 8] = [
        (|| CommandError::NotFound { what: "action".into(), id: "x".into() }, 404, "not_found"),
        (|| CommandError::NotYours { owner: "Clean River".into() }, 403, "not_yours"),
        (|| CommandError::Refused { why: "no".into(), hint: "Do this.".into() }, 403, "refused"),
        (|| CommandError::Copied { why: "no", hint: "Do this." }, 403, "home_copied"),
        (|| CommandError::Invalid { why: "no".into(), hint: "Do this.".into() }, 400, "invalid"),
        (|| CommandError::Storage(grid_protocol::storage::StorageError::Full), 507, "disk_full"),
        (|| CommandError::Quarantined { why: "no".into() }, 500, "quarantined"),
        (|| CommandError::Stopping, 503, "stopping"),
    ];
    for (failure, status, expected) in cases {
        let grid = Grid::failing(failure).await;
        let answer = grid.post("/api/records/action", json!({"fields": {"title": "Vigil"}})).await;
        assert_eq!(code(&answer), (status, expected));
        assert_eq!(answer.1["schema"], 1);
        assert!(!answer.1["error"]["message"].as_str().unwrap().is_empty());
        let hint = answer.1["error"]["hint"].as_str().unwrap();
        assert!(!hint.is_empty() && !hint.contains("every action shows"), "{expected}: {hint}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_json() {
    let grid = Grid::start().await;
    for path in ["/", "/api/nothing", "/api/records", "/api/records/spoon", "/api/schema/spoon"] {
        assert_eq!(code(&grid.get(path).await), (404, "not_found"), "{path}");
    }
    let spoon = grid.get("/api/records/spoon").await.1;
    assert!(spoon["error"]["hint"].as_str().unwrap().contains("action"), "{spoon}");
    assert_eq!(code(&grid.ask(Method::DELETE, "/api/status", None).await), (405, "invalid"));
    assert_eq!(code(&grid.ask(Method::POST, "/openapi.json", None).await), (405, "invalid"));
}

#[tokio::test]
async fn broken_json_is_named_with_its_place() {
    let grid = Grid::start().await;
    let request = Request::post("/api/dial").header(header::CONTENT_TYPE, "application/json");
    let answer = read(grid.send(request.body(Full::from("{\n  \"address\": oops}")).unwrap()).await).await;
    assert_eq!(code(&answer), (400, "invalid"));
    assert!(answer.1["error"]["message"].as_str().unwrap().contains("line 2 column"), "{}", answer.1);
    let answer = grid.post("/api/dial", json!({"adress": "/ip4/1.2.3.4/tcp/1"})).await;
    assert!(answer.1["error"]["message"].as_str().unwrap().contains("adress"), "{}", answer.1);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let grid = Grid::start().await;
    let body = vec![b' '; crate::http::input::MAX_JSON + 1];
    let request = Request::post("/api/dial").header(header::CONTENT_TYPE, "application/json");
    let answer = read(grid.send(request.body(Full::from(body)).unwrap()).await).await;
    assert_eq!(code(&answer), (413, "too_large"));
}

#[tokio::test]
async fn queries_that_make_no_sense_are_refused() {
    let grid = Grid::start().await;
    for query in ["limit=1001", "limit=many", "offset=-1", "limit=1&limit=2", "group=x", "starts=tomorrow"] {
        let answer = grid.get(&format!("/api/records/action?{query}")).await;
        assert_eq!(code(&answer), (400, "invalid"), "{query}");
    }
    let answer = grid.get("/api/records/action?colour=red").await;
    assert_eq!(code(&answer), (400, "invalid"));
    assert!(answer.1["error"]["hint"].as_str().unwrap().contains("tactics"), "{}", answer.1);
    assert_eq!(code(&grid.get("/api/records/group?colour=red").await), (400, "invalid"));
    assert_eq!(code(&grid.get("/api/records/group?member=perhaps").await), (400, "invalid"));
    assert_eq!(code(&grid.ask(Method::DELETE, "/api/invites/x", None).await), (400, "invalid"));
}

#[tokio::test]
async fn writes_with_wrong_fields_reach_nobody() {
    let grid = Grid::start().await;
    for body in [
        json!({"fields": {"colour": "red"}}),
        json!({"fields": {"starts": "tomorrow"}}),
        json!({"fields": {"title": 7}}),
        json!({"fields": {"title": "x"}, "based_on": "yesterday"}),
        json!({"title": "x"}),
        json!([]),
    ] {
        let answer = grid.post("/api/records/action", body.clone()).await;
        assert_eq!(code(&answer), (400, "invalid"), "{body}");
        assert!(!answer.1["error"]["hint"].as_str().unwrap().is_empty(), "{}", answer.1);
    }
    let (_, answer) = grid.post("/api/records/action", json!({"fields": {"colour": 1}})).await;
    assert!(answer["error"]["hint"].as_str().unwrap().contains("fields of an action"), "{answer}");
    let (_, answer) = grid.get("/openapi.json").await;
    assert!(!answer.to_string().contains(" a action"));
    assert!(grid.writes.lock().unwrap().is_empty());
}
