//! Why a command was not carried out.

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no such thing here.
    #[error("there is no {what} {id} here")]
    NotFound {
        /// What was looked for.
        what: String,
        /// Under which name.
        id: String,
    },
    /// Only the owner writes a record.
    #[error("this record belongs to {owner}; only its own group can change it")]
    NotYours {
        /// The group it belongs to.
        owner: String,
    },
    /// A rule forbids it.
    #[error("{why}")]
    Refused {
        /// The rule.
        why: String,
        /// What to do.
        hint: String,
    },
    /// The home is a copy, or was moved, and may not be written yet.
    #[error("{why}")]
    Copied {
        /// Which of it.
        why: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// The input is wrong.
    #[error("{why}")]
    Invalid {
        /// What is wrong.
        why: String,
        /// What to do.
        hint: String,
    },
    /// This machine can't save.
    #[error("nothing was saved: {0}")]
    Storage(#[from] grid_protocol::storage::StorageError),
    /// The record can't be read on this machine.
    #[error("the record can't be opened on this machine: {why}")]
    Quarantined {
        /// Why.
        why: String,
    },
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopping,
}
