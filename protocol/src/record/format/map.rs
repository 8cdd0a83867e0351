//! GeoJSON out (RFC 7946): what has a point, with its fields.

use super::Entry;
use crate::record::Presence;
use serde_json::{Value as Json, json};

/// The entries that have a point, as a collection of features.
pub fn geojson<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Json {
    let features = entries.into_iter().filter(|entry| entry.presence == Presence::Present).filter_map(feature);
    json!({"type": "FeatureCollection", "features": features.collect::<Vec<_>>()})
}

fn feature(entry: &Entry) -> Option<Json> {
    let point = entry.point()?;
    let mut properties = entry.values.to_json();
    if let (Some(properties), Some(field)) = (properties.as_object_mut(), &entry.shape.point) {
        properties.remove(&**field);
        properties.insert("record_kind".to_owned(), json!(entry.kind));
        properties.insert("group_name".to_owned(), json!(entry.author));
        // A record that is named by another shows that name on a map.
        properties.insert("label".to_owned(), json!(entry.title));
        if let Some(credit) = &entry.credit {
            properties.insert("credit".to_owned(), json!(credit.to_string()));
        }
    }
    Some(json!({
        "type": "Feature",
        "id": entry.id,
        // Degrees east come first.
        "geometry": {"type": "Point", "coordinates": [point.longitude(), point.latitude()]},
        "properties": properties,
    }))
}
