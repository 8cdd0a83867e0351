//! What a node of the Coalition Grid writes, signs, sends and believes.
//!
//! Pure: no I/O, no async, no clock, no source of randomness. Time, randomness and bytes come in as
//! arguments.
//!
//! Two structures are replicated, and no third: the **control set** of signed records that say who
//! belongs ([`control`]), and one append-only **log** per device ([`entry`], [`run`], [`log`]), whose
//! entries carry Automerge changes to documents ([`document`], [`record`]). What is believed follows from
//! them in layers, whatever the order of arrival.
//!
//! ```text
//!  bytes ─▶ Entry, Run ─▶ VerifiedEntry ─▶ Storage ─▶ Document ─▶ Row
//!             │ signature, chain,   │ stored once       │ verdict    │ read as a record
//!             │ body, prescan       │ verified          │ of the     │ of its kind
//!             ▼                     ▼                   │ guard      ▼
//!          refused             heads, fingerprints      │          views
//!  bytes ─▶ Record ─▶ ControlSet ─▶ Authority ──────────┘
//!                     keys ─▶ governance ─▶ membership
//! ```
//!
//! [`replica::Replica`] joins all of it into a node without I/O: inputs in, effects out. The daemon
//! drives it with a network and a disk, the simulated network with neither.
//!
//! # Two peers
//!
//! One group founds a coalition and writes an action; another peer, which knows nothing but the
//! coalition's id, believes it because of what the bytes prove.
//!
//! ```
//! use automerge::{ActorId, Automerge};
//! use grid_protocol::authority::Authority;
//! use grid_protocol::control::{ControlSet, DeviceSecrets, GenesisBody, NewGroup, Statement, found};
//! use grid_protocol::document::{ChangeBody, Document, Opening, Right, WriteRule, actor};
//! use grid_protocol::entry::{Entry, VerifiedEntry};
//! use grid_protocol::key::{SealKey, SecretKey};
//! use grid_protocol::record::{Patch, Registry};
//! use grid_protocol::{codec, time::Timestamp, words::RecoveryWords};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Here: a group, its words and its first device. Randomness is an argument.
//! let words = RecoveryWords::from_entropy([1; 32]);
//! let device = DeviceSecrets {
//!     device: SecretKey::from_seed(&[2; 32]),
//!     peer: SecretKey::from_seed(&[3; 32]),
//!     seal: SealKey([4; 32]),
//! };
//! let group = NewGroup { name: "Clean River", words: &words, nonce: [5; 16], device: &device, label: "office" };
//! let text = Statement { title: "One river".into(), text: "It is ours.\n".into(), policies: vec![] };
//! let genesis = GenesisBody::usual("Clear Water", "To keep it clear.", text, vec![], [6; 16]);
//! let founding = found(&group, genesis, Timestamp(1))?;
//!
//! // Here: an action, as one change of one document, in one entry of the device's log.
//! let kind = Registry::standard().kind("action").ok_or("a known kind")?;
//! let opening = Opening {
//!     nonce: [7; 16],
//!     ..Opening::singleton(founding.group, "action".parse()?, WriteRule::Owner)
//! };
//! let id = opening.document(&founding.coalition);
//! let mut draft = Automerge::new().with_actor(ActorId::from(actor(&founding.coalition, &id, &founding.device).0.as_slice()));
//! let patch = Patch::from_json(kind, &serde_json::json!({ "title": "Walk to the spring" }))?;
//! let mut transaction = draft.transaction();
//! kind.apply(&mut transaction, &patch)?;
//! transaction.commit();
//! let change = draft.get_last_local_change().ok_or("a change")?.raw_bytes().to_vec();
//! let body = ChangeBody { opening: Some(opening), change }.encode();
//! let entry = VerifiedEntry::write(founding.coalition, &device.device, None, Timestamp(2), id, body)?;
//! let wire = codec::encode(&entry.announce().ok_or("a signed entry")?);
//!
//! // There: the records prove who belongs, the entry proves who wrote it.
//! let mut control = ControlSet::new(founding.coalition);
//! for record in founding.records {
//!     control.offer(record);
//! }
//! let authority = Authority::evaluate(&control);
//! let entry = Entry::decode(&wire)?.verify(&founding.coalition)?;
//! assert_eq!(authority.group_of(&entry.header().device), Some(founding.group));
//! let mut document = Document::new(id);
//! let change = entry.change().ok_or("a change in the clear")?;
//! let (device, place) = (entry.header().device, entry.header().seq);
//! document.offer(change.change.clone(), device, place, Right::MayWrite);
//! let action = document.read(|automerge| kind.read(automerge))?;
//! assert_eq!(action.values.text("title"), "Walk to the spring");
//! # Ok(())
//! # }
//! ```

pub mod appeal;
pub mod authority;
pub mod chain;
pub mod codec;
pub mod control;
pub mod document;
pub mod domain;
pub mod effort;
pub mod entry;
pub mod id;
pub mod invite;
pub mod key;
pub mod letters;
pub mod limits;
pub mod log;
pub mod pairing;
pub mod record;
pub mod replica;
pub mod run;
mod shares;
pub mod sheet;
pub mod storage;
pub mod sync;
pub mod time;
pub mod words;
