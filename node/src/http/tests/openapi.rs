//! The description of the API: sound in itself, and true.

use super::*;
use crate::http::openapi::describe;
use grid_protocol::record::FieldType;
use grid_protocol::record::{ITEM, QUERY};

fn references<'a>(json: &'a Json, found: &mut Vec<&'a str>) {
    match json {
        Json::Object(object) => {
            for (name, value) in object {
                match value.as_str().filter(|_| name == "$ref") {
                    Some(reference) => found.push(reference),
                    None => references(value, found),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// What JSON Schema wants to be lists and words, wherever it stands.
fn check_schemas(json: &Json, at: &str) {
    match json {
        Json::Object(object) => {
            for (name, value) in object {
                let at = format!("{at}/{name}");
                match name.as_str() {
                    "enum" => assert!(value.is_array(), "{at} is {value}"),
                    "type" => assert!(value.is_string() || value.is_array() || value.is_object(), "{at} is {value}"),
                    _ => {}
                }
                check_schemas(value, &at);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| check_schemas(item, at)),
        _ => {}
    }
}

#[test]
fn the_schemas_hold_no_empty_enums_and_no_unnamed_types() {
    check_schemas(&describe(Registry::standard()), "");
    for kind in Registry::standard().kinds() {
        check_schemas(&kind.schema(), &kind.name);
    }
}

#[test]
fn the_description_is_sound() {
    let document = describe(Registry::standard());
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            assert!(!responses.is_empty(), "{method} {path} says what it answers");
            for (status, response) in responses {
                assert!(response["description"].is_string(), "{method} {path} {status}");
            }
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id), "{id} stands once");
            for variable in path.split('{').skip(1).map(|part| part.split('}').next().unwrap()) {
                let parameters = operation["parameters"].as_array().unwrap();
                assert!(
                    parameters.iter().any(|it| it["name"] == variable && it["in"] == "path"),
                    "{method} {path} says what {variable} is"
                );
            }
        }
    }
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("a reference within the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn every_kind_is_in_the_description_with_its_schema() {
    let document = describe(Registry::standard());
    for kind in Registry::standard().kinds() {
        assert_eq!(document["components"]["schemas"][format!("record.{}", kind.name)], kind.schema());
        let base = format!("/api/records/{}", kind.name);
        for path in [base.clone(), format!("{base}/import"), format!("{base}/export"), format!("{base}/{{id}}/history")]
        {
            assert!(document["paths"][&path].is_object(), "{path}");
        }
    }
}

#[tokio::test]
async fn every_request_of_the_description_is_answered() {
    let grid = Grid::start().await;
    let (status, document) = grid.get("/openapi.json").await;
    assert_eq!(status, StatusCode::OK);
    for (path, item) in document["paths"].as_object().unwrap() {
        let concrete = path.replace("{slot}", "0").replace("{kind}", "action").replace("{version}", "aaaaaa");
        let concrete = concrete.replace("{id}", &DocumentId(id(11)).to_string());
        for method in item.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let request = Request::builder().method(method.clone()).uri(&concrete).body(nothing()).unwrap();
            let response = grid.send(request).await;
            let status = response.status();
            assert_ne!(status, 405, "{method} {concrete}");
            if status == 404 {
                let text = String::from_utf8(bytes(response).await.to_vec()).unwrap();
                assert!(!text.contains("there is nothing at"), "{method} {concrete}: {text}");
            }
        }
    }
}

#[test]
fn no_kind_has_a_field_that_is_named_like_what_the_api_says_of_every_record() {
    for kind in Registry::standard().kinds() {
        for field in &kind.fields {
            assert!(!ITEM.contains(&&*field.name), "{}.{} is taken in items", kind.name, field.name);
            let searched = &*field.name == "text" && field.field_type == FieldType::Text;
            let bound = ["since", "until"].contains(&&*field.name) && field.field_type == FieldType::DateTime;
            assert!(
                searched || bound || !QUERY.contains(&&*field.name),
                "{}.{} is taken in queries",
                kind.name,
                field.name
            );
        }
    }
}
