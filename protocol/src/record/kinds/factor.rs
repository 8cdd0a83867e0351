//! A factor: a part of the systems map that all draw together.

use crate::record::{Coordinates, Record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that makes the problem bigger or smaller.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "factor", "plural": "factors", "title": "name", "rule": "members", "section": "structure"
}))]
pub struct Factor {
    /// What it is called.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub name: String,
    /// How it works.
    #[schemars(extend("x-grid" = {"audience": "coalition", "type": "text"}))]
    pub about: String,
    /// Whether it is a lever: where a push moves much.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub lever: bool,
    /// Where it lies, if it lies somewhere.
    #[schemars(extend("x-grid" = {"audience": "coalition"}))]
    pub coordinates: Option<Coordinates>,
}

impl Record for Factor {}
