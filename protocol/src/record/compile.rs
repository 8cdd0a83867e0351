//! From the struct of a kind to its [`Kind`]: reads the JSON schema that schemars derives and its `x-grid` metadata.

use super::{
    Audience, Choice, Closeness, CompileError, Complaint, Day, Field, FieldName, FieldType, Kind, KindRole, Record,
    Seal, Singleton, Targets, WriteRule, Writes, names::is_reserved,
};
use schemars::generate::SchemaSettings;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value as Json};
use std::fmt;

/// The kind that `T` describes.
pub(super) fn compile<T: Record>() -> Result<Kind, CompileError> {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    let place = std::any::type_name::<T>().rsplit("::").next().unwrap_or_default();
    let about = documentation(&schema, place)?;
    let meta = metadata(&schema, place)?;
    let required = |key: &'static str| string(meta, key).ok_or_else(|| metadata_error(place, key, meta.get(key)));
    let (name, plural, section) = (required("name")?, required("plural")?, required("section")?);
    let rule = match required("rule")?.as_str() {
        "owner" => WriteRule::Owner,
        "members" => WriteRule::Members,
        _ => return Err(metadata_error(place, "rule owner or members", meta.get("rule"))),
    };
    let singleton = match meta.get("singleton") {
        None | Some(Json::Bool(false)) => Singleton::Many,
        Some(Json::Bool(true)) => Singleton::OncePerGroup,
        other => return Err(metadata_error(place, "singleton true or false", other)),
    };
    let role = match string(meta, "role").as_deref() {
        None if meta.get("role").is_none() => None,
        Some("profile") => Some(KindRole::Profile),
        Some("prospect") => Some(KindRole::Prospect),
        _ => return Err(metadata_error(place, "role profile or prospect", meta.get("role"))),
    };
    let defaults = serde_json::to_string(&T::default()).unwrap_or_default();
    let order = serde_json::from_str::<FieldOrder>(&defaults).unwrap_or_default();
    let defaults = serde_json::from_str::<Json>(&defaults).unwrap_or_default();
    let fields = order
        .0
        .iter()
        .map(|field| compile_field(&format!("{place}.{field}"), field, &schema["properties"][field], &defaults[field]))
        .collect::<Result<Vec<_>, _>>()?;
    let position = |wanted: &str| fields.iter().position(|field| &*field.name == wanted);
    if fields.iter().filter_map(|field| field.stand_in.as_ref()).any(|name| position(name).is_none()) {
        return Err(metadata_error(place, "stand_in: the name of a field", None));
    }
    let title = required("title")?;
    let names_it =
        |field: &&Field| matches!(field.field_type, FieldType::Line | FieldType::Text | FieldType::Reference(_));
    let title =
        position(&title)
            .and_then(|found| fields.get(found))
            .filter(names_it)
            .map(|field| field.name.clone())
            .ok_or_else(|| metadata_error(place, "title: the name of a line, text or reference", meta.get("title")))?;
    let travels = |field: &Field| field.audience.travels();
    let title_travels = position(&title).and_then(|found| fields.get(found)).is_some_and(travels);
    if fields.iter().any(travels) && !title_travels {
        return Err(metadata_error(place, "title: a field that travels with the others", meta.get("title")));
    }
    let speaks = string(meta, "speaks");
    let is_choice = |field: &Field| matches!(field.field_type, FieldType::Choice(_));
    if speaks.as_deref().is_some_and(|name| {
        !position(name).and_then(|found| fields.get(found)).is_some_and(is_choice) || position("mandate").is_none()
    }) {
        return Err(metadata_error(place, "speaks: the name of a choice, beside a field mandate", meta.get("speaks")));
    }
    let speaks = speaks.map(|name| FieldName::from(name.as_str()));
    let readers = string(meta, "readers");
    let says_public = |field: &Field| match &field.field_type {
        FieldType::Choice(words) => words.iter().any(|choice| choice.word == "public"),
        _ => false,
    };
    if readers.as_deref().is_some_and(|name| !position(name).and_then(|at| fields.get(at)).is_some_and(says_public)) {
        let expected = "readers: the name of a choice with the word public";
        return Err(metadata_error(place, expected, meta.get("readers")));
    }
    let readers = readers.map(|name| FieldName::from(name.as_str()));
    let names = |key: &str| -> Vec<FieldName> {
        strings(meta, key).iter().map(|name| FieldName::from(name.as_str())).collect()
    };
    let seal = string(meta, "seal").map(|field| Seal { field: field.as_str().into(), fields: names("sealed") });
    if seal.as_ref().is_some_and(|seal| [&seal.field].into_iter().chain(&seal.fields).any(|it| position(it).is_none()))
    {
        return Err(metadata_error(place, "seal and sealed: names of fields", meta.get("sealed")));
    }
    let earlier = names("earlier");
    if earlier.iter().any(|name| position(name).is_none()) {
        return Err(metadata_error(place, "earlier: names of fields", meta.get("earlier")));
    }
    let identity = names("identity");
    if identity.iter().any(|name| position(name).is_none()) {
        return Err(metadata_error(place, "identity: names of fields", meta.get("identity")));
    }
    let alike = string(meta, "alike");
    if alike.as_deref().is_some_and(|name| position(name).is_none()) {
        return Err(metadata_error(place, "alike: the name of a field", meta.get("alike")));
    }
    let alike = alike.map(|name| FieldName::from(name.as_str()));
    let together = |names: &String| names.split(' ').map(FieldName::from).collect();
    let traces: Vec<Vec<FieldName>> = strings(meta, "traces").iter().map(together).collect();
    if traces.iter().flatten().any(|name| position(name).is_none()) {
        return Err(metadata_error(place, "traces: names of fields", meta.get("traces")));
    }
    let positions = fields.iter().enumerate().map(|(index, field)| (field.name.clone(), index)).collect();
    let (verbs, imports_as) = (strings(meta, "verbs"), string(meta, "imports_as"));
    Ok(Kind {
        name,
        plural,
        about,
        section,
        singleton,
        rule,
        role,
        title,
        speaks,
        readers,
        seal,
        earlier,
        verbs,
        identity,
        alike,
        traces,
        imports_as,
        fields,
        positions,
        check: check::<T>,
    })
}

/// The struct's own check, on the JSON form. A record that does not read as the struct is nobody's fault here:
/// every value was accepted by its field.
fn check<T: Record>(values: Json) -> Result<(), Complaint> {
    serde_json::from_value::<T>(values).map_or(Ok(()), |record| record.check())
}

fn compile_field(place: &str, name: &str, schema: &Json, default: &Json) -> Result<Field, CompileError> {
    if is_reserved(name) {
        return Err(CompileError::Reserved { place: place.to_owned() });
    }
    let meta = metadata(schema, place)?;
    let audience = match string(meta, "audience").as_deref() {
        Some("public") => Audience::Public,
        Some("coalition") => Audience::Coalition,
        Some("group") => Audience::Group,
        Some("local") => Audience::Local,
        _ => return Err(metadata_error(place, "audience public, coalition, group or local", meta.get("audience"))),
    };
    let mut field = Field {
        name: name.into(),
        about: documentation(schema, place)?,
        field_type: field_type(place, schema, meta)?,
        audience,
        aliases: strings(meta, "aliases"),
        parts: parts(place, meta)?,
        stand_in: string(meta, "stand_in").map(|name| FieldName::from(name.as_str())),
        widget: string(meta, "widget"),
        day: day(place, meta)?,
        writes: match string(meta, "writes").as_deref() {
            None => Writes::Always,
            Some("first") => Writes::First,
            Some("once") => Writes::Once,
            Some(_) => return Err(metadata_error(place, "writes first or once", meta.get("writes"))),
        },
        closeness: match string(meta, "closeness").as_deref() {
            None => Closeness::Exact,
            Some("blurred") => Closeness::Blurred,
            Some(_) => return Err(metadata_error(place, "closeness blurred", meta.get("closeness"))),
        },
        met: None,
        default: None,
    };
    let met = field.from_json(meta.get("met").unwrap_or_default());
    field.met = met.map_err(|source| CompileError::Default { place: place.to_owned(), source })?;
    let default = field.from_json(default);
    field.default = default.map_err(|source| CompileError::Default { place: place.to_owned(), source })?;
    Ok(field)
}

fn field_type(place: &str, schema: &Json, meta: &Map<String, Json>) -> Result<FieldType, CompileError> {
    let shape = without_null(schema);
    let unknown = || CompileError::Shape { place: place.to_owned(), shape: schema.to_string() };
    if let Some(choices) = choices(&shape) {
        return Ok(FieldType::Choice(choices));
    }
    match (shape["x-grid-type"].as_str(), shape["type"].as_str()) {
        (Some("date-time"), _) => Ok(FieldType::DateTime),
        (Some("coordinates"), _) => Ok(FieldType::Coordinates),
        (Some("money"), _) => Ok(FieldType::Money),
        (None, Some("boolean")) => Ok(FieldType::Flag),
        (None, Some("number")) => Ok(FieldType::Number),
        (None, Some("array")) if shape["uniqueItems"] == true && shape["items"]["type"] == "string" => {
            match string(meta, "type").as_deref() {
                None | Some("tags") => Ok(FieldType::Tags),
                Some("references") => targets(place, meta).map(FieldType::References),
                _ => Err(metadata_error(place, "type tags or references", meta.get("type"))),
            }
        }
        (None, Some("string")) if shape.get("format").is_none() => match string(meta, "type").as_deref() {
            None | Some("line") => Ok(FieldType::Line),
            Some("text") => Ok(FieldType::Text),
            Some("link") => Ok(FieldType::Link),
            Some("place") => Ok(FieldType::Place),
            Some("reference") => targets(place, meta).map(FieldType::Reference),
            _ => Err(metadata_error(place, "type line, text, link, place or reference", meta.get("type"))),
        },
        _ => Err(unknown()),
    }
}

fn parts(place: &str, meta: &Map<String, Json>) -> Result<Vec<Vec<String>>, CompileError> {
    let Some(said) = meta.get("parts") else { return Ok(Vec::new()) };
    let parts = serde_json::from_value::<Vec<Vec<String>>>(said.clone());
    parts.map_err(|_| metadata_error(place, "parts: for each part a list of headings", Some(said)))
}

fn day(place: &str, meta: &Map<String, Json>) -> Result<Option<Day>, CompileError> {
    match string(meta, "day").as_deref() {
        None => Ok(None),
        Some("from") => Ok(Some(Day::From)),
        Some("on") => Ok(Some(Day::On)),
        Some("until") => Ok(Some(Day::Until)),
        Some(_) => Err(metadata_error(place, "day from, on or until", meta.get("day"))),
    }
}

fn targets(place: &str, meta: &Map<String, Json>) -> Result<Targets, CompileError> {
    match (string(meta, "of"), strings(meta, "of")) {
        (Some(any), _) if any == "any" => Ok(Targets::Any),
        (Some(one), _) => Ok(Targets::Of(vec![one])),
        (None, kinds) if !kinds.is_empty() => Ok(Targets::Of(kinds)),
        _ => Err(metadata_error(place, "of: what the reference refers to", meta.get("of"))),
    }
}

/// The shape behind an `Option`.
fn without_null(schema: &Json) -> Json {
    let is_null = |shape: &Json| shape["type"] == "null";
    if let Some([one, other]) = schema["anyOf"].as_array().map(Vec::as_slice) {
        return if is_null(other) { one.clone() } else { schema.clone() };
    }
    let mut shape = schema.clone();
    if let Some([one, Json::String(null)]) = schema["type"].as_array().map(Vec::as_slice)
        && null == "null"
    {
        shape["type"] = one.clone();
        if let Some(words) = shape.get_mut("enum").and_then(Json::as_array_mut) {
            words.retain(|word| !word.is_null());
        }
    }
    shape
}

/// The words of an enum of plain variants.
fn choices(shape: &Json) -> Option<Vec<Choice>> {
    let plain = |word: &Json| Some(Choice { word: word.as_str()?.to_owned(), about: String::new() });
    if let Some(words) = shape["enum"].as_array() {
        return words.iter().map(plain).collect();
    }
    let mut choices = Vec::new();
    for variant in shape["oneOf"].as_array()? {
        let about = variant["description"].as_str().unwrap_or_default().to_owned();
        match (&variant["const"], variant["enum"].as_array()) {
            (Json::String(word), _) => choices.push(Choice { word: word.clone(), about }),
            (_, Some(words)) => choices.extend(words.iter().map(plain).collect::<Option<Vec<_>>>()?),
            _ => return None,
        }
    }
    Some(choices)
}

fn documentation(schema: &Json, place: &str) -> Result<String, CompileError> {
    let text = schema["description"].as_str().unwrap_or_default().trim();
    if text.is_empty() { Err(CompileError::Undocumented { place: place.to_owned() }) } else { Ok(text.to_owned()) }
}

fn metadata<'a>(schema: &'a Json, place: &str) -> Result<&'a Map<String, Json>, CompileError> {
    let found = &schema["x-grid"];
    found.as_object().ok_or_else(|| metadata_error(place, "an object", Some(found)))
}

fn metadata_error(place: &str, expected: &'static str, found: Option<&Json>) -> CompileError {
    let found = found.map_or_else(|| "nothing".to_owned(), Json::to_string);
    CompileError::Metadata { place: place.to_owned(), expected, found }
}

fn string(meta: &Map<String, Json>, key: &str) -> Option<String> {
    meta.get(key)?.as_str().map(str::to_owned)
}

fn strings(meta: &Map<String, Json>, key: &str) -> Vec<String> {
    let words = meta.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    words.iter().filter_map(Json::as_str).map(str::to_owned).collect()
}

/// The keys of a JSON object in the order of its text, which is the order of the struct's fields.
#[derive(Default)]
struct FieldOrder(Vec<String>);

impl<'de> Deserialize<'de> for FieldOrder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = FieldOrder;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FieldOrder, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    keys.push(key);
                }
                Ok(FieldOrder(keys))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}
