//! What can go wrong on this machine alone, whatever was to be done: with the home, its keys, its profile, its store.
//!
//! Each operation has an error of its own; the part of it that is the machine's is this one, so that the same fault is
//! told with the same hint wherever somebody meets it.

use crate::KeystoreError;
use crate::home::{CHECK_DISK, HomeError, NEWER_PROGRAM};
use crate::profile::ProfileError;
use crate::store::StoreError;
use crate::store::journal::JournalError;
use grid_protocol::storage::StorageError;

/// Why this machine can't do it.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The home can't be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The keys can't be had or kept.
    #[error(transparent)]
    Keys(#[from] KeystoreError),
    /// What the home belongs to can't be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// Journal or store can't be opened or made.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// They can't be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl LocalError {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Home(error) => error.hint(),
            Self::Keys(error) => error.hint(),
            Self::Store(StoreError::NewerFormat { .. } | StoreError::Journal(JournalError::NewerFormat { .. })) => {
                NEWER_PROGRAM
            }
            Self::Store(StoreError::Vault { source, .. } | StoreError::Journal(JournalError::Vault { source, .. }))
            | Self::Profile(ProfileError::Vault { source, .. }) => source.hint(),
            Self::Store(StoreError::WrongCoalition { .. }) => {
                "put back the whole home from one backup: keys, journal and store belong together"
            }
            Self::Store(StoreError::InUse { .. }) => "stop the other program that uses this home first",
            Self::Profile(ProfileError::Damaged { .. }) => {
                "restore the file from a backup of this home; without one, join with a new invite in a new home"
            }
            Self::Profile(ProfileError::Io { .. }) | Self::Store(_) | Self::Storage(_) => CHECK_DISK,
        }
    }
}

/// Lets an operation's error take whatever is wrong with this machine, as its variant `Local`.
macro_rules! takes_local_errors {
    ($error:ty) => {
        $crate::local_error::takes_local_errors!($error, $crate::home::HomeError, $crate::KeystoreError,
            $crate::profile::ProfileError, $crate::store::StoreError, grid_protocol::storage::StorageError);
    };
    ($error:ty, $($local:ty),+) => {
        $(impl From<$local> for $error {
            fn from(error: $local) -> Self {
                Self::Local(error.into())
            }
        })+
    };
}
pub(crate) use takes_local_errors;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::{Node, NodeConfig};
    use crate::passphrase::{self, Passphrase};
    use crate::setup::{self, Found, Soundness, recover};
    use crate::vault::VaultError;
    use grid_protocol::record::Registry;
    use grid_protocol::words::RecoveryWords;
    use std::path::PathBuf;
    use std::sync::Arc;

    /// Where the header of a journal names its format.
    const FORMAT: std::ops::Range<usize> = 12..16;

    #[tokio::test]
    async fn a_home_that_a_newer_program_wrote_is_told_as_such_whatever_is_done_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("home");
        let found = Found {
            coalition_name: "Clear Water".to_owned(),
            group_name: "Weir".to_owned(),
            purpose: "To keep the river clear.".to_owned(),
            statement_title: "What unites us".to_owned(),
            statement_text: "The river belongs to all.\n".to_owned(),
            rules: Default::default(),
        };
        let words = setup::found(&path, &found, None).unwrap().words.join(" ");
        let journal = path.join("journal");
        let mut bytes = std::fs::read(&journal).unwrap();
        bytes[FORMAT].copy_from_slice(&99_u32.to_le_bytes());
        std::fs::write(&journal, bytes).unwrap();

        let passphrase = Passphrase::new("open sesame").unwrap();
        let words = RecoveryWords::parse(&words).unwrap();
        let config = NodeConfig::new(Vec::new(), Arc::new(Registry::standard().clone()));
        let told = [
            passphrase::set(&path, &passphrase, None).err().map(|error| error.hint().to_owned()),
            setup::renew(&path, Soundness::Doubted, None).err().map(|error| error.hint()),
            recover::here(&path, words, None).err().map(|error| error.hint()),
            Node::start(&path, config).await.err().map(|error| error.hint()),
        ];
        assert!(told.iter().all(|hint| hint.as_deref() == Some(NEWER_PROGRAM)), "{told:?}");
    }

    #[test]
    fn a_newer_store_and_one_that_is_sealed_are_not_taken_for_a_failing_disk() {
        let path = || PathBuf::from("store");
        let newer = StoreError::NewerFormat { path: path(), found: 99, known: 2 };
        assert_eq!(LocalError::from(newer).hint(), NEWER_PROGRAM);
        let source = VaultError::WrongKey;
        let sealed = [
            StoreError::Vault { path: path(), source }.into(),
            StoreError::Journal(JournalError::Vault { path: path(), source }).into(),
            LocalError::from(ProfileError::Vault { path: path(), source }),
        ];
        assert!(sealed.iter().all(|error| error.hint() == source.hint()), "{sealed:?}");
    }
}
