//! Real nodes whose network is cut and whose clocks lie.

use grid_node::handle::OwnStanding;
use grid_node::setup::{self, JoinRequest, SetupError, Signing};
use grid_protocol::control::RecoveryContacts;
use grid_tests::faults::clock::{self, TEN_YEARS};
use grid_tests::grid::{Member, until_equal};
use grid_tests::proxy::{Carries, Proxy, Way, Weather, socket_address};
use serde_json::json;
use std::time::Duration;

const TCP: &[&str] = &["/ip4/127.0.0.1/tcp/0"];
const QUIC: &[&str] = &["/ip4/127.0.0.1/udp/0/quic-v1"];
const SEED: u64 = 7;

async fn two_nodes_that_are_cut_apart_are_equal_again_once_the_way_is_open(carries: Carries, listen: &[&str]) {
    println!("seed {SEED}");
    let proxy = Proxy::open(carries, SEED).await.expect("a proxy on loopback");
    proxy.set_weather(Weather {
        delay: Duration::from_millis(5),
        jitter: Duration::from_millis(5),
        loss_per_mille: 20,
        bandwidth: Some(2_000_000),
    });
    let mut a = Member::found("Clean River", listen).await;
    a.stop().await;
    a.announce(vec![proxy.address()]);
    a.start().await;
    proxy.aim(socket_address(&a.status().await.listen[0]).expect("a TCP or UDP address"));
    let invite = a.invite().await;
    let mut b = Member::join("Mill Street", &invite, Signing::Sign, listen).await;
    b.until_members(2).await;
    a.until_members(2).await;
    until_equal(&[&a, &b]).await;
    let before = proxy.carried();
    assert!(before.bytes > 1_000 && before.streams > 0, "{before:?}");

    proxy.set_way(Way::Cut);
    let here = a.write("action", json!({"title": "On this side"})).await;
    let there = b.write("action", json!({"title": "On the other side"})).await;
    assert_eq!((a.text(&there, "title"), b.text(&here, "title")), (String::new(), String::new()));
    proxy.set_way(Way::Open);
    a.until_here(there).await;
    b.until_here(here).await;
    until_equal(&[&a, &b]).await;

    // A connection that is reset comes back by itself.
    proxy.reset();
    let after = a.write("action", json!({"title": "After the reset"})).await;
    b.until_here(after).await;
    assert!(proxy.carried().bytes > before.bytes);
    a.stop().await;
    b.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_that_are_cut_apart_are_equal_again_once_the_way_is_open_over_tcp() {
    two_nodes_that_are_cut_apart_are_equal_again_once_the_way_is_open(Carries::Tcp, TCP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_that_are_cut_apart_are_equal_again_once_the_way_is_open_over_quic() {
    two_nodes_that_are_cut_apart_are_equal_again_once_the_way_is_open(Carries::Udp, QUIC).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lost_its_store_asks_the_member_that_comes_to_it() {
    let mut a = Member::found("Clean River", TCP).await;
    let mut b = Member::join("Mill Street", &a.invite().await, Signing::Sign, TCP).await;
    let action = b.write("action", json!({"title": "Walk to the spring"})).await;
    a.until_here(action).await;
    until_equal(&[&a, &b]).await;
    a.stop().await;
    b.stop().await;
    std::fs::remove_dir_all(b.path().join("store")).unwrap();
    b.start().await;
    // Where the other node listens now nobody knows, so it is the one that dials.
    a.listen_on(QUIC);
    a.start().await;
    b.until_members(2).await;
    until_equal(&[&a, &b]).await;
    assert_eq!(b.text(&action, "title"), "Walk to the spring");
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_are_ten_years_off_and_jump_lose_nothing_and_hold_up_nobody() {
    println!("seed {SEED}");
    let outcome = clock::run(3, 4, SEED).await;
    println!("{outcome}");
    assert!(outcome.is_sound(), "{outcome}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_clock_was_ahead_is_found_at_its_new_address_once_the_clock_is_right() {
    let mut a = Member::found("Clean River", TCP).await;
    let mut b = Member::joined("Mill Street", &a.invite().await, Signing::Sign, TCP);
    b.wall().set_ahead(TEN_YEARS);
    b.start().await;
    a.until_members(2).await;
    until_equal(&[&a, &b]).await;
    b.stop().await;
    b.wall().set_ahead(0);
    b.listen_on(QUIC);
    b.start().await;
    let moved = b.status().await.listen[0].clone();
    a.until("the new address is known", async |a| {
        let named = a.invite().await;
        let ticket = grid_protocol::invite::InviteTicket::parse(&named).ok()?;
        ticket.addresses.contains(&moved).then_some(())
    })
    .await;
    // It dials the new address: the other one can't know where this node went.
    a.stop().await;
    a.listen_on(QUIC);
    a.start().await;
    a.until_connected().await;
    until_equal(&[&a, &b]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_is_refused_as_expired_while_the_inviters_clock_is_ahead_and_taken_when_it_is_right() {
    let a = Member::found("Clean River", TCP).await;
    let invite = a.invite().await;
    a.wall().set_ahead(TEN_YEARS);
    let mut b = Member::join("Mill Street", &invite, Signing::Sign, TCP).await;
    let why = b
        .until("the guest is refused", async |b| match b.status().await.standing {
            OwnStanding::Refused(why) => Some(why),
            _ => None,
        })
        .await;
    assert!(why.contains("expired"), "{why}");
    a.wall().set_ahead(0);
    // It would ask again by itself, a minute later.
    b.stop().await;
    b.start().await;
    a.until_members(2).await;
    b.until_members(2).await;
    until_equal(&[&a, &b]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_from_a_clock_that_is_behind_is_refused_with_its_date_and_one_from_a_clock_ahead_is_taken() {
    let a = Member::found("Clean River", TCP).await;
    a.wall().set_ahead(-TEN_YEARS);
    let home = tempfile::tempdir().unwrap();
    let request =
        JoinRequest { invite: a.invite().await, group_name: "Mill Street".to_owned(), signing: Signing::Sign };
    let refused = setup::join(&home.path().join("home"), &request, &RecoveryContacts::default(), None).unwrap_err();
    assert!(matches!(refused, SetupError::Expired { .. }), "{refused}");
    assert!(!home.path().join("home").exists());
    a.wall().set_ahead(TEN_YEARS);
    let b = Member::join("Mill Street", &a.invite().await, Signing::Sign, TCP).await;
    b.until_members(2).await;
    until_equal(&[&a, &b]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_whose_clocks_were_set_back_find_a_free_slot_of_an_invite_for_all() {
    let a = Member::found("Clean River", TCP).await;
    let invite = a.handle().invite(4, Duration::from_secs(3_600)).await.unwrap().text;
    let mut guests = Vec::new();
    for number in 0..4 {
        let mut guest = Member::joined(&format!("Group {number}"), &invite, Signing::Sign, TCP);
        guest.wall().set_ahead(-TEN_YEARS);
        guest.start().await;
        a.until_members(number + 2).await;
        guests.push(guest);
    }
    let all: Vec<&Member> = std::iter::once(&a).chain(&guests).collect();
    until_equal(&all).await;
}
