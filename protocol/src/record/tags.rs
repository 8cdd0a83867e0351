//! A set of short words as it lies in memory: one behind the other, in their order.
//!
//! A record has three or four such sets of two or three words each, and a node holds a hundred thousand records: a tree
//! for each set would take ten times the room of the words.

use serde::{Serialize, Serializer};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// A set of tags, or of ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Box<[SmolStr]>);

impl Tags {
    /// The tags in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(SmolStr::as_str)
    }

    /// Whether a tag is among them.
    pub fn contains(&self, tag: &str) -> bool {
        self.0.binary_search_by(|known| known.as_str().cmp(tag)).is_ok()
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same as a set to which something is added, or taken away.
    pub fn to_set(&self) -> BTreeSet<String> {
        self.iter().map(str::to_owned).collect()
    }
}

impl<T: Into<SmolStr>> FromIterator<T> for Tags {
    fn from_iter<I: IntoIterator<Item = T>>(tags: I) -> Self {
        let mut tags: Vec<SmolStr> = tags.into_iter().map(Into::into).collect();
        tags.sort_unstable();
        tags.dedup();
        Self(tags.into())
    }
}

impl From<BTreeSet<String>> for Tags {
    fn from(tags: BTreeSet<String>) -> Self {
        tags.into_iter().collect()
    }
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tags_are_the_set_that_they_were_made_of(words in prop::collection::vec(".{0,30}", 0..9), other in ".{0,3}") {
            let set: BTreeSet<String> = words.iter().cloned().collect();
            let tags: Tags = words.into_iter().collect();
            prop_assert_eq!(tags.to_set(), set.clone());
            prop_assert_eq!((tags.len(), tags.is_empty()), (set.len(), set.is_empty()));
            prop_assert_eq!(serde_json::to_value(&tags).unwrap(), serde_json::to_value(&set).unwrap());
            for word in set.iter().chain([&other]) {
                prop_assert_eq!(tags.contains(word), set.contains(word));
            }
            prop_assert_eq!(Tags::from(set), tags);
        }
    }
}
