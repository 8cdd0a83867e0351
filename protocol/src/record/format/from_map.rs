//! GeoJSON in (RFC 7946): points with their properties, as rows of a table.

use super::Shape;
use crate::id::DocumentId;
use crate::limits::MAX_IMPORT_ROWS;
use crate::record::import::read_objects;
use crate::record::{BadRow, ImportError, ImportOptions, ImportPlan, Kind};
use serde_json::{Map, Value as Json, json};

/// Reads the features of a collection as records of a kind.
pub(in crate::record) fn read_map(
    kind: &Kind,
    file: &Json,
    options: &ImportOptions,
) -> Result<ImportPlan, ImportError> {
    let Some(point) = Shape::of(kind).point else {
        return Err(ImportError::NoPart { kind: kind.name.clone(), part: "point on the map" });
    };
    let features = file["features"].as_array().map_or(&[][..], Vec::as_slice);
    if features.len() > MAX_IMPORT_ROWS {
        return Err(ImportError::TooManyRows);
    }
    let (mut objects, mut bad) = (Vec::new(), Vec::new());
    for (line, feature) in (1..).zip(features) {
        match row(feature, &point) {
            Ok(object) => objects.push((line, object)),
            Err(reason) => bad.push(BadRow { line, reason }),
        }
    }
    let objects: Vec<(u64, &Map<String, Json>)> = objects.iter().map(|(line, object)| (*line, object)).collect();
    let mut plan = read_objects(kind, &objects, options)?;
    plan.bad.extend(bad);
    plan.bad.sort_by_key(|row| row.line);
    Ok(plan)
}

fn row(feature: &Json, point: &str) -> Result<Map<String, Json>, String> {
    let mut row = Map::new();
    for (name, value) in feature["properties"].as_object().into_iter().flatten() {
        let value = match value {
            // A house number is a number to some programs.
            Json::Number(_) | Json::Bool(_) => Json::String(value.to_string()),
            value => value.clone(),
        };
        row.insert(name.clone(), value);
    }
    // Other programs number their features as they like.
    row.remove("id");
    if let Some(id) = feature["id"].as_str().filter(|id| id.parse::<DocumentId>().is_ok()) {
        row.insert("id".to_owned(), json!(id));
    }
    let geometry = &feature["geometry"];
    match (geometry["type"].as_str(), geometry["coordinates"].as_array().map(Vec::as_slice)) {
        (Some("Point"), Some([longitude, latitude, ..])) => {
            row.insert(point.to_owned(), json!({"latitude": latitude, "longitude": longitude}));
            Ok(row)
        }
        (None, _) if geometry.is_null() => Ok(row),
        (Some(other), _) if other != "Point" => {
            let shown: String = other.chars().take(40).collect();
            Err(format!("is a {shown}: only points are taken; give the point that people should find"))
        }
        _ => Err("expected a point, [longitude, latitude] in degrees".to_owned()),
    }
}
