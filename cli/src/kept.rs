//! What it is to a user that the home or its keys can't be used: one exit code and one word, whichever command met it.

use crate::failure::Exit;
use grid_node::home::HomeError;
use grid_node::store::StoreError;
use grid_node::store::journal::JournalError;
use grid_node::{KeystoreError, LocalError};

/// Why this machine can't do what was asked.
pub(crate) const fn local(error: &LocalError) -> (Exit, &'static str) {
    match error {
        LocalError::Home(error) => home(error),
        LocalError::Keys(error) => keys(error),
        LocalError::Store(StoreError::NewerFormat { .. } | StoreError::Journal(JournalError::NewerFormat { .. })) => {
            (Exit::Failed, "newer_format")
        }
        _ => (Exit::Failed, "storage"),
    }
}

/// Why a home can't be used.
pub(crate) const fn home(error: &HomeError) -> (Exit, &'static str) {
    match error {
        HomeError::Missing { .. } => (Exit::NotFound, "no_home"),
        HomeError::InUse { .. } => (Exit::Failed, "home_in_use"),
        HomeError::Copied { .. } => (Exit::Refused, "home_copied"),
        HomeError::Exists { .. } => (Exit::Refused, "home_exists"),
        HomeError::NewerFormat { .. } => (Exit::Failed, "newer_format"),
        HomeError::PathTooLong { .. } => (Exit::Usage, "path_too_long"),
        HomeError::Foreign { .. } => (Exit::Usage, "not_a_home"),
        _ => (Exit::Failed, "storage"),
    }
}

/// Why its keys can't be had.
pub(crate) const fn keys(error: &KeystoreError) -> (Exit, &'static str) {
    match error {
        KeystoreError::Locked => (Exit::Failed, "passphrase_needed"),
        KeystoreError::WrongPassphrase => (Exit::Failed, "wrong_passphrase"),
        KeystoreError::WrongWords => (Exit::Refused, "wrong_words"),
        KeystoreError::NoEscrow => (Exit::Refused, "no_escrow"),
        KeystoreError::NewerFormat { .. } => (Exit::Failed, "newer_format"),
        KeystoreError::Io(_) | KeystoreError::Damaged { .. } => (Exit::Failed, "storage"),
    }
}
