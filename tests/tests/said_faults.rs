//! Whoever breaks a rule with sound signatures is shown: a real node, and a member that does what it is told.

use automerge::transaction::Transactable as _;
use automerge::{ActorId, AutoCommit, ROOT};
use grid_node::handle::Whose;
use grid_node::setup::Signing;
use grid_protocol::document::{ChangeBody, actor};
use grid_protocol::entry::{Head, VerifiedEntry};
use grid_protocol::id::DocumentId;
use grid_protocol::sync::News;
use grid_tests::grid::Member;
use grid_tests::scripted::Scripted;
use serde_json::json;

const LISTEN: [&str; 1] = ["/ip4/127.0.0.1/tcp/0"];

/// A change of somebody else's record, signed by the scripted member.
fn intrusion(scripted: &Scripted, head: Option<&Head>, record: DocumentId) -> VerifiedEntry {
    let author = &scripted.author;
    let name = actor(&author.me.coalition, &record, &author.me.device);
    let mut draft = AutoCommit::new().with_actor(ActorId::from(name.0.as_slice()));
    draft.put(ROOT, "title", "Ours now").expect("a map");
    draft.commit();
    let change = draft.get_last_local_change().expect("a change").raw_bytes().to_vec();
    author.entry(head, scripted.now, record, ChangeBody { opening: None, change }.encode())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_writes_what_no_honest_program_writes_is_shown_also_after_a_restart() {
    let mut member = Member::found("Clean River", &LISTEN).await;
    let scripted = Scripted::join(&member).await;
    let action = member.write("action", json!({"title": "River vigil"})).await;
    // Its own record is sound: that alone makes nobody faulty.
    let sound = scripted.entries(None, "A walk", 1).remove(0);
    let bad = intrusion(&scripted, sound.head().as_ref(), action);
    for entry in [&sound, &bad] {
        scripted.say(News::Entry(entry.announce().expect("each entry is signed"))).await;
    }
    let shown = async |me: &Member| me.status().await.findings.faulty_devices.pop();
    let faulty = member.until("the device is shown", shown).await;
    assert_eq!((faulty.device, faulty.changes, faulty.record), (scripted.author.me.device, 1, action));
    assert_eq!((faulty.group, faulty.name.as_deref()), (Some(scripted.author.me.group), Some("Group 900")));
    assert!(faulty.rule.contains("owns"), "{}", faulty.rule);
    assert_eq!(member.text(&action, "title"), "River vigil");

    member.stop().await;
    member.start().await;
    assert_eq!(member.status().await.findings.faulty_devices, [faulty], "what was kept does not forget it");
    assert_eq!(member.status().await.findings.unreadable, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_vouches_on_one_slot_are_shown_with_who_gave_them() {
    let member = Member::found("Clean River", &LISTEN).await;
    let scripted = Scripted::join(&member).await;
    let mill = Member::join("Mill", &member.invite().await, Signing::Sign, &LISTEN).await;
    let lake = Member::join("Lake", &member.invite().await, Signing::Sign, &LISTEN).await;
    member.until_members(4).await;
    let version = member.handle().look(|views| views.statement.as_ref().map(|it| it.version));
    let version = version.expect("a founder has the statement");
    for other in [&mill, &lake] {
        let vouch = scripted.author.vouch_for(version, 3, other.status().await.group);
        scripted.say(News::Record(vouch)).await;
    }
    let fault = member.until("the fault is shown", async |me| me.status().await.findings.faults.pop()).await;
    assert_eq!((fault.name, fault.whose), ("double_vouch", Whose::Others));
    assert_eq!((fault.group, fault.device), (Some(scripted.author.me.group), Some(scripted.author.me.device)));
    assert!(["Group 900", "Mill", "Lake", "(3,"].iter().all(|part| fault.what.contains(part)), "{}", fault.what);
    assert_eq!(member.status().await.members, 4, "nobody stood on it");
}
