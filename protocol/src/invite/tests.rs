//! Invites as people pass them on: wrapped, mistyped, cut off, too old.

use super::*;
use crate::control::Offer;
use crate::control::sample::{Coalition, LATER, NOW};
use crate::limits::{MAX_INVITE_PAGE, MAX_INVITE_PAGES};
use proptest::prelude::*;
use std::sync::LazyLock;

static TICKET: LazyLock<InviteTicket> = LazyLock::new(|| {
    let coalition = Coalition::new();
    coalition.invite(&coalition.set(), 3, 1).0
});

#[test]
fn an_invite_reads_back_from_message_link_and_capitals() {
    let text = TICKET.to_text().unwrap();
    let wrapped: String =
        text.chars().enumerate().flat_map(|(at, c)| [(at % 60 == 59).then_some('\n'), Some(c)]).flatten().collect();
    for form in [text.clone(), format!("grid:{text}"), format!(" {text}\r\n"), text.to_uppercase(), wrapped] {
        assert_eq!(InviteTicket::parse(&form).unwrap(), *TICKET);
    }
}

#[test]
fn the_long_form_proves_itself_and_the_short_one_fits_a_qr_code() {
    let mut set = ControlSet::new(TICKET.coalition);
    for record in &TICKET.records {
        assert!(matches!(set.offer(record.clone()), Offer::Inserted { .. }));
    }
    assert_eq!(set.genesis(), TICKET.genesis());
    assert_eq!(TICKET.proof().len(), 3);
    let short = TICKET.clone().short();
    let text = short.to_text().unwrap();
    assert!(text.len() < 500, "{}", text.len());
    assert_eq!(InviteTicket::parse(&text).unwrap(), short);
    assert!(short.proof().is_empty());
}

#[test]
fn what_is_no_invite_is_told_apart() {
    let text = TICKET.to_text().unwrap();
    let error = |text: &str| InviteTicket::parse(text).unwrap_err();
    assert!(matches!(error("hello"), ParseInviteError::NotAnInvite));
    assert!(matches!(error(""), ParseInviteError::NotAnInvite));
    assert!(matches!(error("grid"), ParseInviteError::NotAnInvite));
    assert!(matches!(error("grid1"), ParseInviteError::Damaged));
    assert!(matches!(error(&text[..text.len() - 8]), ParseInviteError::Damaged));
    assert!(matches!(error(&text.replacen("grid1", "grid3", 1)), ParseInviteError::NewerFormat { found: '3' }));
    let long = format!("grid1{}", "a".repeat(MAX_INVITE));
    assert!(matches!(error(&long), ParseInviteError::TooLong { .. }));
}

#[test]
fn an_invite_brings_pages_and_without_them_it_is_as_it_was() {
    let page =
        |text: String| OpenPage { title: "What you get".into(), purpose: "value".into(), by: "Weir".into(), text };
    let ticket = TICKET.clone().with_pages(vec![page("Songs, and a van.".into()), page("é".repeat(MAX_INVITE_PAGE))]);
    assert!(ticket.pages[1].text.len() <= MAX_INVITE_PAGE && ticket.pages[1].text.ends_with('…'));
    let text = ticket.to_text().unwrap();
    assert!(text.starts_with("grid2"), "older programs say that a newer one is needed");
    assert_eq!(InviteTicket::parse(&text).unwrap(), ticket);
    assert_eq!(ticket.clone().short(), TICKET.clone().short());
    assert!(TICKET.to_text().unwrap().starts_with("grid1"));
    // The bounds hold for whoever reads, too.
    let crowded = InviteTicket { pages: vec![page(String::new()); MAX_INVITE_PAGES + 1], ..TICKET.clone() };
    let long = InviteTicket { pages: vec![page("a".repeat(MAX_INVITE_PAGE + 1))], ..TICKET.clone() };
    for ticket in [crowded, long] {
        assert!(matches!(InviteTicket::parse(&ticket.to_text().unwrap()), Err(ParseInviteError::Pages)));
    }
    // The formats are not mixed up.
    for (from, to) in [("grid1", "grid2"), ("grid2", "grid1")] {
        let text = if from == "grid1" { TICKET.to_text().unwrap() } else { text.clone() };
        assert!(matches!(InviteTicket::parse(&text.replacen(from, to, 1)), Err(ParseInviteError::Content(_))));
    }
}

#[test]
fn a_small_text_cannot_claim_much_memory() {
    let mut packed = zstd::bulk::compress(&vec![0; MAX_INVITE_UNPACKED * 4], 19).unwrap();
    packed.extend(checksum(&packed));
    let text = format!("grid1{}", to_base32(&packed));
    assert!(matches!(InviteTicket::parse(&text), Err(ParseInviteError::Unpack(_))));
}

#[test]
fn groups_are_spread_over_the_slots_and_try_the_next() {
    let group = |byte| GroupId([byte; 32]);
    let slots: Vec<u32> = (0..3).map(|attempt| TICKET.slot_for(&group(200), attempt)).collect();
    let mut sorted = slots.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [0, 1, 2]);
    assert_eq!(TICKET.slot_for(&group(200), 3), slots[0]);
}

#[test]
fn an_invite_expires_and_hides_its_secret() {
    assert!(!TICKET.expired(NOW) && !TICKET.expired(LATER) && TICKET.expired(Timestamp(LATER.0 + 1)));
    assert!(!format!("{:?}", *TICKET).contains("seed"));
}

#[test]
fn whoever_may_not_invite_is_told_so() {
    let coalition = Coalition::new();
    let set = coalition.set();
    let authority = Authority::evaluate(&set);
    let new = |device, count| NewInvite { device, seed: [0; 32], count, now: NOW, expires: LATER, addresses: vec![] };
    let stranger = SecretKey::from_seed(&[77; 32]);
    let issued = InviteTicket::issue(&set, &authority, new(&stranger, 1));
    assert_eq!(issued.unwrap_err(), IssueError::NotGoverning);
    let issued = InviteTicket::issue(&set, &authority, new(&coalition.founder.secrets.device, 65));
    assert_eq!(issued.unwrap_err(), IssueError::NoFreeSlots { wanted: 65, all: 64 });
}

proptest! {
    #[test]
    fn one_wrong_character_is_recognised(at: prop::sample::Index, letter in 0_u8..26) {
        let text = TICKET.to_text().unwrap();
        let at = at.index(text.len());
        let mut typo = text.clone().into_bytes();
        typo[at] = b'a' + letter;
        let typo = String::from_utf8(typo).unwrap();
        if typo != text {
            prop_assert!(matches!(
                InviteTicket::parse(&typo),
                Err(ParseInviteError::Damaged | ParseInviteError::NotAnInvite)
            ));
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in "(grid[0-9]?)?[a-z2-7 ]{0,200}|\\PC{0,60}") {
        prop_assert!(InviteTicket::parse(&text).is_err());
    }
}
