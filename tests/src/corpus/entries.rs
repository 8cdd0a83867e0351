//! Entries whose change is crafted, or whose words about it are not true: what is refused before the guard is asked.

use super::{Change, set};
use grid_protocol::codec::{self, Format};
use grid_protocol::document::{BodyError, ChangeBody, Opening, PrescanError, WriteRule, actor};
use grid_protocol::domain;
use grid_protocol::entry::{Entry, EntryError, EntryKind, Header, body_hash};
use grid_protocol::id::{Actor, CoalitionId, EntryId, GroupId};
use grid_protocol::key::{DeviceId, SecretKey};
use grid_protocol::limits::{MAX_BODY, MAX_OPENING};
use grid_protocol::time::Timestamp;

/// The coalition that the entries belong to.
pub const COALITION: CoalitionId = CoalitionId([0xc0; 32]);

/// What must become of a crafted entry.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// It is refused, for such a reason.
    Refused(fn(&EntryError) -> bool),
    /// It is admitted with a change, which goes on to the guard.
    Change,
    /// It is admitted, and nobody reads its body.
    Sealed,
}

/// A crafted entry.
#[derive(Clone, Debug)]
pub struct EntryProbe {
    /// What it tries.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What must become of it.
    pub fate: Fate,
}

fn opening() -> Opening {
    let kind = "action".parse().expect("the name of a kind");
    Opening { nonce: [1; 16], ..Opening::singleton(GroupId([3; 32]), kind, WriteRule::Owner) }
}

fn key() -> SecretKey {
    SecretKey::from_seed(&[0x66; 32])
}

fn writer() -> Actor {
    actor(&COALITION, &opening().document(&COALITION), &DeviceId(key().public()))
}

fn header(body: &[u8]) -> Header {
    Header {
        version: Format,
        coalition: COALITION,
        device: DeviceId(key().public()),
        seq: 0,
        prev: EntryId::ZERO,
        time: Timestamp(1),
        kind: EntryKind::Change,
        document: opening().document(&COALITION),
        body_len: u32::try_from(body.len()).unwrap_or(u32::MAX),
        body_hash: body_hash(body),
    }
}

fn signed(header: Header, body: Vec<u8>) -> Vec<u8> {
    let signature = key().sign(domain::ENTRY, header.id().as_bytes());
    codec::encode(&Entry { header, body, signature })
}

/// The body of a change in the clear.
fn body(opening: Option<Opening>, change: Vec<u8>) -> Vec<u8> {
    ChangeBody { opening, change }.encode()
}

/// All of them.
pub fn entries() -> Vec<EntryProbe> {
    let change = Change::first(writer(), &[set("a")]);
    let sound = body(Some(opening()), change.bytes());
    let written = |edit: &dyn Fn(&mut Header), body: &[u8]| {
        let mut header = header(body);
        edit(&mut header);
        signed(header, body.to_vec())
    };
    let plain = |body: &[u8]| written(&|_| {}, body);
    let sealed = |body: &[u8]| written(&|header| header.kind = EntryKind::Sealed, body);
    let probe = |name, bytes, fate| EntryProbe { name, bytes, fate };
    macro_rules! refused {
        ($why:pat) => {
            Fate::Refused(|why| matches!(why, $why))
        };
    }
    let decode = refused!(EntryError::Decode(_));
    let other = Opening { nonce: [2; 16], ..opening() };
    let entry = plain(&sound);
    let mut wrong_signature = entry.clone();
    *wrong_signature.last_mut().expect("bytes") ^= 1;
    let mut overlong = sound.clone();
    // The length of the name of the kind, written in two bytes.
    overlong.splice(34..35, [0x86, 0]);
    // Where the kind stands: behind version, coalition, device, seq, prev and a time of one byte.
    let kind_at = 1 + 32 + 32 + 1 + 32 + 1;
    let of_kind = |kind: u8| {
        let mut bytes = entry.clone();
        bytes[kind_at] = kind;
        bytes
    };
    let mut deflated = change.bytes();
    deflated[8] = 2;
    vec![
        probe("a sound entry", entry.clone(), Fate::Change),
        probe("an entry without an opening", plain(&body(None, change.bytes())), Fate::Change),
        probe("a sealed body", sealed(b"nobody reads this"), Fate::Sealed),
        probe("a deflated change that is said to be sealed", sealed(&body(None, deflated.clone())), Fate::Sealed),
        probe("an empty body that is sealed", sealed(b""), Fate::Sealed),
        probe("a deflated change", plain(&body(None, deflated)), refused!(EntryError::Change(PrescanError::Layout(_)))),
        probe("a kind of zero", of_kind(0), decode),
        probe("a kind that nobody knows", of_kind(3), decode),
        probe("a kind that was changed after signing", of_kind(2), refused!(EntryError::Signature { .. })),
        probe("bytes behind the entry", [entry.clone(), vec![0]].concat(), decode),
        probe("an entry that is cut short", entry[..entry.len() - 1].to_vec(), decode),
        probe("a signature of somebody else", wrong_signature, refused!(EntryError::Signature { .. })),
        probe(
            "an entry of another coalition",
            written(&|header| header.coalition = CoalitionId([0xc1; 32]), &sound),
            refused!(EntryError::WrongCoalition { .. }),
        ),
        probe(
            "a first entry that names one before it",
            written(&|header| header.prev = EntryId([9; 32]), &sound),
            refused!(EntryError::Start { seq: 0 }),
        ),
        probe(
            "a later entry that names none before it",
            written(&|header| header.seq = 7, &sound),
            refused!(EntryError::Start { seq: 7 }),
        ),
        probe(
            "a body of another length than the header says",
            written(&|header| header.body_len += 1, &sound),
            refused!(EntryError::Body { .. }),
        ),
        probe(
            "a body of another hash than the header says",
            written(&|header| header.body_hash.0[0] ^= 1, &sound),
            refused!(EntryError::Body { .. }),
        ),
        probe(
            "a body longer than any",
            sealed(&vec![0; MAX_BODY + MAX_OPENING + 1]),
            refused!(EntryError::Body { .. }),
        ),
        probe("no body", plain(b""), refused!(EntryError::Layout(BodyError::Opening(_)))),
        probe(
            "an opening in more bytes than it needs",
            plain(&overlong),
            refused!(EntryError::Layout(BodyError::Opening(_))),
        ),
        probe(
            "the opening of another document",
            plain(&body(Some(other), change.bytes())),
            refused!(EntryError::Opening { .. }),
        ),
        probe(
            "a change as the actor of another device",
            plain(&body(None, Change::first(super::STRANGER, &[set("a")]).bytes())),
            refused!(EntryError::Change(PrescanError::Actor { .. })),
        ),
        probe(
            "a change of a document for another",
            written(&|header| header.document.0[0] ^= 1, &body(None, change.bytes())),
            refused!(EntryError::Change(PrescanError::Actor { .. })),
        ),
    ]
}
