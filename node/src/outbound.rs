//! What goes out: a command becomes a change, an entry, a line of the journal, and then takes the same
//! way in as everybody's. The only room that signs.

mod appeal;
mod device;
mod governing;
mod mandates;
mod vouching;
mod words;

pub(crate) use device::CodeParts;

use crate::clock::random;
use crate::handle::{Act, Change, CommandError, Target};
use crate::keystore::Keystore;
use automerge::transaction::CommitOptions;
use automerge::{ActorId, Automerge};
use grid_protocol::control::{InviteRevoked, Record, SigningKey, Withdrawal};
use grid_protocol::document::{ChangeBody, KindName, Opening, Quarantine, WriteRule, actor};
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::id::{DocumentId, GroupId, VersionId};
use grid_protocol::invite::InviteTicket;
use grid_protocol::record::{self, Kind, Patch, Presence, Registry, Singleton};
use grid_protocol::replica::{Identity, LiveDocument, Replica};
use grid_protocol::storage::Storage;
use grid_protocol::sync::{Hint, Says};
use grid_protocol::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// Writes as this device of this group.
pub(crate) struct Outbound {
    me: Identity,
    keys: Keystore,
    registry: Arc<Registry>,
    /// The invite that this group answered.
    ticket: Option<InviteTicket>,
}

/// A write that is worked out and signed, and not kept yet.
#[derive(Debug)]
pub(crate) struct Draft {
    /// The record.
    pub(crate) document: DocumentId,
    /// Whether anything changes.
    pub(crate) change: Change,
    /// The entries to commit, in order.
    pub(crate) entries: Vec<VerifiedEntry>,
}

/// What stands where a write goes.
struct Before {
    /// Whether others may not have its opening.
    is_new: bool,
    owner: GroupId,
    presence: Presence,
    automerge: Automerge,
}

/// What is to become of a record.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    /// Fields change.
    Patch(Patch),
    /// It is removed.
    Remove,
}

impl Outbound {
    /// Writes with these keys.
    pub(crate) const fn new(
        me: Identity,
        keys: Keystore,
        registry: Arc<Registry>,
        ticket: Option<InviteTicket>,
    ) -> Self {
        Self { me, keys, registry, ticket }
    }

    /// Works a write out. `head` is where this device's log stands, drafts before this one included.
    ///
    /// # Errors
    ///
    /// [`CommandError`] when the record is not this group's to write, or the input breaks a rule of its kind.
    pub(crate) fn draft<S: Storage>(
        &self,
        replica: &mut Replica<S>,
        now: Timestamp,
        head: Option<Head>,
        target: &Target,
        edit: &Edit,
    ) -> Result<Draft, CommandError> {
        let (document, opening) = self.resolve(replica, target)?;
        self.draft_in(replica, now, head, (document, opening), edit)
    }

    /// As [`Self::draft`], of a record whose opening may have been lost.
    pub(crate) fn draft_in<S: Storage>(
        &self,
        replica: &mut Replica<S>,
        now: Timestamp,
        head: Option<Head>,
        (document, opening): (DocumentId, Opening),
        edit: &Edit,
    ) -> Result<Draft, CommandError> {
        let kind = self.kind_of(&opening)?;
        if opening.rule == WriteRule::Members && !replica.authority().membership().may_have_written(&self.me.group) {
            return Err(CommandError::Refused {
                why: format!("members write a {}, and your group is none yet, or none any more", kind.name),
                hint: "`grid status` says what it lacks; what it writes in records of its own is kept until then"
                    .to_owned(),
            });
        }
        // Of most that is written nothing stands yet, and then nothing has to be looked up.
        let Before { is_new, owner, presence, automerge } = match replica.documents().knows(&document) {
            true => self.before(replica.live(document)?, &opening)?,
            false => {
                self.may_write(&opening)?;
                let (owner, automerge) = (self.me.group, Automerge::new());
                Before { is_new: true, owner, presence: Presence::Present, automerge }
            }
        };
        if presence == Presence::Removed {
            match edit {
                Edit::Remove => return Ok(Draft { document, change: Change::Unchanged, entries: Vec::new() }),
                Edit::Patch(_) => {
                    return Err(CommandError::Refused {
                        why: "this record was removed, so nobody would see the change".to_owned(),
                        hint: "make a new one; what it held is in its history".to_owned(),
                    });
                }
            }
        }
        if matches!(edit, Edit::Remove) && owner != self.me.group {
            return Err(CommandError::Refused {
                why: format!("only the group that made a {} can remove it; every member may edit it", kind.name),
                hint: "ask that group, or edit it: `edit ID`".to_owned(),
            });
        }
        if matches!(edit, Edit::Remove) && kind.singleton == Singleton::OncePerGroup {
            return Err(CommandError::Refused {
                why: format!("a group has one {} for ever, so it can't be removed", kind.name),
                hint: "empty its fields instead: `edit --clear FIELD`".to_owned(),
            });
        }
        let actor = actor(&self.me.coalition, &document, &self.me.device);
        let mut draft = automerge.with_actor(ActorId::from(actor.0.as_slice()));
        let changes = write(&mut draft, &kind, edit, now)?;
        let mut entries = Vec::with_capacity(changes.len());
        let mut head = head;
        for (index, change) in changes.into_iter().enumerate() {
            let opening = (is_new && index == 0).then(|| opening.clone());
            let body = ChangeBody { opening, change }.encode();
            let entry = VerifiedEntry::write(self.me.coalition, self.keys.device(), head.as_ref(), now, document, body)
                .map_err(|error| CommandError::Refused {
                    why: format!("what was written breaks a rule of the log: {error}"),
                    hint: "shorten what you write, or write it in several steps".to_owned(),
                })?;
            head = entry.head();
            entries.push(entry);
        }
        let change = match (entries.is_empty(), is_new) {
            (true, _) => Change::Unchanged,
            (false, true) => Change::Created,
            (false, false) => Change::Changed,
        };
        Ok(Draft { document, change, entries })
    }

    /// What stands where a write goes.
    fn before(&self, live: &mut LiveDocument, opening: &Opening) -> Result<Before, CommandError> {
        let quarantined = |error: Quarantine| CommandError::Quarantined { why: error.to_string() };
        self.may_write(live.opening().unwrap_or(opening))?;
        // Where the first change does not count, others may not have the opening that stood at it.
        let is_new = live.opening().is_none() || live.document().heads().is_empty();
        let owner = live.opening().map_or(self.me.group, |opening| opening.owner);
        let presence = live.presence().map_err(quarantined)?;
        let automerge = live.document().automerge().map_err(quarantined)?.clone();
        Ok(Before { is_new, owner, presence, automerge })
    }

    /// The record that a target names, and what it is.
    fn resolve<S: Storage>(
        &self,
        replica: &mut Replica<S>,
        target: &Target,
    ) -> Result<(DocumentId, Opening), CommandError> {
        let opening = match target {
            Target::New(name) => {
                let kind = self.kind_named(name)?;
                match kind.singleton {
                    Singleton::OncePerGroup => self.own_opening(&kind)?,
                    Singleton::Many => Opening { nonce: nonce(), ..self.own_opening(&kind)? },
                }
            }
            Target::Own(name) => self.own_opening(&*self.kind_named(name)?)?,
            Target::Existing(document) => {
                let opening = match replica.documents().knows(document) {
                    true => replica.live(*document)?.opening().cloned(),
                    false => None,
                };
                opening.ok_or_else(|| CommandError::NotFound { what: "record".to_owned(), id: document.to_string() })?
            }
        };
        Ok((opening.document(&self.me.coalition), opening))
    }

    /// The record that a target names, and what it is, where nothing of it travels: no log knows it.
    pub(crate) fn place(&self, target: &Target, kind: &Kind) -> Result<(DocumentId, Opening), CommandError> {
        let own = self.own_opening(kind)?;
        let opening = match (target, kind.singleton) {
            (Target::New(_), Singleton::Many) => Opening { nonce: nonce(), ..own },
            _ => own,
        };
        let document = match target {
            Target::Existing(document) => *document,
            Target::New(_) | Target::Own(_) => opening.document(&self.me.coalition),
        };
        Ok((document, opening))
    }

    /// The record that a target names, where it has its place already.
    pub(crate) fn document(&self, target: &Target) -> Option<DocumentId> {
        match target {
            Target::New(_) => None,
            Target::Own(name) => {
                Some(self.own_opening(&*self.kind_named(name).ok()?).ok()?.document(&self.me.coalition))
            }
            Target::Existing(document) => Some(*document),
        }
    }

    fn own_opening(&self, kind: &Kind) -> Result<Opening, CommandError> {
        let rule = match kind.rule {
            record::WriteRule::Owner => WriteRule::Owner,
            record::WriteRule::Members => WriteRule::Members,
        };
        let unknown = |_| CommandError::NotFound { what: "kind of record".to_owned(), id: kind.name.clone() };
        let name = kind.name.parse::<KindName>().map_err(unknown)?;
        Ok(Opening::singleton(self.me.group, name, rule))
    }

    /// The kind of a record with this opening.
    pub(crate) fn kind_of(&self, opening: &Opening) -> Result<Arc<Kind>, CommandError> {
        self.kind_named(opening.kind.as_str())
    }

    /// The kind of this name.
    pub(crate) fn kind_named(&self, name: &str) -> Result<Arc<Kind>, CommandError> {
        self.registry
            .kind(name)
            .cloned()
            .ok_or_else(|| CommandError::NotFound { what: "kind of record".to_owned(), id: name.to_owned() })
    }

    fn may_write(&self, opening: &Opening) -> Result<(), CommandError> {
        match opening.rule {
            WriteRule::Owner if opening.owner != self.me.group => {
                Err(CommandError::NotYours { owner: opening.owner.to_string() })
            }
            WriteRule::Space(_) => Err(CommandError::Refused {
                why: "this record belongs to a private space".to_owned(),
                hint: "this version of the program can't write there yet".to_owned(),
            }),
            WriteRule::Owner | WriteRule::Members => Ok(()),
        }
    }

    /// What a group decides, as the record that says so.
    ///
    /// # Errors
    ///
    /// [`CommandError`] naming the rule that stands against it.
    pub(crate) fn act<S: Storage>(
        &self,
        replica: &Replica<S>,
        now: Timestamp,
        act: &Act,
    ) -> Result<Record, CommandError> {
        match act {
            Act::Propose(proposing) => self.propose(replica, now, proposing),
            Act::Vote { version, second } => self.vote(replica, version, *second),
            Act::Sign { version } => self.sign(replica, now, *version),
            Act::Vouch(group) => self.vouch(replica, now, group),
            Act::Claim(claiming) => self.claim(replica, now, claiming),
            Act::Endorse(mandate) => self.endorse(replica, now, mandate),
            Act::TakeBack(mandate) => self.take_back(replica, now, mandate),
            Act::GiveBack(mandate) => self.give_back(replica, now, mandate),
        }
    }

    /// The withdrawal of this group's signature.
    ///
    /// # Errors
    ///
    /// [`CommandError::Refused`] when there is nothing to withdraw.
    pub(crate) fn withdraw<S: Storage>(&self, replica: &Replica<S>, now: Timestamp) -> Result<Record, CommandError> {
        // Under version 0, which lies on every way: the group leaves all branches of a split.
        let version = replica.authority().governance().versions().first().ok_or_else(governing::not_arrived)?;
        if replica.authority().signed_last(&self.me.group).is_none() {
            return Err(CommandError::Refused {
                why: "this group has not signed the statement".to_owned(),
                hint: "there is nothing to withdraw".to_owned(),
            });
        }
        let counter = self.next_counter(replica)?;
        let last = governing::last_of(replica, &self.me.group);
        let about = (self.me.coalition, version);
        let key = SigningKey::Device(self.keys.device());
        Ok(Record::Withdrawal(Withdrawal::new(about, self.me.group, counter, now, last, key)))
    }

    /// Confirmations of joins through this device's invites.
    pub(crate) fn vouches<S: Storage>(&self, replica: &Replica<S>) -> Vec<Record> {
        replica.authority().vouches_due(&self.me.device).into_iter().map(|due| self.vouch_in(due)).collect()
    }

    /// The answer to the invite with its next slot; none when every slot was tried.
    pub(crate) fn next_join<S: Storage>(&self, replica: &Replica<S>, now: Timestamp) -> Option<Record> {
        let ticket = self.ticket.as_ref()?;
        let group = self.me.group;
        let answers = || {
            replica.application().iter().filter_map(|record| match record {
                Record::Join(join) => Some(join.body()),
                _ => None,
            })
        };
        let tried: Vec<u32> = answers().map(|answer| answer.slot).collect();
        // The last answer stands, also where the clock was set back since the one before.
        let before = answers().map(|answer| answer.joined_at).max();
        let now = before.map_or(now, |before| now.max(before.after(Duration::from_millis(1))));
        let last = (0..ticket.count).find(|attempt| tried.contains(&ticket.slot_for(&group, *attempt)))?;
        let next = last.checked_add(1).filter(|attempt| *attempt < ticket.count)?;
        let slot = ticket.slot_for(&group, next);
        Some(Record::Join(ticket.join(group, SigningKey::Device(self.keys.device()), slot, now)))
    }

    /// Takes back the invites of these slots under a version.
    pub(crate) fn revoke_invites<S: Storage>(
        &self,
        replica: &Replica<S>,
        version: VersionId,
        slots: Vec<u32>,
    ) -> Record {
        let revoked = replica.authority().governance().revoked_by(&version, &self.me.device).collect::<Vec<u32>>();
        let slots = [revoked, slots].concat();
        let about = (self.me.coalition, version);
        Record::InviteRevoked(InviteRevoked::new(about, self.me.group, slots, self.keys.device()))
    }

    /// Signs a hint.
    pub(crate) fn hint(&self, now: Timestamp, says: Says) -> Hint {
        Hint::write(self.me.coalition, self.keys.device(), now, says)
    }

    /// The device's key, for invites.
    pub(crate) const fn device_key(&self) -> &grid_protocol::key::SecretKey {
        self.keys.device()
    }
}

/// Applies an edit and returns the raw bytes of each change that it took.
pub(crate) fn write(
    document: &mut Automerge,
    kind: &Kind,
    edit: &Edit,
    now: Timestamp,
) -> Result<Vec<Vec<u8>>, CommandError> {
    let invalid = |error: record::PatchError| CommandError::Invalid {
        why: error.to_string(),
        hint: error.hint().unwrap_or("see `--help` for what each field takes").to_owned(),
    };
    let mut changes = Vec::new();
    let options = || CommitOptions::default().with_time(i64::try_from(now.0 / 1000).unwrap_or(0));
    match edit {
        Edit::Remove => {
            let mut transaction = document.transaction();
            record::mark_removed(&mut transaction).map_err(|error| invalid(error.into()))?;
            transaction.commit_with(options());
            changes.extend(document.get_last_local_change().map(|change| change.raw_bytes().to_vec()));
        }
        Edit::Patch(patch) => {
            kind.keeps_seal(document, patch).map_err(invalid)?;
            let edit = kind.prepare(document, patch).map_err(invalid)?;
            for piece in edit.pieces() {
                let mut transaction = document.transaction();
                piece.write(&mut transaction).map_err(invalid)?;
                transaction.commit_with(options());
                changes.extend(document.get_last_local_change().map(|change| change.raw_bytes().to_vec()));
            }
        }
    }
    Ok(changes)
}

fn nonce() -> [u8; 16] {
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&random()[..16]);
    nonce
}
