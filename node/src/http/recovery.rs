//! Recovery contacts: who they are, and what a contact makes of an appeal.

use super::Api;
use super::error::{ApiError, ErrorAnswer};
use super::input::{Answer, JsonBody};
use super::status::Named;
use crate::handle::{AppealState, Appealed, Contacts, Recoverable};
use axum::extract::State;
use grid_protocol::appeal::{Appeal, ParseAppealError};
use grid_protocol::id::GroupId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A group that has named recovery contacts.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoverableItem {
    /// The group.
    group: String,
    /// Its name.
    group_name: String,
    /// Its contacts; one without a name has not been heard of here.
    contacts: Vec<Named>,
    /// How many of them together give it new words.
    quorum: u8,
}

/// Who could give whom new words.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactsAnswer {
    /// This group; null where it has named no contacts.
    own: Option<RecoverableItem>,
    /// The groups that have named this one.
    entrusted: Vec<RecoverableItem>,
}

/// An appeal.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppealRequest {
    /// Its text, which begins with `gridappeal1`.
    appeal: String,
}

/// What an appeal asks for, and how far it has come.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppealAnswer {
    /// Its text, with all that this node has filled in: what is signed is what stands here.
    appeal: String,
    /// The digits that both sides read to each other.
    comparison: String,
    /// The group that asks, its contacts, and how many it takes.
    #[serde(flatten)]
    asker: RecoverableItem,
    /// The contacts that have signed.
    signed: Vec<Named>,
    /// What becomes of the group's computers.
    devices: Vec<AppealDevice>,
    /// `open`, `complete` (enough have signed) or `published` (the group has its new key).
    state: &'static str,
}

/// What an appeal makes of a computer.
#[derive(Serialize, ToSchema)]
pub(crate) struct AppealDevice {
    /// Its id.
    device: String,
    /// What its group calls it.
    label: String,
    /// How many of its entries are held here.
    held: u64,
    /// How many of its entries count from then on; null where it goes on.
    counting: Option<u64>,
}

impl From<Recoverable> for RecoverableItem {
    fn from(of: Recoverable) -> Self {
        let contacts = of.contacts.into_iter().map(|(id, name)| Named { id: id.to_string(), name });
        Self { group: of.group.to_string(), group_name: of.name, contacts: contacts.collect(), quorum: of.quorum }
    }
}

impl From<Appealed> for AppealAnswer {
    fn from(appealed: Appealed) -> Self {
        let name = |group: &GroupId| {
            let known = appealed.asker.contacts.iter().find(|(contact, _)| contact == group);
            Named { id: group.to_string(), name: known.and_then(|(_, name)| name.clone()) }
        };
        let device = |row: &crate::handle::AppealedDevice| AppealDevice {
            device: row.device.to_string(),
            label: row.label.clone(),
            held: row.held,
            counting: row.counting,
        };
        Self {
            appeal: appealed.appeal.to_text(),
            comparison: appealed.appeal.comparison(),
            signed: appealed.signed.iter().map(name).collect(),
            devices: appealed.devices.iter().map(device).collect(),
            state: match appealed.state {
                AppealState::Open => "open",
                AppealState::Complete => "complete",
                AppealState::Published => "published",
            },
            asker: appealed.asker.into(),
        }
    }
}

/// The recovery contacts of this group, and the groups that have named this one as theirs.
#[utoipa::path(
    get, path = "/api/recovery", operation_id = "recovery_contacts", tag = "recovery",
    responses((status = 200, description = "The contacts.", body = ContactsAnswer))
)]
pub(crate) async fn contacts(State(api): State<Api>) -> Result<Answer<ContactsAnswer>, ApiError> {
    let Contacts { own, entrusted } = api.handle.contacts().await?;
    let entrusted = entrusted.into_iter().map(RecoverableItem::from).collect();
    Ok(Answer(ContactsAnswer { own: own.map(RecoverableItem::from), entrusted }))
}

/// What a group that has lost its words asks of this one, its contact. Nothing is signed.
#[utoipa::path(
    post, path = "/api/recovery/appeal", operation_id = "recovery_appeal", tag = "recovery",
    request_body = AppealRequest,
    responses(
        (status = 200, description = "Who asks, and what signing does.", body = AppealAnswer),
        (status = 400, description = "This is no appeal.", body = ErrorAnswer),
        (status = 403, description = "This group is no contact of the one that asks, or a rule stands against it.",
            body = ErrorAnswer),
    )
)]
pub(crate) async fn appeal(
    State(api): State<Api>,
    JsonBody(request): JsonBody<AppealRequest>,
) -> Result<Answer<AppealAnswer>, ApiError> {
    Ok(Answer(api.handle.appealed(read(&request)?).await?.into()))
}

/// Signs an appeal as it was answered by `/api/recovery/appeal`. Where enough contacts have signed, the group has its
/// new key, and the coalition is told.
#[utoipa::path(
    post, path = "/api/recovery/approval", operation_id = "recovery_approve", tag = "recovery",
    request_body = AppealRequest,
    responses(
        (status = 200, description = "Signed.", body = AppealAnswer),
        (status = 400, description = "This is no appeal, or one that nobody has looked at.", body = ErrorAnswer),
        (status = 403, description = "This group is no contact of the one that asks, this computer does not hold the \
            group's key, or a rule stands against it.", body = ErrorAnswer),
    )
)]
pub(crate) async fn approve(
    State(api): State<Api>,
    JsonBody(request): JsonBody<AppealRequest>,
) -> Result<Answer<AppealAnswer>, ApiError> {
    Ok(Answer(api.handle.approve(read(&request)?).await?.into()))
}

fn read(request: &AppealRequest) -> Result<Appeal, ApiError> {
    Appeal::parse(&request.appeal).map_err(|error| {
        let hint = match &error {
            ParseAppealError::NewerFormat { .. } => "Install the newer program.",
            ParseAppealError::NotAnAppeal => "`grid group recover --by-contacts` makes one.",
            _ => "Copy it again as a whole, or ask for it as a file.",
        };
        ApiError::caused(&error, hint)
    })
}
