//! Feeds as other programs read them: under an address that needs no header, narrowed by days, and told what is hidden.

use calcard::icalendar::{ICalendarComponentType, ICalendarProperty};
use grid_tests::api::{Answer, percent, request_json, request_tcp};
use grid_tests::mission::{Pair, Side, each};
use serde_json::{Value, json};

/// What a calendar program finds: the titles of the events, as a library reads them.
fn titles(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let calcard::Entry::ICalendar(calendar) = calcard::Parser::new(&answer.body).entry() else {
        panic!("no calendar: {}", answer.body)
    };
    let events = calendar.components.iter().filter(|it| it.component_type == ICalendarComponentType::VEvent);
    let title = |event: &calcard::icalendar::ICalendarComponent| {
        let entry = event.property(&ICalendarProperty::Summary)?;
        Some(entry.values.first()?.as_text()?.to_owned())
    };
    let mut titles: Vec<String> = events.filter_map(title).collect();
    titles.sort_unstable();
    titles
}

async fn link(side: &Side, request: Value) -> Value {
    side.post("/api/feeds/links", request).await
}

async fn read(side: &Side, link: &Value) -> Answer {
    request_tcp(side.tcp(), "GET", link["path"].as_str().expect("a link has a path"), "").await
}

fn code(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
}

/// Two groups, with things for all and for themselves.
async fn filled() -> Pair {
    let pair = Pair::new().await;
    let starts = "2026-11-30T10:00:00Z";
    pair.mill.make("event", json!({"title": "Street party", "starts": starts, "readers": "public"})).await;
    pair.mill.make("event", json!({"title": "Meeting", "starts": starts, "place": "Lismore"})).await;
    pair.river.make("action", json!({"title": "Vigil", "starts": "2026-12-05T10:00:00Z"})).await;
    pair.settle().await;
    pair
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_program_reads_a_feed_under_its_address_without_any_header() {
    let pair = filled().await;
    let all = link(&pair.river, json!({"feed": "calendar"})).await;
    let address = all["address"].as_str().unwrap();
    assert_eq!(address, format!("http://{}{}", pair.river.tcp(), all["path"].as_str().unwrap()));
    assert_eq!(titles(&read(&pair.river, &all).await), ["Meeting", "Street party", "Vigil"]);
    let public = link(&pair.river, json!({"feed": "calendar", "audience": "public"})).await;
    assert_eq!(titles(&read(&pair.river, &public).await), ["Street party", "Vigil"]);
    let narrowed = json!({"feed": "calendar", "filter": "kind=event&place=Lismore", "name": "Lismore"});
    let narrowed = link(&pair.river, narrowed).await;
    assert_eq!(titles(&read(&pair.river, &narrowed).await), ["Meeting"]);
    // It follows what becomes of its events.
    pair.mill
        .make("event", json!({"title": "Second meeting", "starts": "2026-12-01T10:00:00Z", "place": "Lismore"}))
        .await;
    pair.settle().await;
    assert_eq!(titles(&read(&pair.river, &narrowed).await), ["Meeting", "Second meeting"]);
    let news = link(&pair.river, json!({"feed": "news"})).await;
    let news: atom_syndication::Feed = read(&pair.river, &news).await.body.parse().unwrap();
    assert!(news.entries().iter().any(|entry| entry.title().as_str() == "Street party"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_taken_back_opens_nothing_and_other_links_go_on() {
    let pair = filled().await;
    let mine = link(&pair.river, json!({"feed": "calendar", "name": "Phone"})).await;
    let other = link(&pair.river, json!({"feed": "calendar", "name": "Desk"})).await;
    assert_ne!(mine["path"], other["path"]);
    let listed = pair.river.get("/api/feeds/links").await;
    assert_eq!(each(listed["items"].as_array().unwrap(), "name"), ["Desk", "Phone"]);
    let secret = |link: &Value| link["path"].as_str().unwrap().split('/').nth(2).unwrap().to_owned();
    for text in [listed.to_string(), pair.river.get("/api/records/link").await.to_string()] {
        assert!(!text.contains(&secret(&mine)) && !text.contains(&secret(&other)), "a secret is told once: {text}");
    }
    let path = format!("/api/feeds/links/{}", mine["id"].as_str().unwrap());
    let (status, _) = request_json(&pair.river.member.path(), "DELETE", &path, json!(null)).await;
    assert_eq!(status, 200);
    let gone = read(&pair.river, &mine).await;
    assert_eq!(code(&gone), (404, "not_found".to_owned()));
    assert!(gone.json()["error"]["hint"].as_str().unwrap().contains("grid feed link"), "{}", gone.body);
    assert_eq!(titles(&read(&pair.river, &other).await).len(), 3);
    // It lasts as the home does, and nobody else has it.
    assert!(pair.mill.get("/api/feeds/links").await["items"].as_array().unwrap().is_empty());
    let Pair { river, mill } = pair;
    let river = river.restarted().await;
    assert_eq!(titles(&read(&river, &other).await).len(), 3);
    assert_eq!(code(&read(&river, &mine).await).0, 404);
    assert_eq!(code(&read(&mill, &other).await).0, 404, "another node knows no such link");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_of_a_link_opens_its_own_feed_and_nothing_else() {
    let pair = filled().await;
    let (river, tcp) = (&pair.river, pair.river.tcp());
    let made = link(river, json!({"feed": "calendar", "audience": "public"})).await;
    let path = made["path"].as_str().unwrap().to_owned();
    let secret = path.split('/').nth(2).unwrap();
    let status = async |method: &str, path: &str, headers: &str| request_tcp(tcp, method, path, headers).await.status;
    let bearer = format!("authorization: Bearer {secret}\r\n");
    for (method, elsewhere) in
        [("GET", "/api/status"), ("POST", "/api/records/action"), ("DELETE", "/api/feeds/links/x")]
    {
        assert_eq!(status(method, elsewhere, &bearer).await, 401, "{method} {elsewhere}");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        assert_eq!(status(method, &path, "").await, 405, "{method}");
    }
    for wrong in [
        format!("/feeds/{secret}/news.atom"),
        format!("/feeds/{secret}/../../api/status"),
        format!("/feeds/{secret}"),
        format!("/feeds/{secret}/"),
        format!("/feeds/{}/calendar.ics", &secret[1..]),
        format!("/feeds/{}/calendar.ics", secret.to_uppercase()),
        "/feeds//calendar.ics".to_owned(),
        "/feeds/".to_owned(),
    ] {
        assert_eq!(status("GET", &wrong, "").await, 404, "{wrong}");
    }
    assert_eq!(status("GET", &format!("/api{path}"), "").await, 401);
    // Whoever has the address learns no more than it was made for by asking otherwise.
    assert_eq!(status("GET", &format!("{path}?audience=coalition"), "").await, 400);
    for (headers, expected) in [
        ("host: evil.example\r\n", 421),
        ("host: localhost\r\n", 421),
        ("origin: http://evil.example\r\n", 403),
        ("sec-fetch-site: cross-site\r\n", 403),
        ("sec-fetch-site: none\r\n", 200),
    ] {
        assert_eq!(status("GET", &path, headers).await, expected, "{headers}");
    }
    let head = request_tcp(tcp, "HEAD", &path, "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_would_fail_is_not_made() {
    let pair = Pair::new().await;
    for (request, named) in [
        (json!({"feed": "cookies"}), "calendar"),
        (json!({"feed": "calendar", "audience": "local"}), "own"),
        (json!({"feed": "calendar", "filter": "kind=dragon"}), "dragon"),
        (json!({"feed": "calendar", "filter": "kind=event&since=soon"}), "soon"),
        (json!({"feed": "calendar", "filter": "kind=event&text=a b"}), "%20"),
        (json!({"feed": "calendar", "filter": "kind=page"}), "task"),
        (json!({"feed": "podcast", "filter": "kind=task"}), "event"),
    ] {
        let error = pair.river.post_refused("/api/feeds/links", request.clone()).await;
        assert!(error.to_string().contains(named), "{request}: {error}");
    }
    assert_eq!(pair.river.refused("link", json!({"name": "By hand"})).await["code"], "invalid");
    assert!(pair.river.list("link", "").await.is_empty());
    let pages = request_json(&pair.river.member.path(), "GET", "/api/feeds/map.geojson?kind=page", json!(null)).await;
    assert_eq!(pages.0, 400, "{}", pages.1);
    pair.river.get("/api/feeds/map.geojson?kind=place").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_and_saved_searches_are_told_apart_by_their_names() {
    let pair = Pair::new().await;
    let river = &pair.river;
    let made = link(river, json!({"feed": "calendar", "name": "Phone"})).await;
    let listed = river.get("/api/feeds/links").await;
    assert!(made["created_at"].is_string() && made["created_at"] == listed["items"][0]["created_at"], "{made}");
    let error = river.post_refused("/api/feeds/links", json!({"feed": "news", "name": "phone "})).await;
    assert!(error.to_string().contains("already"), "{error}");
    let unnamed = [link(river, json!({"feed": "news"})).await, link(river, json!({"feed": "news"})).await];
    assert_eq!(unnamed.map(|it| it["name"].clone()), ["news", "news 2"]);

    let search = river.make("search", json!({"name": "Near", "words": "van"})).await;
    let error = river.refused("search", json!({"name": "near", "words": "boat"})).await;
    assert!(error["hint"].as_str().unwrap().contains("grid search remove"), "{error}");
    let other = river.make("search", json!({"name": "Far", "words": "boat"})).await;
    river.edit("search", &search, json!({"words": "boat", "name": "Near"})).await;
    assert!(river.edit_refused("search", &other, json!({"name": "Near"})).await.to_string().contains("already"));
    request_json(&river.member.path(), "DELETE", &format!("/api/records/search/{search}"), json!(null)).await;
    river.edit("search", &other, json!({"name": "Near"})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_link_shows_is_set_when_it_is_made_and_its_name_is_not() {
    let pair = filled().await;
    let made = link(&pair.river, json!({"feed": "calendar", "audience": "public", "filter": "kind=event"})).await;
    let id = made["id"].as_str().unwrap();
    let mark = "c0a1".repeat(16);
    for (field, other) in [("readers", "own"), ("feed", "news"), ("filter", "kind=action"), ("mark", mark.as_str())] {
        let error = pair.river.edit_refused("link", id, json!({field: other})).await;
        assert!(error["message"].as_str().unwrap().contains(field), "{error}");
    }
    pair.river.edit("link", id, json!({"name": "Town hall", "readers": "public"})).await;
    assert_eq!(titles(&read(&pair.river, &made).await), ["Street party"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_the_feed_of_a_group_outlasts_its_name() {
    let pair = filled().await;
    let request = json!({"feed": "calendar", "filter": "kind=event&group=mill%20street&place=Lismore"});
    let made = link(&pair.river, request).await;
    assert_eq!(made["filter"], format!("kind=event&group={}&place=Lismore", pair.mill.group().await));
    assert_eq!(titles(&read(&pair.river, &made).await), ["Meeting"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_what_belongs_to_a_record_outlasts_its_title_and_tells_its_reader_no_reasons() {
    let pair = filled().await;
    let walk = pair.mill.make("moment", json!({"title": "Walk", "starts": "2026-12-05T10:00:00Z"})).await;
    let vigil = json!({"title": "Dawn vigil", "starts": "2026-12-05T06:00:00Z", "moment": walk});
    pair.mill.make("action", vigil).await;
    pair.settle().await;
    let made = link(&pair.river, json!({"feed": "calendar", "filter": "kind=action&moment=walk"})).await;
    assert_eq!(made["filter"], format!("kind=action&moment={walk}"));
    assert_eq!(titles(&read(&pair.river, &made).await), ["Dawn vigil"]);
    // Another of that title neither breaks the link nor gets into it.
    let other = pair.mill.make("moment", json!({"title": "Walk"})).await;
    let noon = json!({"title": "Noon", "starts": "2026-12-05T12:00:00Z", "moment": other});
    pair.mill.make("action", noon).await;
    pair.settle().await;
    assert_eq!(titles(&read(&pair.river, &made).await), ["Dawn vigil"]);
    // A link that was made by an earlier version keeps what was typed: why it fails is not for its reader.
    let secret = "5".repeat(64);
    let mark = blake3::hash(secret.as_bytes()).to_hex().to_string();
    let old = json!({"name": "Old", "feed": "calendar", "readers": "public", "filter": "kind=action&moment=walk",
        "mark": mark});
    pair.river.make("link", old).await;
    let read = request_tcp(pair.river.tcp(), "GET", &format!("/feeds/{secret}/calendar.ics"), "").await;
    assert_eq!(read.status, 400, "{}", read.body);
    assert!(!read.body.contains("Walk") && read.body.contains("new one"), "{}", read.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_ones_own_shows_what_is_for_the_group_and_not_what_never_leaves() {
    let pair = Pair::new().await;
    pair.river.make("review", json!({"title": "Phones", "threats": "Listening in"})).await;
    pair.river.make("supporter", json!({"name": "Ana Novak"})).await;
    let news = async |audience: &str| {
        let made = link(&pair.river, json!({"feed": "news", "audience": audience})).await;
        let body = read(&pair.river, &made).await.body;
        (body.contains("Phones"), body.contains("Ana Novak"))
    };
    assert_eq!(news("public").await, (false, false));
    assert_eq!(news("own").await, (true, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_feeds_and_exports_are_narrowed_to_days_and_say_what_is_no_day() {
    let pair = filled().await;
    let river = &pair.river;
    assert_eq!(each(&river.list("event", "since=2026-12-03").await, "title"), Vec::<String>::new());
    assert_eq!(river.list("event", "since=2026-11-29&until=2026-12-01").await.len(), 2);
    assert_eq!(river.list("action", "until=2026-12-03").await.len(), 0);
    let calendar = river.text("/api/feeds/calendar.ics?since=2026-12-03").await;
    assert!(calendar.contains("Vigil") && !calendar.contains("Street party"), "{calendar}");
    let table = river.text("/api/records/event/export?format=csv&until=2026-11-01").await;
    assert_eq!(table.lines().count(), 1, "only the headings: {table}");
    // What names no day was changed on one.
    river.make("resource", json!({"title": "How to knock"})).await;
    assert_eq!(river.list("resource", "since=2020-01-01").await.len(), 1);
    assert_eq!(river.list("resource", "until=2020-01-01").await.len(), 0);
    // A field of that name is an end, as the word is.
    river
        .make("need", json!({"title": "A van", "from": "2026-12-01T10:00:00Z", "until": "2026-12-03T10:00:00Z"}))
        .await;
    assert_eq!(river.list("need", "since=2026-12-02&until=2026-12-02").await.len(), 1);
    assert_eq!(river.list("need", "until=2026-11-29").await.len(), 0);
    for (path, found) in [
        ("/api/records/event?since=soon", "soon"),
        ("/api/records/event?since=2026-12-02&until=2026-12-01", "2026-12-01"),
        ("/api/feeds/news.atom?until=2026-13-01", "2026-13-01"),
        ("/api/news?since=yesterday", "yesterday"),
    ] {
        let (status, answer) = request_json(&river.member.path(), "GET", path, json!(null)).await;
        assert_eq!(status, 400, "{path}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(found), "{path}: {answer}");
        assert!(answer["error"]["hint"].as_str().unwrap().contains("2026-11-30") || path.contains("12-02"), "{answer}");
    }
    let told = river.get(&format!("/api/news?until={}", percent("2020-01-01"))).await;
    assert_eq!(told["total"], 0, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_is_listed_for_the_days_of_each_of_its_times() {
    let pair = Pair::new().await;
    let assembly = json!({"title": "Assembly", "starts": "2026-01-06T18:00:00Z", "ends": "2026-01-06T20:00:00Z",
        "repeats": "FREQ=WEEKLY;UNTIL=20261222", "except": ["2026-12-15"]});
    pair.river.make("event", assembly).await;
    for (period, found) in [
        ("since=2026-12-08T19:00:00Z&until=2026-12-08T19:30:00Z", 1),
        ("since=2026-12-08T20:00:01Z&until=2026-12-09T00:00:00Z", 0),
        ("since=2026-12-14T00:00:00Z&until=2026-12-17T00:00:00Z", 0),
        ("since=2026-12-22T12:00:00Z", 1),
        ("since=2026-12-23T00:00:00Z", 0),
        ("until=2026-01-06T18:00:00Z", 1),
        ("until=2026-01-06T17:00:00Z", 0),
    ] {
        assert_eq!(pair.river.list("event", period).await.len(), found, "{period}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_says_how_much_of_it_is_hidden_here() {
    let pair = filled().await;
    let mill = pair.mill.group().await;
    let hidden = async |path: &str| {
        let list = pair.river.get(path).await;
        (list["total"].as_u64().unwrap(), list["hidden"].as_u64().unwrap())
    };
    assert_eq!(hidden("/api/records/event").await, (2, 0));
    pair.river.make("hiding", json!({"what": "Mill Street", "sort": "group", "of_group": mill})).await;
    assert_eq!(hidden("/api/records/event").await, (0, 2));
    assert_eq!(hidden("/api/records/event?place=Lismore").await, (0, 1), "only what was asked for is counted");
    assert_eq!(hidden("/api/records/event?hidden=yes").await, (2, 0));
    assert_eq!(hidden("/api/records/group").await, (1, 1));
    assert_eq!(hidden("/api/records/group?hidden=yes").await, (2, 0));
    assert_eq!(hidden("/api/records/action").await, (1, 0));
    let (_, news) = hidden("/api/news").await;
    assert!(news >= 2, "{news}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_says_who_removed_a_record() {
    let pair = filled().await;
    let id = pair.river.list("action", "").await[0]["id"].as_str().unwrap().to_owned();
    pair.river.edit("action", &id, json!({"place": "Ford"})).await;
    request_json(&pair.river.member.path(), "DELETE", &format!("/api/records/action/{id}"), json!(null)).await;
    pair.settle().await;
    let history = pair.mill.get(&format!("/api/records/action/{id}/history")).await;
    let items = history["items"].as_array().unwrap();
    assert_eq!(each(items, "what"), ["made", "changed", "removed"]);
    assert_eq!(items[2]["name"], "Clean River");
    let error = pair.river.post_refused(&format!("/api/records/action/{id}/undo"), json!({})).await;
    assert!(error["message"].as_str().unwrap().contains("can't be undone"), "{error}");
}
