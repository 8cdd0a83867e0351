//! Why a group was not recovered.

use crate::home::{HomeError, NEWER_PROGRAM};
use crate::local_error::{LocalError, takes_local_errors};
use crate::recall::AskError;
use grid_protocol::authority::RenewalError;
use grid_protocol::invite::ParseInviteError;
use grid_protocol::key::DeviceId;
use grid_protocol::sync::RegainError;

/// Why a group was not recovered. Its keys are what they were.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// This machine can't do it.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// The invite can't be read.
    #[error(transparent)]
    Invite(#[from] ParseInviteError),
    /// No contact has looked at the appeal.
    #[error("no recovery contact has signed this appeal yet")]
    NotApproved,
    /// The appeal was made with other words.
    #[error("these are not the words that this appeal was made with")]
    OtherAppeal,
    /// The words do not lead to a new root.
    #[error(transparent)]
    Words(#[from] RenewalError),
    /// Nobody told of the group.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// What was told is about no group, or about several.
    #[error(transparent)]
    Group(#[from] RegainError),
    /// The group ended the device of this home, or its log forked.
    #[error("the device of this home counts for your group no more: it was ended, or two copies of the home wrote")]
    EndedHere,
    /// The device of this home can't be lost.
    #[error("this computer can't be the lost one: its device goes on")]
    LostHere,
    /// The group has no such device.
    #[error("your group has no device {}", short(.device))]
    UnknownDevice {
        /// The device that was named.
        device: DeviceId,
    },
    /// What a lost device wrote is not here, so that its log can't be cut in the middle.
    #[error("what the lost device wrote is not on this computer, so it can't be cut earlier here")]
    NotHere,
}

fn short(device: &DeviceId) -> String {
    device.to_string().chars().take(10).collect()
}

takes_local_errors!(RecoverError);

impl RecoverError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Local(LocalError::Home(HomeError::Missing { .. })) => {
                "on a new computer name an invite of any member: grid group recover --from INVITE".to_owned()
            }
            Self::Local(LocalError::Home(HomeError::InUse { .. })) => {
                "stop the node of this home first, and start it again afterwards".to_owned()
            }
            Self::Local(error) => error.hint().to_owned(),
            Self::Invite(ParseInviteError::NewerFormat { .. }) => NEWER_PROGRAM.to_owned(),
            Self::Invite(_) => "copy the whole invite again, or ask for it as a file".to_owned(),
            Self::NotApproved => "give it to a contact first: `grid group approve`".to_owned(),
            Self::OtherAppeal => {
                "type the new words, which were shown with the appeal; the old ones are over".to_owned()
            }
            Self::Words(RenewalError::OtherWords { .. }) => {
                "look whether these are the words of this group; if its contacts have recovered it since, it has newer \
                 words, and a home that has not heard of that yet has to run until it is in sync"
                    .to_owned()
            }
            Self::Words(_) => "ask other groups for an invite, and recover with it in a new home".to_owned(),
            Self::Ask(error) => error.hint(),
            Self::Group(RegainError::None) => {
                "look whether these are the words of your group, and the invite is for its coalition".to_owned()
            }
            Self::Group(RegainError::Several { .. }) => {
                "whoever held your key may have begun another group with it: name yours with --group ID, as other \
                 groups see it"
                    .to_owned()
            }
            Self::EndedHere => {
                "make a new home on this computer: grid --home DIR group recover --from INVITE".to_owned()
            }
            Self::LostHere => "run this on a computer that you still have".to_owned(),
            Self::UnknownDevice { .. } => "name one of those that are listed, by the beginning of its id".to_owned(),
            Self::NotHere => {
                "recover without --before, start the node, and once it is in sync cut the device earlier with \
                 `grid device revoke`"
                    .to_owned()
            }
        }
    }
}
