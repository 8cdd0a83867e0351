//! The targets of `tests/src/fuzz`, compiled without the node: only the protocol is instrumented.

#[path = "../../src/corpus/mod.rs"]
pub mod corpus;
#[path = "../../src/fuzz/mod.rs"]
pub mod fuzz;
