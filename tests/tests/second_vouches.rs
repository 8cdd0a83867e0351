//! Second vouches between real nodes: who has one stays when the first is void, and who has none is out until a
//! member vouches for it.

use grid_node::handle::{Act, OwnStanding, SlotUse, Whose};
use grid_node::setup::Signing;
use grid_node::view::NeedKind;
use grid_protocol::id::GroupId;
use grid_tests::grid::{Member, until_equal};

const TCP: &[&str] = &["/ip4/127.0.0.1/tcp/0"];

async fn group(member: &Member) -> GroupId {
    member.status().await.group
}

async fn guest_of(member: &Member, name: &str) -> Member {
    let guest = Member::join(name, &member.invite().await, Signing::Sign, TCP).await;
    guest.until("it is let in", async |me| (me.status().await.standing == OwnStanding::Member).then_some(())).await;
    guest
}

/// Waits until each answer to an invite of this node is confirmed.
async fn until_confirmed(member: &Member) {
    member
        .until("its invites are confirmed", async |me| {
            let slots = me.handle().vouches().await.ok()?.slots;
            slots.iter().all(|slot| matches!(slot.holds, SlotUse::Vouch(_))).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_second_vouch_stays_when_the_first_is_void_and_whoever_has_none_waits_for_one() {
    let mut weir = Member::found("Weir", TCP).await;
    let mut mill = guest_of(&weir, "Mill").await;
    let mut lake = guest_of(&mill, "Lake").await;
    let mut ford = guest_of(&mill, "Ford").await;
    weir.until_members(4).await;
    until_confirmed(&weir).await;
    until_confirmed(&mill).await;
    until_equal(&[&weir, &mill, &lake, &ford]).await;
    weir.stop().await;
    let copy = weir.backup();
    weir.start().await;

    let mut well = guest_of(&weir, "Well").await;
    let mut hill = guest_of(&weir, "Hill").await;
    mill.until_members(6).await;
    until_confirmed(&weir).await;
    let [lake_id, ford_id, well_id, hill_id] =
        [group(&lake).await, group(&ford).await, group(&well).await, group(&hill).await];
    mill.handle().act(Act::Vouch(well_id)).await.expect("a member has slots");
    let again = mill.handle().act(Act::Vouch(well_id)).await.expect_err("once is enough");
    assert!(again.to_string().contains("already"), "{again}");
    until_equal(&[&weir, &mill, &lake, &ford, &well, &hill]).await;
    let known = weir.handle().vouches().await.expect("a running node answers");
    let of = |id: GroupId| known.groups.iter().find(|row| row.group == id).expect("a member");
    let carried = |id: GroupId| of(id).carries.as_ref().expect("few groups");
    let own = group(&weir).await;
    assert_eq!(of(hill_id).vouchers, [own]);
    assert_eq!(of(well_id).vouchers.len(), 2);
    assert!(carried(own).first.contains(&hill_id), "Hill stands on Weir alone");
    assert!(!carried(group(&mill).await).first.contains(&well_id), "Well stands on two");

    // An old copy of Weir's home, which meets nobody, fills the same two slots with others.
    for member in [&mut weir, &mut mill, &mut lake, &mut ford, &mut well, &mut hill] {
        member.stop().await;
    }
    weir.restore(copy);
    weir.start().await;
    for other in [lake_id, ford_id] {
        weir.handle().act(Act::Vouch(other)).await.expect("the copy takes the slots for free");
    }
    for member in [&mut mill, &mut lake, &mut ford, &mut well, &mut hill] {
        member.start().await;
    }
    hill.until("Hill is told what it lacks", async |me| match me.status().await.standing {
        OwnStanding::LacksVouches(why) => why.contains("grid vouch").then_some(()),
        _ => None,
    })
    .await;
    mill.until("only Hill is out", async |me| (me.status().await.members == 5).then_some(())).await;
    let well_standing = well.status().await.standing;
    assert_eq!(well_standing, OwnStanding::Member, "Mill vouched for Well too");

    // Whoever did it sees which slots are void, and the others who did it.
    let mine = weir
        .until("Weir sees both faults", async |me| {
            let faults = me.status().await.findings.faults;
            (faults.len() == 2).then_some(faults)
        })
        .await;
    assert!(mine.iter().all(|fault| fault.name == "double_vouch" && fault.whose == Whose::Own), "{mine:?}");
    let slots = weir.handle().vouches().await.expect("a running node answers").slots;
    let void: Vec<u32> = slots.iter().filter(|it| matches!(it.holds, SlotUse::Void(_))).map(|it| it.slot).collect();
    assert_eq!(void, [1, 2], "{slots:?}");
    let status = mill.status().await;
    let theirs = &status.findings.faults;
    assert!(theirs.len() == 2 && theirs.iter().all(|fault| fault.whose == Whose::Others), "{theirs:?}");
    assert!(theirs.iter().all(|fault| fault.what.contains("Weir")), "{theirs:?}");

    let need = status.needs.iter().find(|need| need.kind == NeedKind::Vouch).expect("Mill is asked for a vouch");
    assert!(need.what.contains("Hill") && need.what.contains("0 of 1"), "{need:?}");
    mill.handle().act(Act::Vouch(hill_id)).await.expect("a member has slots");
    hill.until("Hill is in again", async |me| (me.status().await.standing == OwnStanding::Member).then_some(())).await;
    weir.until_members(6).await;
    assert!(mill.status().await.needs.is_empty());
}
