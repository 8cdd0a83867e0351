//! Two and three real nodes on loopback: found, join, write, receive, restart.

use grid_node::handle::{CommandError, OwnStanding, Target};
use grid_node::setup::{self, Signing};
use grid_node::view::{Membership, PeerState};
use grid_protocol::record::{Patch, Registry};
use grid_tests::grid::{Member, until_equal};
use serde_json::json;

const TCP: &[&str] = &["/ip4/127.0.0.1/tcp/0"];
const QUIC: &[&str] = &["/ip4/127.0.0.1/udp/0/quic-v1"];

async fn a_record_written_at_one_node_is_received_at_the_other(listen: &[&str]) {
    let a = Member::found("Clean River", listen).await;
    let b = Member::join("Mill Street", &a.invite().await, Signing::Sign, listen).await;
    b.until_members(2).await;
    a.until_members(2).await;

    let action = a.write("action", json!({"title": "Walk to the spring", "place": "Old bridge"})).await;
    b.until_here(action).await;
    assert_eq!(b.text(&action, "title"), "Walk to the spring");

    a.until("b's receipt is here", async |a| {
        let delivery = a.handle().deliveries(vec![action]).await.ok()?.pop()??;
        (delivery.received_by.len() == 1 && delivery.waiting_for.is_empty()).then_some(())
    })
    .await;
    until_equal(&[&a, &b]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_written_at_one_node_is_received_at_the_other_over_tcp() {
    a_record_written_at_one_node_is_received_at_the_other(TCP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_written_at_one_node_is_received_at_the_other_over_quic() {
    a_record_written_at_one_node_is_received_at_the_other(QUIC).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_joins_while_the_inviter_is_away_and_is_let_in_when_it_comes_back() {
    let mut a = Member::found("Clean River", TCP).await;
    let invite = a.invite().await;
    a.stop().await;
    let b = Member::join("Mill Street", &invite, Signing::Sign, TCP).await;
    assert!(matches!(b.status().await.standing, grid_node::handle::OwnStanding::Waiting));
    a.start().await;
    a.until_members(2).await;
    until_equal(&[&a, &b]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_joins_through_any_member_while_the_inviter_is_away() {
    let mut a = Member::found("Clean River", TCP).await;
    let b = Member::join("Mill Street", &a.invite().await, Signing::Sign, TCP).await;
    until_equal(&[&a, &b]).await;
    a.until("b's address is known", async |a| {
        a.invite().await;
        let known = a.status().await.peers.iter().any(|peer| peer.group.is_some());
        known.then_some(())
    })
    .await;
    let invite = a.invite().await;
    a.stop().await;
    let c = Member::join("Upper Lake", &invite, Signing::Sign, TCP).await;
    b.until_members(3).await;
    let page = c.write("action", json!({"title": "Count the fish"})).await;
    b.until_here(page).await;
    a.start().await;
    a.until_here(page).await;
    until_equal(&[&a, &b, &c]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_has_not_signed_is_no_member_until_it_signs() {
    let a = Member::found("Clean River", TCP).await;
    let b = Member::join("Mill Street", &a.invite().await, Signing::Later, TCP).await;
    b.until("a's node has answered", async |b| (!b.status().await.peers.is_empty()).then_some(())).await;
    assert_eq!(a.status().await.members, 1);
    assert!(matches!(b.status().await.standing, grid_node::handle::OwnStanding::NotSigned));
    b.handle().sign().await.unwrap();
    a.until_members(2).await;
    until_equal(&[&a, &b]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_invite_for_six_lets_six_groups_in_and_a_seventh_is_told_why_not() {
    let a = Member::found("Clean River", TCP).await;
    let invite = a.handle().invite(6, std::time::Duration::from_secs(3_600)).await.unwrap().text;
    let mut others = Vec::new();
    for number in 0..6 {
        others.push(Member::join(&format!("Group {number}"), &invite, Signing::Sign, TCP).await);
        a.until_members(number + 2).await;
    }
    let late = Member::join("Late", &invite, Signing::Sign, TCP).await;
    let why = late
        .until("the seventh is refused", async |late| match late.status().await.standing {
            grid_node::handle::OwnStanding::Refused(why) => Some(why),
            _ => None,
        })
        .await;
    assert!(why.contains("used"), "{why}");
    assert_eq!(a.status().await.members, 7);
    let all: Vec<&Member> = std::iter::once(&a).chain(&others).collect();
    until_equal(&all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_of_several_changes_arrives_whole() {
    let a = Member::found("Clean River", TCP).await;
    let b = Member::join("Mill Street", &a.invite().await, Signing::Sign, TCP).await;
    b.until_members(2).await;
    let long: String = (0..8_000).map(|number| format!("{number} ")).collect();
    let page = a.write("page", json!({"title": "Long", "text": long})).await;
    b.until("the whole text is here", async |b| (b.text(&page, "text") == long).then_some(())).await;
    until_equal(&[&a, &b]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_that_is_restored_from_a_backup_learns_what_it_wrote_before_it_writes_again() {
    let mut a = Member::found("Clean River", TCP).await;
    let b = Member::join("Mill Street", &a.invite().await, Signing::Sign, TCP).await;
    b.until_members(2).await;
    a.stop().await;
    let backup = a.backup();
    a.start().await;
    let mut later = Vec::new();
    for number in 0..40 {
        later.push(a.write("action", json!({"title": format!("Walk {number}")})).await);
    }
    b.until_here(later[39]).await;
    until_equal(&[&a, &b]).await;
    a.stop().await;

    a.restore(backup);
    a.start().await;
    let new = a.write("action", json!({"title": "After the backup"})).await;
    b.until_here(new).await;
    until_equal(&[&a, &b]).await;
    for action in &later {
        assert_ne!(a.text(action, "title"), "");
    }
    let troubles = a.status().await.troubles;
    let [trouble] = &troubles[..] else { panic!("{troubles:?}") };
    assert!(trouble.what.contains("this home is older than what others hold of it; 40 entries came back"));
    a.until("b's receipt is here", async |a| {
        let delivery = a.handle().deliveries(vec![new]).await.ok()?.pop()??;
        (delivery.received_by.len() == 1).then_some(())
    })
    .await;
    assert_eq!(a.status().await.pending, 0);

    // What came back is in the journal as well, in its order.
    a.stop().await;
    std::fs::remove_dir_all(a.path().join("store")).unwrap();
    drop(b);
    a.start().await;
    for action in later.iter().chain([&new]) {
        assert_ne!(a.text(action, "title"), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_waits_while_the_own_log_comes_back_overwrites_nothing_of_it() {
    let mut a = Member::found("Clean River", TCP).await;
    let b = Member::join("Mill Street", &a.invite().await, Signing::Sign, TCP).await;
    b.until_members(2).await;
    let page = a.write("page", json!({"title": "Plan", "text": "One.\n"})).await;
    a.edit("group", own_profile(&a).await, json!({"about": "A.\n"})).await;
    until_equal(&[&a, &b]).await;
    a.stop().await;
    let backup = a.backup();
    a.start().await;
    a.edit("page", page, json!({"text": "One.\nTwo.\n"})).await;
    a.edit("group", own_profile(&a).await, json!({"about": "A.\nB.\n"})).await;
    until_equal(&[&a, &b]).await;
    a.stop().await;

    a.restore(backup);
    a.start().await;
    // Nobody who wrote this has seen the second line.
    let handle = a.handle();
    let kind = Registry::standard().kind("group").unwrap().clone();
    let about = Patch::from_json(&kind, &json!({"about": "A.\nC.\n"})).unwrap();
    let (_, own) = tokio::join!(
        a.edit("page", page, json!({"text": "One.\nThree.\n"})),
        handle.write(Target::Own(kind.name.clone()), about)
    );
    let profile = own.unwrap().document;
    for (text, lines) in
        [(a.text(&page, "text"), ["One.", "Two.", "Three."]), (a.text(&profile, "about"), ["A.", "B.", "C."])]
    {
        assert!(lines.iter().all(|line| text.contains(line)), "{text:?}");
    }
    until_equal(&[&a, &b]).await;
}

/// The record with a group's profile.
async fn own_profile(member: &Member) -> grid_protocol::id::DocumentId {
    let own = member.status().await.group;
    let row = member.handle().look(|views| views.directory().into_iter().find(|row| row.group == Some(own)));
    row.and_then(|row| row.row.clone()).expect("a group has a profile").document
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_home_that_wrote_is_told_so_and_nothing_it_lost_counts_as_received() {
    let mut a = Member::found("Clean River", TCP).await;
    let mut b = Member::join("Mill Street", &a.invite().await, Signing::Sign, TCP).await;
    b.until_members(2).await;
    until_equal(&[&a, &b]).await;
    a.stop().await;
    let backup = a.backup();
    a.start().await;
    let known = a.write("action", json!({"title": "Known to b"})).await;
    b.until_here(known).await;
    a.until("b's receipt is here", async |a| (a.status().await.pending == 0).then_some(())).await;
    a.stop().await;
    b.stop().await;

    a.restore(backup);
    a.start().await;
    let lost = a.write("action", json!({"title": "Written by the copy"})).await;
    b.start().await;
    let trouble = a
        .until("the copy is told", async |a| {
            let troubles = a.status().await.troubles;
            troubles.into_iter().find(|it| it.what.contains("restored from a copy, or runs twice"))
        })
        .await;
    assert!(trouble.what.contains("1 entry written here does not count"), "{trouble:?}");
    assert!(trouble.hint.contains("grid device renew"), "{trouble:?}");
    let delivery = a.handle().deliveries(vec![lost]).await.unwrap().pop().flatten();
    assert!(delivery.is_none_or(|delivery| delivery.received_by.is_empty()), "nobody has it");
    assert!(a.status().await.pending > 0);
    let kind = Registry::standard().kind("action").unwrap().clone();
    let patch = Patch::from_json(&kind, &json!({"title": "More"})).unwrap();
    let refused = a.handle().write(Target::New(kind.name.clone()), patch).await.unwrap_err();
    assert!(matches!(&refused, CommandError::Refused { why, .. } if why.contains("runs twice")), "{refused}");
    until_equal(&[&a, &b]).await;
    a.until("both know that they hold the same", async |a| {
        a.status().await.peers.iter().all(|peer| peer.sync == PeerState::InSync).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_with_a_used_up_invite_is_no_member_lets_nobody_in_and_joins_with_another_invite() {
    let a = Member::found("Clean River", TCP).await;
    let invite = a.invite().await;
    let b = Member::join("Mill Street", &invite, Signing::Sign, TCP).await;
    b.until_members(2).await;
    let mut c = Member::join("Late", &invite, Signing::Sign, TCP).await;
    let own = c.status().await.group;
    c.until("c is refused", async |c| matches!(c.status().await.standing, OwnStanding::Refused(_)).then_some(())).await;
    let row = c.handle().look(|views| views.directory().into_iter().find(|row| row.group == Some(own)).unwrap());
    assert_eq!(row.membership, Membership::Known);
    assert_eq!(c.status().await.members, 0, "it does not count itself");
    let refused = c.handle().invite(1, std::time::Duration::from_secs(60)).await.unwrap_err();
    assert!(matches!(refused, CommandError::Refused { .. }), "{refused}");

    c.stop().await;
    setup::join_again(&c.path(), &a.invite().await, Signing::Sign, None).unwrap();
    c.start().await;
    c.until_members(3).await;
    until_equal(&[&a, &b, &c]).await;
    assert_eq!(c.status().await.group, own);
    assert_eq!(c.status().await.standing, OwnStanding::Member);
    c.stop().await;
    let again = setup::join_again(&c.path(), &a.invite().await, Signing::Sign, None).unwrap_err();
    assert!(again.to_string().contains("is a member of the coalition already"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_was_removed_is_written_again_and_serves_when_the_store_goes() {
    let mut a = Member::found("Clean River", TCP).await;
    let action = a.write("action", json!({"title": "Walk to the spring"})).await;
    let group = a.status().await.group;
    a.stop().await;
    std::fs::remove_file(a.path().join("journal")).unwrap();
    a.start().await;
    let troubles = a.status().await.troubles;
    assert!(troubles.iter().any(|it| it.what.contains("the journal was gone")), "{troubles:?}");
    a.stop().await;
    std::fs::remove_dir_all(a.path().join("store")).unwrap();
    a.start().await;
    assert_eq!(a.text(&action, "title"), "Walk to the spring");
    let status = a.status().await;
    assert_eq!((status.group, status.standing), (group, OwnStanding::Member));
}
