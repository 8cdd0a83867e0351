//! Who may take a shared text away: its owner, whatever other members write into it; and nobody by leaving.

use automerge::{ActorId, transaction::CommitOptions};
use grid_protocol::control::Record;
use grid_protocol::document::{ChangeBody, actor};
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::id::DocumentId;
use grid_protocol::record::{Presence, Registry, mark_removed};
use grid_protocol::run::VerifiedRun;
use grid_protocol::storage::Storage;
use grid_tests::sim::{Author, Clock, Disk, Keys, NOON, Subject, open};
use serde_json::json;
use std::sync::Arc;

/// Two groups, and a page that the second one made.
struct Shared {
    owner: Author,
    other: Author,
    records: Vec<Record>,
    entries: Vec<VerifiedEntry>,
    page: DocumentId,
}

impl Shared {
    fn new() -> Self {
        let registry = Arc::new(Registry::standard().clone());
        let (other, mut records) = Author::found(Arc::new(Keys::new(0)), registry.clone(), "Clear Water", NOON.wall);
        let mut shelf = Disk::new(Clock::default());
        shelf.append_own(&[], &records).expect("storage in memory");
        let (ticket, invite) = other.invite(&open(&other, shelf), [9; 32], 1, NOON.wall);
        records.push(invite);
        let (owner, joining) = Author::join(Arc::new(Keys::new(1)), registry, &ticket, 0, NOON.wall);
        records.extend(joining);
        let mut this = Self { owner, other, records, entries: Vec::new(), page: DocumentId([0; 32]) };
        let fields = json!({"title": "How we work", "text": "We listen first."});
        let mut desk = open(&this.owner, this.disk());
        let (page, entries) = this.owner.write(&mut desk, NOON.wall, &Subject::New("page"), [1; 16], &fields);
        (this.page, this.entries) = (page, entries);
        this
    }

    fn disk(&self) -> Disk {
        let mut disk = Disk::new(Clock::default());
        disk.append_own(&[], &self.records).expect("storage in memory");
        for entry in &self.entries {
            let run = VerifiedRun::single(entry.clone()).expect("one entry is a run");
            disk.append(&[run]).expect("storage in memory");
        }
        disk
    }

    /// A member's program of its own making marks the page as removed.
    fn mark(&mut self, author: &Author) {
        let mut desk = open(author, self.disk());
        let live = desk.live(self.page).expect("storage in memory");
        let name = actor(&author.me.coalition, &self.page, &author.me.device);
        let known = live.document().automerge().expect("an honest page");
        let mut draft = known.clone().with_actor(ActorId::from(name.0.as_slice()));
        let mut transaction = draft.transaction();
        mark_removed(&mut transaction).expect("a map");
        transaction.commit_with(CommitOptions::default());
        let change = draft.get_last_local_change().expect("a change").raw_bytes().to_vec();
        let mine = self.entries.iter().rev().find(|entry| entry.header().device == author.me.device);
        let head: Option<Head> = mine.and_then(VerifiedEntry::head);
        let body = ChangeBody { opening: None, change }.encode();
        self.entries.push(author.entry(head.as_ref(), NOON.wall, self.page, body));
    }

    fn edit(&mut self, author: &Author, text: &str) {
        let mut desk = open(author, self.disk());
        let head = self.entries.iter().rev().find(|entry| entry.header().device == author.me.device);
        let head = head.and_then(VerifiedEntry::head);
        let (subject, fields) = (Subject::Existing(self.page), json!({"text": text}));
        let (_, entries) = author.write_after(head, &mut desk, NOON.wall, &subject, [2; 16], &fields);
        self.entries.extend(entries);
    }

    fn text(&self, reader: &Author) -> String {
        let mut desk = open(reader, self.disk());
        let live = desk.live(self.page).expect("storage in memory");
        live.row(&Registry::standard().clone()).values.text("text").to_owned()
    }

    fn presence(&self, reader: &Author) -> Presence {
        let mut desk = open(reader, self.disk());
        let live = desk.live(self.page).expect("storage in memory");
        let presence = live.presence().expect("a readable page");
        assert_eq!(live.row(&Registry::standard().clone()).presence, presence);
        presence
    }
}

#[test]
fn a_shared_page_is_removed_by_its_owner_and_by_nobody_else() {
    let mut shared = Shared::new();
    let (owner, other) = (shared.owner.clone(), shared.other.clone());
    assert_eq!(shared.presence(&owner), Presence::Present);
    shared.mark(&other);
    for reader in [&owner, &other] {
        assert_eq!(shared.presence(reader), Presence::Present, "another group's mark counts nowhere");
    }
    shared.mark(&owner);
    for reader in [&owner, &other] {
        assert_eq!(shared.presence(reader), Presence::Removed, "the owner's counts everywhere");
    }
}

#[test]
fn a_group_that_leaves_takes_nothing_of_others_along() {
    let mut shared = Shared::new();
    let (owner, other) = (shared.owner.clone(), shared.other.clone());
    let last = shared.entries.last().expect("a page was written").header().seq;
    let late = "We listen first. And we speak later.";
    shared.edit(&owner, late);
    let desk = open(&other, shared.disk());
    let withdrawal = owner.withdraw(&desk, last, NOON.wall);
    // Named is an entry before the edit, on which nobody has built yet: it counts nowhere.
    let mut left = Shared { records: shared.records.clone(), entries: shared.entries.clone(), ..shared };
    left.records.push(withdrawal.clone());
    assert_eq!(left.text(&other), "We listen first.");
    // Somebody has: then it stays under what they wrote.
    left.records.pop();
    left.edit(&other, &format!("{late} Every month."));
    left.records.push(withdrawal);
    assert_eq!(left.text(&other), "We listen first. And we speak later. Every month.");
}
