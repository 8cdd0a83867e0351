//! Tables of other people's offices.

use super::{document, write, write_json};
use crate::record::{
    ImportError, ImportOptions, ImportPlan, ImportRow, Kind, Mapped, Meant, Patch, Reading, Registry, TableRow, Values,
    export_csv, export_json, origin_of,
};
use serde_json::json;

const OFFICE: &str = "\u{feff}Name,Website,City,Latitude,Longitude,Tags,Phone
Wendle Wardens,http://wardens.example.org/,\"Wendle, Lower Valley\",-28.81,153.28,Water; birds,555
Friends of the Ferry,ferry.example.org,Ossmouth,,,,
Nowhere Union,,Ossmouth,191,153.28,Union,
,https://example.org,Ossmouth,,,,
\"wendle  wardens\",,\"Wendle (lower valley)\",,,,
Half a Point,,Ossmouth,-28.8,,,
Too Many,,,,,,,x

";

fn prospect() -> &'static Kind {
    Registry::standard().kind("prospect").unwrap()
}

fn plan(bytes: &str) -> ImportPlan {
    ImportPlan::read(prospect(), bytes.as_bytes(), &ImportOptions::default()).unwrap()
}

#[test]
fn the_headings_of_an_office_are_mapped_and_bad_rows_are_named() {
    let plan = plan(OFFICE);
    let mapping: Vec<_> =
        plan.mapping.iter().map(|mapping| (mapping.heading.as_str(), mapping.mapped.describe())).collect();
    assert_eq!(
        mapping.iter().map(|(heading, mapped)| (*heading, mapped.as_str())).collect::<Vec<_>>(),
        [
            ("Name", "name"),
            ("Website", "website"),
            ("City", "place"),
            ("Latitude", "coordinates (latitude)"),
            ("Longitude", "coordinates (longitude)"),
            ("Tags", "tags"),
            ("Phone", "-"),
        ]
    );
    assert_eq!(plan.ignored().collect::<Vec<_>>(), ["Phone"]);
    let rows: Vec<_> = plan.rows.iter().map(|row| (row.line, row.key.as_deref().unwrap())).collect();
    assert_eq!(rows, [(2, "wendle wardens|wendle lower valley"), (3, "friends of the ferry|ossmouth")]);
    let first = Patch::from_json(
        prospect(),
        &json!({
            "name": "Wendle Wardens",
            "website": "http://wardens.example.org/",
            "place": "Wendle, Lower Valley",
            "coordinates": {"latitude": -28.81, "longitude": 153.28},
            "tags": ["Water", "birds"],
        }),
    );
    assert_eq!(plan.rows[0].patch, first.unwrap());
    let bad: Vec<_> = plan.bad.iter().map(|bad| (bad.line, bad.reason.as_str())).collect();
    assert_eq!(bad.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 5, 6, 7, 8]);
    assert!(bad[0].1.contains("191,153.28"), "{}", bad[0].1);
    assert!(bad[1].1.contains("name is missing"), "{}", bad[1].1);
    assert!(bad[2].1.contains("line 2"), "{}", bad[2].1);
    assert!(bad[3].1.contains("coordinates"), "{}", bad[3].1);
    assert!(bad[4].1.contains("expected 7 cells, found 8"), "{}", bad[4].1);
}

#[test]
fn semicolons_tabs_and_json_read_alike() {
    let wanted = plan("Name,City,Tags\nA,B,\"x, y\"\n").rows[0].patch.clone();
    for table in [
        "name;CITY;tags\r\nA;B;x, y\r\n",
        "Organisation\tcity\tTopics\nA\tB\tx, y",
        "sep=;\nName;Location;Keywords\nA;B;\"x; y\"\n",
        r#"[{"name": "A", "city": "B", "tags": ["x", "y"]}]"#,
        r#"{"items": [{"Name": "A", "Town": "B", "Tags": "x,y", "id": null}]}"#,
    ] {
        assert_eq!(plan(table).rows[0].patch, wanted, "{table}");
    }
    let points = plan(r#"[{"name": "A", "latitude": 1.5, "longitude": -2}]"#);
    assert_eq!(points.rows[0].patch, plan("Name;Lat;Lng\nA;1,5;-2\n").rows[0].patch);
}

#[test]
fn a_mapping_can_be_chosen() {
    let chosen = |heading: &str, field: &str| ImportOptions {
        delimiter: None,
        mapping: vec![(heading.to_owned(), field.to_owned())],
        ..ImportOptions::default()
    };
    let read = |options: &ImportOptions| ImportPlan::read(prospect(), b"Name,Ort,City\nA,B,C\n", options);
    let plan = read(&chosen("ort", "place")).unwrap();
    assert_eq!((&plan.mapping[1].mapped, &plan.mapping[2].mapped), (&Mapped::Field("place".into()), &Mapped::Ignored));
    let plan = read(&chosen("City", "")).unwrap();
    assert_eq!(plan.ignored().collect::<Vec<_>>(), ["Ort", "City"]);
    assert!(matches!(read(&chosen("Ort", "colour")), Err(ImportError::UnknownChoice { .. })));
}

#[test]
fn what_is_no_table_is_refused_with_the_reason() {
    let read = |bytes: &[u8]| ImportPlan::read(prospect(), bytes, &ImportOptions::default()).unwrap_err();
    assert!(matches!(read(b" \n"), ImportError::Empty));
    assert!(matches!(read(b"Name\nWendle\nCaf\x81\n"), ImportError::NotUtf8 { line: 3 }));
    let hint = read(b"Phone,Fax\n1,2\n").hint().unwrap();
    assert!(hint.contains("name, ") && hint.contains("Organisation"), "{hint}");
    assert!(matches!(read(b"[1, 2]"), ImportError::NotAnArray));
    assert!(matches!(read(b"{\"a\": "), ImportError::Json(_)));
}

/// What a calendar program writes as a table: day and time in columns of their own, in the encoding of its computer.
const CALENDAR_TABLE: &[u8] = b"Subject,Start Date,Start Time,End Date,End Time,All day event,Location,Description\r\n\
    \"Caf\xe9 meeting\",12/1/2026,6:30:00 PM,12/1/2026,8:00:00 PM,False,\"North Hall, Lismore\",\"Bring\r\nchairs\"\r\n\
    Vigil,11/30/2026,6:00:00 AM,11/30/2026,7:00:00 AM,False,Weir,\r\n\
    Day of rest,12/24/2026,,,,True,,\r\n";

#[test]
fn a_table_from_a_calendar_program_is_read_with_its_times_and_says_how() {
    let kind = Registry::standard().kind("event").unwrap();
    let options = ImportOptions { zone: Some("Australia/Sydney".to_owned()), ..ImportOptions::default() };
    let plan = ImportPlan::read(kind, CALENDAR_TABLE, &options).unwrap();
    assert!(plan.bad.is_empty(), "{:?}", plan.bad);
    let said = |row: usize, field: &str| {
        let (_, value) = plan.rows[row].patch.fields().find(|(name, _)| &***name == field).unwrap();
        value.unwrap().to_json()
    };
    assert_eq!(said(0, "title"), "Café meeting");
    assert_eq!(said(0, "starts"), "2026-12-01T18:30:00+11:00[Australia/Sydney]");
    assert_eq!(said(0, "ends"), "2026-12-01T20:00:00+11:00[Australia/Sydney]");
    assert_eq!(said(1, "starts"), "2026-11-30T06:00:00+11:00[Australia/Sydney]");
    assert_eq!(said(2, "starts"), "2026-12-24T00:00:00+11:00[Australia/Sydney]", "the whole day begins with it");
    let notes: Vec<(u64, &str)> = plan.notes.iter().map(|note| (note.line, note.reason.as_str())).collect();
    assert!(notes.iter().any(|(line, why)| *line == 2 && why.contains("Windows-1252")), "{notes:?}");
    assert!(notes.iter().any(|(line, why)| *line == 4 && why.contains("months stand before days")), "{notes:?}");
    let zones: Vec<u64> =
        notes.iter().filter(|(_, why)| why.contains("as in Australia/Sydney")).map(|(line, _)| *line).collect();
    assert_eq!(zones, [2], "told once, with the first such time: {notes:?}");
}

#[test]
fn a_time_without_a_day_beside_it_is_the_whole_moment() {
    let kind = Registry::standard().kind("event").unwrap();
    let options = ImportOptions { zone: Some("Australia/Sydney".to_owned()), ..ImportOptions::default() };
    let table = "Name;Start time;Ort\nVigil;2026-12-01 18:30;Weir\nMarch;2026-12-02T10:00:00Z;\n";
    let plan = ImportPlan::read(kind, table.as_bytes(), &options).unwrap();
    let own = ImportPlan::read(kind, b"Name,Start\nMarch,2026-12-02T10:00:00Z\n", &options).unwrap();
    assert!(own.notes.is_empty(), "no time was read by the zone: {:?}", own.notes);
    assert_eq!(plan.mapping[1].mapped, Mapped::Field("starts".into()));
    assert_eq!(plan.rows.len(), 2, "{:?}", plan.bad);
    let alone =
        ImportPlan::read(kind, b"Name,Date,Time\nVigil,2026-12-01,18:30\nMarch,2026-12-02,\n", &options).unwrap();
    assert_eq!(alone.mapping[2].mapped.describe(), "starts (time)");
    let starts = |row: usize| alone.rows[row].patch.fields().find(|(name, _)| &***name == "starts").unwrap().1.cloned();
    assert_eq!(starts(0).unwrap().to_json(), "2026-12-01T18:30:00+11:00[Australia/Sydney]");
    assert_eq!(starts(1).unwrap().to_json(), "2026-12-02T00:00:00+11:00[Australia/Sydney]");
    let wrong = ImportPlan::read(kind, b"Name,Date,Time\nVigil,2026-12-01,late\n", &options).unwrap();
    assert!(wrong.bad[0].reason.contains("late"), "{:?}", wrong.bad);
}

#[test]
fn the_same_file_twice_changes_nothing() {
    let kind = prospect();
    for row in &plan(OFFICE).rows {
        let mut doc = document(1);
        let patch = kind.merge_import(&Reading::default(), &row.patch);
        assert_eq!(write(kind, &mut doc, &patch), 1);
        let reading = kind.read(&doc);
        assert_eq!(kind.identity(&reading.values), row.key);
        let again = kind.merge_import(&reading, &row.patch);
        assert!(again.is_empty(), "{again:?}");
        assert_eq!(write(kind, &mut doc, &again), 0);
    }
}

#[test]
fn rows_that_nothing_tells_apart_are_named_by_what_they_say_and_by_how_many_said_it_before() {
    let tally = Registry::standard().kind("tally").unwrap();
    let action = "a".repeat(52);
    let row = |letters: u32, target: &str| format!("{action},{letters},{target}\n");
    let keys = |rows: &[String]| {
        let table = format!("Action,Letters,Recipient\n{}", rows.concat());
        let plan = ImportPlan::read(tally, table.as_bytes(), &ImportOptions::default()).unwrap();
        assert_eq!(plan.bad, []);
        let origins = |row: &ImportRow| {
            let reading = tally.merge_import(&Reading::default(), &row.patch);
            reading.imported().unwrap().origins().map(str::to_owned).collect::<Vec<_>>()
        };
        assert!(plan.rows.iter().all(|row| origins(row) == [origin_of(row.key.as_deref().unwrap())]));
        plan.rows.into_iter().map(|row| row.key.unwrap()).collect::<Vec<_>>()
    };
    let [first, second, other] = keys(&[row(5, "Premier"), row(5, "Premier"), row(5, "Mayor")]).try_into().unwrap();
    assert!(first != second && first != other && second != other);
    // Wherever it stands, and whatever came to the file since.
    let later = keys(&[row(9, "Mayor"), row(5, "Mayor"), row(5, "Premier"), row(5, "Premier"), row(5, "Premier")]);
    assert_eq!(later[1..4], [other, first, second]);
}

#[test]
fn a_record_knows_its_row_whatever_a_person_calls_it_since() {
    let kind = prospect();
    let row = &plan("Name,City\nFerry,Ossmouth\n").rows[0];
    let mut doc = document(1);
    write(kind, &mut doc, &kind.merge_import(&Reading::default(), &row.patch));
    write_json(kind, &mut doc, json!({"name": "Friends of the Ferry", "place": "Ossmouth Harbour"}));
    let reading = kind.read(&doc);
    assert_ne!(kind.identity(&reading.values), row.key);
    let key = row.key.as_deref().map(origin_of);
    assert_eq!(reading.imported.origins().collect::<Vec<_>>(), [key.as_deref().unwrap()]);
    assert!(kind.merge_import(&reading, &row.patch).is_empty());
    assert_eq!(Reading::default().imported.origins().next(), None);
}

#[test]
fn a_new_version_of_a_file_updates_what_nobody_edited() {
    let kind = prospect();
    let row = |csv: &str| plan(csv).rows[0].patch.clone();
    let mut doc = document(1);
    let import = |doc: &mut automerge::Automerge, csv: &str| {
        let patch = kind.merge_import(&kind.read(doc), &row(csv));
        write(kind, doc, &patch)
    };
    import(&mut doc, "Name,City,Website,Tags,About\nFerry,Ossmouth,https://a.example,one,First\n");
    write_json(kind, &mut doc, json!({"website": "https://ours.example", "about": null, "contact": "talking"}));
    import(
        &mut doc,
        "Name,City,Website,Tags,About,Status\nFerry,Ossmouth,https://b.example,one;two,Second,contacted\n",
    );
    let values = kind.read(&doc).values.to_json();
    assert_eq!(
        values,
        json!({
            "name": "Ferry", "place": "Ossmouth", "website": "https://ours.example", "tags": ["one", "two"],
            "contact": "talking",
        })
    );
    assert!(kind.read(&doc).imported.wrote("about"));

    let mut doc = document(2);
    import(&mut doc, "Name,Status\nFerry,wanted\n");
    import(&mut doc, "Name,Status\nFerry,contacted\n");
    assert_eq!(kind.read(&doc).values.text("contact"), "contacted");
}

#[test]
fn a_point_at_which_people_live_is_kept_to_a_kilometre_in_a_table_too() {
    let kept = |kind: &str, file: &dyn Fn(&str) -> String| {
        let kind = Registry::standard().kind(kind).unwrap();
        let plan = ImportPlan::read(kind, file(&kind.title).as_bytes(), &ImportOptions::default()).unwrap();
        assert!(plan.bad.is_empty(), "{}: {:?}", kind.name, plan.bad);
        plan.rows[0].patch.values().to_json()["coordinates"].clone()
    };
    let csv = |title: &str| format!("{title},Agreed,Latitude,Longitude\nAna,yes,-28.8112345,153.2798765\n");
    let point = json!({"latitude": -28.8112345, "longitude": 153.2798765});
    let blurred = json!({"latitude": -28.81, "longitude": 153.28});
    for kind in ["person", "group", "prospect", "asset", "need"] {
        assert_eq!(kept(kind, &csv), blurred, "{kind}");
    }
    assert_eq!(
        kept("person", &|_| json!([{"name": "Ana", "agreed": true, "coordinates": point}]).to_string()),
        blurred
    );
    assert_eq!(kept("action", &csv), point, "people come there");
}

#[test]
fn formulas_are_defused_on_the_way_out_and_come_back_as_they_were() {
    let kind = prospect();
    let values = |name: &str| {
        Patch::from_json(kind, &json!({"name": name, "place": "'-x", "about": "@SUM(A1)\n=2", "tags": ["+1"]})).unwrap()
    };
    let mut rows = Vec::new();
    for name in ["=HYPERLINK(\"http://x\")", "'=1", "-5", "'tis"] {
        let mut doc = document(1);
        write(kind, &mut doc, &values(name));
        rows.push(TableRow { id: format!("r{}", rows.len()), values: kind.read(&doc).values });
    }
    let csv = export_csv(kind, &rows);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    for record in reader.records() {
        assert!(record.unwrap().iter().all(|cell| !cell.starts_with(['=', '+', '@', '\t', '\r'])));
    }
    let plan = plan(&csv);
    assert_eq!(plan.bad, []);
    for (row, original) in plan.rows.iter().zip(&rows) {
        assert_eq!(row.id.as_deref(), Some(original.id.as_str()));
        assert!(original.values.iter().all(|(name, value)| row.patch.get(name) == Some(Some(value))));
    }
    let json = export_json(&rows);
    let again = ImportPlan::read(kind, json.to_string().as_bytes(), &ImportOptions::default()).unwrap();
    assert_eq!(
        again.rows.iter().map(|row| &row.patch).collect::<Vec<_>>(),
        plan.rows.iter().map(|row| &row.patch).collect::<Vec<_>>()
    );
}

#[test]
fn a_table_of_ones_own_taken_in_again_leaves_no_trace() {
    let kind = prospect();
    let mut doc = document(1);
    // Made by hand: no import has marked anything.
    write_json(kind, &mut doc, json!({"name": "Ferry", "place": "Ossmouth", "tags": ["a, b"], "contact": "wanted"}));
    let reading = kind.read(&doc);
    let table = [TableRow { id: String::new(), values: reading.values.clone() }];
    for again in [export_csv(kind, &table), export_json(&table).to_string()] {
        let patch = kind.merge_import(&reading, &plan(&again).rows[0].patch);
        assert!(patch.is_empty(), "{patch:?}");
    }
}

#[test]
fn a_quotation_mark_that_is_not_closed_loses_nothing_in_silence() {
    let plan = plan("sep=,\nName,City\nA,B\n\"C,D\nE,F\nG,H\n");
    assert_eq!(plan.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [3]);
    assert_eq!(plan.bad.len(), 1);
    assert_eq!(plan.bad[0].line, 4);
    assert!(plan.bad[0].reason.contains("2 lines after it"), "{}", plan.bad[0].reason);
    let headings = ImportPlan::read(prospect(), b"Name,\"City\nA,B\n", &ImportOptions::default()).unwrap_err();
    assert!(matches!(headings, ImportError::OpenQuote { line: 1 }), "{headings}");
}

#[test]
fn a_cell_that_names_a_record_by_its_title_means_its_id() {
    let score = Registry::standard().kind("score").unwrap();
    let id = "a".repeat(51) + "a";
    let table = format!(
        "Survey,Question,Period,Answers,Total\nTrust,Do you?,2026-Q4,5,20\n{id},Do you?,2026-Q3,5,20\nNone,Do you?,2026-Q4,5,20\n"
    );
    let by_ids = ImportPlan::read(score, table.as_bytes(), &ImportOptions::default()).unwrap();
    assert_eq!((by_ids.rows.len(), by_ids.bad.len()), (1, 2), "without somebody who knows titles");
    let found = id.clone();
    let meant = Meant::by(move |field, told| match told {
        "Trust" => Ok(found.clone()),
        other => Err(format!("there is no {} {other:?} here", field.name)),
    });
    let options = ImportOptions { meant, ..ImportOptions::default() };
    let plan = ImportPlan::read(score, table.as_bytes(), &options).unwrap();
    let surveys: Vec<Values> = plan.rows.iter().map(|row| row.patch.values()).collect();
    assert!(surveys.iter().all(|values| values.text("survey") == id) && surveys.len() == 2, "{surveys:?}");
    assert_eq!(plan.bad.len(), 1);
    assert_eq!((plan.bad[0].line, plan.bad[0].reason.as_str()), (4, "survey: there is no survey \"None\" here"));
}
