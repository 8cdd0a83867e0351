//! A saved search: a question that is asked again and again.

use crate::record::{Complaint, Record, Registry};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A question that is asked again and again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "search", "plural": "searches", "title": "name", "rule": "owner", "section": "own",
    "verbs": ["run"]
}))]
pub struct Search {
    /// What it is called.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub name: String,
    /// What is searched for.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub words: String,
    /// The kind of records; none: all of them.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub of_kind: String,
    /// The question, where it is one and no listing: leaders.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub question: String,
    /// Filters as in a listing, or the words of the question: place=Lismore&status=open.
    #[schemars(extend("x-grid" = {"audience": "local"}))]
    pub filter: String,
}

impl Record for Search {
    fn check(&self) -> Result<(), Complaint> {
        let kind = self.of_kind.trim();
        if !kind.is_empty() && !self.question.trim().is_empty() {
            return Err(Complaint {
                fields: &["of_kind", "question"],
                message: "question: expected none beside of_kind: a search is a listing or a question".to_owned(),
            });
        }
        if kind.is_empty() || Registry::standard().kind(kind).is_some() {
            return Ok(());
        }
        Err(Complaint {
            fields: &["of_kind"],
            message: format!("of_kind: expected a kind such as action, found {kind:?}"),
        })
    }
}
