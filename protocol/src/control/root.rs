//! The number of a root: how often the group was recovered, and how often it rotated since.
//!
//! Root 0 of a group stands in its inception; roots 1 to 64 follow by rotation. A recovery begins a new
//! sequence with new words, again from 0. On the wire both make one number, `recovery * 256 + rotation`,
//! so that the roots of a group that never needed its recovery contacts are simply 0 to 64.

use crate::limits::{MAX_RECOVERIES, MAX_ROOTS};
use std::fmt;

/// Which root of a group. Later ones are greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RootNumber {
    /// How often the group was recovered by its contacts before.
    pub recovery: u32,
    /// How often it rotated since, 0 to 64.
    pub rotation: u32,
}

const ROTATIONS: u32 = 256;

impl RootNumber {
    /// The root of the inception.
    pub const FIRST: Self = Self { recovery: 0, rotation: 0 };

    /// The root that a signer's number names; none beyond the bounds.
    pub const fn of(number: u32) -> Option<Self> {
        let this = Self { recovery: number / ROTATIONS, rotation: number % ROTATIONS };
        if this.recovery <= MAX_RECOVERIES && this.rotation <= MAX_ROOTS { Some(this) } else { None }
    }

    /// The number with which records name this root.
    pub const fn number(self) -> u32 {
        self.recovery * ROTATIONS + self.rotation
    }

    /// The root that the next rotation brings; none after the last.
    pub const fn next(self) -> Option<Self> {
        Self::of(Self { rotation: self.rotation + 1, ..self }.number())
    }

    /// The root that the next recovery brings; none after the last.
    pub const fn recovered(self) -> Option<Self> {
        Self::of(Self { recovery: self.recovery + 1, rotation: 0 }.number())
    }
}

impl fmt::Display for RootNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.recovery {
            0 => write!(f, "root {}", self.rotation),
            recovery => write!(f, "root {} after recovery {recovery}", self.rotation),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_names_one_root_and_nothing_beyond_the_last() {
        for number in [0, 1, 64, 256, 320, 64 * 256 + 64] {
            assert_eq!(RootNumber::of(number).map(RootNumber::number), Some(number));
        }
        for number in [65, 255, 321, 65 * 256, u32::MAX] {
            assert_eq!(RootNumber::of(number), None);
        }
        assert_eq!(RootNumber { recovery: 0, rotation: 64 }.next(), None);
        assert_eq!(RootNumber::FIRST.recovered().map(RootNumber::number), Some(256));
    }
}
