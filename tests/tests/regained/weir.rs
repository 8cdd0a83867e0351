//! A group with two computers, one of which is taken.

use grid_protocol::authority::Cut;
use grid_protocol::control::{Capabilities, Record};
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::id::{DocumentId, EntryId, VersionId};
use grid_protocol::record::Registry;
use grid_protocol::replica::{OwnWords, Regained, Replica};
use grid_protocol::run::VerifiedRun;
use grid_protocol::storage::Storage;
use grid_protocol::sync::message::LogWant;
use grid_protocol::sync::{Request, Response};
use grid_tests::sim::{Author, Clock, Disk, Exchange, Keys, NOON, Subject, open};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// What the desk fetched of the office's log.
pub(crate) struct Fetched {
    pub(crate) asked: usize,
    /// The places that are kept apart from the log.
    pub(crate) kept: Vec<u64>,
    pub(crate) own: OwnWords,
    pub(crate) disk: Disk,
}

/// A group with two computers, one of which is ended.
pub(crate) struct Weir {
    pub(crate) desk: Author,
    pub(crate) office: Author,
    pub(crate) records: Vec<Record>,
    /// What both computers wrote.
    entries: Vec<VerifiedEntry>,
    hour: u64,
}

impl Weir {
    pub(crate) fn new() -> Self {
        let registry = Arc::new(Registry::standard().clone());
        let (desk, mut records) = Author::found(Arc::new(Keys::new(0)), registry.clone(), "Clear Water", NOON.wall);
        let code = desk.code([1; 32], Capabilities::WRITE, NOON.wall);
        let (office, request) = Author::with_code(&code, 70, registry);
        records.push(Record::DeviceCert(desk.certify(request)));
        Self { desk, office, records, entries: Vec::new(), hour: 0 }
    }

    /// A storage with all records, and with the first entries of each log.
    pub(crate) fn disk(&self, entries: usize) -> Disk {
        let mut disk = Disk::new(Clock::default());
        disk.append_own(&[], &self.records).expect("storage in memory");
        let of_each = [&self.desk, &self.office].map(|author| self.of(author).into_iter().take(entries));
        let runs: Vec<VerifiedRun> = of_each.into_iter().flatten().cloned().filter_map(VerifiedRun::single).collect();
        disk.append(&runs).expect("storage in memory");
        disk
    }

    pub(crate) fn replica(&self, of: &Author) -> Replica<Disk> {
        open(of, self.disk(usize::MAX))
    }

    /// A member that the desk's computer lets in.
    pub(crate) fn guest(&mut self, number: u32) -> Author {
        let seed = [u8::try_from(number).expect("a small number"); 32];
        let (ticket, invite) = self.desk.invite(&self.replica(&self.desk), seed, 1, NOON.wall);
        self.records.push(invite);
        let registry = Arc::new(Registry::standard().clone());
        let (guest, joining) = Author::join(Arc::new(Keys::new(number)), registry, &ticket, 0, NOON.wall);
        self.records.extend(joining);
        guest
    }

    /// A storage with all records, and with this as the log of the office's computer.
    pub(crate) fn disk_with(&self, log: &[VerifiedEntry]) -> Disk {
        let mut disk = self.disk(0);
        let runs: Vec<VerifiedRun> = log.iter().cloned().filter_map(VerifiedRun::single).collect();
        disk.append(&runs).expect("storage in memory");
        disk
    }

    /// How often the desk, which holds nothing of the office's computer, asks this member for it, which holds all; and which
    /// places of it are kept then.
    pub(crate) fn fetched_from(&self, member: &Author) -> (usize, Vec<u64>) {
        let fetched = self.fetch(self.disk(0), (member, self.disk(usize::MAX)), std::convert::identity);
        (fetched.asked, fetched.kept)
    }

    /// The desk asks a member for what it lacks.
    pub(crate) fn fetch(&self, desk: Disk, member: (&Author, Disk), twist: fn(Response) -> Response) -> Fetched {
        let mut exchange = Exchange::new((&self.desk, desk), member);
        exchange.twist = twist;
        exchange.pull();
        assert_eq!((exchange.pulls, exchange.blames.as_slice()), (1, [].as_slice()));
        let office = self.office.me.device;
        let asks = |want: &LogWant| want.device == office;
        let asked = exchange.frames.iter().filter(|frame| match &frame.request {
            Request::Runs(wants) => wants.iter().any(asks),
            _ => false,
        });
        let (asked, replica) = (asked.count(), exchange.asker);
        let own = replica.own_words(&office).expect("storage in memory");
        let disk = replica.into_storage();
        let apart = disk.branch_documents().expect("storage in memory");
        let apart = apart.iter().flat_map(|(_, document)| disk.branches(document).expect("storage in memory"));
        let kept: BTreeSet<u64> = apart.map(|entry| entry.chain.seq).collect();
        Fetched { asked, kept: kept.into_iter().collect(), own, disk }
    }

    /// Whoever has the office's computer writes another history of it behind the first entries.
    pub(crate) fn lies(&self, same: usize) -> Vec<VerifiedEntry> {
        let mut lies: Vec<VerifiedEntry> = self.of(&self.office).into_iter().take(same).cloned().collect();
        for nonce in 100..106 {
            let mut replica = open(&self.office, self.disk(0));
            let (head, lie) = (lies.last().and_then(VerifiedEntry::head), json!({"title": "We leave"}));
            let subject = Subject::New("action");
            let (_, entries) = self.office.write_after(head, &mut replica, NOON.wall, &subject, [nonce; 16], &lie);
            lies.extend(entries);
        }
        lies
    }

    pub(crate) fn last_record(&self) -> Record {
        self.records.last().expect("a record").clone()
    }

    /// The office's computer writes so many records.
    pub(crate) fn write_many(&mut self, count: u8) {
        let mut replica = open(&self.office, self.disk(0));
        let mut head = None;
        for nonce in 0..count {
            let (fields, subject) = (json!({"title": format!("Walk {nonce}")}), Subject::New("action"));
            let written = self.office.write_after(head, &mut replica, NOON.wall, &subject, [nonce; 16], &fields).1;
            head = written.last().and_then(VerifiedEntry::head);
            self.entries.extend(written);
        }
    }

    pub(crate) fn own_words(&self, entries: usize) -> OwnWords {
        let replica = open(&self.desk, self.disk(entries));
        replica.own_words(&self.office.me.device).expect("storage in memory")
    }

    pub(crate) fn of(&self, author: &Author) -> Vec<&VerifiedEntry> {
        self.entries.iter().filter(|entry| entry.header().device == author.me.device).collect()
    }

    /// One of the computers writes with what both have written, an hour after the last time.
    pub(crate) fn write(&mut self, author: &Author, subject: &Subject, nonce: u8, fields: &Json) -> DocumentId {
        self.hour += 1;
        let now = NOON.wall.after(Duration::from_secs(3_600 * self.hour));
        let head: Option<Head> = self.of(author).last().and_then(|entry| entry.head());
        let mut replica = self.replica(author);
        let (document, entries) = author.write_after(head, &mut replica, now, subject, [nonce; 16], fields);
        self.entries.extend(entries);
        document
    }

    /// Ends the office's computer behind its first `kept` entries.
    pub(crate) fn end_office(&mut self, kept: usize) {
        let last = kept.checked_sub(1).map_or(EntryId::ZERO, |last| self.of(&self.office)[last].id());
        let cut = Cut { seq: kept as u64, entry: last };
        self.records.push(self.desk.end(0, self.office.me.device, cut));
    }

    /// The group goes on to its next root with its words, and ends the office's computer behind these entries.
    pub(crate) fn recover_without_office(&mut self, kept: usize) {
        let last = self.of(&self.office)[kept - 1].id();
        let cut = Cut { seq: kept as u64, entry: last };
        let rotation = self.desk.rotate(&self.replica(&self.desk), &BTreeMap::from([(self.office.me.device, cut)]));
        self.records.push(rotation);
    }

    /// A group that somebody vouched for certifies the office's computer as well: whoever has its keys agrees.
    pub(crate) fn certify_office_by_another(&mut self) -> Author {
        let registry = Arc::new(Registry::standard().clone());
        let (mut other, records) = Author::found(Arc::new(Keys::new(9)), registry, "Elsewhere", NOON.wall);
        other.me.coalition = self.desk.me.coalition;
        self.records.extend(records.into_iter().filter(|record| record.coalition().is_none()));
        let version = VersionId::first(&self.desk.me.coalition);
        self.records.push(self.desk.vouch_for(version, 0, other.me.group));
        self.certify_office_by(&other);
        other
    }

    pub(crate) fn certify_office_by(&mut self, other: &Author) {
        let (same, certificate) = other.further_device(70);
        assert_eq!(same.me.device, self.office.me.device);
        self.records.push(certificate);
    }

    pub(crate) fn regained(&self) -> Vec<Regained> {
        self.replica(&self.desk).regained().expect("storage in memory")
    }
}
