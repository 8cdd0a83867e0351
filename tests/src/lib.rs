//! What the specifications share: crafted changes, storage in memory, real nodes, the simulated network.

pub mod corpus;
pub mod fixtures;
pub mod fuzz;
pub mod grid;
pub mod memory;
pub mod sim;
pub mod workload;
