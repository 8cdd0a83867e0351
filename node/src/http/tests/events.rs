//! The stream of events.

use super::*;

#[tokio::test]
async fn an_event_reaches_who_listens() {
    let grid = Grid::start().await;
    let response = grid.send(Request::builder().uri("/api/events").body(nothing()).unwrap()).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    grid.events.send(Event::RecordChanged { kind: "action".into(), id: DocumentId(id(11)), group: US }).unwrap();
    let mut body = response.into_body();
    let mut text = String::new();
    while !text.contains("\n\n") {
        let frame = body.frame().await.expect("the stream is open").unwrap();
        text.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
    }
    let (name, data) = text.trim_end().split_once('\n').unwrap();
    assert_eq!(name, "event: record_changed");
    let data: Json = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(data["id"], DocumentId(id(11)).to_string());
    assert_eq!(data["schema"], 1);
}
