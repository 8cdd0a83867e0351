//! A thief has a second group certify the computer that he took: what its own group lost is found and written again,
//! whom it had let in is told, and one vouch brings them back.

use grid_node::handle::{Act, CommandError, CutAt, FaultRow, LostState, OwnStanding, SlotUse, Vain, VainVouch, Whose};
use grid_node::setup::recover::{Afresh, Before, Way, afresh};
use grid_node::setup::{self, JoinRequest, Signing};
use grid_node::view::{Need, NeedKind};
use grid_protocol::control::{Capabilities, DeviceSecrets, Record, RecoveryContacts};
use grid_protocol::id::DocumentId;
use grid_protocol::key::{SealKey, SecretKey};
use grid_protocol::sync::News;
use grid_protocol::words::RecoveryWords;
use grid_tests::grid::{Member, PATIENCE, until_equal};
use grid_tests::scripted::Scripted;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tempfile::TempDir;

const TCP: &[&str] = &["/ip4/127.0.0.1/tcp/0"];

/// A coalition in which Mill has let Lake in, and a member that signs whatever it is told to.
struct River {
    weir: Member,
    lake: Member,
    scripted: Scripted,
    words: RecoveryWords,
    /// What Mill's home had on its disk when it was taken.
    taken: DeviceSecrets,
    vigil: DocumentId,
}

/// What a group says of the computer that was taken as it comes back.
#[derive(Clone, Copy)]
enum Taken {
    /// It is lost: it ends behind what is known of it.
    Lost,
    /// It goes on: nobody noticed yet.
    Kept,
}

/// What a member's status says of a computer of several groups.
async fn told_of_it(member: &Member) -> Option<FaultRow> {
    let faults = member.status().await.findings.faults;
    faults.into_iter().find(|fault| fault.name == "device_of_several_groups")
}

/// The keys in a home that has no passphrase.
fn keys_in(home: &std::path::Path) -> DeviceSecrets {
    let file: Value = serde_json::from_slice(&std::fs::read(home.join("keys")).expect("a key file")).expect("JSON");
    let seed = |name: &str| -> [u8; 32] {
        let text = file[name].as_str().expect("a seed in hex");
        let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
        let bytes: Vec<u8> = (0..text.len()).step_by(2).filter_map(byte).collect();
        bytes.try_into().expect("32 bytes")
    };
    let secret = |name: &str| SecretKey::from_seed(&seed(name));
    DeviceSecrets { device: secret("device"), peer: secret("transport"), seal: SealKey([4; 32]) }
}

impl River {
    async fn new() -> Self {
        let weir = Member::found("Weir", TCP).await;
        let scripted = Scripted::join(&weir).await;
        let home = tempfile::tempdir().expect("a temporary directory");
        let request =
            JoinRequest { invite: weir.invite().await, group_name: "Mill".to_owned(), signing: Signing::Sign };
        let made =
            setup::join(&home.path().join("home"), &request, &RecoveryContacts::default(), None).expect("a new home");
        let words = RecoveryWords::parse(&made.words.join(" ")).expect("24 words");
        let mut mill = Member::of_home(home, TCP).await;
        mill.until_members(3).await;
        let lake = Member::join("Lake", &mill.invite().await, Signing::Sign, TCP).await;
        weir.until_members(4).await;
        let vigil = mill.write("action", json!({"title": "Vigil", "place": "Old bridge"})).await;
        weir.until_here(vigil).await;
        lake.until_here(vigil).await;
        let confirmed = async |me: &Member| {
            let slots = me.handle().vouches().await.ok()?.slots;
            (!slots.is_empty() && slots.iter().all(|slot| matches!(slot.holds, SlotUse::Vouch(_)))).then_some(())
        };
        mill.until("its invite is confirmed", confirmed).await;
        until_equal(&[&weir, &mill, &lake]).await;
        mill.stop().await;
        let taken = keys_in(&mill.path());
        Self { weir, lake, scripted, words, taken, vigil }
    }

    /// The group of the scripted member certifies the computer that was taken.
    async fn certify_again(&self) {
        let code = self.scripted.author.code([1; 32], Capabilities::NONE, self.scripted.now);
        let request = code.request("mine now", &self.taken).expect("a label in bounds");
        self.scripted.say(News::Record(Record::DeviceCert(self.scripted.author.certify(request)))).await;
    }

    /// Mill comes back with its words, in a new home.
    async fn recover(&self) -> Member {
        self.recover_with(Taken::Lost).await
    }

    async fn recover_with(&self, taken: Taken) -> Member {
        let home: TempDir = tempfile::tempdir().expect("a temporary directory");
        let path = home.path().join("home");
        let words = RecoveryWords::parse(&self.words.words().join(" ")).expect("24 words");
        let way = Way::Invite(self.weir.invite().await);
        let request = Afresh { way, group: None, wait: PATIENCE, passphrase: None };
        let recovering = afresh(&path, &request, words).await.expect("a member's node knows the group");
        let lost: BTreeMap<_, _> = match taken {
            Taken::Lost => recovering.devices.iter().map(|it| (it.device, Before::Known)).collect(),
            Taken::Kept => BTreeMap::new(),
        };
        recovering.finish(&path, "borrowed laptop", &lost).expect("the words lead on");
        Member::of_home(home, TCP).await
    }

    async fn is_gone(&self, member: &Member) {
        let (vigil, what) = (self.vigil, "the record is gone");
        let shown = |member: &Member| member.text(&vigil, "title") == "Vigil";
        member.until(what, async |me| (!shown(me)).then_some(())).await;
    }

    /// What the status of Mill says about the vouch that Lake lacks.
    async fn asked_for_a_vouch(&self, back: &Member) -> Need {
        back.until("Mill is asked for a vouch", async |me| {
            me.status().await.needs.into_iter().find(|need| need.kind == NeedKind::Vouch)
        })
        .await
    }

    /// Mill vouches for Lake with its new computer.
    async fn let_lake_in_again(&self, back: &Member) {
        let lake = self.lake.status().await.group;
        back.handle().act(Act::Vouch(lake)).await.expect("the new computer has slots");
        let is_in = async |me: &Member| (me.status().await.standing == OwnStanding::Member).then_some(());
        self.lake.until("Lake is in again", is_in).await;
    }

    /// What Mill lost is listed, written again once, and shown by the others.
    async fn publish_again(&self, back: &Member) {
        let lost = back
            .until("what was lost is listed", async |me| {
                let lost = me.handle().lost().await.ok()?;
                lost.iter().any(|record| record.document == self.vigil).then_some(lost)
            })
            .await;
        let vigil = lost.iter().find(|record| record.document == self.vigil).expect("it is listed");
        assert_eq!((vigil.state, vigil.title.as_deref()), (LostState::Missing, Some("Vigil")), "{lost:?}");
        let done = back.handle().publish_lost(None).await.expect("it writes");
        assert!(done.skipped.is_empty() && done.records.iter().any(|it| it.document == self.vigil), "{done:?}");
        assert!(back.handle().publish_lost(None).await.expect("it writes").records.is_empty(), "once is enough");
        for member in [back, &self.weir, &self.lake] {
            member
                .until("it is there again", async |me| (me.text(&self.vigil, "title") == "Vigil").then_some(()))
                .await;
            assert_eq!(member.text(&self.vigil, "place"), "Old bridge");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_recovery_a_second_certificate_is_told_and_what_it_took_is_brought_back() {
    let river = River::new().await;
    let back = river.recover().await;
    back.until_members(4).await;
    back.until_here(river.vigil).await;
    let other = river.scripted.author.me.group;
    let group = back.status().await.group;

    river.certify_again().await;
    river.is_gone(&river.weir).await;
    river.is_gone(&back).await;

    // The group is told which fault it is, who signed it, and the way back; so are others.
    let own = back.until("its own people are told", async |me| told_of_it(me).await).await;
    assert_eq!(own.whose, Whose::Own);
    assert!(own.what.contains("your group") && own.what.contains("Group 900"), "{own:?}");
    assert!(own.hint.contains("grid device lost --publish") && own.hint.contains("grid vouch list"), "{own:?}");
    let theirs = river.weir.status().await.findings.faults;
    assert!(theirs.iter().any(|fault| fault.whose == Whose::Others && fault.what.contains("Mill")), "{theirs:?}");

    // Lake stood on that computer alone: it is told why it fell, and the others how it comes back.
    river
        .lake
        .until("Lake is told", async |me| match me.status().await.standing {
            OwnStanding::LacksVouches(why) => {
                let parts = ["Mill stood for it", "Group 900 certified as well", "grid vouch \"Lake\""];
                parts.iter().all(|part| why.contains(part)).then_some(())
            }
            _ => None,
        })
        .await;
    let lake = river.lake.status().await.group;
    let need = river.asked_for_a_vouch(&back).await;
    assert!(need.what.contains("Lake") && need.what.contains("Group 900 certified as well"), "{need:?}");
    assert!(need.hint.contains("your group stood for it before"), "{need:?}");
    let listed = river.weir.handle().vouches().await.expect("a running node answers").groups;
    let row = listed.iter().find(|row| row.group == lake).expect("it is listed");
    assert_eq!(row.in_vain, [VainVouch { by: group, why: Vain::SeveralGroups(vec![other]) }]);

    river.let_lake_in_again(&back).await;
    river.publish_again(&back).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_comes_back_after_the_second_certificate_fetches_what_it_lost_from_those_who_held_it() {
    let river = River::new().await;
    river.certify_again().await;
    river.is_gone(&river.weir).await;
    let back = river.recover().await;
    river.asked_for_a_vouch(&back).await;
    river.let_lake_in_again(&back).await;
    river.publish_again(&back).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_second_certificate_took_is_not_written_again_before_the_group_has_said_where_its_own_words_end() {
    let river = River::new().await;
    let back = river.recover_with(Taken::Kept).await;
    back.until_members(4).await;
    back.until_here(river.vigil).await;
    river.certify_again().await;
    river.is_gone(&back).await;
    let told = back.until("its own people are told", async |me| told_of_it(me).await).await;
    assert!(told.hint.starts_with("first end it") && told.hint.contains("grid device revoke"), "{told:?}");

    let listed = back.handle().lost().await.expect("a running node answers");
    assert!(listed.iter().any(|record| record.document == river.vigil), "it can be looked at: {listed:?}");
    let taken = listed[0].devices[0];
    match back.handle().publish_lost(None).await {
        Err(CommandError::Refused { why, hint }) => {
            assert!(why.contains("has not ended it") && hint.contains("grid device revoke"), "{why}: {hint}");
        }
        other => panic!("nothing says whose it is: {other:?}"),
    }
    back.handle().revoke_device(taken, CutAt::Held).await.expect("it is a computer of the group");
    let told =
        back.until("it is ended", async |me| told_of_it(me).await.filter(|it| !it.hint.starts_with("first"))).await;
    assert!(told.hint.contains("grid device lost --publish"), "{told:?}");
    river.let_lake_in_again(&back).await;
    river.publish_again(&back).await;
}
