//! What a crafted change is tried for, and among which changes it is delivered.

use super::{Change, Key, Row, canonical, columns, heads, make, operations, past, set};
use automerge::transaction::Transactable;
use automerge::{ActorId, Automerge, ObjType, ROOT};
use grid_protocol::document::{Inert, PrescanError, Right};
use grid_protocol::id::{Actor, ChangeHash};

/// What must become of a crafted change.
#[derive(Clone, Copy, Debug)]
pub enum Outcome {
    /// It does not pass the prescan, for such a reason.
    Refused(fn(&PrescanError) -> bool),
    /// It has no effect, for such a reason.
    Inert(fn(&Inert) -> bool),
    /// Nothing can be said of it yet.
    Waiting,
    /// It is harmless and counts.
    Effective,
}

/// A crafted change, with what must become of it.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What it tries.
    pub name: &'static str,
    /// Its bytes.
    pub change: Vec<u8>,
    /// As whom it was written.
    pub actor: Actor,
    /// Whether that writer may.
    pub right: Right,
    /// What else its writers wrote for it to lean on.
    pub beside: Vec<(Vec<u8>, Actor)>,
    /// What must become of it.
    pub outcome: Outcome,
}

impl Probe {
    /// A change by [`ENEMY`] that leans on nothing but the background.
    pub(super) fn new(name: &'static str, change: Vec<u8>, outcome: Outcome) -> Self {
        Self { name, change, actor: ENEMY, right: Right::MayWrite, beside: vec![], outcome }
    }

    /// The same by another actor.
    pub(super) fn by(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }

    /// The same where its writer has another right.
    pub(super) fn with(self, right: Right) -> Self {
        Self { right, ..self }
    }

    /// The same beside one more change.
    pub(super) fn beside(mut self, change: &Change) -> Self {
        self.beside.push((change.bytes(), change.actor));
        self
    }
}

/// The outcome of a change that does not pass the prescan, by the error that it has to give.
macro_rules! refused {
    ($why:pat) => {
        Outcome::Refused(|why| matches!(why, $why))
    };
}

/// The outcome of a change without effect, by the reason that has to be given.
macro_rules! inert {
    ($why:pat) => {
        Outcome::Inert(|why| matches!(why, $why))
    };
}

pub(super) use {inert, refused};

/// The actor of the enemy.
pub const ENEMY: Actor = Actor([0x66; 32]);
/// The actor of another enemy, who wrote nothing else.
pub const STRANGER: Actor = Actor([0x77; 32]);
/// The actors of honest writers.
pub const HONEST: [Actor; 2] = [Actor([0x11; 32]), Actor([0xaa; 32])];

/// The first, harmless change of the enemy: 1 sets `a`, 2 makes the text `t`, 3 inserts into it.
pub fn enemy_first() -> Change {
    let into = Row { object: Some((0, 2)), key: Key::Head, insert: true, value: (6, b"x".to_vec()), ..set("") };
    Change::first(ENEMY, &[set("a"), make("t", 4), into])
}

/// A second change of the enemy, in order in itself.
pub fn enemy_second(rows: &[Row]) -> Change {
    let Change { actor, others, extra, .. } = enemy_first();
    Change {
        actor,
        seq: 2,
        start_op: 4,
        deps: vec![hash(&enemy_first().bytes())],
        others,
        columns: columns(rows),
        extra,
    }
}

/// The hash of a change that Automerge reads.
pub fn hash(bytes: &[u8]) -> ChangeHash {
    ChangeHash(automerge::Change::from_bytes(bytes.to_vec()).expect("a change that reads").hash().0)
}

/// Changes by honest writers who edit at the same time and merge, with the actor of each.
pub fn honest() -> Vec<(Vec<u8>, Actor)> {
    let mut documents = HONEST.map(|actor| Automerge::new().with_actor(ActorId::from(actor.0.to_vec())));
    let [one, other] = &mut documents;
    let edit = |document: &mut Automerge, key: &str| {
        let mut transaction = document.transaction();
        transaction.put(ROOT, key, "honest").expect("a map");
        let list = transaction.put_object(ROOT, "list", ObjType::List).expect("a map");
        transaction.insert(&list, 0, key).expect("a list");
        transaction.commit();
    };
    edit(one, "one");
    edit(other, "other");
    one.merge(other).expect("honest changes");
    edit(one, "both");
    let actor = |change: &automerge::Change| {
        *HONEST.iter().find(|actor| actor.0 == *change.actor_id().to_bytes()).expect("ours")
    };
    one.get_changes(&[]).iter().map(|change| (change.raw_bytes().to_vec(), actor(change))).collect()
}

/// All probes. They stand beside [`honest`] and [`enemy_first`].
pub fn probes() -> Vec<Probe> {
    [heads::probes(), past::probes(), canonical::probes(), operations::probes()].concat()
}
