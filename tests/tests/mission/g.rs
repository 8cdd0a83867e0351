//! G. Learning and feedback.

use grid_tests::grid::{Member, until_equal};
use grid_tests::mission::{Pair, Side, each};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn g01_an_action_that_is_over_asks_for_its_report_and_the_report_rolls_up() {
    let pair = Pair::new().await;
    let vigil = pair.mill.make("action", json!({"title": "Vigil", "starts": "2026-01-10T10:00:00Z"})).await;
    pair.mill.make("action", json!({"title": "Paddle", "starts": "2126-01-10T10:00:00Z"})).await;
    pair.settle().await;
    let reminded = async || {
        let found = pair.mill.ask("health", "adding_up", &[("show", "100")]).await;
        found.iter().filter(|row| row["sort"] == "unreported").count()
    };
    assert_eq!(reminded().await, 1);
    assert_eq!(each(&pair.river.ask("report", "owed", &[]).await, "title"), ["Vigil"]);
    pair.mill.make("report", json!({"title": "The vigil", "action": vigil, "people": 40})).await;
    pair.river.make("report", json!({"title": "The march", "people": 60})).await;
    pair.settle().await;
    assert_eq!(reminded().await, 0);
    assert!(pair.river.ask("report", "owed", &[]).await.is_empty());
    let totals = pair.river.ask("report", "totals", &[]).await;
    assert_eq!((&totals[0]["field"], &totals[0]["figure"]), (&json!("people"), &json!(100)));
    assert_eq!((&totals[0]["from"], totals[0]["ids"].as_array().unwrap().len()), (&json!(2), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn g02_every_figure_can_be_worked_out_again_from_the_reports() {
    let pair = Pair::new().await;
    let told = json!({"title": "One", "letters": 30, "initiatives": 2, "media": 1, "legislators": 1, "on": "2026-02-01T10:00:00Z"});
    pair.river.make("report", told).await;
    pair.mill.make("report", json!({"title": "Two", "letters": 12, "on": "2026-02-03T10:00:00Z"})).await;
    pair.mill.make("report", json!({"title": "Other", "letters": 500, "on": "2025-02-03T10:00:00Z"})).await;
    pair.settle().await;
    let period = [("since", "2026-01-01"), ("until", "2026-12-31")];
    let totals = pair.mill.ask("report", "totals", &period).await;
    let told: Vec<_> =
        totals.iter().map(|total| (total["field"].as_str().unwrap(), total["figure"].as_u64())).collect();
    let expected = [
        ("people", Some(0)),
        ("letters", Some(42)),
        ("initiatives", Some(2)),
        ("media", Some(1)),
        ("legislators", Some(1)),
        ("action", Some(0)),
    ];
    assert_eq!(told, expected);
    for total in totals.iter().filter(|total| total["field"] != "action") {
        let mut again = 0.0;
        for id in total["ids"].as_array().unwrap() {
            let report = pair.mill.show("report", id.as_str().unwrap()).await;
            again += report[total["field"].as_str().unwrap()].as_f64().unwrap();
        }
        assert_eq!(total["figure"].as_f64(), Some(again), "{total}");
    }
    let groups = pair.river.ask("report", "groups", &period).await;
    assert_eq!(
        (each(&groups, "name"), each(&groups, "letters")),
        (words(["Clean River", "Mill Street"]), words(["30", "12"]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn g03_a_report_for_everybody_holds_nothing_that_is_not_for_everybody() {
    let pair = Pair::new().await;
    let told =
        json!({"title": "One", "outcome": "They heard us.", "internal": "The mayor wavers.", "private": "Ana drove."});
    pair.mill.make("report", told).await;
    pair.settle().await;
    let internal = pair.river.get("/api/questions/report").await.to_string();
    assert!(internal.contains("The mayor wavers.") && !internal.contains("Ana drove."));
    for side in [&pair.river, &pair.mill] {
        let public = side.get("/api/questions/report?for=public").await.to_string();
        assert!(public.contains("They heard us."), "{public}");
        assert!(!public.contains("The mayor wavers.") && !public.contains("Ana drove."), "{public}");
        for format in ["csv", "json"] {
            let path = format!("/api/records/report/export?format={format}&audience=public");
            let public = side.text(&path).await;
            assert!(public.contains("They heard us."), "{public}");
            assert!(!public.contains("The mayor wavers.") && !public.contains("Ana drove."), "{public}");
        }
        let news = side.text("/api/feeds/news.atom?audience=public").await;
        assert!(!news.contains("The mayor wavers.") && !news.contains("Ana drove."), "{news}");
    }
    pair.keeps_at_mill(&["Ana drove."], "The mayor wavers.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g05_a_group_that_was_not_heard_of_is_listed() {
    let pair = Pair::new().await;
    pair.mill.make("action", json!({"title": "Vigil"})).await;
    pair.settle().await;
    pair.river.make("action", json!({"title": "Paddle"})).await;
    pair.settle().await;
    let ahead = |days: i64| {
        for side in [&pair.river, &pair.mill] {
            side.member.wall().set_ahead(days * 86_400_000);
        }
    };
    let silent = async || {
        let mut silent = each(&pair.river.ask("silence", "silent", &[]).await, "name");
        silent.sort();
        silent
    };
    ahead(29);
    assert_eq!(silent().await, Vec::<String>::new());
    ahead(31);
    assert_eq!(silent().await, ["Clean River", "Mill Street"]);
    // One of them writes.
    pair.river.make("action", json!({"title": "Song"})).await;
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        let silent = side.ask("silence", "silent", &[("days", "30")]).await;
        assert_eq!(each(&silent, "name"), ["Mill Street"]);
        assert!(silent[0]["last"].is_string(), "{silent:?}");
        let found = side.ask("health", "way", &[("show", "100")]).await;
        let found: Vec<_> = found.into_iter().filter(|row| row["sort"] == "silent").collect();
        assert_eq!(each(&found, "who"), ["Mill Street"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn g06_the_four_parts_of_success_are_filled_for_a_period() {
    let pair = Pair::new().await;
    let survey = pair.river.make("survey", json!({"title": "Wind", "sort": "climate"})).await;
    let core = pair.river.make("course", json!({"title": "Core"})).await;
    let leading = pair.river.make("course", json!({"title": "Leading", "roles": ["driver"]})).await;
    pair.river.make("win", json!({"title": "The licence fell", "on": "2026-02-01T10:00:00Z"})).await;
    pair.settle().await;
    pair.mill.make("score", json!({"survey": survey, "question": "Do they listen?", "answers": 6, "total": 21})).await;
    let bo = pair.mill.make("person", json!({"name": "Bo", "agreed": true})).await;
    let river = pair.river.group().await;
    pair.mill.make("tie", json!({"with": river, "title": "Ana and Bo", "on": "2026-02-02"})).await;
    let cy = pair.mill.make("person", json!({"name": "Cy", "agreed": true})).await;
    pair.mill.make("completion", json!({"course": leading, "person": bo})).await;
    pair.mill.make("completion", json!({"course": core, "person": cy})).await;
    pair.settle().await;
    let since = [("since", "2026-01-01")];
    assert_eq!(each(&pair.river.ask("success", "wins", &since).await, "title"), ["The licence fell"]);
    assert_eq!(each(&pair.river.ask("success", "climate", &since).await, "mean"), ["3.5"]);
    let figures = each(&pair.river.ask("success", "relationships", &since).await, "figure");
    assert_eq!((figures[0].as_str(), figures[1].as_str()), ("1", "2"), "one meeting, and two groups that met");
    assert_eq!(each(&pair.river.ask("success", "leaders", &since).await, "who"), ["Bo"], "not every course leads");
    let before = [("until", "2026-01-01")];
    for part in ["wins", "climate", "leaders"] {
        assert!(pair.river.ask("success", part, &before).await.is_empty(), "{part}");
    }
    assert_eq!(each(&pair.river.ask("success", "relationships", &before).await, "figure")[0], "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn g07_trust_is_told_by_period_and_answers_stay_where_they_were_given() {
    let pair = Pair::new().await;
    let survey = pair.river.make("survey", json!({"title": "Trust", "period": "2026-Q4"})).await;
    pair.settle().await;
    let totals = format!("/api/surveys/{survey}/totals");
    let answer = async |score: u8, who: &str| {
        let said = json!({"survey": survey, "question": "Do you trust us?", "who": who, "score": score, "text": "because of May"});
        pair.mill.make("answer", said).await
    };
    for (score, who) in [(5, "Bo Li"), (4, "Cy"), (4, ""), (3, "")] {
        answer(score, who).await;
    }
    // Four are too few, by the verb and by hand.
    let refused = pair.mill.post_refused(&totals, json!({})).await;
    assert!(refused["message"].as_str().unwrap().contains("5 or more"), "{refused}");
    let score = |answers: u8, total: u8, period: &str| json!({"survey": survey, "question": "Do you trust us?", "answers": answers, "total": total, "period": period});
    assert_eq!(pair.mill.refused("score", score(4, 16, "")).await["code"], "refused");
    answer(4, "Di").await;
    assert_eq!(pair.mill.get(&totals).await["items"][0]["state"], "ready");
    assert!(pair.mill.list("score", "").await.is_empty(), "looking publishes nothing");
    let published = pair.mill.post(&totals, json!({})).await["items"][0].clone();
    assert_eq!((&published["state"], &published["mean"]), (&json!("published"), &json!(4.0)));
    // Again it tells nothing twice, and one answer more stays untold.
    assert_eq!(pair.mill.post(&totals, json!({})).await["items"][0]["state"], "unchanged");
    answer(1, "Eve").await;
    let again = pair.mill.post(&totals, json!({})).await["items"][0].clone();
    assert_eq!((&again["state"], &again["missing"]), (&json!("waiting"), &json!(4)));
    pair.river.make("score", score(6, 12, "2026-Q3")).await;
    pair.settle().await;
    let scores = pair.river.ask("trust", "scores", &[]).await;
    assert_eq!(
        (each(&scores, "period"), each(&scores, "mean")),
        (vec!["2026-Q4".into(), "2026-Q3".into()], vec!["4".into(), "2".into()])
    );
    assert_eq!(each(&scores, "answers"), ["5", "6"]);
    // No answer travels, nor who gave it, nor which answers are counted.
    assert!(pair.river.list("answer", "").await.is_empty());
    let told = pair.river.list("score", "").await;
    assert_eq!(told.len(), 2);
    assert!(
        told.iter().all(|score| score["counted"].is_null() && score["stays_here"].is_null() || score["mine"] == true)
    );
    assert!(!json!(told).to_string().contains("because"));
    pair.keeps_at_mill(&["because of May", "Bo Li"], "Do you trust us?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g07_whoever_asks_cannot_lower_afterwards_how_few_people_are_told_of() {
    let pair = Pair::new().await;
    let survey = pair.river.make("survey", json!({"title": "Trust", "least": 8})).await;
    for lower in [json!({"sort": "backbone"}), json!({"least": 5}), json!({"least": null})] {
        let error = pair.river.edit_refused("survey", &survey, lower.clone()).await;
        assert!(error["message"].as_str().unwrap().contains("is said when a survey is made"), "{lower}: {error}");
    }
    pair.settle().await;
    let few = json!({"survey": survey, "question": "Us?", "answers": 7, "total": 21});
    let error = pair.mill.refused("score", few).await;
    assert!(error["message"].as_str().unwrap().contains("at least 8 people"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn g07_two_computers_of_a_group_that_publish_apart_lose_no_block() {
    let Pair { river, mill } = Pair::new().await;
    let survey = river.make("survey", json!({"title": "Trust", "period": "2026-Q4"})).await;
    mill.member.until_here(survey.parse().unwrap()).await;
    let further = Side::serve(Member::further(&mill.member, &["/ip4/127.0.0.1/tcp/0"]).await).await;
    further.member.until_here(survey.parse().unwrap()).await;
    let totals = format!("/api/surveys/{survey}/totals");
    for (side, people, score) in [(&mill, 5, 5), (&further, 6, 1)] {
        for _ in 0..people {
            side.make("answer", json!({"survey": survey, "question": "Do you trust us?", "score": score})).await;
        }
        // The other's block may be here already, or not: neither writes what the other wrote.
        assert_eq!(side.post(&totals, json!({})).await["items"][0]["state"], "published");
    }
    until_equal(&[&river.member, &mill.member, &further.member]).await;
    for side in [&river, &mill, &further] {
        let scores = side.ask("trust", "scores", &[]).await;
        assert_eq!((each(&scores, "answers"), each(&scores, "groups")), (vec!["11".into()], vec!["1".into()]));
    }
    let own = mill.get(&totals).await["items"][0].clone();
    assert_eq!((&own["published"], &own["state"]), (&json!(11.0), &json!("unchanged")));
}

#[tokio::test(flavor = "multi_thread")]
async fn g08_partners_rate_the_backbone_and_the_backbone_does_not() {
    let pair = Pair::new().await;
    let hub = pair.river.make("body", json!({"name": "Hub", "sort": "backbone"})).await;
    let seat = pair.river.make("seat", json!({"body": hub, "holder": "Ana"})).await;
    let survey = pair.river.make("survey", json!({"title": "The hub", "sort": "backbone"})).await;
    pair.settle().await;
    for (side, total) in [(&pair.river, 5), (&pair.mill, 2)] {
        side.make("score", json!({"survey": survey, "question": "Helps", "answers": 1, "total": total})).await;
    }
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        assert_eq!(each(&side.ask("backbone", "scores", &[]).await, "mean"), ["2"]);
        assert_eq!(each(&side.ask("backbone", "left_out", &[]).await, "by"), ["Clean River"]);
    }
    // Once nobody sits in it any more, both are partners.
    pair.river.edit("seat", &seat, json!({"until": "2026-01-01T00:00:00Z"})).await;
    pair.settle().await;
    assert_eq!(each(&pair.mill.ask("backbone", "scores", &[]).await, "mean"), ["3.5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn g09_actions_that_lead_to_no_objective_are_listed() {
    let pair = Pair::new().await;
    let licence = pair.river.make("objective", json!({"title": "No licence"})).await;
    pair.settle().await;
    pair.mill.make("action", json!({"title": "Vigil", "objectives": [licence]})).await;
    let sale = pair.mill.make("action", json!({"title": "Bake sale"})).await;
    pair.settle().await;
    assert_eq!(each(&pair.river.ask("adding-up", "objectives", &[]).await, "actions"), ["1"]);
    assert_eq!(each(&pair.river.ask("adding-up", "unlinked", &[]).await, "title"), ["Bake sale"]);
    pair.mill.edit("action", &sale, json!({"objectives": [licence]})).await;
    pair.settle().await;
    assert_eq!(each(&pair.river.ask("adding-up", "objectives", &[]).await, "actions"), ["2"]);
    assert!(pair.river.ask("adding-up", "unlinked", &[]).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn g10_a_group_that_gives_and_gets_nothing_is_flagged() {
    let pair = Pair::new().await;
    let vigil = pair.river.make("action", json!({"title": "Vigil"})).await;
    pair.settle().await;
    pair.mill.make("support", json!({"of": vigil})).await;
    pair.settle().await;
    let nothing = pair.river.ask("flows", "nothing", &[]).await;
    assert_eq!((each(&nothing, "name"), each(&nothing, "given")), (vec!["Mill Street".into()], vec!["1".into()]));
    let health = pair.river.ask("health", "back", &[]).await;
    assert_eq!(each(&health, "who"), ["Mill Street"]);
    // What one gives oneself is nothing received; what the other gives is.
    let soup = pair.mill.make("action", json!({"title": "Soup"})).await;
    pair.mill.make("support", json!({"of": soup})).await;
    pair.settle().await;
    assert_eq!(each(&pair.river.ask("flows", "nothing", &[]).await, "name"), ["Mill Street"]);
    pair.river.make("support", json!({"of": soup})).await;
    pair.settle().await;
    assert!(pair.mill.ask("flows", "nothing", &[]).await.is_empty());
    assert!(pair.mill.ask("health", "back", &[]).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn g11_a_round_is_set_and_its_answers_are_not_told() {
    let pair = Pair::new().await;
    let round = json!({"title": "Who decides?", "sort": "reflection", "starts": "2126-01-10T10:00:00Z"});
    pair.river.make("event", round).await;
    let survey = pair.river.make("survey", json!({"title": "Power", "sort": "reflection"})).await;
    pair.settle().await;
    pair.mill.make("answer", json!({"survey": survey, "question": "Who is not here?", "text": "The tenants."})).await;
    pair.settle().await;
    assert_eq!(each(&pair.mill.ask("reflection", "coming", &[]).await, "title"), ["Who decides?"]);
    for (side, here) in [(&pair.mill, "1"), (&pair.river, "0")] {
        assert_eq!(each(&side.ask("reflection", "surveys", &[]).await, "answers_here"), [here]);
        assert!(!side.get("/api/questions/reflection").await.to_string().contains("tenants"));
    }
    pair.river.make("event", json!({"title": "Assembly", "starts": "2126-01-10T10:00:00Z"})).await;
    pair.mill.make("task", json!({"title": "Ask around"})).await;
    pair.settle().await;
    assert_eq!(pair.mill.ask("reflection", "coming", &[]).await.len(), 1, "not every event is a round");
    // Who was expected at a round that was held, and was not there, is named.
    let body = pair.river.make("body", json!({"name": "Steering"})).await;
    pair.settle().await;
    for side in [&pair.river, &pair.mill] {
        side.make("seat", json!({"body": body})).await;
    }
    let held = json!({"title": "Who spoke?", "sort": "reflection", "starts": "2026-01-10T10:00:00Z", "body": body});
    let held = pair.river.make("event", held).await;
    pair.river.make("attendance", json!({"event": held, "came": 2})).await;
    pair.settle().await;
    let past = pair.river.ask("reflection", "past", &[]).await;
    assert_eq!((&past[0]["groups"], &past[0]["absent"]), (&json!(1), &json!(["Mill Street"])));
    pair.keeps_at_mill(&["Who is not here?", "The tenants."], "Ask around").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn g12_a_change_of_the_plan_cites_its_data() {
    let pair = Pair::new().await;
    let plan = pair.river.make("plan", json!({"title": "Autumn"})).await;
    let report = pair.mill.make("report", json!({"title": "The vigil", "people": 4})).await;
    pair.settle().await;
    pair.river.make("revision", json!({"plan": plan, "change": "Fewer vigils.", "because": [report]})).await;
    pair.settle().await;
    let changes = pair.mill.ask("plans", "changes", &[]).await;
    assert_eq!(
        (each(&changes, "change"), each(&changes, "cited")),
        (vec!["Fewer vigils.".into()], vec!["The vigil".into()])
    );
    assert_eq!(changes[0]["because"], json!([report]));
    let error = pair.river.refused("revision", json!({"plan": plan, "change": "More vigils."})).await;
    assert!(error["message"].as_str().unwrap().contains("because"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn g04_a_lesson_is_shown_when_a_similar_action_starts() {
    let pair = Pair::new().await;
    let lesson = json!({"title": "Bring candles", "text": "It was dark.", "tactics": ["vigil"]});
    pair.mill.make("lesson", lesson).await;
    let other = json!({"title": "Bring stamps", "text": "We had none.", "tactics": ["letter"]});
    pair.mill.make("lesson", other).await;
    pair.settle().await;
    // Nobody asks for lessons: whoever starts an action is told.
    let fields = json!({"title": "Our vigil", "tactics": ["vigil", "song"]});
    let made = pair.river.post("/api/records/action", json!({"fields": fields})).await;
    let expected = ["Mill Street learned of an action like this one (vigil): Bring candles. It was dark."];
    assert_eq!(each(made["notes"].as_array().unwrap(), "what"), expected);
    let vigil = made["id"].as_str().unwrap();
    assert_eq!(each(pair.river.show("action", vigil).await["noted"].as_array().unwrap(), "what"), expected);
    let letters = json!({"fields": {"title": "A march", "tactics": ["march"]}});
    assert_eq!(pair.river.post("/api/records/action", letters).await["notes"], json!([]));
    let told = pair.river.ask("lessons", "lessons", &[("action", vigil)]).await;
    assert_eq!((each(&told, "name"), each(&told, "by")), (words(["Bring candles"]), words(["Mill Street"])));
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}
