//! The description of the API, OpenAPI 3.1: fixed requests from their handlers, records from the registry.
//!
//! JSON Schemas of kinds are put in word for word: OpenAPI 3.1 takes them as they are.

use super::Api;
use super::duplicates::{DuplicatesAnswer, MergeAnswer, MergeRequest};
use super::error::ErrorAnswer;
use super::history::{HistoryAnswer, HistoryItem};
use super::import_export::ImportAnswer;
use super::records::{PageAnswer, RemoveAnswer, WriteAnswer, WriteRequest};
use super::undo::{UndoAnswer, UndoRequest};
use super::{
    compare, devices, events, feeds, invites, kinds, links, lost, mandates, news, peers, questions, recovery, resolve,
    statement, status, totals, versions, vouches,
};
use axum::Json;
use axum::extract::State;
use grid_protocol::record::{FieldType, ITEM, Kind, KindRole, QUERY, Registry};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Coalition Grid node",
        description = "The API of a node, on its Unix socket and on loopback TCP. Every JSON answer has `schema: 1`."
    ),
    paths(
        status::status,
        status::dial,
        status::stop,
        peers::list,
        events::events,
        invites::list,
        invites::create,
        invites::revoke,
        vouches::list,
        vouches::give,
        devices::list,
        devices::add,
        devices::revocation,
        devices::revoke,
        devices::moved,
        lost::list,
        lost::publish,
        recovery::contacts,
        recovery::appeal,
        recovery::approve,
        statement::show,
        statement::sign,
        statement::withdraw,
        statement::sheet,
        compare::diff,
        versions::list,
        versions::show,
        versions::propose,
        versions::vote,
        mandates::list,
        mandates::show,
        mandates::claim,
        mandates::give_back,
        mandates::endorse,
        mandates::take_back,
        kinds::list,
        kinds::schema,
        resolve::resolve,
        questions::list,
        feeds::calendar_feed,
        feeds::news_feed,
        feeds::podcast_feed,
        feeds::map_feed,
        links::list,
        links::make,
        links::remove,
        news::since,
        news::unseen,
        totals::preview,
        totals::publish,
    ),
    components(schemas(
        UndoAnswer,
        DuplicatesAnswer,
        MergeAnswer,
        MergeRequest,
        UndoRequest,
        ErrorAnswer,
        PageAnswer,
        WriteRequest,
        WriteAnswer,
        RemoveAnswer,
        HistoryAnswer,
        HistoryItem,
        ImportAnswer
    ))
)]
struct Fixed;

/// The description of the API.
pub(crate) async fn document(State(api): State<Api>) -> Json<Value> {
    let registry = api.handle.look(|views| views.registry.clone());
    Json(describe(&registry))
}

/// The description with these kinds.
pub(crate) fn describe(registry: &Registry) -> Value {
    let mut fixed = Fixed::openapi();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("Over TCP: the node's api.token."));
    let components = fixed.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(bearer.build()));
    fixed.security =
        Some(vec![SecurityRequirement::new("token", Vec::<String>::new()), SecurityRequirement::default()]);
    let mut document = serde_json::to_value(&fixed).unwrap_or_default();
    add(&mut document["paths"], itself());
    for kind in registry.kinds() {
        add(&mut document["paths"], paths(kind));
        let mut schemas = Map::new();
        schemas.insert(record_name(kind), kind.schema());
        schemas.insert(change_name(kind), change_schema(kind));
        schemas.insert(item_name(kind), item_schema(kind));
        add(&mut document["components"]["schemas"], Value::Object(schemas));
    }
    document
}

fn add(into: &mut Value, more: Value) {
    if let (Some(into), Value::Object(more)) = (into.as_object_mut(), more) {
        into.extend(more);
    }
}

fn itself() -> Value {
    json!({"/openapi.json": {"get": {
        "tags": ["node"], "summary": "This description.", "operationId": "openapi",
        "responses": {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {}}}}},
    }}})
}

fn record_name(kind: &Kind) -> String {
    format!("record.{}", kind.name)
}

fn change_name(kind: &Kind) -> String {
    format!("change.{}", kind.name)
}

fn item_name(kind: &Kind) -> String {
    format!("item.{}", kind.name)
}

/// What may be written to a record that is there: any of its fields, or null to empty one.
fn change_schema(kind: &Kind) -> Value {
    let mut schema = kind.schema();
    if let Some(object) = schema.as_object_mut() {
        object.remove("required");
    }
    if let Some(properties) = schema["properties"].as_object_mut() {
        for property in properties.values_mut().filter(|property| !property["type"].is_array()) {
            *property = json!({"anyOf": [property.take(), {"type": "null"}]});
        }
    }
    schema
}

/// A record as it is shown: every field of its kind, and what every record has. Groups stand in a list with prospects,
/// which bring fields of their own.
fn item_schema(kind: &Kind) -> Value {
    let mut schema = kind.schema();
    let kinds_own = schema["properties"].as_object().cloned().unwrap_or_default();
    let fields: Vec<&str> = kind.fields.iter().map(|field| &*field.name).collect();
    let required = [&["id", "record_kind", "called", "group", "mine"][..], &fields].concat();
    let mut properties: Map<String, Value> = ITEM.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
    properties.extend(kinds_own);
    schema["properties"] = Value::Object(properties);
    schema["required"] = json!(required);
    schema["additionalProperties"] = json!(kind.role == Some(KindRole::Profile));
    schema
}

fn paths(kind: &Kind) -> Value {
    let (name, plural, a_record) = (&kind.name, &kind.plural, kind.one());
    let id = json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string"},
        "description": "The id, or its first letters (six or more) where only one fits."});
    let filled = |verb: &str, summary: String, parameters: Vec<Value>, body: Option<Value>, responses: Value| {
        let mut operation = json!({"tags": [plural], "summary": summary, "operationId": format!("{name}_{verb}")});
        operation["parameters"] = json!(parameters);
        if let Some(body) = body {
            operation["requestBody"] = body;
        }
        operation["responses"] = responses;
        operation
    };
    let json_of = |schema: Value| json!({"application/json": {"schema": schema}});
    let refer = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let error = |why: &str| json!({"description": why, "content": json_of(refer("ErrorAnswer"))});
    let good = |schema: Value| json!({"description": "Done.", "content": json_of(schema)});
    let body = |fields: &str| {
        let schema = json!({"type": "object", "required": ["fields"], "additionalProperties": false, "properties": {
            "fields": refer(fields), "based_on": {"type": "array", "items": {"type": "string"}},
            "texts_based_on": {"type": "array", "items": {"type": "string"}},
        }});
        Some(json!({"required": true, "content": json_of(schema)}))
    };
    let page = json!({"type": "object", "required": ["schema", "items", "total", "hidden"], "properties": {
        "schema": {"const": 1}, "total": {"type": "integer"}, "hidden": {"type": "integer"},
        "items": {"type": "array", "items": refer(&item_name(kind))},
    }});
    let history = json!({"type": "object", "required": ["schema", "items", "total", "earlier", "before"], "properties": {
        "schema": {"const": 1}, "total": {"type": "integer"}, "earlier": {"type": "integer"},
        "before": {"type": ["string", "null"]}, "items": {"type": "array", "items": refer("HistoryItem")},
    }});
    let told = vec![
        id.clone(),
        query("limit", json!({"type": "integer", "minimum": 1, "maximum": 1000})),
        query("before", json!({"type": "string"})),
    ];
    let file = json!({"required": true, "content": {"text/csv": {}, "application/json": {}, "text/calendar": {},
        "text/vcard": {}, "application/geo+json": {}}});
    let written = |status: &str| {
        json!({(status): good(refer("WriteAnswer")), "200": good(refer("WriteAnswer")),
            "400": error("The input is wrong."), "403": error("It belongs to another group, or a rule forbids it."),
            "404": error("There is no such record."), "507": error("The disk is full.")})
    };
    let found = |schema: Value| {
        json!({"200": good(schema), "400": error("The id fits several records."),
            "404": error("There is no such record.")})
    };
    let listed = |schema: Value| json!({"200": good(schema), "400": error("There is no such field.")});
    let (record, change) = (body(&record_name(kind)), body(&change_name(kind)));
    let export = json!({
        "200": {"description": "The file.", "content": {
            "text/csv": {}, "application/json": {}, "text/calendar": {}, "application/atom+xml": {},
            "application/geo+json": {}, "text/vcard": {},
        }},
        "400": error("There is no such field or format."),
        "403": error("These readers do not see what the records are called."),
    });
    let import = json!({"200": good(refer("ImportAnswer")), "400": error("This is no table."),
        "413": error("The file is too large.")});
    let removed = found(refer("RemoveAnswer"));
    let many = filters(kind);
    let exported = [
        vec![
            query("format", json!({"enum": super::open::Format::WORDS})),
            query("audience", json!({"enum": ["public", "coalition", "group", "local"]})),
        ],
        many.clone(),
    ]
    .concat();
    let imported = vec![
        query("dry_run", json!({"type": "boolean"})),
        query("again", json!({"type": "boolean"})),
        query("filename", json!({"type": "string"})),
        query("zone", json!({"type": "string"})),
        query("agreed", json!({"type": "boolean"})),
    ];
    let paged = [
        vec![query("limit", json!({"type": "integer", "maximum": 1000})), query("offset", json!({"type": "integer"}))],
        many,
    ]
    .concat();
    let base = format!("/api/records/{name}");
    let [import_path, export_path, one] = ["import", "export", "{id}"].map(|part| format!("{base}/{part}"));
    let [history_path, undo_path, merge_path] = ["history", "undo", "merge"].map(|part| format!("{one}/{part}"));
    let duplicates_path = format!("{base}/duplicates");
    let given = |name: &str, required: bool| Some(json!({"required": required, "content": json_of(refer(name))}));
    let done = |name: &str| {
        json!({"200": good(refer(name)), "400": error("The input is wrong."), "404": error("There is no such record."),
            "403": error("It belongs to another group, or a rule forbids it.")})
    };
    json!({
        (base): {
            "get": filled("list", format!("Lists the {plural}."), paged, None, listed(page)),
            "post": filled("new", format!("Writes a new {name}."), vec![], record, written("201")),
        },
        (import_path): {
            "post": filled("import", format!("Imports {plural} from a table, a calendar, an address book or a map."), imported, Some(file), import),
        },
        (export_path): {
            "get": filled("export", format!("All {plural} as a file."), exported, None, export),
        },
        (one): {
            "get": filled("show", format!("Shows one {name}."), vec![id.clone()], None, found(refer(&item_name(kind)))),
            "patch": filled("edit", format!("Changes {a_record}."), vec![id.clone()], change, written("200")),
            "delete": filled("remove", format!("Removes {a_record}."), vec![id.clone()], None, removed),
        },
        (history_path): {
            "get": filled("history", format!("The changes of {a_record}."), told, None, found(history)),
        },
        (undo_path): {
            "post": filled("undo", format!("Writes again what {a_record} held before a change."), vec![id.clone()],
                given("UndoRequest", false), done("UndoAnswer")),
        },
        (merge_path): {
            "post": filled("merge", format!("Makes one of two {plural}; the one in the body is removed."), vec![id],
                given("MergeRequest", true), done("MergeAnswer")),
        },
        (duplicates_path): {
            "get": filled("duplicates", format!("Groups of {plural} that may be the same."), vec![], None,
                json!({"200": good(refer("DuplicatesAnswer"))})),
        },
    })
}

/// What a list can be narrowed by.
fn filters(kind: &Kind) -> Vec<Value> {
    let fixed = ["text", "group", "since", "until"].map(|word| query(word, json!({"type": "string"})));
    let hidden = query("hidden", json!({"enum": ["no", "yes"]}));
    let member = (kind.role == Some(KindRole::Profile)).then(|| query("member", json!({"type": "boolean"})));
    let field = |field: &grid_protocol::record::Field| {
        let schema = match &field.field_type {
            FieldType::Choice(choices) => json!({"enum": choices.iter().map(|it| &it.word).collect::<Vec<_>>()}),
            _ => json!({"type": "string"}),
        };
        query(&field.name, schema)
    };
    let fields = kind.fields.iter().filter(|field| !QUERY.contains(&&*field.name));
    fixed.into_iter().chain([hidden]).chain(member).chain(fields.map(field)).collect()
}

fn query(name: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "required": false, "schema": schema})
}
