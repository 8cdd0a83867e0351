//! What is dear is counted: signatures that are proven, bytes that are hashed and decoded, operations that Automerge is
//! given, and looks at the places of control records, of which each is cheap and a product of two numbers is not.
//!
//! Whoever asks what a peer costs, or a crafted change, asks here: a count is the same on every machine, and a time is
//! not. Each thread counts for itself, and whoever has others work adds what they have done.

use std::cell::Cell;

/// Dear things that were done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Signatures that were proven or refuted.
    pub signatures: u64,
    /// Bytes that were hashed for an id or a digest.
    pub hashed: u64,
    /// Bytes of messages, entries and records that were decoded.
    pub decoded: u64,
    /// Operations of changes that Automerge was given.
    pub applied: u64,
    /// Looks at places of control records, and records that were found there.
    pub looked: u64,
}

thread_local! {
    static DONE: Cell<Effort> = const { Cell::new(Effort::NONE) };
}

impl Effort {
    /// Nothing.
    pub const NONE: Self = Self { signatures: 0, hashed: 0, decoded: 0, applied: 0, looked: 0 };

    /// What this thread has done since it began.
    pub fn so_far() -> Self {
        DONE.get()
    }

    /// What this thread has done since then.
    #[must_use]
    pub fn since(before: &Self) -> Self {
        let now = Self::so_far();
        Self {
            signatures: now.signatures.wrapping_sub(before.signatures),
            hashed: now.hashed.wrapping_sub(before.hashed),
            decoded: now.decoded.wrapping_sub(before.decoded),
            applied: now.applied.wrapping_sub(before.applied),
            looked: now.looked.wrapping_sub(before.looked),
        }
    }

    /// Both together.
    #[must_use]
    pub const fn and(&self, other: &Self) -> Self {
        Self {
            signatures: self.signatures.wrapping_add(other.signatures),
            hashed: self.hashed.wrapping_add(other.hashed),
            decoded: self.decoded.wrapping_add(other.decoded),
            applied: self.applied.wrapping_add(other.applied),
            looked: self.looked.wrapping_add(other.looked),
        }
    }

    /// Counts it as done by this thread.
    pub(crate) fn add(&self) {
        DONE.set(DONE.get().and(self));
    }
}

pub(crate) fn signature() {
    Effort { signatures: 1, ..Effort::NONE }.add();
}

pub(crate) fn hashed(bytes: &[u8]) {
    Effort { hashed: bytes.len() as u64, ..Effort::NONE }.add();
}

pub(crate) fn decoded(bytes: &[u8]) {
    Effort { decoded: bytes.len() as u64, ..Effort::NONE }.add();
}

pub(crate) fn applied(operations: u64) {
    Effort { applied: operations, ..Effort::NONE }.add();
}

pub(crate) fn looked() {
    Effort { looked: 1, ..Effort::NONE }.add();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;
    use crate::domain;
    use crate::key::SecretKey;

    #[test]
    fn a_thread_counts_what_it_does_itself() {
        let key = SecretKey::from_seed(&[7; 32]);
        let signature = key.sign(domain::ENTRY, &[1; 32]);
        let before = Effort::so_far();
        key.public().verify(domain::ENTRY, &[1; 32], &signature).expect("its own signature");
        key.public().verify(domain::ENTRY, &[2; 32], &signature).expect_err("of something else");
        let bytes = codec::encode(&vec![5_u8; 99]);
        codec::decode::<Vec<u8>>(&bytes).expect("what was encoded");
        crate::id::derive(domain::ENTRY, &[3; 70]);
        let apart = std::thread::spawn(|| crate::id::derive(domain::ENTRY, &[3; 70])).join();
        assert!(apart.is_ok());
        assert_eq!(Effort::since(&before), Effort { signatures: 2, hashed: 70, decoded: 100, ..Effort::NONE });
    }
}
