//! What the specifications share: crafted changes, storage in memory, real nodes and their faults, the
//! simulated network.

pub mod api;
pub mod corpus;
pub mod every;
pub mod faults;
pub mod fixtures;
pub mod fuzz;
pub mod grid;
pub mod kept;
pub mod memory;
pub mod mission;
pub mod proxy;
pub mod scripted;
pub mod sim;
pub mod workload;
