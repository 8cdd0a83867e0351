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
                burden.heard(now, voice, sort, 1, tells);
            }
            hears
        })
        .count() as u64
}

#[test]
fn what_a_device_says_is_heard_up_to_a_rate_and_who_tells_it_itself_is_named() {
    for (sort, burst, seconds, named_for) in [
        (Sort::Receipt, 512, 32, 2_048),
        (Sort::Addresses, 32, 320, 128),
        (Sort::Entry, 16_384, 128, 524_288),
        (Sort::Record, 256, 128, 1_024),
        (Sort::Head, 64, 3_600, 256),
    ] {
        let mut burden = Burden::default();
        // Others may repeat what a device once said, as often as they like: nobody is named.
        assert_eq!(heard(&mut burden, NOON, sort, 2 * named_for + burst, None), burst, "{sort:?}");
        assert_eq!(burden.complaint(NOON, &device(1)), None);
        let later = NOON + SECOND * seconds / 2;
        assert_eq!(heard(&mut burden, later, sort, burst, None), burst / 2, "{sort:?}");
        // And it takes nothing away from what the device says itself.
        let itself = heard(&mut burden, later, sort, burst + named_for - 1, Some(device(1)));
        assert_eq!(itself, burst, "{sort:?}");
        assert_eq!(burden.complaint(later, &device(1)), None, "{sort:?}");
        heard(&mut burden, later, sort, 1, Some(device(1)));
        assert_eq!(burden.complaint(later, &device(1)), Some(Complaint::Says), "{sort:?}");
        assert_eq!(burden.complaint(later + HOUR, &device(1)), None, "{sort:?}");
    }
}

#[test]
fn what_is_told_too_late_is_heard_up_to_a_rate_and_names_nobody() {
    let mut burden = Burden::default();
    assert_eq!(heard(&mut burden, NOON, Sort::Late, 100_000, None), 2_048);
    assert_eq!(heard(&mut burden, NOON + SECOND * 64, Sort::Late, 100_000, None), 1_024);
    assert_eq!(burden.complaint(NOON + SECOND * 64, &device(1)), None);
}

#[test]
fn four_imports_of_a_hundred_thousand_rows_within_an_hour_name_nobody() {
    let mut burden = Burden::default();
    let own = Some(device(1));
    assert_eq!(heard(&mut burden, NOON, Sort::Entry, 100_000, own), 16_384, "the others are pulled");
    for minutes in [5, 10, 15] {
        assert_eq!(heard(&mut burden, NOON + 60 * SECOND * minutes, Sort::Entry, 100_000, own), 16_384);
    }
    assert_eq!(burden.complaint(NOON + 900 * SECOND, &device(1)), None);
}

#[test]
fn what_goes_beyond_a_bound_is_given_back_over_an_hour() {
    let mut burden = Burden::default();
    let own = Some(device(1));
    // Half of what it would be named for, every half hour.
    for half in 0..6 {
        let now = NOON + HOUR / 2 * half;
        heard(&mut burden, now, Sort::Receipt, 512 + 1_024, own);
        assert_eq!(burden.complaint(now, &device(1)), None, "half hour {half}");
    }
}

#[test]
fn however_many_devices_there_are_few_are_remembered_and_the_oldest_make_way() {
    // Over time, and all at once, when nothing is over.
    for step in [SECOND, Duration::ZERO] {
        let mut burden = Burden::default();
        let device = |number: u32| {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&number.to_be_bytes());
            DeviceId(crate::key::PublicKey(key))
        };
        for number in 0..20_000_u32 {
            let (device, now) = (device(number), NOON + step * number);
            let _ = burden.ask(now, device, 10);
            burden.answered(now, device, 10, Weight { looked_at: 1, sent: 0 });
            burden.heard(now, Voice::Device(device), Sort::Head, 64, Some(device));
            assert_eq!(burden.hear(now, Voice::Device(device), Sort::Head, 1, Some(device)), Room::None);
        }
        let kept = [burden.asked.kept.len(), burden.said.kept.len(), burden.too_loud.kept.len()];
        assert_eq!(kept, [KNOWN; 3], "{step:?}");
        let queued = [burden.asked.order.len(), burden.said.order.len(), burden.too_loud.order.len()];
        assert_eq!(queued, kept, "{step:?}");
        assert!(burden.asked.get(&device(19_999)).is_some() && burden.asked.get(&device(0)).is_none(), "{step:?}");
    }
}
