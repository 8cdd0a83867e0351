//! Records with which something is wrong: somebody wrote to them against the rules, or this computer can't read them.

use super::Views;
use grid_protocol::id::{DocumentId, GroupId};
use grid_protocol::key::DeviceId;
use grid_protocol::replica::{Breach, Row};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A device of which changes count for nothing by a rule that no honest program breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultyDevice {
    /// The device.
    pub device: DeviceId,
    /// Its group, where known.
    pub group: Option<GroupId>,
    /// What the group calls itself.
    pub name: Option<String>,
    /// How many changes.
    pub changes: u64,
    /// The rule that the last of them broke.
    pub rule: String,
    /// The record that the last of them is about.
    pub record: DocumentId,
}

/// A record that this computer can't read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The record.
    pub record: DocumentId,
    /// Its kind, where known.
    pub kind: Option<String>,
    /// What went wrong.
    pub why: String,
}

impl Views {
    /// Keeps a row in mind that has a flaw, and forgets one that has none any more.
    pub(super) fn note_flaws(&mut self, row: &Arc<Row>) {
        match row.quarantine.is_some() || !row.breaches.is_empty() {
            true => drop(self.flawed.insert(row.document, row.clone())),
            false => drop(self.flawed.remove(&row.document)),
        }
    }

    /// The records that this computer can't read.
    pub(crate) fn unreadable(&self) -> Vec<Unreadable> {
        let why = |row: &Arc<Row>| {
            let kind = row.kind().map(str::to_owned);
            Some(Unreadable { record: row.document, kind, why: row.quarantine.clone()? })
        };
        self.flawed.values().filter_map(why).collect()
    }

    /// The devices that wrote against a rule that no honest program breaks, by device.
    pub(crate) fn faulty_devices(&self) -> Vec<FaultyDevice> {
        let mut devices: BTreeMap<DeviceId, (u64, &Breach, &Arc<Row>)> = BTreeMap::new();
        for row in self.flawed.values() {
            for breach in &row.breaches {
                let (changes, last, record) = devices.entry(breach.device).or_insert((0, breach, row));
                *changes += u64::from(breach.changes);
                if breach.last > last.last {
                    (*last, *record) = (breach, row);
                }
            }
        }
        let row = |(device, (changes, last, row)): (DeviceId, (u64, &Breach, &Arc<Row>))| FaultyDevice {
            device,
            group: None,
            name: None,
            changes,
            rule: last.rule.clone(),
            record: row.document,
        };
        devices.into_iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::fixture::Coalition;
    use grid_protocol::key::PublicKey;
    use serde_json::json;

    #[test]
    fn what_devices_wrote_against_the_rules_adds_up_and_goes_when_the_record_is_sound() {
        let mut coalition = Coalition::new(&["Clean River", "Mill Weir"]);
        let device = DeviceId(PublicKey([7; 32]));
        let mut rows: Vec<Row> = Vec::new();
        for (last, changes, rule) in [(9, 2, "the last rule"), (4, 3, "an earlier rule")] {
            let id = coalition.record(1, "action", json!({"title": "Walk"}));
            let row = coalition.views.records.row(&id.parse().unwrap()).unwrap();
            let breach = Breach { device, changes, last, rule: rule.to_owned() };
            rows.push(Row { breaches: Box::new([breach]), ..(**row).clone() });
        }
        coalition.views.take_rows(rows.clone());
        let found = coalition.views.faulty_devices();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].device, found[0].changes, &*found[0].rule), (device, 5, "the last rule"));
        assert_eq!(found[0].record, rows[0].document);
        assert_eq!(coalition.views.unreadable(), []);

        rows.iter_mut().for_each(|row| row.breaches = Box::default());
        rows[1].quarantine = Some("it panicked".to_owned());
        coalition.views.take_rows(rows.clone());
        assert_eq!(coalition.views.faulty_devices(), []);
        let kind = Some("action".to_owned());
        assert_eq!(
            coalition.views.unreadable(),
            [Unreadable { record: rows[1].document, kind, why: "it panicked".to_owned() }]
        );
    }
}
