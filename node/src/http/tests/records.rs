//! Records in and out.

use super::*;

fn titles(answer: &Json) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap_or("")).collect()
}

fn names(answer: &Json) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap_or("")).collect()
}

fn id_text(byte: u8) -> String {
    DocumentId(id(byte)).to_string()
}

#[tokio::test]
async fn a_list_has_the_newest_first_and_removed_ones_not_at_all() {
    let grid = Grid::start().await;
    let all = grid.get("/api/records/action").await.1;
    assert_eq!(titles(&all), ["=Letter day", "March", "River vigil"]);
    assert_eq!((&all["total"], &all["schema"]), (&json!(3), &json!(1)));
    let page = grid.get("/api/records/action?limit=1&offset=1").await.1;
    assert_eq!((titles(&page), &page["total"]), (vec!["March"], &json!(3)));
}

#[tokio::test]
async fn an_item_says_whose_it_is_and_own_ones_who_has_received_them() {
    let grid = Grid::start().await;
    let all = grid.get("/api/records/action").await.1;
    let (theirs, ours) = (&all["items"][0], &all["items"][2]);
    assert_eq!((&theirs["mine"], &theirs["group_name"]), (&json!(false), &json!("Clean River")));
    assert!(theirs.get("received_by").is_none());
    assert_eq!((&ours["mine"], &ours["group"]), (&json!(true), &json!(US.to_string())));
    assert_eq!((&ours["received_by"], &ours["groups"]), (&json!(1), &json!(2)));
    assert_eq!(ours["waiting_for"][0]["group"], FAR.to_string());
    assert_eq!(ours["changed_at"], "1970-01-01T00:00:03Z");
    assert_eq!(ours["record_kind"], "action");
}

#[tokio::test]
async fn every_field_of_a_kind_is_in_every_item_and_the_description_says_so() {
    let grid = Grid::start().await;
    let (_, document) = grid.get("/openapi.json").await;
    for kind in Registry::standard().kinds() {
        let list = grid.get(&format!("/api/records/{}", kind.name)).await.1;
        let schema = &document["components"]["schemas"][format!("item.{}", kind.name)];
        for item in list["items"].as_array().unwrap() {
            let id = item["id"].as_str().unwrap();
            let shown = grid.get(&format!("/api/records/{}/{id}", kind.name)).await.1;
            for field in &kind.fields {
                for item in [item, &shown] {
                    let value = item.get(&*field.name).unwrap_or_else(|| panic!("{}: {item}", field.name));
                    let expected = &schema["properties"][&*field.name]["type"];
                    let nullable = expected.as_array().is_some_and(|types| types.contains(&json!("null")));
                    assert!(!value.is_null() || nullable, "{} is null: {expected}", field.name);
                    assert_eq!(field.empty_json().is_array(), value.is_array(), "{}: {value}", field.name);
                }
                assert!(schema["required"].as_array().unwrap().contains(&json!(&*field.name)));
            }
            assert!(item.get("place").is_none_or(|place| place.is_null() || place != ""), "{item}");
        }
    }
}

#[tokio::test]
async fn a_list_is_narrowed_by_fields_tags_text_and_group() {
    let grid = Grid::start().await;
    let them = THEM.to_string();
    for (query, expected) in [
        ("place=Ford", vec!["River vigil"]),
        ("tactics=vigil", vec!["River vigil"]),
        ("tactics=vig", vec![]),
        ("text=RIVER", vec!["River vigil"]),
        ("text=letter", vec!["=Letter day"]),
        ("text=r%C3%ADver", vec!["River vigil"]),
        ("text=vigil%20riv", vec!["River vigil"]),
        ("text=rvier", vec!["River vigil"]),
        ("text=river%20letter", vec![]),
        ("status=cancelled", vec![]),
        ("place=", vec!["=Letter day", "March"]),
        (&*format!("group={them}"), vec!["=Letter day", "March"]),
        (&*format!("group={}", &them[..8]), vec!["=Letter day", "March"]),
        ("group=CLE%C3%81N%20RIVER", vec!["=Letter day", "March"]),
        (&*format!("group={them}&limit=1"), vec!["=Letter day"]),
    ] {
        let answer = grid.get(&format!("/api/records/action?{query}")).await.1;
        assert_eq!(titles(&answer), expected, "{query}: {answer}");
    }
    let guides = grid.get("/api/records/resource?kind=guide").await.1;
    assert_eq!(titles(&guides), ["How to knock"]);
    assert_eq!(
        (&guides["items"][0]["kind"], &guides["items"][0]["record_kind"]),
        (&json!("guide"), &json!("resource"))
    );
}

#[tokio::test]
async fn a_record_is_shown_by_its_id_or_the_beginning_of_it() {
    let grid = Grid::start().await;
    let whole = DocumentId(id(11)).to_string();
    for name in [&*whole, &whole[..6], &whole.to_uppercase()] {
        let (status, shown) = grid.get(&format!("/api/records/action/{name}")).await;
        assert_eq!((status, &shown["title"]), (StatusCode::OK, &json!("River vigil")), "{name}");
        assert_eq!(shown["heads"], json!([ChangeHash([7; 32]).to_string()]));
        assert_eq!((&shown["received_by"], &shown["groups"]), (&json!(1), &json!(2)));
        assert_eq!(shown["latest_by"], DEVICE.to_string());
    }
    let theirs = grid.get(&format!("/api/records/action/{}", DocumentId(id(12)))).await.1;
    assert_eq!((&theirs["received_by"], &theirs["waiting_for"]), (&Json::Null, &Json::Null));
}

#[tokio::test]
async fn an_id_that_fits_none_or_several_is_refused_with_what_there_is() {
    let grid = Grid::start().await;
    let twins = DocumentId(id(12)).to_string();
    let answer = grid.get(&format!("/api/records/action/{}", &twins[..20])).await;
    assert_eq!(code(&answer), (400, "invalid"));
    let message = answer.1["error"]["message"].as_str().unwrap();
    assert!(message.contains(&twins) && message.contains("March"), "{message}");
    assert_eq!(grid.get(&format!("/api/records/action/{twins}")).await.0, StatusCode::OK);
    assert_eq!(code(&grid.get(&format!("/api/records/action/{}", &twins[..5])).await), (404, "not_found"));
    assert_eq!(code(&grid.get("/api/records/action/not-an-id").await), (404, "not_found"));
    assert_eq!(code(&grid.get("/api/records/action/aaaaaa").await), (404, "not_found"));
    let other_kind = grid.get(&format!("/api/records/action/{}", DocumentId(id(13)))).await;
    assert_eq!(code(&other_kind), (404, "not_found"));
    assert!(other_kind.1["error"]["hint"].as_str().unwrap().contains("resource"), "{}", other_kind.1);
    let removed = grid.get(&format!("/api/records/action/{}", DocumentId(id(14)))).await;
    assert_eq!(code(&removed), (404, "not_found"));
    let history = grid.get(&format!("/api/records/action/{}/history", DocumentId(id(14)))).await.1;
    assert_eq!(history["items"][0]["name"], "Clean River");
}

#[tokio::test]
async fn a_record_is_written_changed_and_removed() {
    let grid = Grid::start().await;
    let (status, new) = grid.post("/api/records/action", json!({"fields": {"title": "Vigil"}})).await;
    assert_eq!((status, &new["change"]), (StatusCode::CREATED, &json!("created")));
    assert_eq!(new["heads"], json!([ChangeHash([8; 32]).to_string()]));
    let path = format!("/api/records/action/{}", DocumentId(id(11)));
    let seen = ChangeHash([7; 32]);
    let body = json!({"fields": {"title": "March", "place": null}, "based_on": [seen.to_string()]});
    let (status, changed) = grid.ask(Method::PATCH, &path, Some(body)).await;
    assert_eq!((status, &changed["change"]), (StatusCode::OK, &json!("changed")));
    let removed = grid.ask(Method::DELETE, &path, None).await.1;
    assert_eq!(removed["id"], DocumentId(id(11)).to_string());
    let writes = grid.writes.lock().unwrap();
    assert_eq!(writes[0].0, Target::New("action".into()));
    assert_eq!(writes[1].0, Target::Existing(DocumentId(id(11))));
    assert_eq!(writes[1].1.based_on, [seen]);
    assert_eq!(writes[1].1.get("place"), Some(None));
}

#[tokio::test]
async fn members_and_prospects_stand_in_one_list() {
    let grid = Grid::start().await;
    let all = grid.get("/api/records/group").await.1;
    assert_eq!(all["total"], 3, "{all}");
    let names_of_all = names(&all);
    assert!(names_of_all[..2].contains(&"Clean River"), "{names_of_all:?}");
    assert_eq!(names_of_all[2..], ["Bee Friends"]);
    let river = all["items"].as_array().unwrap().iter().find(|item| item["name"] == "Clean River").unwrap();
    assert_eq!(
        (&river["id"], &river["member"], &river["place"]),
        (&json!(THEM.to_string()), &json!(true), &json!("Ford"))
    );
    assert_eq!(river["was"], json!([DocumentId(id(23)).to_string()]));
    assert_eq!(all["items"][2]["id"], DocumentId(id(22)).to_string());
    for no in ["false", "no", "No"] {
        assert_eq!(names(&grid.get(&format!("/api/records/group?member={no}")).await.1), ["Bee Friends"], "{no}");
    }
    assert_eq!(grid.get("/api/records/group?member=perhaps").await.0, 400);
    for item in all["items"].as_array().unwrap() {
        assert_eq!(item["called"], item["name"], "{item}");
    }
    assert_eq!(names(&grid.get("/api/records/group?contact=joined").await.1).len(), 0);
    assert_eq!(names(&grid.get("/api/records/group?place=Hill").await.1), ["Bee Friends"]);
    assert_eq!(names(&grid.get("/api/records/group?text=river").await.1), ["Clean River"]);
}

#[tokio::test]
async fn a_group_is_found_by_its_own_id_and_by_its_records() {
    let grid = Grid::start().await;
    let them = THEM.to_string();
    for name in [&*them, &them[..7], &*DocumentId(id(21)).to_string(), &*DocumentId(id(23)).to_string()] {
        let (status, shown) = grid.get(&format!("/api/records/group/{name}")).await;
        assert_eq!((status, &shown["name"]), (StatusCode::OK, &json!("Clean River")), "{name}: {shown}");
    }
    let prospect = grid.get(&format!("/api/records/group/{}", DocumentId(id(22)))).await.1;
    assert_eq!((&prospect["member"], &prospect["record_kind"]), (&json!(false), &json!("prospect")));
    assert_eq!(prospect["received_by"], 1);
}

#[tokio::test]
async fn a_group_is_changed_through_the_record_that_describes_it() {
    let grid = Grid::start().await;
    for (name, place) in [(US.to_string(), "Here"), (id_text(22), "There"), (id_text(23), "Far")] {
        let body = Some(json!({"fields": {"place": place}}));
        let (status, answer) = grid.ask(Method::PATCH, &format!("/api/records/group/{name}"), body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    assert_eq!(grid.post("/api/records/group", json!({"fields": {"name": "We"}})).await.0, StatusCode::CREATED);
    let targets: Vec<Target> = grid.writes.lock().unwrap().iter().map(|(target, _)| target.clone()).collect();
    let expected = [
        Target::Own(PROFILE.into()),
        Target::Existing(DocumentId(id(22))),
        Target::Existing(DocumentId(id(23))),
        Target::Own(PROFILE.into()),
    ];
    assert_eq!(targets, expected);
    assert_eq!(code(&grid.ask(Method::DELETE, &format!("/api/records/group/{US}"), None).await), (404, "not_found"));
}

#[tokio::test]
async fn a_member_without_a_profile_is_changed_by_itself_alone() {
    let rows = sample().into_iter().filter(|row| row.document != DocumentId(id(21))).collect();
    let grid = Grid::with(rows, None).await;
    let body = Some(json!({"fields": {"place": "Here"}}));
    let answer = grid.ask(Method::PATCH, &format!("/api/records/group/{THEM}"), body).await;
    assert_eq!(code(&answer), (403, "not_yours"));
    assert!(grid.writes.lock().unwrap().is_empty());
    let shown = grid.get(&format!("/api/records/group/{THEM}")).await.1;
    assert_eq!((&shown["member"], &shown["record"]), (&json!(true), &Json::Null));
}
