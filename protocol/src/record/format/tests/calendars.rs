//! Calendars out and in.

use super::*;

const ACTION: &str = r#"{"title": "Vigil; at dawn, \\ everybody", "starts": "2026-11-30T06:00:00+11:00[Australia/Sydney]",
    "ends": "2026-11-30T07:30:00+11:00[Australia/Sydney]", "place": "Weir, left bank", "coordinates": {"latitude": -28.81,
    "longitude": 153.28}, "tactics": ["a,b", "vigil"], "link": "https://weir.example/?a=1,2;3"}"#;

fn action() -> Json {
    let mut fields: Json = serde_json::from_str(ACTION).unwrap();
    fields["description"] = json!(HARD.repeat(20));
    fields
}

/// A calendar with one event of these lines.
fn event(lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:u1\r\nSUMMARY:Walk\r\n{lines}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

#[test]
fn what_goes_out_as_a_calendar_comes_back_the_same() {
    let written = super::super::calendar(&feed(), [&entry("action", &action())]);
    assert!(written.split("\r\n").all(|line| line.len() <= 75), "{written}");
    assert!(!written.replace("\r\n", "").contains(['\r', '\n']));
    assert!(written.contains("DTSTART:20261129T190000Z\r\n") && written.contains("SEQUENCE:3\r\n"), "{written}");
    let plan = read("action", &written);
    assert_eq!((plan.bad.len(), plan.rows.len(), plan.notes.len()), (0, 1, 0), "{:?}", plan.bad);
    assert_eq!(row(&plan, 0), action());
    assert_eq!(plan.rows[0].id.as_deref(), Some(&*DocumentId([7; 32]).to_string()));
}

#[test]
fn thanks_go_out_with_a_calendar_come_home_as_none_and_stay_elsewhere() {
    let credit = Credit { of: "Night of lights".to_owned(), maker: Some("Weir; Friends".to_owned()) };
    let thanks = "After Night of lights by Weir; Friends.";
    for text in [Some(HARD.repeat(3)), None] {
        let mut fields = action();
        fields["description"] = json!(text);
        let written =
            super::super::calendar(&feed(), [&Entry { credit: Some(credit.clone()), ..entry("action", &fields) }]);
        let elsewhere = ImportOptions { home: Some(CoalitionId([5; 32])), ..ImportOptions::default() };
        let home = row(&read("action", &written), 0);
        assert_eq!(home.get("description").and_then(Json::as_str), text.as_deref(), "{written}");
        let away = row(&read_with("action", &written, &elsewhere), 0);
        assert!(away["description"].as_str().unwrap().ends_with(thanks), "{away}");
    }
}

#[test]
fn a_day_goes_out_as_a_day_and_comes_back_the_same() {
    let task = json!({"title": "Print", "due": "2026-11-25T23:59:59-12:00"});
    let written = super::super::calendar(&feed(), [&entry("task", &task)]);
    assert!(written.contains("DTSTART;VALUE=DATE:20261125\r\n") && !written.contains("20261126"), "{written}");
    let need = json!({"title": "A van", "from": "2026-12-05", "until": "2026-12-06"});
    let both = super::super::calendar(&feed(), [&entry("need", &need)]);
    assert!(both.contains("DTSTART;VALUE=DATE:20261205\r\n"), "{both}");
    assert!(both.contains("DTEND;VALUE=DATE:20261207\r\n"), "the first day on which it is over: {both}");
    let hour = json!({"title": "A van", "from": "2026-12-05", "until": "2026-12-06T18:00:00Z"});
    let mixed = super::super::calendar(&feed(), [&entry("need", &hour)]);
    assert!(!mixed.contains("VALUE=DATE"), "calendars take two days or two times: {mixed}");
    for (kind, fields, written) in [("task", &task, &written), ("need", &need, &both), ("need", &hour, &mixed)] {
        let plan = read(kind, written);
        assert!(plan.bad.is_empty() && plan.notes.is_empty(), "{:?} {:?}", plan.bad, plan.notes);
        let meant = Patch::from_json(super::kind(kind), fields).unwrap().values().to_json();
        assert_eq!(row(&plan, 0), meant, "{written}");
    }
    let whole = read("task", &event("DTSTART;VALUE=DATE:20261130\r\nDTEND;VALUE=DATE:20261201"));
    assert_eq!(row(&whole, 0)["due"], "2026-11-30T23:59:59-12:00", "no zone is asked for where a day will do");
}

#[test]
fn what_is_off_and_what_was_removed_stays_in_the_calendar_as_cancelled() {
    let mut fields = action();
    fields["status"] = json!("cancelled");
    let cancelled = super::super::calendar(&feed(), [&entry("action", &fields)]);
    assert!(cancelled.contains("STATUS:CANCELLED\r\n") && cancelled.contains("Vigil"), "{cancelled}");
    let mut removed = entry("action", &action());
    removed.presence = Presence::Removed;
    let removed = super::super::calendar(&feed(), [&removed]);
    assert!(removed.contains("STATUS:CANCELLED\r\n") && removed.contains("UID:"), "{removed}");
    assert!(!removed.contains("Vigil") && !removed.contains("Weir"), "what was removed says no more: {removed}");
    let plan = read("action", &cancelled);
    assert_eq!(row(&plan, 0)["status"], "cancelled");
}

#[test]
fn times_are_read_in_the_zone_that_they_have() {
    let office = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:AUS Eastern Standard Time\nBEGIN:STANDARD\nDTSTART:16010101T030000\n\
        TZOFFSETFROM:+1100\nTZOFFSETTO:+1000\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=4\nEND:STANDARD\nBEGIN:DAYLIGHT\n\
        DTSTART:16010101T020000\nTZOFFSETFROM:+1000\nTZOFFSETTO:+1100\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=10\n\
        END:DAYLIGHT\nEND:VTIMEZONE\nBEGIN:VEVENT\nSUMMARY:Summer\nDTSTART;TZID=\"AUS Eastern Standard Time\":20261130T100000\n\
        END:VEVENT\nBEGIN:VEVENT\nSUMMARY:Winter\nDTSTART;TZID=AUS Eastern Standard Time:20260601T100000\nEND:VEVENT\nEND:VCALENDAR\n";
    let plan = read("event", office);
    assert_eq!(row(&plan, 0)["starts"], "2026-11-30T10:00:00+11:00");
    assert_eq!(row(&plan, 1)["starts"], "2026-06-01T10:00:00+10:00");
    for (line, expected) in [
        ("DTSTART:20261130T100000Z", "2026-11-30T10:00:00Z"),
        ("DTSTART;TZID=Australia/Sydney:20261130T100000", "2026-11-30T10:00:00+11:00[Australia/Sydney]"),
        (
            "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20260701T100000",
            "2026-07-01T10:00:00+02:00[Europe/Berlin]",
        ),
    ] {
        assert_eq!(row(&read("event", &event(line)), 0)["starts"], expected, "{line}");
    }
    let plan = read("event", &event("DTSTART;TZID=Europe/Berlin:20261130T100000\r\nDURATION:PT1H30M"));
    assert_eq!(row(&plan, 0)["ends"], "2026-11-30T11:30:00+01:00[Europe/Berlin]");
}

#[test]
fn a_time_without_a_zone_is_refused_until_somebody_names_one_and_is_told_then() {
    for line in ["DTSTART:20261130T100000", "DTSTART;VALUE=DATE:20261130"] {
        let plan = read("event", &event(line));
        assert!(plan.rows.is_empty() && plan.bad[0].reason.contains("--zone"), "{:?}", plan.bad);
        let options = ImportOptions { zone: Some("Australia/Sydney".to_owned()), ..ImportOptions::default() };
        let plan = read_with("event", &event(line), &options);
        assert!(row(&plan, 0)["starts"].as_str().unwrap().ends_with("+11:00[Australia/Sydney]"));
        assert!(plan.notes[0].reason.contains("Australia/Sydney"), "{:?}", plan.notes);
    }
    let named = event("DTSTART:20261130T100000").replace("VERSION:2.0", "X-WR-TIMEZONE:Europe/Paris");
    assert_eq!(row(&read("event", &named), 0)["starts"], "2026-11-30T10:00:00+01:00[Europe/Paris]");
}

#[test]
fn what_is_not_supported_is_told_row_by_row_and_holds_up_no_other() {
    let file = "BEGIN:VCALENDAR\nX-WR-TIMEZONE:Europe/Paris\n\
        BEGIN:VEVENT\nUID:weekly\nSUMMARY:Weekly\nDTSTART:20261130T100000Z\nRRULE:FREQ=WEEKLY\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:weekly\nRECURRENCE-ID:20261207T100000Z\nSUMMARY:Weekly\nDTSTART:20261207T110000Z\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:b\nSUMMARY:No time\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:c\nDTSTART:20261130T100000Z\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:d\nSUMMARY:Backwards\nDTSTART:20261130T100000Z\nDTEND:20261129T100000Z\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:e\nSUMMARY:Odd\nDTSTART:99999999T999999Z\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:f\nSUMMARY:Mars\nDTSTART:20261130T100000Z\nGEO:900;900\nURL:javascript:x\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:g\nSUMMARY:Nowhere\nDTSTART;TZID=Mars/Crater:20261130T100000\nEND:VEVENT\nEND:VCALENDAR\n";
    let plan = read("event", file);
    let titles: Vec<Json> = (0..plan.rows.len()).map(|at| row(&plan, at)["title"].clone()).collect();
    assert_eq!(titles, ["Weekly", "Weekly", "Mars"]);
    let notes = reasons(&plan.notes);
    assert!(
        notes.iter().any(|(_, why)| why.contains("GEO")) && notes.iter().any(|(_, why)| why.contains("URL")),
        "{notes:?}"
    );
    let bad = reasons(&plan.bad);
    let lines: Vec<u64> = bad.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [15, 19, 23, 29, 41], "{bad:?}");
    assert!(bad[4].1.contains("Mars/Crater"), "{bad:?}");
}

#[test]
fn what_comes_back_keeps_its_rule_and_the_days_that_are_left_out_or_were_moved() {
    let file = "BEGIN:VCALENDAR\n\
        BEGIN:VEVENT\nUID:w\nSUMMARY:Weekly\nDTSTART;TZID=Australia/Sydney:20261130T100000\nRRULE:FREQ=WEEKLY;WKST=SU;BYDAY=MO\n\
        EXDATE;TZID=Australia/Sydney:20261214T100000,20261221T100000\nEXDATE:20261227T230000Z\nEND:VEVENT\n\
        BEGIN:VEVENT\nUID:w\nRECURRENCE-ID;TZID=Australia/Sydney:20261207T100000\nSUMMARY:Weekly\n\
        DTSTART;TZID=Australia/Sydney:20261208T100000\nEND:VEVENT\nEND:VCALENDAR\n";
    let plan = read("event", file);
    assert_eq!((plan.bad.len(), plan.notes.len()), (0, 0), "{:?} {:?}", plan.bad, reasons(&plan.notes));
    assert_eq!(row(&plan, 0)["repeats"], "FREQ=WEEKLY;BYDAY=MO;WKST=SU");
    assert_eq!(row(&plan, 0)["except"], json!(["2026-12-07", "2026-12-14", "2026-12-21", "2026-12-28"]));
    assert_eq!(row(&plan, 1)["starts"], "2026-12-08T10:00:00+11:00[Australia/Sydney]");
    assert_eq!(row(&plan, 1).get("repeats"), None);
    assert_ne!(plan.rows[0].key, plan.rows[1].key, "the date that was moved is an event of its own");
}

#[test]
fn days_that_a_rule_does_not_have_are_told_and_refuse_no_row() {
    let plan = read(
        "event",
        &event("DTSTART:20261130T100000Z\r\nRRULE:FREQ=WEEKLY\r\nEXDATE:20261207T100000Z,20261208T100000Z"),
    );
    assert_eq!((plan.rows.len(), plan.bad.len()), (1, 0), "{:?}", reasons(&plan.bad));
    assert_eq!(row(&plan, 0)["except"], json!(["2026-12-07"]));
    assert!(plan.notes[0].reason.contains("2026-12-08"), "{:?}", reasons(&plan.notes));
    let plan =
        read("event", &event("DTSTART:20261130T100000Z\r\nRRULE:FREQ=WEEKLY;COUNT=1\r\nEXDATE:20261130T100000Z"));
    assert_eq!((plan.rows.len(), plan.bad.len()), (1, 0), "{:?}", reasons(&plan.bad));
    assert_eq!((&row(&plan, 0)["status"], row(&plan, 0).get("except")), (&json!("cancelled"), None));
}

#[test]
fn a_rule_that_is_not_understood_is_named_and_stands_in_the_text() {
    for (kind, text, rule) in [
        ("event", "about", "FREQ=SECONDLY;COUNT=1000000000"),
        ("event", "about", "FREQ=YEARLY;BYWEEKNO=20"),
        ("event", "about", "FREQ=WEEKLY;UNTIL=20261129"),
        ("task", "note", "FREQ=WEEKLY"),
    ] {
        let plan = read(kind, &event(&format!("DTSTART:20261130T100000Z\r\nRRULE:{rule}")));
        let notes = reasons(&plan.notes);
        assert!(notes[0].1.contains(rule) && notes[0].1.contains("first date"), "{notes:?}");
        assert!(row(&plan, 0)[text].as_str().unwrap().contains(&format!("RRULE:{rule}")), "{}", row(&plan, 0));
        assert_eq!(row(&plan, 0).get("repeats"), None);
    }
}

#[test]
fn what_comes_back_goes_out_in_its_zone_and_comes_in_again_as_it_was() {
    for (starts, repeats, expected) in [
        ("2026-11-30T10:00:00+11:00[Australia/Sydney]", "weekly", "DTSTART;TZID=Australia/Sydney:20261130T100000"),
        ("2026-11-30T10:00:00+11:00", "FREQ=WEEKLY;UNTIL=20261231", "DTSTART;TZID=UTC+1100:20261130T100000"),
        ("2026-11-30T10:00:00Z", "FREQ=MONTHLY;BYDAY=-1MO", "DTSTART:20261130T100000Z"),
    ] {
        let fields = json!({"title": "Call", "starts": starts, "repeats": repeats, "except": ["2026-12-28"]});
        let out = super::super::calendar(&feed(), [&entry("event", &fields)]);
        assert!(out.contains(expected), "{out}");
        let plan = read("event", &out);
        assert_eq!((plan.bad.len(), plan.notes.len()), (0, 0), "{:?} {:?}", plan.bad, reasons(&plan.notes));
        for field in ["starts", "repeats", "except"] {
            assert_eq!(row(&plan, 0)[field], fields[field], "{out}");
        }
    }
    let fields =
        json!({"title": "Call", "starts": "2026-11-30T10:00:00+11:00", "repeats": "FREQ=WEEKLY;UNTIL=20261231"});
    let out = super::super::calendar(&feed(), [&entry("event", &fields)]);
    assert!(out.contains("RRULE:FREQ=WEEKLY;UNTIL=20261231T125959Z"), "{out}");
}

#[test]
fn news_tell_the_next_time_of_what_comes_back() {
    let fields = json!({"title": "Call", "starts": "2025-01-06T10:00:00Z", "ends": "2025-01-06T11:00:00Z",
        "repeats": "weekly", "except": ["2026-11-23"]});
    let next = entry("event", &fields).at_its_next(NOW);
    assert_eq!(next.starts().unwrap().to_string(), "2026-11-30T10:00:00Z");
    assert_eq!(next.ends().unwrap().to_string(), "2026-11-30T11:00:00Z");
    let news = super::super::atom(&feed(), &[next]);
    assert!(news.contains("2026-11-30") && news.contains("FREQ=WEEKLY"), "{news}");
}

#[test]
fn an_event_is_known_by_its_uid_whatever_became_of_its_title() {
    let first = read("event", &event("DTSTART:20261130T100000Z"));
    let moved = read("event", &event("DTSTART:20261201T100000Z").replace("Walk", "Long walk"));
    assert_eq!(first.rows[0].key, moved.rows[0].key);
    assert!(first.rows[0].key.as_deref().unwrap().contains("u1"));
}

#[test]
fn a_uid_names_a_record_only_as_an_export_of_this_coalition_does() {
    let id = DocumentId([7; 32]).to_string();
    let home = CoalitionId([4; 32]);
    let named = |uid: &str, home: Option<CoalitionId>| {
        let options = ImportOptions { home, ..ImportOptions::default() };
        let file = event("DTSTART:20261130T100000Z").replace("UID:u1", &format!("UID:{uid}"));
        assert!(file.contains(uid));
        read_with("event", &file, &options).rows[0].id.clone()
    };
    assert_eq!(named(&format!("{id}@{home}"), Some(home)), Some(id.clone()));
    for uid in [format!("{id}@evil"), format!("{id}@{}", CoalitionId([5; 32])), id.clone(), format!("{id}@{home}@evil")]
    {
        assert_eq!(named(&uid, Some(home)), None, "{uid}");
    }
    assert_eq!(named(&format!("{id}@{home}"), None), None);
}

#[test]
fn ten_megabytes_of_text_are_refused_as_one_row_and_the_next_is_taken() {
    let long = format!("DTSTART:20261130T100000Z\r\nDESCRIPTION:{}", "ö".repeat(5 * 1024 * 1024));
    let next = "BEGIN:VEVENT\r\nSUMMARY:Next\r\nDTSTART:20261130T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR";
    let plan = read("event", &event(&long).replace("END:VCALENDAR", next));
    assert_eq!((plan.rows.len(), plan.bad.len()), (1, 1), "{:?}", reasons(&plan.bad));
    assert!(plan.bad[0].reason.len() < 600, "{}", plan.bad[0].reason.len());
}

#[test]
fn whatever_the_bytes_are_nothing_breaks() {
    for file in [
        "BEGIN:VCALENDAR",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:\nDTSTART;TZID=:x\n:\n;\nEND:VEVENT\nEND:X",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x\nDTSTART;TZID=Europe/Berlin:00010101T000000\nDURATION:P999999999Y\nEND:VEVENT",
        "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nBEGIN:STANDARD\nTZOFFSETTO:ö+1\nEND:STANDARD\nEND:VTIMEZONE",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:2026ö130\nGEO:ö\nEND:VEVENT",
    ] {
        let plan = read("event", file);
        assert!(plan.rows.is_empty(), "{file}");
    }
    let deep = "BEGIN:VCALENDAR\n".repeat(100_000);
    assert!(read("event", &deep).rows.is_empty());
}
