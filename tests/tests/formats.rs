//! Open formats between two nodes: what goes out is read by libraries that others wrote, what comes in is taken once,
//! and what was done by mistake is put right.

use calcard::icalendar::{
    ICalendarComponent, ICalendarComponentType, ICalendarProperty, ICalendarStatus, ICalendarValue,
};
use calcard::vcard::{VCard, VCardProperty};
use grid_tests::api::{request, request_json};
use grid_tests::mission::{Pair, Side, each};
use serde_json::{Value, json};

const HARD: &str = "Come; all, \"everybody\"\nמים \u{202b}مياه\u{202c} e\u{301}🌊 ]]> <b> & c \\ end";

async fn import(side: &Side, path: &str, file: &str) -> Value {
    let answer = request(&side.member.path(), "POST", path, "text/plain", file).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.json()
}

/// A coalition with something of everything.
async fn filled() -> (Pair, String) {
    let pair = Pair::new().await;
    let action = json!({"title": "Vigil; at the weir", "starts": "2026-11-30T06:00:00+11:00[Australia/Sydney]",
        "ends": "2026-11-30T07:00:00+11:00[Australia/Sydney]", "place": "Weir, left bank", "description": HARD,
        "coordinates": {"latitude": -28.81, "longitude": 153.28}, "tactics": ["vigil"]});
    let id = pair.river.make("action", action).await;
    pair.river.make("task", json!({"title": "Print leaflets", "due": "2026-11-28T09:00:00Z"})).await;
    let event = json!({"title": "Why water", "sort": "podcast", "starts": "2026-11-20T10:00:00Z", "about": HARD,
        "recording": "https://a.example/1.mp3?x=1&y=2", "recording_bytes": 1234, "agenda": "only among us",
        "readers": "public"});
    pair.river.make("event", event).await;
    let carers = pair.river.make("body", json!({"name": "Carers", "sort": "caucus"})).await;
    pair.river
        .make(
            "event",
            json!({"title": "Carers call", "body": carers, "sort": "podcast",
        "recording": "https://a.example/2.mp3", "coordinates": "-28.8,153.2"}),
        )
        .await;
    pair.river.make("event", json!({"title": "Quiet", "sort": "podcast"})).await;
    pair.river.make("place", json!({"name": "Hall", "coordinates": {"latitude": -28.8, "longitude": 153.3}})).await;
    let person = json!({"name": "Ada Rivers", "agreed": true, "reach": "ada@example.org", "notes": "whispered"});
    pair.river.make("person", person).await;
    pair.settle().await;
    (pair, id)
}

/// The events of a calendar, as another library reads it; nothing in it may be wrong.
fn calendar(text: &str) -> Vec<ICalendarComponent> {
    let mut parser = calcard::Parser::new(text);
    let calcard::Entry::ICalendar(calendar) = parser.entry() else { panic!("no calendar: {text}") };
    assert!(matches!(parser.entry(), calcard::Entry::Eof), "{text}");
    calendar.components.into_iter().filter(|it| it.component_type == ICalendarComponentType::VEvent).collect()
}

fn said<'e>(event: &'e ICalendarComponent, property: &ICalendarProperty) -> &'e ICalendarValue {
    let found = event.property(property).and_then(|entry| entry.values.first());
    found.unwrap_or_else(|| panic!("an event without {property:?}: {event:?}"))
}

fn text<'e>(event: &'e ICalendarComponent, property: &ICalendarProperty) -> &'e str {
    said(event, property).as_text().expect("a text")
}

/// How far an event is: its number, its status and its title.
fn state(events: &[ICalendarComponent], id: &str) -> (i64, ICalendarStatus, String) {
    let own = events.iter().find(|event| text(event, &ICalendarProperty::Uid).starts_with(id)).expect("it is there");
    let ICalendarValue::Integer(sequence) = said(own, &ICalendarProperty::Sequence) else { panic!("{own:?}") };
    let ICalendarValue::Status(status) = said(own, &ICalendarProperty::Status) else { panic!("{own:?}") };
    (*sequence, status.clone(), text(own, &ICalendarProperty::Summary).to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_is_read_by_another_library_and_follows_what_becomes_of_its_events() {
    let (pair, id) = filled().await;
    let before = calendar(&pair.mill.text("/api/feeds/calendar.ics").await);
    assert_eq!(before.len(), 3, "an action, a task and an event with a date");
    let (first, status, title) = state(&before, &id);
    assert_eq!((status, title.as_str()), (ICalendarStatus::Confirmed, "Vigil; at the weir"));
    let of_kind = calendar(&pair.mill.text("/api/records/action/export?format=ics&tactics=vigil").await);
    assert_eq!(text(&of_kind[0], &ICalendarProperty::Description), HARD);
    let ICalendarValue::PartialDateTime(starts) = said(&of_kind[0], &ICalendarProperty::Dtstart) else { panic!() };
    // Six in the morning in Sydney.
    assert_eq!((starts.day, starts.hour, starts.tz_hour), (Some(29), Some(19), Some(0)));
    assert!(calendar(&pair.mill.text("/api/records/action/export?format=ics&tactics=march").await).is_empty());

    pair.river.edit("action", &id, json!({"status": "cancelled"})).await;
    pair.settle().await;
    let (second, status, _) = state(&calendar(&pair.mill.text("/api/feeds/calendar.ics").await), &id);
    assert!(second > first && status == ICalendarStatus::Cancelled, "{first} {second} {status:?}");

    let path = format!("/api/records/action/{id}");
    request_json(&pair.river.member.path(), "DELETE", &path, json!(null)).await;
    pair.settle().await;
    let (third, status, title) = state(&calendar(&pair.mill.text("/api/feeds/calendar.ics").await), &id);
    assert!(
        third > second && status == ICalendarStatus::Cancelled && !title.contains("Vigil"),
        "{second} {third} {title}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_changes_a_record_by_its_id_only_where_it_comes_from_this_coalition_and_says_so_before() {
    let (pair, id) = filled().await;
    let own = pair.river.text("/api/records/action/export?format=ics").await;
    // Long lines are folded.
    let own = own.replace("\r\n ", "");
    // What nobody has written yet; what is there by hand stays anyway.
    let other = own.replace("SUMMARY:", "URL:https://quarry.example/\r\nSUMMARY:");
    assert_ne!(own, other);
    let preview = import(&pair.river, "/api/records/action/import?dry_run=true", &other).await;
    assert_eq!((&preview["created"], &preview["changed"]), (&json!(0), &json!(1)), "{preview}");
    let note = preview["notes"][0]["reason"].as_str().unwrap();
    assert!(note.contains("changes Vigil; at the weir") && note.contains(&id[..8]), "{note}");
    // The same from somebody who has only seen the id, under a title of its own.
    let home = pair.river.member.status().await.coalition.to_string();
    let forged =
        other.replace(&format!("{id}@{home}"), &format!("{id}@evil")).replace("SUMMARY:Vigil", "SUMMARY:Feast");
    assert!(forged.contains("@evil"), "{forged}");
    let preview = import(&pair.river, "/api/records/action/import?dry_run=true", &forged).await;
    assert_eq!((&preview["created"], &preview["changed"]), (&json!(1), &json!(0)), "{preview}");
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_maps_and_cards_are_read_by_other_libraries_and_hold_what_their_readers_may_see() {
    let (pair, _) = filled().await;
    let news: atom_syndication::Feed = pair.mill.text("/api/feeds/news.atom").await.parse().unwrap();
    let titles: Vec<&str> = news.entries().iter().map(|entry| entry.title().as_str()).collect();
    assert!(titles.contains(&"Vigil; at the weir") && titles.contains(&"Print leaflets"), "{titles:?}");
    let vigil = news.entries().iter().find(|entry| entry.title().as_str().starts_with("Vigil")).unwrap();
    assert!(vigil.content().unwrap().value().unwrap().contains(HARD));
    let only: atom_syndication::Feed = pair.mill.text("/api/feeds/news.atom?kind=place").await.parse().unwrap();
    assert_eq!(only.entries().len(), 1);

    let public = pair.mill.text("/api/feeds/news.atom?audience=public").await;
    assert!(public.contains("Vigil") && !public.contains("leaflets") && !public.contains("only among us"), "{public}");
    for feed in ["calendar.ics", "map.geojson", "podcast.rss"] {
        let text = pair.river.text(&format!("/api/feeds/{feed}?audience=public")).await;
        assert!(!text.contains("leaflets") && !text.contains("only among us") && !text.contains("whispered"), "{text}");
    }

    // A meeting of a caucus is nobody's business outside, whatever feed or export is asked.
    for path in ["feeds/news.atom?", "feeds/calendar.ics?", "feeds/map.geojson?", "feeds/podcast.rss?"]
        .into_iter()
        .chain(["records/event/export?format=csv&", "records/event/export?format=json&"])
    {
        let text = pair.river.text(&format!("/api/{path}audience=public")).await;
        assert!(!text.contains("Carers call"), "{path}: {text}");
    }
    assert!(pair.mill.text("/api/feeds/podcast.rss?audience=public").await.contains("Why water"));
    assert!(pair.mill.text("/api/feeds/news.atom").await.contains("Carers call"));

    let podcast = rss::Channel::read_from(pair.mill.text("/api/feeds/podcast.rss").await.as_bytes()).unwrap();
    assert_eq!(podcast.items().len(), 2);
    let enclosure = podcast.items()[0].enclosure().unwrap();
    assert_eq!(
        (enclosure.url(), enclosure.length(), enclosure.mime_type()),
        ("https://a.example/1.mp3?x=1&y=2", "1234", "audio/mpeg")
    );

    let map: geojson::FeatureCollection = pair.mill.text("/api/feeds/map.geojson").await.parse().unwrap();
    assert_eq!(map.features.len(), 3);
    let places: geojson::FeatureCollection =
        pair.mill.text("/api/records/place/export?format=geojson").await.parse().unwrap();
    assert_eq!(places.features[0].property("name").unwrap(), "Hall");

    let cards = pair.mill.text("/api/records/person/export?format=vcf").await;
    let card = VCard::parse(&cards).expect("a card");
    let mail = card.property(&VCardProperty::Email).and_then(|entry| entry.values.first()?.as_text());
    assert_eq!(mail, Some("ada@example.org"));

    let path = pair.river.member.path();
    for (query, status) in [
        ("person/export?audience=public", 403),
        ("place/export?format=ics", 400),
        ("task/export?format=geojson", 400),
        ("action/export?format=vcf", 400),
        ("action/export?format=ics&audience=local", 400),
    ] {
        let answer = request_json(&path, "GET", &format!("/api/records/{query}"), json!(null)).await;
        assert_eq!(answer.0, status, "{query}: {}", answer.1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_other_programs_write_is_taken_once_and_moves_with_them() {
    let pair = Pair::new().await;
    let calendar = |title: &str, day: &str| {
        format!(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:abc@office\nSUMMARY:{title}\nDTSTART:{day}T100000Z\nRRULE:FREQ=WEEKLY\n\
             END:VEVENT\nBEGIN:VEVENT\nUID:bad\nSUMMARY:No zone\nDTSTART:20261130T100000\nEND:VEVENT\nEND:VCALENDAR\n"
        )
    };
    let first = calendar("Meeting", "20261130");
    let preview = import(&pair.river, "/api/records/event/import?dry_run=true", &first).await;
    assert_eq!((&preview["created"], pair.river.list("event", "").await.len()), (&json!(1), 0), "{preview}");
    assert_eq!(preview["notes"], json!([]), "{preview}");
    assert_eq!(preview["bad"][0]["line"], 8);
    let counts = |answer: &Value| (answer["created"].clone(), answer["changed"].clone(), answer["unchanged"].clone());
    let taken = import(&pair.river, "/api/records/event/import", &first).await;
    assert_eq!(counts(&taken), (json!(1), json!(0), json!(0)));
    let again = import(&pair.river, "/api/records/event/import", &first).await;
    assert_eq!(counts(&again), (json!(0), json!(0), json!(1)), "{again}");
    let moved = import(&pair.river, "/api/records/event/import", &calendar("Long meeting", "20261201")).await;
    assert_eq!(counts(&moved), (json!(0), json!(1), json!(0)), "{moved}");
    let zoned = import(&pair.river, "/api/records/event/import?zone=Europe/Paris", &first).await;
    assert_eq!(zoned["bad"], json!([]), "{zoned}");
    let events = pair.river.list("event", "").await;
    assert_eq!(events.len(), 2, "{events:?}");
    let again = |event: &Value| event["repeats"] == "FREQ=WEEKLY" && event["next"]["starts"].is_string();
    assert!(events.iter().any(again), "{events:?}");

    let exported = pair.river.text("/api/records/event/export?format=ics").await;
    let own = import(&pair.river, "/api/records/event/import", &exported).await;
    assert_eq!(counts(&own), (json!(0), json!(0), json!(2)), "{own}");
    pair.settle().await;
    let theirs = import(&pair.mill, "/api/records/event/import", &exported).await;
    assert_eq!(theirs["skipped"].as_array().unwrap().len(), 2, "what another group wrote stays its own: {theirs}");

    let card = "BEGIN:VCARD\nFN:Ada Rivers\nUID:card-1\nEMAIL:ada@example.org\nEND:VCARD\n";
    let refused = import(&pair.river, "/api/records/person/import", card).await;
    assert_eq!((&refused["created"], refused["bad"].as_array().unwrap().len()), (&json!(0), 1));
    for expected in [1, 0] {
        let taken = import(&pair.river, "/api/records/person/import?agreed=true", card).await;
        assert_eq!(taken["created"], expected, "{taken}");
        let taken = import(&pair.river, "/api/records/supporter/import", card).await;
        assert_eq!(taken["created"], expected, "{taken}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_undone_and_what_others_wrote_since_stays() {
    let pair = Pair::new().await;
    let undo = async |side: &Side, kind: &str, id: &str, body: Value| {
        request_json(&side.member.path(), "POST", &format!("/api/records/{kind}/{id}/undo"), body).await
    };
    let page = pair.river.make("action", json!({"title": "Walk", "place": "Weir", "tactics": ["walk"]})).await;
    pair.river.edit("action", &page, json!({"title": "March", "place": "Ford", "tactics": ["walk", "march"]})).await;
    let history = pair.river.get(&format!("/api/records/action/{page}/history")).await;
    let march = history["items"][1]["change"].as_str().unwrap().to_owned();
    pair.river.edit("action", &page, json!({"place": "Mill", "tactics": ["walk", "march", "song"]})).await;
    let (status, undone) = undo(&pair.river, "action", &page, json!({"change": march.get(..10)})).await;
    assert_eq!((status, &undone["kept"], &undone["undone"]), (200, &json!(["place"]), &json!(march)), "{undone}");
    let now = pair.river.show("action", &page).await;
    assert_eq!(
        (&now["title"], &now["place"], &now["tactics"]),
        (&json!("Walk"), &json!("Mill"), &json!(["song", "walk"]))
    );
    // The last change is the undoing itself.
    let (status, undone) = undo(&pair.river, "action", &page, json!({})).await;
    assert_eq!(status, 200, "{undone}");
    assert_eq!(pair.river.show("action", &page).await["title"], "March");
    pair.settle().await;
    assert_eq!(pair.mill.show("action", &page).await["title"], "March");
    assert_eq!(undo(&pair.mill, "action", &page, json!({})).await.0, 403, "another group's record");
    let first = history["items"][0]["change"].clone();
    assert_eq!(undo(&pair.river, "action", &page, json!({"change": first})).await.0, 403);
    assert_eq!(undo(&pair.river, "action", &page, json!({"change": "aaaaaaaa"})).await.0, 404);

    let long = "A line of the plan that everybody knows.\n".repeat(2_000);
    let plan = pair.river.make("action", json!({"title": "Plan", "description": "Short."})).await;
    pair.river.edit("action", &plan, json!({"description": long})).await;
    let (status, undone) = undo(&pair.river, "action", &plan, json!({})).await;
    assert_eq!((status, &pair.river.show("action", &plan).await["description"]), (200, &json!("Short.")), "{undone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn news_is_what_came_since_somebody_looked_also_what_was_written_long_before() {
    let pair = Pair::new().await;
    let ask = async |seen: &Value| pair.river.post("/api/news", json!({"seen": seen, "kind": "action"})).await;
    let all = ask(&json!({})).await;
    assert_eq!(all["total"], 0);
    let theirs = pair.mill.make("action", json!({"title": "Walk"})).await;
    pair.river.make("action", json!({"title": "Our own is no news"})).await;
    pair.settle().await;
    let news = ask(&all["seen"]).await;
    let items = news["items"].as_array().unwrap();
    assert_eq!((each(items, "title"), each(items, "what")), (vec!["Walk".to_owned()], vec!["new".to_owned()]));
    assert_eq!(ask(&news["seen"]).await["total"], 0, "it was seen");
    let path = format!("/api/records/action/{theirs}");
    request_json(&pair.mill.member.path(), "DELETE", &path, json!(null)).await;
    pair.settle().await;
    let gone = ask(&news["seen"]).await;
    assert_eq!(each(gone["items"].as_array().unwrap(), "what"), ["removed"]);
    let since = pair.river.get("/api/news?since=2020-01-01&kind=action").await;
    assert_eq!(since["total"], 1, "{since}");
    assert_eq!(pair.river.get("/api/news?since=2999-01-01").await["total"], 0);
    for query in ["since=soon", "kind=shoe", "group=nobody", "colour=red"] {
        let (status, _) =
            request_json(&pair.river.member.path(), "GET", &format!("/api/news?{query}"), json!(null)).await;
        assert!((400..500).contains(&status), "{query}: {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicates_are_found_by_the_node_and_merged_by_a_person() {
    let pair = Pair::new().await;
    let keep = pair.river.make("place", json!({"name": "The Hall", "address": "1 Mill St"})).await;
    let dropped =
        pair.river.make("place", json!({"name": "the hall!", "about": "Steps at the door", "sort": "office"})).await;
    pair.river.make("place", json!({"name": "The Hall", "address": "9 Other Rd"})).await;
    let own = pair.river.make("task", json!({"title": "Paint it", "about": dropped})).await;
    pair.settle().await;
    let other = pair.mill.make("task", json!({"title": "Clean it", "about": dropped})).await;
    pair.settle().await;
    let found = pair.river.get("/api/records/place/duplicates").await;
    let clusters = found["items"].as_array().unwrap();
    assert!(clusters.iter().any(|cluster| each(cluster.as_array().unwrap(), "id").contains(&keep)), "{found}");

    let path = format!("/api/records/place/{keep}/merge");
    let merge = |dry: bool| json!({"drop": dropped, "dry_run": dry});
    let (status, refused) = request_json(&pair.mill.member.path(), "POST", &path, merge(false)).await;
    assert_eq!((status, &refused["error"]["code"]), (403, &json!("not_yours")), "{refused}");
    let plan = pair.river.post(&path, merge(true)).await;
    assert_eq!(pair.river.list("place", "").await.len(), 3, "a preview writes nothing");
    let merged = pair.river.post(&path, merge(false)).await;
    assert_eq!(plan, merged);
    assert_eq!((&merged["fields"], &merged["differ"]), (&json!(["about", "sort"]), &json!(["name"])));
    assert_eq!((&merged["moved"], &merged["others"]), (&json!([own]), &json!(1)));
    pair.settle().await;
    let kept = pair.mill.show("place", &keep).await;
    assert_eq!((&kept["about"], &kept["name"]), (&json!("Steps at the door"), &json!("The Hall")));
    assert_eq!(pair.mill.show("task", &own).await["about"], json!(keep));
    let named = pair.mill.show("task", &other).await;
    assert_eq!(named["referred"][&dropped], "the hall!", "what refers to the one that went still says its name");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_for_good_stops_no_merging_and_what_is_refused_is_refused_before_the_first_write() {
    let pair = Pair::new().await;
    let river = &pair.river;
    let vigil = river.make("action", json!({"title": "Vigil"})).await;
    let double = river.make("action", json!({"title": "The vigil", "place": "Ford"})).await;
    let copy = river.make("action", json!({"title": "Vigil in May", "copied_from": double})).await;
    let task = river.make("task", json!({"title": "Candles", "about": double})).await;
    let merge = async |kind: &str, keep: &str, drop: &str| {
        let path = format!("/api/records/{kind}/{keep}/merge");
        let plan = river.post(&path, json!({"drop": drop, "dry_run": true})).await;
        let merged = river.post(&path, json!({"drop": drop})).await;
        assert_eq!(plan, merged);
        merged
    };
    let merged = merge("action", &vigil, &double).await;
    assert_eq!((&merged["fields"], &merged["moved"]), (&json!(["place"]), &json!([task])));
    assert_eq!(river.show("action", &vigil).await["place"], "Ford");
    let lineage = |rows: Vec<Value>| rows[0]["lineage"].clone();
    let of = lineage(river.ask("makers", "made", &[("of", &copy)]).await);
    assert_eq!(of, json!(["The vigil by Clean River (removed)"]), "the copy names what it was made from");
    // A copy and its original become one, either way, and nothing is made from itself.
    let (june, july) = ("Vigil in June", "Vigil in July");
    let june = river.make("action", json!({"title": june, "copied_from": vigil})).await;
    let july = river.make("action", json!({"title": july, "copied_from": vigil})).await;
    merge("action", &vigil, &june).await;
    assert_eq!(river.show("action", &vigil).await["copied_from"], Value::Null);
    merge("action", &july, &vigil).await;
    assert_eq!(river.show("action", &july).await["copied_from"], json!(vigil), "credit stands");
    // Who goes by an alias stays so, and so does who does not.
    let person = |name: &str, alias: bool, place: Option<&str>| json!({"name": name, "agreed": true, "alias": alias, "place": place});
    let ann = river.make("person", person("Ann", false, None)).await;
    let masked = river.make("person", person("Anna", true, None)).await;
    let placed = river.make("person", person("Annie", false, Some("Ford"))).await;
    let path = format!("/api/records/person/{masked}/merge");
    for dry_run in [true, false] {
        let error = river.post_refused(&path, json!({"drop": placed, "dry_run": dry_run})).await;
        assert!(error["message"].as_str().unwrap().contains("place"), "{error}");
    }
    assert_eq!(river.list("person", "").await.len(), 3);
    assert_eq!(merge("person", &ann, &masked).await["differ"], json!(["name", "alias"]));
    assert_eq!(river.show("person", &ann).await["alias"], json!(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prospect_that_two_members_want_is_shown_once_with_both() {
    let pair = Pair::new().await;
    let table = "Name,City\nFerry Friends,Ossmouth\nWeir Watch,Hollin\n";
    import(&pair.river, "/api/records/group/import", table).await;
    pair.settle().await;
    import(&pair.mill, "/api/records/group/import", table).await;
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        let wanted = side.list("group", "member=false").await;
        assert_eq!(each(&wanted, "name"), ["Ferry Friends", "Weir Watch"], "{wanted:?}");
        for item in &wanted {
            let sources = item["sources"].as_array().unwrap();
            assert_eq!(sources.len(), 2, "{item}");
            assert_eq!(item["mine"], true, "one's own record is the one that is shown");
            for source in sources {
                let shown = side.show("group", source["record"].as_str().unwrap()).await;
                assert_eq!(shown["name"], item["name"]);
            }
        }
    }
    // Whom one group wrote down stays wanted when that group is hidden.
    let river = pair.river.group().await;
    pair.mill.make("hiding", json!({"what": "Clean River", "sort": "group", "of_group": river})).await;
    let wanted = pair.mill.list("group", "member=false").await;
    assert_eq!(each(&wanted, "name"), ["Ferry Friends", "Weir Watch"], "{wanted:?}");
    assert!(
        wanted.iter().all(|item| item["sources"].as_array().is_some_and(|sources| sources.len() == 1)),
        "{wanted:?}"
    );
    let own = pair.mill.group().await;
    pair.mill.make("hiding", json!({"what": "us", "sort": "group", "of_group": own})).await;
    let wanted = pair.mill.list("group", "member=false").await;
    assert_eq!(each(&wanted, "name"), ["Ferry Friends", "Weir Watch"], "nobody hides its own");
}
