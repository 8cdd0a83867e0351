//! How much is too much, in numbers.

use super::*;
use crate::key::SecretKey;

const SECOND: Duration = Duration::from_secs(1);
const NOON: Duration = Duration::from_secs(12 * 3_600);

fn device(number: u8) -> DeviceId {
    DeviceId(SecretKey::from_seed(&[number; 32]).public())
}

/// How many of so many requests are answered, each of which takes this.
fn answered(burden: &mut Burden, now: Duration, device: DeviceId, times: u64, held: u64, weight: Weight) -> u64 {
    (0..times)
        .filter(|_| {
            let granted = burden.ask(now, device, held) == Room::Left;
            if granted {
                burden.answered(now, device, held, weight);
            }
            granted
        })
        .count() as u64
}

#[test]
fn whoever_asks_for_everything_is_sent_it_three_times_and_then_turned_away_and_named() {
    let mut burden = Burden::default();
    let frame = Weight { looked_at: 2, sent: 1_000 };
    let frames = answered(&mut burden, NOON, device(1), 100, 100_000, frame);
    assert_eq!(frames, 100, "a catch-up of 100,000 records");
    let frames = answered(&mut burden, NOON, device(1), 1_000, 100_000, frame);
    assert_eq!(frames, 202, "twice more, and what the bound leaves");
    assert_eq!(burden.complaint(NOON, &device(1)), Some(Complaint::Asks));
    assert_eq!(answered(&mut burden, NOON, device(2), 100, 100_000, frame), 100, "another one is not touched");
    assert_eq!(burden.complaint(NOON, &device(2)), None);
    let later = NOON + HOUR;
    assert_eq!(burden.complaint(later, &device(1)), None, "it asked less for an hour");
    assert_eq!(answered(&mut burden, later, device(1), 100, 100_000, frame), 100);
}

#[test]
fn comparing_every_second_for_hours_is_no_flood() {
    let mut burden = Burden::default();
    let hello = Weight { looked_at: 8, sent: 0 };
    for second in 0..3 * 3_600 {
        assert_eq!(burden.ask(NOON + SECOND * second, device(1), 10), Room::Left);
        burden.answered(NOON + SECOND * second, device(1), 10, hello);
    }
    let asked = answered(&mut burden, NOON, device(2), 1_000_000, 10, hello);
    assert_eq!(asked, MAX_ASKED / 8);
}

#[test]
fn who_is_turned_away_waits_for_it_and_few_wait_at_a_time() {
    let mut burden = Burden::default();
    let (one, other) = (PeerKey([1; 32]), PeerKey([2; 32]));
    let kept = (0..1_000).filter(|token| burden.keep_waiting(NOON, one, *token) == Room::Left).count();
    assert_eq!(kept, MAX_KEPT_WAITING);
    assert_eq!(burden.keep_waiting(NOON, other, 5_000), Room::Left);
    assert_eq!(burden.due(), Some(NOON + KEPT_WAITING));
    assert!(burden.released(NOON).is_empty());
    assert_eq!(burden.released(NOON + KEPT_WAITING).len(), MAX_KEPT_WAITING + 1);
    assert_eq!(burden.due(), None);
}

/// How many of so many things of one sort are heard, told by this device.
fn heard(burden: &mut Burden, now: Duration, sort: Sort, times: u64, tells: Option<DeviceId>) -> u64 {
    let voice = Voice::Device(device(1));
    (0..times)
        .filter(|_| {
            let hears = burden.hear(now, voice, sort, 1, tells) == Room::Left;
            if hears {
                burden.heard(now, voice, sort, 1);
            }
            hears
        })
        .count() as u64
}

#[test]
fn what_a_device_says_is_heard_up_to_a_rate_and_who_tells_it_itself_is_named() {
    for (sort, burst, seconds) in [
        (Sort::Receipt, 512, 32),
        (Sort::Addresses, 32, 320),
        (Sort::Entry, 16_384, 128),
        (Sort::Record, 256, 128),
        (Sort::Head, 64, 3_600),
    ] {
        let mut burden = Burden::default();
        // Others may repeat what a device once said, as often as they like: nobody is named.
        assert_eq!(heard(&mut burden, NOON, sort, 2 * sort.named_for() + burst, None), burst, "{sort:?}");
        assert_eq!(burden.complaint(NOON, &device(1)), None);
        let later = NOON + SECOND * seconds / 2;
        let again = heard(&mut burden, later, sort, burst / 2 + sort.named_for() - 1, Some(device(1)));
        assert_eq!(again, burst / 2, "{sort:?}");
        assert_eq!(burden.complaint(later, &device(1)), None, "{sort:?}");
        heard(&mut burden, later, sort, 1, Some(device(1)));
        assert_eq!(burden.complaint(later, &device(1)), Some(Complaint::Says), "{sort:?}");
        assert_eq!(burden.complaint(later + HOUR, &device(1)), None, "{sort:?}");
    }
}

#[test]
fn an_import_of_a_hundred_thousand_rows_names_nobody() {
    let mut burden = Burden::default();
    let own = Some(device(1));
    assert_eq!(heard(&mut burden, NOON, Sort::Entry, 100_000, own), 16_384, "the others are pulled");
    assert_eq!(burden.complaint(NOON, &device(1)), None);
}

#[test]
fn however_many_devices_there_are_few_are_remembered() {
    let mut burden = Burden::default();
    for number in 0..20_000_u32 {
        let mut key = [0; 32];
        key[..4].copy_from_slice(&number.to_be_bytes());
        let (device, now) = (DeviceId(crate::key::PublicKey(key)), NOON + SECOND * number);
        let _ = burden.ask(now, device, 10);
        burden.answered(now, device, 10, Weight { looked_at: 1, sent: 0 });
        burden.heard(now, Voice::Device(device), Sort::Receipt, 1);
    }
    assert!(burden.asked.len() <= KNOWN && burden.said.len() <= KNOWN, "{} {}", burden.asked.len(), burden.said.len());
}
