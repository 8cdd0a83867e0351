//! A coalition of rows, for tests: no node, no network, nothing signed.

use super::{Reply, Unanswerable, named};
use crate::view::{Membership, Views};
use grid_protocol::document::{KindName, Opening, WriteRule};
use grid_protocol::id::{ChangeHash, CoalitionId, GroupId};
use grid_protocol::key::{DeviceId, PublicKey};
use grid_protocol::record::{Earlier, Patch, Presence, Registry, Values};
use grid_protocol::replica::Row;
use grid_protocol::time::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// When the tests take place: 2026-11-22, noon.
pub(crate) const NOW: Timestamp = Timestamp(1_795_348_800_000);

/// Some groups and what they wrote. The first group is this node's own.
pub(crate) struct Coalition {
    pub(crate) views: Views,
    clock: Timestamp,
    records: u32,
    /// Which of its computers a group writes at.
    computer: u8,
}

impl Coalition {
    /// Members with these names, each with a profile that says no more.
    pub(crate) fn new(groups: &[&str]) -> Self {
        Self::quiet_since(0, groups)
    }

    /// The same, with profiles that were written so many days before [`NOW`].
    pub(crate) fn quiet_since(days: u64, groups: &[&str]) -> Self {
        let registry = Arc::new(Registry::standard().clone());
        let mut coalition = Self { views: Views::new(registry, group(0)), clock: NOW, records: 0, computer: 0 };
        coalition.days_ago(days);
        for (index, name) in groups.iter().enumerate() {
            coalition.views.members.push(group(index));
            coalition.views.founding_names.insert(group(index), (*name).to_owned());
            coalition.record(index, "group", json!({"name": name}));
        }
        coalition.days_ago(0);
        coalition.views.pass(NOW);
        coalition
    }

    /// The group takes its signature back: it is no member any more, and what it wrote stays.
    pub(crate) fn leaves(&mut self, index: usize) {
        self.views.members.retain(|member| *member != group(index));
        self.views.ended.insert(group(index), Membership::Withdrew);
    }

    /// This computer does not want to see a group.
    pub(crate) fn hides(&mut self, index: usize) {
        self.record(0, "hiding", json!({"what": "x", "sort": "group", "of_group": Self::group(index)}));
    }

    /// The id of a group.
    pub(crate) fn group(index: usize) -> String {
        group(index).to_string()
    }

    /// A text in which nearly no word stands twice, more than an index keeps of one record, and a last word.
    pub(crate) fn wordy(last: &str) -> String {
        let words: String = (0..110_000).map(|number| format!("w{number:07} ")).collect();
        words + last
    }

    /// What is written from now on was written so many days before [`NOW`].
    pub(crate) fn days_ago(&mut self, days: u64) -> &mut Self {
        self.clock = Timestamp(NOW.0 - days * 86_400_000);
        self
    }

    /// What is written from now on was written so many hours before [`NOW`].
    pub(crate) fn hours_ago(&mut self, hours: u64) -> &mut Self {
        self.clock = Timestamp(NOW.0 - hours * 3_600_000);
        self
    }

    /// What is written from now on is written at this computer of its group.
    pub(crate) const fn at_computer(&mut self, number: u8) {
        self.computer = number;
    }

    /// A computer of a group.
    pub(crate) fn device(by: usize, number: u8) -> DeviceId {
        let mut key = group(by).0;
        key[31] = number;
        DeviceId(PublicKey(key))
    }

    /// A record of a group; returns its id.
    pub(crate) fn record(&mut self, by: usize, kind: &str, fields: Json) -> String {
        let values = self.values(kind, &fields);
        let known = self.views.registry.kind(kind).expect("values are of a kind");
        known.check(&values).unwrap_or_else(|complaint| panic!("{kind}: {}", complaint.message));
        self.raw(by, kind, values)
    }

    /// A record that breaks the rules between its fields, as other programs may write it; returns its id.
    pub(crate) fn unchecked(&mut self, by: usize, kind: &str, fields: Json) -> String {
        let values = self.values(kind, &fields);
        self.raw(by, kind, values)
    }

    fn values(&self, kind: &str, fields: &Json) -> Values {
        let known = self.views.registry.kind(kind).unwrap_or_else(|| panic!("there is no kind {kind}"));
        let patch = Patch::from_json(known, fields).unwrap_or_else(|error| panic!("{kind}: {error}"));
        patch.over(known, known.defaults())
    }

    /// A record with just these values, whatever they are; returns its id.
    pub(crate) fn raw(&mut self, by: usize, kind: &str, values: Values) -> String {
        self.records += 1;
        let name: KindName = kind.parse().expect("kinds have sound names");
        let mut opening = Opening::singleton(group(by), name, WriteRule::Owner);
        opening.nonce = nonce(self.records);
        let document = opening.document(&CoalitionId([7; 32]));
        let mut head = [0; 32];
        head[..4].copy_from_slice(&self.records.to_be_bytes());
        self.views.take_rows([Arc::new(Row {
            document,
            opening: Some(opening),
            values,
            damaged: Vec::new(),
            heads: vec![ChangeHash(head)],
            created: self.clock,
            changed: self.clock,
            changed_by: None,
            latest: Box::new([(Self::device(by, self.computer), u64::from(self.records))]),
            earlier: Box::default(),
            presence: Presence::Present,
            quarantine: None,
            breaches: Box::default(),
        })]);
        document.to_string()
    }

    /// A record is removed by its group.
    pub(crate) fn removes(&mut self, id: &str) {
        let row = self.views.records.row(&id.parse().expect("an id")).expect("a record").clone();
        let last = Earlier { until: self.clock, values: row.values.clone() };
        let earlier = row.earlier.iter().cloned().chain([last]).collect();
        let removed = Row { earlier, changed: self.clock, presence: Presence::Removed, ..(*row).clone() };
        self.views.take_rows([Arc::new(removed)]);
    }

    /// A record of a group that said these things, each so many days before [`NOW`]; returns its id.
    pub(crate) fn corrected(&mut self, by: usize, kind: &str, versions: &[(u64, Json)]) -> String {
        let (last, before) = versions.split_last().expect("a version");
        let id = self.days_ago(last.0).record(by, kind, last.1.clone());
        let row = self.views.records.row(&id.parse().expect("an id")).expect("a record").clone();
        let at = |days: u64| Timestamp(NOW.0 - days * 86_400_000);
        let until = versions.iter().skip(1).map(|(days, _)| at(*days));
        let earlier = before.iter().zip(until);
        let earlier = earlier.map(|((_, fields), until)| Earlier { until, values: self.values(kind, fields) });
        let earlier = earlier.skip(before.len().saturating_sub(Earlier::MOST)).collect();
        let created = versions.first().map_or(row.created, |(days, _)| at(*days));
        self.views.take_rows([Arc::new(Row { earlier, created, ..(*row).clone() })]);
        id
    }

    /// The id that a record will have: that of the group, the kind, and so many records from now.
    pub(crate) fn next_id(&self, by: usize, kind: &str, later: u32) -> String {
        let name: KindName = kind.parse().expect("kinds have sound names");
        let mut opening = Opening::singleton(group(by), name, WriteRule::Owner);
        opening.nonce = nonce(self.records + 1 + later);
        opening.document(&CoalitionId([7; 32])).to_string()
    }

    /// Asks a question with these words.
    pub(crate) fn ask(&self, question: &str, words: &[(&str, &str)]) -> Result<Reply, Unanswerable> {
        let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in words {
            given.entry((*name).to_owned()).or_default().push((*value).to_owned());
        }
        let question = named(question).unwrap_or_else(|| panic!("there is no question {question}"));
        question.ask(&self.views, NOW, given)
    }

    /// What one column of a section says, row by row.
    pub(crate) fn column(reply: &Reply, section: &str, key: &str) -> Vec<Json> {
        let section = reply.section(section).unwrap_or_else(|| panic!("there is no section {section}"));
        section.rows.iter().map(|row| row.get(key).cloned().unwrap_or(Json::Null)).collect()
    }
}

fn group(index: usize) -> GroupId {
    GroupId([u8::try_from(index + 1).expect("tests have few groups"); 32])
}

fn nonce(number: u32) -> [u8; 16] {
    let mut nonce = [1; 16];
    nonce[..4].copy_from_slice(&number.to_be_bytes());
    nonce
}
