//! Codes as text, and requests that were altered on the way.

use super::*;
use crate::key::SealKey;
use crate::words::RecoveryWords;
use proptest::prelude::*;

fn code() -> PairingCode {
    PairingCode {
        format: Format,
        coalition: CoalitionId([1; 32]),
        coalition_name: "Clear Water".to_owned(),
        group: GroupId([2; 32]),
        group_name: "Mill Street".to_owned(),
        root: Signer::Root(0),
        capabilities: Capabilities::WRITE,
        label: "office".to_owned(),
        seed: [3; 32],
        expires: Timestamp(1_000),
        addresses: vec!["/ip4/10.0.0.1/tcp/4040/p2p/x".to_owned()],
    }
}

fn secrets(number: u8) -> DeviceSecrets {
    let seal = x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from([number; 32]));
    DeviceSecrets {
        device: SecretKey::from_seed(&[number; 32]),
        peer: SecretKey::from_seed(&[number + 1; 32]),
        seal: SealKey(seal.to_bytes()),
    }
}

#[test]
fn a_code_is_read_as_it_was_written_whatever_its_case_and_spaces() {
    let text = code().to_text();
    assert_eq!(PairingCode::parse(&text), Ok(code()));
    let spaced: String = text.to_uppercase().chars().flat_map(|c| [c, ' ']).collect();
    assert_eq!(PairingCode::parse(&spaced), Ok(code()));
    assert!(!format!("{:?}", code()).contains("seed"), "the secret is not printed");
}

#[test]
fn what_is_no_code_is_told_from_a_damaged_one_and_from_one_for_a_newer_program() {
    let text = code().to_text();
    assert_eq!(PairingCode::parse("grid1abc"), Err(ParsePairingError::NotACode));
    assert_eq!(PairingCode::parse(""), Err(ParsePairingError::NotACode));
    assert_eq!(PairingCode::parse("gridpair2abc"), Err(ParsePairingError::NewerFormat { found: '2' }));
    assert_eq!(PairingCode::parse(&text[..text.len() - 3]), Err(ParsePairingError::Damaged));
    assert!(matches!(PairingCode::parse(&"a".repeat(100_000)), Err(ParsePairingError::TooLong { .. })));
}

#[test]
fn a_request_signed_by_the_root_is_a_certificate_that_holds() {
    let words = RecoveryWords::from_entropy([9; 32]);
    let request = code().request("office", &secrets(20)).unwrap();
    assert!(request.check().is_ok());
    assert!(request.fits(&code().pairing(), &code().group));
    let certificate = request.certify(SigningKey::Root(0, &words.root(0)));
    assert_eq!(certificate.body().label, "office");
    assert!(certificate.signed.verify(&words.root(0).public()).is_ok());
    let made = DeviceCert::new(certificate.body().clone(), SigningKey::Root(0, &words.root(0)), &secrets(20));
    assert_eq!(certificate, made);
}

#[test]
fn a_request_whose_parts_were_exchanged_does_not_hold() {
    let sound = code().request("office", &secrets(20)).unwrap();
    let other = code().request("office", &secrets(40)).unwrap();
    let stranger = PairingCode { seed: [4; 32], ..code() }.request("office", &secrets(20)).unwrap();
    let altered = [
        PairRequest { certificate: other.certificate.clone(), ..sound.clone() },
        PairRequest { by_device: other.by_device, ..sound.clone() },
        PairRequest { by_peer: other.by_peer, ..sound.clone() },
        PairRequest { proof: stranger.proof, ..sound.clone() },
        PairRequest { proof: other.proof, ..sound.clone() },
        PairRequest { coalition: CoalitionId([7; 32]), ..sound.clone() },
        PairRequest { root: Signer::Root(1), ..sound.clone() },
    ];
    for (number, request) in altered.into_iter().enumerate() {
        assert!(request.check().is_err(), "alteration {number}");
    }
    let mut more = sound;
    more.certificate.capabilities = Capabilities::ALL;
    assert!(!more.fits(&code().pairing(), &code().group));
    assert!(more.check().is_err());
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,200}", tail in "[a-z2-7]{0,300}") {
        let _ = PairingCode::parse(&text);
        let _ = PairingCode::parse(&format!("gridpair1{tail}"));
    }

    #[test]
    fn one_wrong_letter_is_noticed(place in 9_usize..200, letter in "[a-z2-7]") {
        let text = code().to_text();
        let mut wrong = text.clone();
        wrong.replace_range(place..=place, &letter);
        prop_assert_eq!(PairingCode::parse(&wrong).is_ok(), wrong == text);
    }
}
