//! Documents: the guard between changes from anybody and Automerge.
//!
//! Automerge merges whatever it is given and trusts it. A crafted change of a few bytes makes it panic,
//! take gigabytes, overflow the stack, or save a document that never loads again. So nothing reaches it
//! that has not passed three gates, each for one question:
//!
//! ```text
//! entry body -> ChangeBody -> prescan -> Document::offer -> verdict -> Automerge
//!               what is it?   sound      who, after what?   in order   contained
//!                             bytes?
//! ```
//!
//! * [`prescan`]: is this, for ever and on every node, a change chunk by that actor, of bounded cost?
//! * [`Document::offer`]: a verdict on each change from its causal past and the right of its writer.
//!   Nodes that know the same changes reach the same verdicts, whatever the order of arrival.
//! * [`Document::automerge`]: the changes that count, applied where a panic does no harm. What fails here
//!   is a fault of this software: a [`Quarantine`] on this machine, never a verdict.

mod apply;
mod built;
mod change;
mod columns;
mod conduct;
mod history;
mod index;
mod opening;
mod operations;
mod place;
mod plain;
mod prescan;
mod retained;
mod succession;
mod verify;

pub use apply::Quarantine;
pub(crate) use apply::contained;
pub use change::{LayoutError, chunk};
pub use columns::Malformed;
pub use conduct::Shows;
pub use history::{Document, Offered, Right, Verdict};
pub use opening::{BodyError, ChangeBody, KindName, KindNameError, Opening, WriteRule, actor};
pub use place::Place;
pub use plain::Plain;
pub use prescan::{PrescanError, Prescanned, prescan};
pub use verify::{Inert, NoRight};

#[cfg(test)]
mod retained_tests;
#[cfg(test)]
mod tests;
