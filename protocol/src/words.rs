//! The 24 recovery words of a group, and the roots that follow from them.
//!
//! The words are shown once and never stored. They fix root keys 0 to 64 and a chain of commitments to
//! them: `c_n = H(root n+1 || c_n+1)`. A group's inception states `c_0`, so whoever steals root 0 can
//! neither follow the sequence of roots nor dispute it.

use crate::domain;
use crate::id::{Digest, derive};
use crate::key::{PublicKey, SecretKey};
use crate::limits::MAX_ROOTS;
use bip39::{Language, Mnemonic};
use std::fmt;
use x25519_dalek::StaticSecret;
use zeroize::Zeroizing;

/// How many words there are.
pub const WORD_COUNT: usize = 24;

/// Words that are no recovery words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// There are more or fewer words than there should be.
    #[error("expected {WORD_COUNT} recovery words, found {found}")]
    Count {
        /// How many there were.
        found: usize,
    },
    /// A word does not stand in the list that recovery words come from.
    #[error("word {position} ({word:?}) is not in the list of recovery words{}", hint(.similar))]
    UnknownWord {
        /// Its place, counted from one.
        position: usize,
        /// The word as it was given, at most 40 characters of it.
        word: String,
        /// Words of the list that begin alike.
        similar: Vec<&'static str>,
    },
    /// Every word stands in the list, but together they are not what was shown.
    #[error("the words are in the list, but one is wrong or two have changed places (the checksum does not fit)")]
    Checksum,
}

fn hint(similar: &[&str]) -> String {
    if similar.is_empty() { String::new() } else { format!("; similar: {}", similar.join(", ")) }
}

/// The secret behind a group's 24 words. Wiped when dropped, never printed.
pub struct RecoveryWords(Zeroizing<[u8; 32]>);

impl RecoveryWords {
    /// The words of 32 random bytes.
    pub fn from_entropy(entropy: [u8; 32]) -> Self {
        Self(Zeroizing::new(entropy))
    }

    /// Reads words in any case, with any white space between them.
    ///
    /// # Errors
    ///
    /// [`WordsError`] saying which word is wrong, as far as that can be known.
    pub fn parse(text: &str) -> Result<Self, WordsError> {
        let text = Zeroizing::new(text.to_lowercase());
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.len() != WORD_COUNT {
            return Err(WordsError::Count { found: words.len() });
        }
        if let Some(at) = words.iter().position(|word| Language::English.find_word(word).is_none()) {
            return Err(unknown(at, words.get(at).copied().unwrap_or_default()));
        }
        let joined = Zeroizing::new(words.join(" "));
        let read = Mnemonic::parse_in_normalized(Language::English, &joined).map_err(|_| WordsError::Checksum)?;
        let (bytes, _) = read.to_entropy_array();
        let mut entropy = Zeroizing::new([0; 32]);
        entropy.copy_from_slice(&bytes[..32]);
        Ok(Self(entropy))
    }

    /// The 24 words, in order.
    pub fn words(&self) -> Vec<&'static str> {
        Mnemonic::from_entropy_in(Language::English, self.0.as_slice())
            .expect("32 bytes are a length that BIP-39 knows")
            .words()
            .collect()
    }

    /// Root key `number`, 0 to 64.
    pub fn root(&self, number: u32) -> SecretKey {
        let input = Zeroizing::new([self.0.as_slice(), &number.to_le_bytes()].concat());
        SecretKey::from_seed(&Zeroizing::new(derive(domain::ROOT_KEY, &input)))
    }

    /// The key to which a home with a passphrase seals what opens it, so that the words open it too. Its
    /// public half lies in the home and says nothing about the words.
    pub fn escrow(&self) -> StaticSecret {
        StaticSecret::from(derive(domain::ESCROW_KEY, self.0.as_slice()))
    }

    /// What these words begin a group with, or give it by a recovery: root 0 and the commitment to those after it.
    pub fn beginning(&self) -> (PublicKey, Digest) {
        (self.root(0).public(), self.commitment(0))
    }

    /// The commitment `c_number` to all roots after root `number`.
    pub fn commitment(&self, number: u32) -> Digest {
        let end = Digest(derive(domain::ROOT_CHAIN, &[0; 32]));
        (number..MAX_ROOTS).rev().fold(end, |after, n| chain_link(&self.root(n + 1).public(), &after))
    }
}

/// The commitment before root `next` and the commitment after it: `H(next || after)`.
pub fn chain_link(next: &PublicKey, after: &Digest) -> Digest {
    Digest(derive(domain::ROOT_CHAIN, &[next.0, after.0].concat()))
}

impl fmt::Debug for RecoveryWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryWords(24 words)")
    }
}

fn unknown(at: usize, word: &str) -> WordsError {
    let beginning = |letters: usize| -> Vec<&'static str> {
        word.get(..letters)
            .map(|start| Language::English.words_by_prefix_iter(start).take(4).collect())
            .unwrap_or_default()
    };
    let similar = (1..=3).rev().map(beginning).find(|found| !found.is_empty()).unwrap_or_default();
    WordsError::UnknownWord { position: at + 1, word: word.chars().take(40).collect(), similar }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> RecoveryWords {
        RecoveryWords::from_entropy([42; 32])
    }

    #[test]
    fn words_read_back_in_any_case_and_spacing() {
        let text = words().words().join(" \n ").to_uppercase();
        let read = RecoveryWords::parse(&text).unwrap();
        assert_eq!(read.root(0).public(), words().root(0).public());
        assert_eq!(read.commitment(0), words().commitment(0));
    }

    #[test]
    fn the_unknown_word_is_named_with_its_place() {
        let mut list = words().words();
        list[4] = "abandn";
        let error = RecoveryWords::parse(&list.join(" ")).unwrap_err();
        assert!(matches!(&error, WordsError::UnknownWord { position: 5, similar, .. } if similar.contains(&"abandon")));
        assert!(error.to_string().contains("abandn"));
    }

    #[test]
    fn missing_and_exchanged_words_are_told_apart() {
        let list = words().words();
        assert_eq!(RecoveryWords::parse(&list[..23].join(" ")).unwrap_err(), WordsError::Count { found: 23 });
        let mut wrong = RecoveryWords::from_entropy([7; 32]).words();
        wrong[0] = "zoo";
        assert_eq!(RecoveryWords::parse(&wrong.join(" ")).unwrap_err(), WordsError::Checksum);
    }

    #[test]
    fn each_commitment_opens_to_the_next_root_and_commitment() {
        let words = words();
        for n in [0, 1, 62, 63] {
            assert_eq!(words.commitment(n), chain_link(&words.root(n + 1).public(), &words.commitment(n + 1)));
        }
        assert_ne!(words.root(0).public(), words.root(1).public());
    }

    #[test]
    fn the_escrow_key_follows_from_the_words_and_is_no_root() {
        let public = |words: &RecoveryWords| x25519_dalek::PublicKey::from(&words.escrow()).to_bytes();
        assert_eq!(public(&words()), public(&words()));
        assert_ne!(public(&words()), public(&RecoveryWords::from_entropy([7; 32])));
        assert!((0..=64).all(|n| words().escrow().to_bytes() != *words().root(n).seed()));
    }

    #[test]
    fn words_do_not_print_themselves() {
        assert!(!format!("{:?}", words()).contains(words().words()[0]));
    }
}
