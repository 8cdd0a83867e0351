//! The statement that unites a coalition, and the policies that come with it.

use crate::control::error::{RecordError, bounds, check_line, check_text};
use crate::domain;
use crate::id::{CoalitionId, Digest, VersionId};
use crate::limits::{MAX_NAME, MAX_POLICIES, MAX_STATEMENT};
use serde::{Deserialize, Serialize};

/// A text that every signer takes on beside the statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// What it is called.
    pub title: String,
    /// What it says.
    pub text: String,
}

/// What the groups of a coalition sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// What it is called.
    pub title: String,
    /// What it says, byte for byte as it was given.
    pub text: String,
    /// The policies that come with it.
    pub policies: Vec<Policy>,
}

impl Statement {
    /// The hash of the text, exactly as given: this is what a signature names.
    pub fn text_hash(&self) -> Digest {
        Digest::of(domain::STATEMENT_TEXT, self.text.as_bytes())
    }

    pub(crate) fn check(&self) -> Result<(), RecordError> {
        check_line("title of the statement", &self.title, MAX_NAME)?;
        check_text("text of the statement", &self.text, MAX_STATEMENT)?;
        if self.policies.len() > MAX_POLICIES {
            return Err(bounds("policies", format!("at most {MAX_POLICIES}"), self.policies.len() as u64));
        }
        self.policies.iter().try_for_each(|policy| {
            check_line("title of a policy", &policy.title, MAX_NAME)?;
            check_text("text of a policy", &policy.text, MAX_STATEMENT)
        })
    }
}

impl VersionId {
    /// Version 0 of a coalition: the statement and rules of its genesis.
    pub fn first(coalition: &CoalitionId) -> Self {
        Self::of(domain::VERSION, &[coalition.0, [0; 32]].concat())
    }
}
