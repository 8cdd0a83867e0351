//! What groups are called, so that none is taken for another.
//!
//! A group names itself, and nothing stops it from taking the name of another one, that of the coalition, or one that
//! nobody sees. Whoever reads then sees the beginning of its id beside the name, wherever a name is shown.

use super::Views;
use super::fold::bare;
use grid_protocol::id::GroupId;
use grid_protocol::letters;
use grid_protocol::record::KindRole;
use std::collections::{BTreeMap, BTreeSet};

/// Names that are no group's.
const NOBODYS: [&str; 2] = ["network", "the network"];

impl Views {
    /// The name that a group has given itself, or the one that it was founded under; with the beginning of its id where
    /// the name does not tell it from others.
    pub fn name_of(&self, group: &GroupId) -> String {
        match self.names.get(group) {
            Some(name) if self.double.contains(group) => format!("{name} ({})", group.short()),
            Some(name) => name.clone(),
            None => group.short(),
        }
    }

    /// Whether a group has this name, in the form in which names are compared, or is shown under it.
    pub(super) fn bears(&self, group: &GroupId, name: &str) -> bool {
        let known = self.names.get(group).is_some_and(|known| bare(known) == name);
        !name.is_empty() && (known || (self.double.contains(group) && bare(&self.name_of(group)) == name))
    }

    pub(super) fn take_names(&mut self) {
        let mut names = self.founding_names.clone();
        if let Some(kind) = self.registry.with_role(KindRole::Profile) {
            let written = self.profiles().filter_map(|row| Some((row.owner()?, row.values.text(&kind.title))));
            names.extend(
                written.filter(|(_, name)| letters::is_seen(name)).map(|(owner, name)| (owner, name.to_owned())),
            );
        }
        for (group, name) in &mut names {
            if !letters::is_seen(name) {
                *name = group.short();
            }
        }
        self.names = names;
        self.double = self.doubles();
        let Some(mut statement) = self.statement.take() else { return };
        for signature in &mut statement.signatures {
            if self.names.contains_key(&signature.group) {
                signature.name = self.name_of(&signature.group);
            }
        }
        self.statement = Some(statement);
    }

    /// The groups whose name is another's, now or when it was founded, or stands for all.
    fn doubles(&self) -> BTreeSet<GroupId> {
        let mut bearers: BTreeMap<String, BTreeSet<GroupId>> = BTreeMap::new();
        for (group, name) in self.names.iter().chain(&self.founding_names) {
            bearers.entry(bare(name)).or_default().insert(*group);
        }
        let reserved: BTreeSet<String> = NOBODYS.into_iter().chain([self.coalition_name.as_str()]).map(bare).collect();
        let is_double = |(group, name): (&GroupId, &String)| {
            let bare = bare(name);
            let others = bearers.get(&bare).is_some_and(|bearers| bearers.iter().any(|bearer| bearer != group));
            (others || (!bare.is_empty() && reserved.contains(&bare))).then_some(*group)
        };
        self.names.iter().filter_map(is_double).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::question::fixture::Coalition;
    use grid_protocol::id::GroupId;
    use serde_json::json;

    #[test]
    fn a_name_that_does_not_tell_a_group_from_others_is_shown_with_its_id() {
        let group = |index: u8| GroupId([index + 1; 32]);
        let named = |taken: &str| {
            let coalition = Coalition::new(&["Clean River", taken, "Hollin Choir"]);
            let names = [0, 1, 2].map(|index| coalition.views.name_of(&group(index)));
            assert_eq!(names[2], "Hollin Choir");
            (names[0].clone(), names[1].clone(), coalition)
        };
        for taken in ["Clean River", "clean  RIVER!", "Clean\u{200b} River\u{3164}", "Cléan River"] {
            let (own, others, coalition) = named(taken);
            assert_eq!(own, format!("Clean River ({})", group(0).short()), "{taken:?}");
            assert_eq!(others, format!("{taken} ({})", group(1).short()), "{taken:?}");
            // What is shown can be written.
            assert_eq!(coalition.views.group_told(&others.to_uppercase()), Ok(group(1)));
        }
        // Nobody is the network, and a name that nobody sees is none.
        assert_eq!(named("The Network").1, format!("The Network ({})", group(1).short()));
        assert_eq!(named("\u{3164}").1, group(1).short());
        assert_eq!(named("Mallory").0, "Clean River");
    }

    #[test]
    fn a_group_that_takes_the_name_under_which_another_was_founded_is_told_from_it() {
        let mut coalition = Coalition::new(&["Clean River", "Mallory"]);
        let first = GroupId([1; 32]);
        coalition.views.founding_names.insert(first, "Mallory".to_owned());
        coalition.record(0, "group", json!({"name": "Clean River"}));
        let mallory = GroupId([2; 32]);
        assert_eq!(coalition.views.name_of(&mallory), format!("Mallory ({})", mallory.short()));
    }
}
