//! Tables in and out.

use super::*;

async fn import(grid: &Grid, path: &str, file: &str) -> (StatusCode, Json) {
    let request = Request::post(path).header(header::CONTENT_TYPE, "text/csv").body(Full::from(file.to_owned()));
    read(grid.send(request.unwrap()).await).await
}

const TABLE: &str =
    "Organisation,City,Shoe size\nBee Friends,Hill,44\nNew Wood,Dale,40\n,Nowhere,41\nOld Wood,Dale,42\n";

#[tokio::test]
async fn a_table_of_groups_becomes_prospects() {
    let grid = Grid::start().await;
    let (status, answer) = import(&grid, "/api/records/group/import?filename=groups.csv", TABLE).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["kind"], "prospect");
    assert_eq!(answer["mapping"][0], json!({"heading": "Organisation", "field": "name"}));
    assert_eq!(answer["ignored"], json!(["Shoe size"]));
    assert_eq!((&answer["created"], &answer["changed"]), (&json!(1), &json!(0)));
    let bad: Vec<u64> = answer["bad"].as_array().unwrap().iter().map(|it| it["line"].as_u64().unwrap()).collect();
    assert_eq!(bad, [3, 4], "what the node refused and what the table had wrong, by line");
    assert_eq!(answer["skipped"], json!([{"line": 5, "reason": "it belongs to somebody else"}]));
    assert_eq!(*grid.imports.lock().unwrap(), [ImportMode::Write]);
}

#[tokio::test]
async fn a_dry_run_asks_the_node_itself_and_writes_nothing() {
    let grid = Grid::start().await;
    let (status, answer) = import(&grid, "/api/records/group/import?dry_run=true", TABLE).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(*grid.imports.lock().unwrap(), [ImportMode::DryRun]);
    let written = import(&grid, "/api/records/group/import", TABLE).await.1;
    assert_eq!(answer, written);
}

#[tokio::test]
async fn what_is_no_table_is_refused_with_its_name() {
    let grid = Grid::start().await;
    let answer = import(&grid, "/api/records/action/import?filename=shoes.csv", "Shoe,Size\nx,44\n").await;
    assert_eq!(code(&answer), (400, "invalid"));
    assert!(answer.1["error"]["message"].as_str().unwrap().starts_with("shoes.csv: "), "{}", answer.1);
    assert_eq!(code(&import(&grid, "/api/records/action/import?colour=red", TABLE).await), (400, "invalid"));
}

#[tokio::test]
async fn an_export_reads_in_spreadsheets_and_runs_nothing_there() {
    let grid = Grid::start().await;
    let request = Request::builder().uri("/api/records/action/export").body(nothing()).unwrap();
    let response = grid.send(request).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    assert_eq!(response.headers()[header::CONTENT_DISPOSITION], "attachment; filename=\"actions.csv\"");
    let text = String::from_utf8(bytes(response).await.to_vec()).unwrap();
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.contains("'=Letter day") && !text.contains(",=Letter day"), "{text}");
    let json = grid.get("/api/records/action/export?format=json&text=vigil").await.1;
    assert_eq!(json["items"][0]["title"], "River vigil");
    assert_eq!(code(&grid.get("/api/records/action/export?format=xlsx").await), (400, "invalid"));
}
