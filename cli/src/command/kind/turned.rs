//! What became of a record: its status, where that is not the one with which records of its kind begin.

use grid_protocol::record::{Field, Kind, STATUS};
use serde_json::Value;

/// What a record is called, with what became of it: `Vigil (cancelled)`.
pub(super) fn marked(kind: &Kind, record: &Value, title: &str) -> String {
    match kind.field(STATUS).and_then(|field| turned(field, record)) {
        Some(turned) => format!("{title} ({})", turned.replace('_', " ")),
        None => title.to_owned(),
    }
}

/// Whether a field says of one of these records that something became of it: no list leaves that out.
pub(super) fn tells(field: &Field, items: &[Value]) -> bool {
    items.iter().any(|item| turned(field, item).is_some())
}

fn turned<'v>(field: &Field, record: &'v Value) -> Option<&'v str> {
    field.turned(record[STATUS].as_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use grid_protocol::record::Registry;
    use serde_json::json;

    #[test]
    fn only_a_status_that_is_not_the_first_is_told() {
        let action = Registry::standard().kind("action").unwrap();
        let of = |status: Value| marked(action, &json!({"status": status}), "Vigil");
        assert_eq!(of(json!("cancelled")), "Vigil (cancelled)");
        assert_eq!(of(json!("planned")), "Vigil");
        assert_eq!(of(json!(null)), "Vigil");
        let (status, title) = (action.field("status").unwrap(), action.field("title").unwrap());
        let items = [json!({"status": "planned", "title": "cancelled"}), json!({"status": "happening"})];
        assert!(tells(status, &items) && !tells(status, &items[..1]) && !tells(title, &items));
    }
}
