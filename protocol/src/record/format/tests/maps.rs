//! Maps out and in, and feeds out.

use super::*;
use crate::record::Value;

#[test]
fn what_goes_out_as_a_map_comes_back_the_same() {
    let fields = json!({"name": "Weir \"Hall\"", "address": "1 Mill St", "sort": "office", "about": HARD,
        "coordinates": {"latitude": -28.81, "longitude": 153.28}});
    let map = super::super::geojson([&entry("place", &fields), &entry("place", &json!({"name": "No point"}))]);
    assert_eq!(map["features"].as_array().unwrap().len(), 1);
    assert_eq!(map["features"][0]["geometry"]["coordinates"], json!([153.28, -28.81]));
    assert_eq!(row(&read("place", &map.to_string()), 0), fields);
}

#[test]
fn points_of_other_programs_become_places_and_what_is_none_is_named() {
    let feature = |geometry: Json, properties: Json| json!({"type": "Feature", "id": 7, "geometry": geometry, "properties": properties});
    let point = |coordinates: Json| json!({"type": "Point", "coordinates": coordinates});
    let map = json!({"type": "FeatureCollection", "features": [
        feature(point(json!([153.28, -28.81, 12.0])), json!({"name": "Hall", "address": 12, "amenity": "x", "id": "node/1"})),
        feature(point(json!([900.0, -28.81])), json!({"name": "Mars"})),
        feature(json!({"type": "Polygon", "coordinates": [[[0, 0]]]}), json!({"name": "Field"})),
        feature(point(json!(["a", "b"])), json!({"name": "Letters"})),
        feature(point(json!([1.0])), json!({"name": "Half"})),
        feature(Json::Null, json!({"name": "Somewhere"})),
        feature(point(json!([1.0, 2.0])), json!({"address": "no name"})),
    ]});
    let plan = read("place", &map.to_string());
    assert_eq!(row(&plan, 0)["address"], "12");
    assert_eq!(row(&plan, 1)["name"], "Somewhere");
    let lines: Vec<u64> = plan.bad.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 7], "{:?}", plan.bad);
}

#[test]
fn a_podcast_has_what_can_be_heard_and_nothing_else() {
    let episode = json!({"title": "Episode <1>", "sort": "podcast", "recording": "https://a.example/1.mp3?x=1&y=2",
        "recording_bytes": 1234, "starts": "2026-11-30T10:00:00+11:00", "ends": "2026-11-30T10:30:00+11:00", "about": HARD,
        "language": "fr"});
    let silent = entry("event", &json!({"title": "Silent", "sort": "podcast"}));
    let text = super::super::podcast(&feed(), [&entry("event", &episode), &silent]);
    assert!(
        text.contains("<enclosure url=\"https://a.example/1.mp3?x=1&amp;y=2\" length=\"1234\" type=\"audio/mpeg\"/>"),
        "{text}"
    );
    assert!(text.contains("<pubDate>Sun, 29 Nov 2026 23:00:00 +0000</pubDate>") && !text.contains("Silent"), "{text}");
    assert!(
        text.contains("<itunes:duration>1800</itunes:duration>") && text.contains("<language>fr</language>"),
        "{text}"
    );
}

#[test]
fn control_signs_and_absurd_times_leave_feeds_well_formed() {
    let mut odd = entry("action", &json!({"title": "AB", "starts": "2026-11-30T10:00:00Z"}));
    odd.title = "A\u{b}\u{1f}B".to_owned();
    odd.values.set("description".into(), Value::Text("x\u{fffe}\u{0}\r\ny".into()));
    (odd.created, odd.changed) = (Timestamp(u64::MAX), Timestamp(u64::MAX));
    odd.sequence = u64::MAX;
    let text = super::super::atom(&feed(), [&odd]);
    assert!(text.contains("<title>AB</title>") && text.contains("1970-01-01T00:00:00Z"), "{text}");
    let calendar = super::super::calendar(&feed(), [&odd]);
    assert!(calendar.contains("SEQUENCE:2147483647") && calendar.contains("DTSTAMP:19700101T000000Z"), "{calendar}");
}
