//! What a node of the Coalition Grid writes, signs, sends and believes.
//!
//! Pure: no I/O, no async, no clock, no source of randomness. Time, randomness and bytes come in as
//! arguments.

pub mod codec;
pub mod domain;
pub mod id;
pub mod key;
pub mod limits;
pub mod time;
