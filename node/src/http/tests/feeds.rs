//! Feeds that hold more than a reader is given.

use super::*;

/// An event that was written at a moment.
fn event(number: u32, written: u64, fields: Json) -> Row {
    let mut id = id(40);
    id[..4].copy_from_slice(&number.to_be_bytes());
    row("event", US, id, written, fields)
}

async fn titles(rows: Vec<Row>) -> Vec<String> {
    let grid = Grid::with(rows, None).await;
    let request = Request::get("/api/feeds/podcast.rss").header(header::HOST, "grid").body(nothing()).unwrap();
    let feed = String::from_utf8(bytes(grid.send(request).await).await.to_vec()).unwrap();
    let items = feed.split("<item>").skip(1);
    let title = |item: &str| item.split("<title>").nth(1).unwrap().split("</title>").next().unwrap().to_owned();
    items.map(title).collect()
}

#[tokio::test]
async fn meetings_and_what_was_not_recorded_take_no_place_from_what_can_be_heard() {
    let link = "https://pods.example.org/1.mp3";
    let talk =
        |title: &str, starts: &str| json!({"title": title, "sort": "podcast", "starts": starts, "recording": link});
    let mut rows = vec![
        event(1, 2_000, talk("Old", "2026-01-01T10:00:00Z")),
        event(2, 1_000, talk("New", "2026-02-01T10:00:00Z")),
    ];
    rows.extend(
        (3..200).map(|number| event(number, 9_000, json!({"title": "Call", "sort": "call", "recording": link}))),
    );
    rows.extend((200..400).map(|number| event(number, 9_000, json!({"title": "Planned", "sort": "podcast"}))));
    assert_eq!(titles(rows).await, ["New", "Old"]);
}

#[tokio::test]
async fn of_many_episodes_those_are_given_that_took_place_last_whoever_corrected_one_since() {
    let episode = |number: u32| {
        let starts = format!("{}-01-01T10:00:00Z", 1_000 + number);
        let fields = json!({"title": format!("Episode {number}"), "sort": "webinar", "starts": starts,
            "recording": "https://pods.example.org/1.mp3"});
        // The older it is, the later somebody corrected it.
        event(number, u64::from(9_000 - number), fields)
    };
    let titles = titles((0..320).map(episode).collect()).await;
    assert_eq!(titles.len(), 300);
    assert_eq!((titles[0].as_str(), titles[299].as_str()), ("Episode 319", "Episode 20"));
}
