//! What has to be seen in an answer. The demo shows nothing that it has not checked.

use crate::failure::{Exit, Failure};
use serde::Deserialize;
use serde_json::Value;

/// Something that has to be seen in an answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Observation {
    /// A column of a section, from the first row to the last.
    Rows { section: String, column: String, are: Vec<Value> },
    /// A column of a section, in its first row.
    First { section: String, column: String, is: Value },
    /// A value, by where it stands in the answer.
    Field { at: String, is: Value },
    /// A text that stands somewhere in it.
    Holds(String),
    /// A text that stands nowhere in it.
    Lacks(String),
}

impl Observation {
    /// Looks whether it is to be seen.
    ///
    /// # Errors
    ///
    /// A failure that says what was expected, and what was found.
    pub(super) fn check(&self, command: &str, answer: &Value) -> Result<(), Failure> {
        let (expected, found) = match self {
            Observation::Rows { section, column, are } => {
                let found: Vec<Value> = rows(answer, section).map(|row| row[column].clone()).collect();
                if rows_exist(answer, section) && found == *are {
                    return Ok(());
                }
                (format!("{section}.{column} to be {}", Value::from(are.clone())), Value::from(found).to_string())
            }
            Observation::First { section, column, is } => {
                let found = rows(answer, section).next().map_or(Value::Null, |row| row[column].clone());
                if found == *is {
                    return Ok(());
                }
                (format!("the first {section}.{column} to be {is}"), found.to_string())
            }
            Observation::Field { at, is } => {
                let found = answer.pointer(at).cloned().unwrap_or_default();
                if found == *is {
                    return Ok(());
                }
                (format!("{at} to be {is}"), found.to_string())
            }
            Observation::Holds(text) | Observation::Lacks(text) => {
                let is_there = answer.to_string().contains(text.as_str());
                if is_there == matches!(self, Observation::Holds(_)) {
                    return Ok(());
                }
                let expected = if is_there { "not to say" } else { "to say" };
                (format!("the answer {expected} {text:?}"), answer.to_string())
            }
        };
        Err(Failure::new(
            Exit::Failed,
            format!("the story does not hold at `{command}`: expected {expected}, found {found}"),
        )
        .code("not_observed")
        .hint("this is a fault of the program: please report it with this line"))
    }
}

/// The rows of a section of an answer.
pub(super) fn rows<'a>(answer: &'a Value, section: &str) -> impl Iterator<Item = &'a Value> {
    named(answer, section).and_then(|found| found["rows"].as_array()).into_iter().flatten()
}

/// The section of this name.
pub(super) fn named<'a>(answer: &'a Value, section: &str) -> Option<&'a Value> {
    answer["sections"].as_array()?.iter().find(|found| found["name"] == section)
}

fn rows_exist(answer: &Value, section: &str) -> bool {
    named(answer, section).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sees(observation: Value) -> Result<(), Failure> {
        let answer = json!({"note": null, "sections": [
            {"name": "people", "rows": [{"name": "Ana", "people": 3}, {"name": "Bo", "people": 4}]},
            {"name": "none", "rows": []},
        ]});
        serde_json::from_value::<Observation>(observation).unwrap().check("grid ask", &answer)
    }

    #[test]
    fn what_is_there_is_seen_and_what_is_not_ends_the_story() {
        for there in [
            json!({"rows": {"section": "people", "column": "name", "are": ["Ana", "Bo"]}}),
            json!({"rows": {"section": "none", "column": "name", "are": []}}),
            json!({"first": {"section": "people", "column": "people", "is": 3}}),
            json!({"field": {"at": "/note", "is": null}}),
            json!({"holds": "Bo"}),
            json!({"lacks": "Cy"}),
        ] {
            assert!(sees(there.clone()).is_ok(), "{there}");
        }
        for missing in [
            json!({"rows": {"section": "people", "column": "name", "are": ["Bo", "Ana"]}}),
            json!({"rows": {"section": "elsewhere", "column": "name", "are": []}}),
            json!({"first": {"section": "none", "column": "name", "is": "Ana"}}),
            json!({"field": {"at": "/note", "is": "afraid"}}),
            json!({"holds": "Cy"}),
            json!({"lacks": "Bo"}),
        ] {
            let failure = sees(missing.clone()).unwrap_err();
            assert_eq!((failure.exit, failure.code.as_str()), (Exit::Failed, "not_observed"), "{missing}");
            assert!(failure.message.contains("grid ask"), "{}", failure.message);
        }
    }
}
