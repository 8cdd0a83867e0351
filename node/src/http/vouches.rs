//! Vouches: given, and listed with what hangs on them.

use super::Api;
use super::error::{ApiError, ErrorAnswer};
use super::input::{Answer, JsonBody};
use super::status::Named;
use crate::handle::{Act, Origin, SlotRow, SlotUse, VouchRule, VouchedRow};
use crate::view::Views;
use axum::extract::State;
use grid_protocol::authority::{Lacking, Standing};
use grid_protocol::control::{Record, VouchedBy};
use grid_protocol::id::GroupId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// For whom to vouch.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VouchRequest {
    /// The group, by its name, its id or the first letters of it.
    group: String,
}

/// A vouch that was given.
#[derive(Serialize, ToSchema)]
pub(crate) struct VouchAnswer {
    /// For whom.
    group: Named,
    /// The slot that it took.
    slot: u32,
    /// The version of the statement under which.
    version: String,
    /// Where the group stands now, as under `groups` of the list.
    standing: &'static str,
    /// How many groups vouch for it now.
    vouchers: usize,
    /// How many it takes; null where signing is enough.
    needed: Option<usize>,
}

/// Who vouches for whom.
#[derive(Serialize, ToSchema)]
pub(crate) struct VouchesAnswer {
    /// How many groups have to vouch for one; null where signing is enough.
    needed: Option<usize>,
    /// Whose vouches count: `members` or `electors`; null before the founding records are here.
    by: Option<&'static str>,
    /// How many slots of this computer are free.
    free: usize,
    /// The slots of this computer that are not.
    slots: Vec<SlotItem>,
    /// The members, and those who applied.
    groups: Vec<VouchedItem>,
}

/// A slot of this computer.
#[derive(Serialize, ToSchema)]
pub(crate) struct SlotItem {
    /// Its number.
    slot: u32,
    /// The version of the statement that it belongs to: each has slots of its own.
    version: String,
    /// `vouch`, `answer` (to an invite; the vouch follows), `invite` (nobody has used it), `taken_back` or `void`.
    state: &'static str,
    /// Who stands in it; of a void one both, who count for nothing.
    groups: Vec<Named>,
    /// Of an invite when it ends, RFC 3339.
    expires: Option<String>,
}

/// A group and those who vouch for it.
#[derive(Serialize, ToSchema)]
pub(crate) struct VouchedItem {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// `member`, `lacks_vouches`, `not_signed`, `withdrawn` or `removed`.
    standing: &'static str,
    /// Whether it founded the coalition, and so needs no vouch.
    founder: bool,
    /// Those whose vouch for it counts.
    vouchers: Vec<Named>,
    /// Where it lacks vouches, in words who stood for it in vain, and why that counts for nobody.
    in_vain: Vec<String>,
    /// Members that would be none without what this group vouches for: they stand on nobody else. Twenty at most.
    carries: Vec<Named>,
    /// How many those are; null where there are too many groups to work it out for this one too.
    carried: Option<usize>,
}

fn named(views: &Views, group: &GroupId) -> Named {
    Named { id: group.to_string(), name: Some(views.name_of(group)) }
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Member => "member",
        Standing::Applicant { missing: Lacking::Vouch } => "lacks_vouches",
        Standing::Applicant { missing: Lacking::Signature | Lacking::SignatureAndVouch } | Standing::Unknown => {
            "not_signed"
        }
        Standing::Withdrawn => "withdrawn",
        Standing::Removed => "removed",
    }
}

fn slot(views: &Views, row: SlotRow) -> SlotItem {
    let (state, groups, expires) = match row.holds {
        SlotUse::Vouch(group) => ("vouch", vec![group], None),
        SlotUse::Answer(group) => ("answer", vec![group], None),
        SlotUse::Invite(expires) => ("invite", Vec::new(), Some(expires.to_string())),
        SlotUse::TakenBack => ("taken_back", Vec::new(), None),
        SlotUse::Void(groups) => ("void", groups, None),
    };
    SlotItem {
        slot: row.slot,
        version: row.version.to_string(),
        state,
        groups: groups.iter().map(|group| named(views, group)).collect(),
        expires,
    }
}

fn vouched(views: &Views, row: VouchedRow) -> VouchedItem {
    VouchedItem {
        id: row.group.to_string(),
        name: views.name_of(&row.group),
        standing: standing(row.standing),
        founder: row.origin == Origin::Founder,
        vouchers: row.vouchers.iter().map(|group| named(views, group)).collect(),
        in_vain: row.in_vain.iter().map(|vain| vain.told(|group| views.name_of(group))).collect(),
        carries: row.carries.iter().flat_map(|it| &it.first).map(|group| named(views, group)).collect(),
        carried: row.carries.map(|it| it.count),
    }
}

fn by(rule: VouchRule) -> &'static str {
    match rule.by {
        VouchedBy::Members => "members",
        VouchedBy::Electors => "electors",
    }
}

/// Who vouches for whom, this computer's slots, and who would fall with whom.
#[utoipa::path(
    get, path = "/api/vouches", operation_id = "vouch_list", tag = "vouches",
    responses(
        (status = 200, description = "The vouches.", body = VouchesAnswer),
    )
)]
pub(crate) async fn list(State(api): State<Api>) -> Result<Answer<VouchesAnswer>, ApiError> {
    let vouches = api.handle.vouches().await?;
    let answer = |views: &Views| VouchesAnswer {
        needed: vouches.rule.and_then(|rule| rule.needed),
        by: vouches.rule.map(by),
        free: vouches.free,
        slots: vouches.slots.into_iter().map(|row| slot(views, row)).collect(),
        groups: vouches.groups.into_iter().map(|row| vouched(views, row)).collect(),
    };
    Ok(Answer(api.handle.look(answer)))
}

/// Vouches for a group that is a member, or whose application waits here. It is not taken back.
#[utoipa::path(
    post, path = "/api/vouches", operation_id = "vouch", tag = "vouches",
    request_body = VouchRequest,
    responses(
        (status = 200, description = "Given.", body = VouchAnswer),
        (status = 400, description = "The name fits several groups.", body = ErrorAnswer),
        (status = 403, description = "A rule forbids it.", body = ErrorAnswer),
        (status = 404, description = "There is no such group here.", body = ErrorAnswer),
    )
)]
pub(crate) async fn give(
    State(api): State<Api>,
    JsonBody(request): JsonBody<VouchRequest>,
) -> Result<Answer<VouchAnswer>, ApiError> {
    let group = api.handle.look(|views| views.group_meant(&request.group))?;
    let Record::Vouch(vouch) = api.handle.act(Act::Vouch(group)).await? else {
        return Err(ApiError::internal("the node signed something else than a vouch"));
    };
    let now = api.handle.vouched(group).await?;
    Ok(Answer(VouchAnswer {
        group: api.handle.look(|views| named(views, &group)),
        slot: vouch.body.slot,
        version: vouch.body.version.to_string(),
        standing: standing(now.standing),
        vouchers: now.vouchers,
        needed: now.needed,
    }))
}
