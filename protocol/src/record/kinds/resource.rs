//! A resource: something that a group made or found and that others can use.

use crate::record::Record;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Something that others can use: a guide, a template, a song.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("x-grid" = {
    "name": "resource", "plural": "resources", "title": "title", "rule": "owner", "section": "resources", "identity": ["title", "author"]
}))]
pub struct Resource {
    /// What it is called.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Name"]}))]
    pub title: String,
    /// What sort of thing it is.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Type", "Category"]}))]
    pub kind: Option<ResourceKind>,
    /// What it is good for, or the whole of it.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "text", "aliases": ["About"]}))]
    pub description: String,
    /// Where it can be found.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "link", "aliases": ["URL", "Website"]}))]
    pub link: String,
    /// What it is about.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Topics", "Keywords"]}))]
    pub tags: BTreeSet<String>,
    /// What others may do with it, as its maker says.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["License", "Terms"]}))]
    pub licence: String,
    /// Who made it: recognition goes to makers.
    #[schemars(extend("x-grid" = {"audience": "public", "aliases": ["Maker", "Credit"]}))]
    pub author: String,
    /// The resource that this one was made from: once it is said it stands, and its maker stays named.
    #[schemars(extend("x-grid" = {"audience": "public", "type": "reference", "of": "resource", "writes": "once"}))]
    pub based_on_resource: String,
}

/// The sort of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResourceKind {
    /// How to do something.
    Guide,
    /// Something to fill in and use.
    Template,
    /// Pictures, sound or film.
    Media,
    /// Facts and figures.
    Research,
    /// A course or its material.
    Training,
    /// Name, colours and marks of the network.
    Brand,
    /// A program or a service.
    Tool,
    /// Anything else.
    Other,
}

impl Record for Resource {}
