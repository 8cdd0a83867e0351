//! For whom a record speaks: the group that wrote it, or the network.
//!
//! Whoever speaks for the network needs a mandate that holds. Anybody can write the word; readers look the mandate up,
//! and without one the record carries the name of its group alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// For whom a record speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The group that wrote it.
    Group,
    /// The network.
    Network,
}
