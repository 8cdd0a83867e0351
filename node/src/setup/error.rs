//! Why no home was made, and what to do.

use crate::handle::CommandError;
use crate::home::{CHECK_DISK, NEWER_PROGRAM};
use crate::local_error::{LocalError, takes_local_errors};
use crate::threats::ReviewError;
use grid_protocol::control::RecordError;
use grid_protocol::id::CoalitionId;
use grid_protocol::invite::ParseInviteError;
use grid_protocol::pairing::ParsePairingError;
use grid_protocol::time::Timestamp;

/// Why no home was made. Nothing of it is left behind.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// This machine can't do it.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// The invite can't be read.
    #[error(transparent)]
    Invite(#[from] ParseInviteError),
    /// The invite is over.
    #[error("the invite expired on {at}")]
    Expired {
        /// When it ended.
        at: Timestamp,
    },
    /// The pairing code can't be read.
    #[error(transparent)]
    Code(#[from] ParsePairingError),
    /// The pairing code is over.
    #[error("the pairing code ended on {at}")]
    CodeExpired {
        /// When it ended.
        at: Timestamp,
    },
    /// The pairing code is for another group than the home.
    #[error("the pairing code is for another group than this home")]
    OtherGroup,
    /// Nothing shows that this home needs new keys.
    #[error("nothing shows that this home ran twice, was restored, or lost entries: it needs no new keys")]
    Sound,
    /// The home was not moved.
    #[error("this home lies where it lay: nothing shows that it was moved, copied or put back from a backup")]
    InPlace,
    /// New keys can't be given here.
    #[error(transparent)]
    NotRenewed(CommandError),
    /// The invite is for another coalition than the home.
    #[error("the invite is for another coalition ({}), this home belongs to {}", found.short(), expected.short())]
    OtherCoalition {
        /// The coalition of the home.
        expected: CoalitionId,
        /// The coalition of the invite.
        found: CoalitionId,
    },
    /// The group is a member, and has no use for another invite.
    #[error("this group is a member of the coalition already")]
    Member,
    /// The invite is the short form, and the text to sign is not in it.
    #[error("this invite does not carry the statement, so there is nothing to sign yet")]
    NoText,
    /// A name or a text is out of bounds.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The profile could not be written.
    #[error(transparent)]
    Group(#[from] CommandError),
    /// The review of threats can't be written.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// A made-up coalition breaks a rule.
    #[error("the made-up coalition breaks a rule")]
    MadeUp {
        /// The rule.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Whoever watched ended it.
    #[error("it was ended before everything was written")]
    Stopped,
}

takes_local_errors!(SetupError);

impl SetupError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Local(error) => error.hint().to_owned(),
            Self::Invite(ParseInviteError::NewerFormat { .. }) => NEWER_PROGRAM.to_owned(),
            Self::Invite(_) => "copy the whole invite again, or ask for it as a file".to_owned(),
            Self::Expired { .. } => "ask the group that invited you for a new invite".to_owned(),
            Self::Member => "start its node with `grid node`; for a second group choose another --home".to_owned(),
            Self::Code(ParsePairingError::NewerFormat { .. }) => NEWER_PROGRAM.to_owned(),
            Self::Code(_) => "copy the whole code again; `grid device add` on the other computer shows it".to_owned(),
            Self::CodeExpired { .. } => "make a new one on the other computer: `grid device add`".to_owned(),
            Self::Sound => "where it was restored from a backup, start the node first: it fetches what it wrote since; if \
                            that is out of reach, use --restored"
                .to_owned(),
            Self::InPlace => "start its node with `grid node`; if you know that another copy of it has written, give this home new \
                              keys: `grid device renew --restored`"
                .to_owned(),
            Self::NotRenewed(CommandError::Refused { hint, .. }) => hint.clone(),
            Self::NotRenewed(_) => CHECK_DISK.to_owned(),
            Self::OtherGroup | Self::OtherCoalition { .. } => "choose another --home: one home holds one group in one coalition".to_owned(),
            Self::NoText => {
                "join without --sign, start the node, read the statement with `grid statement show`, then `grid statement sign`"
                    .to_owned()
            }
            Self::Record(RecordError::Text { found: 0, .. }) => {
                "give it a name, and a statement with something in it".to_owned()
            }
            Self::Record(_) => "shorten the name or the text, and leave out line breaks in names".to_owned(),
            Self::Review(error) => error.hint(),
            Self::Group(_) => "choose another name for the group".to_owned(),
            Self::MadeUp { .. } => "this is a fault of the program: please report it with the size and the seed".to_owned(),
            Self::Stopped => "begin again in a new or empty directory".to_owned(),
        }
    }
}
