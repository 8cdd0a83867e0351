//! Vouches, as programs see them.

use super::*;
use crate::handle::{Origin, SlotRow, SlotUse, Vain, VainVouch, VouchCount, VouchRule, VouchedRow, Vouches};
use grid_protocol::authority::{Carried, Lacking, Standing};
use grid_protocol::control::VouchedBy;

/// Three groups, the third of which lacks a vouch, and a slot in each state.
pub(super) fn vouches() -> Vouches {
    let row = |group, standing, origin, vouchers, carries| {
        let in_vain = match standing {
            Standing::Member => Vec::new(),
            _ => vec![
                VainVouch { by: US, why: Vain::SeveralGroups(vec![THEM]) },
                VainVouch { by: US, why: Vain::TwoVouches([US, FAR]) },
                VainVouch { by: THEM, why: Vain::LeftOut },
            ],
        };
        VouchedRow { group, standing, origin, vouchers, in_vain, carries }
    };
    let carries = |count, first| Some(Carried { count, first });
    let waits = Standing::Applicant { missing: Lacking::Vouch };
    let holds = [
        SlotUse::Vouch(US),
        SlotUse::Answer(FAR),
        SlotUse::Invite(Timestamp(1_000)),
        SlotUse::TakenBack,
        SlotUse::Void(vec![US, FAR]),
    ];
    let slot = |(slot, holds)| SlotRow { version: VersionId([5; 32]), slot, holds };
    Vouches {
        rule: Some(VouchRule { needed: Some(2), by: VouchedBy::Electors }),
        free: 3,
        slots: (0..).zip(holds).map(slot).collect(),
        groups: vec![
            row(US, Standing::Member, Origin::Guest, vec![THEM], carries(0, Vec::new())),
            row(THEM, Standing::Member, Origin::Founder, Vec::new(), carries(30, vec![US])),
            row(FAR, waits, Origin::Guest, vec![THEM], None),
        ],
    }
}

/// Of one group.
pub(super) fn vouched() -> VouchCount {
    VouchCount { needed: Some(2), standing: Standing::Member, vouchers: 3 }
}

#[tokio::test]
async fn vouches_are_listed_with_who_hangs_on_them_and_what_each_slot_holds() {
    let grid = Grid::start().await;
    let (status, answer) = grid.get("/api/vouches").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&answer["needed"], &answer["by"], &answer["free"]), (&json!(2), &json!("electors"), &json!(3)));
    let states: Vec<&str> =
        answer["slots"].as_array().unwrap().iter().map(|it| it["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["vouch", "answer", "invite", "taken_back", "void"]);
    assert_eq!(answer["slots"][2]["expires"], "1970-01-01T00:00:01Z");
    assert_eq!(answer["slots"][4]["groups"].as_array().unwrap().len(), 2);
    let [us, them, far] = [0, 1, 2].map(|place| &answer["groups"][place]);
    assert_eq!((&us["vouchers"][0]["name"], &us["founder"]), (&json!("Clean River"), &json!(false)));
    assert_eq!((&them["founder"], &them["carries"][0]["id"]), (&json!(true), &json!(US.to_string())));
    assert_eq!([us, them, far].map(|it| &it["carried"]), [&json!(0), &json!(30), &Json::Null]);
    let [several, two, left_out] = [0, 1, 2].map(|place| far["in_vain"][place].as_str().unwrap());
    let (we, they) = (us["name"].as_str().unwrap(), them["name"].as_str().unwrap());
    assert!(several.starts_with(we) && several.contains(&format!("{they} certified as well")), "{several}");
    assert!(two.contains("with one slot for") && two.contains("neither"), "{two}");
    assert!(left_out.starts_with(they) && left_out.contains("left out"), "{left_out}");
    assert_eq!(us["in_vain"], json!([]));
    assert_eq!((&far["standing"], &us["standing"]), (&json!("lacks_vouches"), &json!("member")));
}

#[tokio::test]
async fn a_vouch_names_a_group_that_is_known_and_a_refusal_its_rule() {
    let grid = Grid::start().await;
    let vouch = async |group: &str| grid.post("/api/vouches", json!({"group": group})).await;
    assert_eq!(code(&vouch("clean river").await), (403, "refused"), "it reaches the node");
    assert_eq!(code(&vouch("Nobody at all").await), (404, "not_found"));
    assert_eq!(code(&grid.post("/api/vouches", json!({})).await), (400, "invalid"));
}
