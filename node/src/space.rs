//! What groups write takes up here, and whether one of them fills the disk.
//!
//! What is valid is kept, whoever wrote it and however much it is, or nodes would disagree. So nobody is turned away for
//! it; but whoever owns the disk can see who fills it. It is counted as it comes in, whichever way it came and whatever
//! times it claims: a member that tells nobody and lets others fetch is counted as all others are.

use crate::trouble::Trouble;
use grid_protocol::id::GroupId;
use std::iter::Sum;
use std::ops::{Add, Sub};

const MIB: u64 = 1024 * 1024;
/// Of one group so much in a day is worth a line, where it is more than half of all that came: a hundred thousand short
/// records are about three times as much, and come once.
const MUCH_IN_A_DAY: u64 = 16 * MIB;
/// Where a group's entries take up more than this, and more than half of everything, ...
const MUCH: u64 = 64 * MIB;
/// ... so much in a day is worth a line already: two thousand records.
const STILL_MUCH_IN_A_DAY: u64 = MIB;

/// How many entries, and what they take up in bytes: their bodies, and about what lies beside each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Entries.
    pub entries: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { entries: self.entries.saturating_add(other.entries), bytes: self.bytes.saturating_add(other.bytes) }
    }
}

impl Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { entries: self.entries.saturating_sub(other.entries), bytes: self.bytes.saturating_sub(other.bytes) }
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

/// What one group's entries take up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSpace {
    /// The group; none where it is not known whose they are.
    pub group: Option<GroupId>,
    /// Its name.
    pub name: String,
    /// All that is held of it.
    pub held: Amount,
    /// What of it came in here within the last day.
    pub last_day: Amount,
}

/// What the entries of all groups take up, those with the most bytes first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// By group.
    pub groups: Vec<GroupSpace>,
    /// Who filled this disk within the last day, in words, where it is one group and much.
    pub note: Option<Trouble>,
}

/// How long this node has been with the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquaintance {
    /// Less than a day: it fetches what there is, and that says nothing about whose it is.
    New,
    /// Longer.
    Old,
}

impl Space {
    /// Puts it together; `own` group's part is never worth a line to itself.
    pub fn of(mut groups: Vec<GroupSpace>, own: &GroupId, with_others: Acquaintance) -> Self {
        groups.sort_by(|a, b| b.held.bytes.cmp(&a.held.bytes).then(a.group.cmp(&b.group)));
        let note = match with_others {
            Acquaintance::New => None,
            Acquaintance::Old => note(&groups, own),
        };
        Self { groups, note }
    }

    /// What all of it takes up.
    pub fn held(&self) -> Amount {
        self.groups.iter().map(|row| row.held).sum()
    }

    /// What came in within the last day.
    pub fn last_day(&self) -> Amount {
        self.groups.iter().map(|row| row.last_day).sum()
    }
}

/// The group that more than half of it is of, if that is much.
fn note(groups: &[GroupSpace], own: &GroupId) -> Option<Trouble> {
    let held: Amount = groups.iter().map(|row| row.held).sum();
    let day: Amount = groups.iter().map(|row| row.last_day).sum();
    let row = groups.iter().max_by_key(|row| row.last_day.bytes).filter(|row| row.group != Some(*own))?;
    let is_most = |part: Amount, all: Amount| part.bytes > all.bytes / 2;
    let fills = row.held.bytes >= MUCH && is_most(row.held, held);
    let from = if fills { STILL_MUCH_IN_A_DAY } else { MUCH_IN_A_DAY };
    if row.last_day.bytes < from || !is_most(row.last_day, day) {
        return None;
    }
    let [day_of, day, held_of, held] = [row.last_day, day, row.held, held].map(|amount| megabytes(amount.bytes));
    let what = format!(
        "most of what came in within the last day, {day_of} of {day}, is of {}; all that is held of it takes up \
         {held_of} of {held} here",
        row.name
    );
    let remove = row.group.map_or_else(String::new, |group| {
        format!(
            "; electors can propose a version that removes it (`grid statement propose --remove {}`)",
            group.short()
        )
    });
    let hint = format!(
        "This may well be right: somebody who brings in many records, or was away for long, looks the same. If you did \
         not expect it, talk to them. Nodes keep all that is valid, so that all hold the same. If it goes on against \
         your will, only the coalition can end it{remove}."
    );
    Some(Trouble { what, hint })
}

/// Bytes as people read them.
fn megabytes(bytes: u64) -> String {
    match bytes.saturating_mul(10).div_ceil(MIB) {
        tenths if tenths < 100 => format!("{}.{} MB", tenths / 10, tenths % 10),
        tenths if tenths < 100_000 => format!("{} MB", tenths.div_ceil(10)),
        tenths => format!("{} GB", tenths.div_ceil(10_240)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: GroupId = GroupId([1; 32]);
    const THEM: GroupId = GroupId([2; 32]);
    const OTHERS: GroupId = GroupId([3; 32]);

    /// A group with so many MiB here, and so many of them of the last day.
    fn row(group: GroupId, held: u64, last_day: u64) -> GroupSpace {
        let amount = |mib: u64| Amount { entries: mib, bytes: mib * MIB };
        GroupSpace { group: Some(group), name: group.short(), held: amount(held), last_day: amount(last_day) }
    }

    fn said(groups: &[GroupSpace]) -> Option<String> {
        Space::of(groups.to_vec(), &US, Acquaintance::Old).note.map(|note| note.what)
    }

    #[test]
    fn whoever_brings_most_of_a_day_is_told_of_with_what_it_is_and_what_to_do() {
        let groups = [row(US, 10, 1), row(OTHERS, 90, 17), row(THEM, 2_000, 412)];
        let space = Space::of(groups.to_vec(), &US, Acquaintance::Old);
        assert_eq!(space.groups[0].group, Some(THEM), "those with the most first");
        assert_eq!((space.held().bytes, space.last_day().entries), (2_100 * MIB, 430));
        let note = space.note.expect("it is much");
        let name = THEM.short();
        assert_eq!(
            note.what,
            format!(
                "most of what came in within the last day, 412 MB of 430 MB, is of {name}; all that is held of it takes \
                 up 2000 MB of 2100 MB here"
            )
        );
        for part in ["may well be right", "talk to them", &format!("`grid statement propose --remove {name}`")] {
            assert!(note.hint.contains(part), "{part}: {}", note.hint);
        }
    }

    #[test]
    fn honest_hurry_names_nobody() {
        let import = [row(US, 10, 0), row(OTHERS, 90, 0), row(THEM, 5, 4)];
        assert_eq!(said(&import), None, "ten thousand contacts are four megabytes");
        let records = [row(US, 10, 0), row(THEM, 40, 0), row(OTHERS, 5, 1)];
        assert_eq!(said(&records), None, "a hundred thousand records that have been here for long");
        let all = [row(US, 10, 1), row(OTHERS, 30, 30), row(THEM, 40, 30)];
        assert_eq!(said(&all), None, "no more than half of it is of one group");
        let own = [row(US, 400, 390), row(THEM, 40, 20)];
        assert_eq!(said(&own), None, "our own part is no news to us");
        let newcomer = vec![row(US, 1, 1), row(OTHERS, 9, 9), row(THEM, 400, 400)];
        assert_eq!(Space::of(newcomer, &US, Acquaintance::New).note, None, "a newcomer fetches everything");
    }

    #[test]
    fn whoever_fills_most_of_the_disk_is_told_of_sooner() {
        assert_eq!(said(&[row(OTHERS, 60, 1), row(THEM, 63, 3)]), None, "it is not much yet");
        assert!(said(&[row(OTHERS, 60, 1), row(THEM, 64, 3)]).is_some());
        assert_eq!(said(&[row(OTHERS, 70, 1), row(THEM, 64, 3)]), None, "others have more");
        assert_eq!(said(&[row(OTHERS, 60, 0), row(THEM, 640, 0)]), None, "it does not grow");
        assert!(said(&[row(OTHERS, 60, 0), row(THEM, 20, 15)]).is_none() && said(&[row(THEM, 20, 16)]).is_some());
    }

    #[test]
    fn bytes_are_told_as_people_read_them() {
        let told = [1, 1_200_000, 99 * MIB / 10, 10 * MIB, 9_999 * MIB, 20_000 * MIB].map(megabytes);
        assert_eq!(told, ["0.1 MB", "1.2 MB", "9.9 MB", "10 MB", "9999 MB", "20 GB"]);
    }
}
