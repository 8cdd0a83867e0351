//! Synchronisation: what two nodes say to each other until both hold the same.
//!
//! Nodes announce news by gossip and pull what they missed. A pull compares two fingerprints, then
//! fetches the control records and the runs of entries that differ: two round trips until the first
//! missing entry, whatever the size of the coalition. Everything here is data and decisions; sending,
//! waiting and storing is done elsewhere.

pub mod frame;
pub mod gathered;
pub mod hint;
pub mod message;
pub mod recall;
pub mod serve;
pub mod session;

pub use frame::{FrameError, pack, unpack, unpack_within};
pub use gathered::{Gathered, LogEnd, RegainError, Regained};
pub use hint::{Hint, HintBody, HintError, Says, peer_id};
pub use message::{Application, ApplicationOutcome, Gossip, News, Refusal, Request, Response};
pub use recall::Recall;
pub use session::{Failed, Intake, Lookahead, Next, Pulled, Session, SessionError, View};
