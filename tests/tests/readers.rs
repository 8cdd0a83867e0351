//! Tables and schemas as other programs read them: every kind's, with whatever people write into cells.

use grid_node::sample::{Sample, Size};
use grid_node::setup;
use grid_protocol::id::DocumentId;
use grid_protocol::record::{FieldType, Registry, TableRow, Value as Field, Values, export_csv};
use grid_protocol::time::Timestamp;
use grid_tests::api::request;
use grid_tests::grid::Member;
use grid_tests::mission::Side;
use serde_json::{Value, json};
use std::ops::ControlFlow;

/// What people write into cells, and what they paste there.
const AWKWARD: &[&str] = &[
    "a, b; c\td",
    "says \"no\" and 'no'",
    "one\nline\r\nand another",
    "  between blanks  ",
    "מים \u{202b}مياه\u{202c} e\u{301}🌊",
    "=1+1",
    "-",
    "\u{feff}marked",
];

fn values(title: &str, of: &grid_protocol::record::Kind, text: &str) -> Values {
    let mut values = of.defaults();
    for field in of.fields.iter().filter(|field| matches!(field.field_type, FieldType::Line | FieldType::Text)) {
        values.set(field.name.clone(), Field::Text(text.into()));
    }
    values.set(of.title.clone(), Field::Text(title.into()));
    values
}

#[test]
fn the_table_of_every_kind_is_read_cell_by_cell_whatever_stands_in_it() {
    for kind in Registry::standard().kinds() {
        let row = |text: &&str| TableRow { id: DocumentId([7; 32]).to_string(), values: values(text, kind, text) };
        let rows: Vec<TableRow> = AWKWARD.iter().map(row).collect();
        let table = export_csv(kind, &rows);
        let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(table.as_bytes());
        let headings = reader.headers().expect("a line of headings").clone();
        let wanted: Vec<String> = kind.columns().iter().map(|column| column.heading.clone()).collect();
        assert_eq!(headings.iter().skip(1).collect::<Vec<_>>(), wanted, "{}", kind.name);
        let read: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("every line is sound");
        assert_eq!(read.len(), rows.len(), "{}", kind.name);
        for (record, row) in read.iter().zip(&rows) {
            for (column, cell) in kind.columns().iter().zip(record.iter().skip(1)) {
                let Some(Field::Text(text)) = row.values.get(&column.field) else { continue };
                // What a spreadsheet would work out has a sign in front, wherever it begins.
                let plain = cell.replace('\'', "");
                assert_eq!(plain, text.replace('\'', ""), "{}: {}", kind.name, column.heading);
                assert!(!cell.starts_with('='), "{}: {cell}", kind.name);
            }
        }
    }
}

/// What is wrong with a record, by the schema of its kind.
fn wrong(schema: &jsonschema::Validator, record: &Value) -> Option<String> {
    schema.iter_errors(record).next().map(|error| format!("{error} at {}", error.instance_path))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_every_kind_exports_is_as_its_schema_says_and_its_table_holds_as_much() {
    let place = tempfile::tempdir().unwrap();
    let sample = Sample::new(5, Size::of_groups(5).expect("a coalition of this size"));
    let now = Timestamp(1_795_000_000_000);
    setup::sampled(&place.path().join("home"), &sample, now, &mut |_| ControlFlow::Continue(())).expect("a home");
    let side = Side::serve(Member::of_home(place, &["/ip4/127.0.0.1/tcp/0"]).await).await;
    let file = async |path: String| request(&side.member.path(), "GET", &path, "text/plain", "").await;
    for kind in Registry::standard().kinds() {
        let name = &kind.name;
        let schema = file(format!("/api/schema/{name}")).await.json();
        let validator = jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        let exported = file(format!("/api/records/{name}/export?format=json&audience=local")).await.json();
        let mut items = exported["items"].as_array().expect("a list").clone();
        let table = file(format!("/api/records/{name}/export?format=csv&audience=local")).await.body;
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let ids: Vec<String> = reader.records().map(|record| record.expect("a sound line")[0].to_owned()).collect();
        assert_eq!(ids, items.iter().map(|item| item["id"].as_str().unwrap()).collect::<Vec<_>>(), "{name}");
        assert!(!items.is_empty(), "the made-up coalition has no {name}");
        for item in &mut items {
            // The id says which record it is, and is no field of it.
            item.as_object_mut().unwrap().remove("id");
            assert_eq!(wrong(&validator, item), None, "{name}: {item}");
        }
        // A schema that takes anything would say nothing.
        let mut stranger = items[0].clone();
        stranger["colour of the sea"] = json!("green");
        assert!(wrong(&validator, &stranger).is_some(), "{name} takes fields that it has not");
        let mut nameless = items[0].clone();
        nameless.as_object_mut().unwrap().remove(&*kind.title);
        assert!(wrong(&validator, &nameless).is_some(), "{name} takes a record without {}", kind.title);
        for field in &kind.fields {
            let mut other = items[0].clone();
            other[&*field.name] = json!({"neither": "text", "nor": ["number"]});
            assert!(wrong(&validator, &other).is_some(), "{name}: {} takes anything", field.name);
        }
    }
}
