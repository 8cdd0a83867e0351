//! The daemon of the Coalition Grid.
//!
//! ```text
//! network ─┐                ┌─ store (sled, journal)
//!          ├─▶ driver ─▶ replica (protocol, pure) ─▶ views ─▶ http
//! handle ──┘      └─ outbound (keys)
//! ```
//!
//! [`setup`] makes homes, [`node`] runs one, [`handle::Handle`] is the only way in.

pub mod clock;
mod driver;
pub mod event;
pub mod handle;
pub mod home;
pub mod http;
pub mod invited;
mod keystore;
mod local_error;
pub mod network;
pub mod node;
mod outbound;
pub mod passphrase;
mod ports;
mod profile;
pub mod question;
pub mod recall;
pub mod sample;
pub mod serve;
pub mod setup;
pub mod space;
mod start_troubles;
pub mod store;
pub mod survey;
pub mod threats;
pub mod trouble;
pub mod vault;
pub mod view;

pub use keystore::{KeystoreError, Protection};
pub use local_error::LocalError;
