//! Files of a home that a disk may have torn: the frames of the journal and of the rows, as the node reads them.
//!
//! A checksum would stop nearly every input, so the input also says what is framed: a length, then so many bytes.

use super::choices::Choices;
use super::{Reached, Seeds};
use frame::{FRAME_HEADER, Frames, HEADER, Step, first_frame, header_of, push_frame};
use last::KEY;
use std::collections::BTreeMap;

// The node itself is not compiled for the fuzzer.
#[path = "../../../node/src/store/frame.rs"]
mod frame;
#[path = "../../../node/src/store/last.rs"]
mod last;

/// A journal: as it came, framed, and framed with a piece torn out.
pub fn journal(bytes: &[u8]) -> Reached {
    let found = read_all(bytes);
    let payloads = pieces(bytes, MAX_PIECE);
    let framed = framed(&payloads);
    let again = read_all(&framed);
    assert_eq!((&again.payloads, again.damaged, again.torn), (&payloads, 0, 0), "what is whole reads back whole");
    let reserved = read_all(&[&framed[..], &[0; 40]].concat());
    assert_eq!((&reserved.payloads, reserved.end), (&payloads, framed.len()), "what is reserved is no damage");
    let mut choices = Choices::new(bytes);
    let from = choices.below(framed.len());
    let torn = [&framed[..from], framed.get(from + 3..).unwrap_or_default()].concat();
    let rest = read_all(&torn);
    // A frame that stands in another one, or begins in its checksum, is read where that one is torn.
    let sound = (0..framed.len()).filter(|from| first_frame(&framed[*from..]).is_some()).count();
    if sound == payloads.len() {
        assert!(is_part(&rest.payloads, &payloads), "nothing is read that was not written");
        // Three bytes are of two frames at most.
        assert!(rest.payloads.len() + 2 >= payloads.len(), "what is behind a torn place is found again");
    }
    if found.payloads.is_empty() && payloads.is_empty() { Reached::Refused } else { Reached::Read }
}

/// A file of rows: as it came, and framed.
pub fn rows(bytes: &[u8]) -> Reached {
    let header = header_of(b"grid rows\0\0\0", 1);
    let found = check_places(&[&header[..], bytes].concat());
    // Few different keys, so that there are later values of each.
    let payloads: Vec<Vec<u8>> = pieces(bytes, 12).iter().map(|payload| keyed(payload)).collect();
    let file = [&header[..], &framed(&payloads)].concat();
    let mut last: BTreeMap<&[u8], (usize, &[u8])> = BTreeMap::new();
    for (at, payload) in payloads.iter().enumerate() {
        match payload.split_at_checked(KEY) {
            Some((key, [])) => drop(last.remove(key)),
            Some((key, value)) => drop(last.insert(key, (at, value))),
            None => {}
        }
    }
    let mut expected: Vec<(usize, Vec<u8>)> =
        last.into_iter().map(|(key, (at, value))| (at, [key, value].concat())).collect();
    expected.sort();
    let expected: Vec<Vec<u8>> = expected.into_iter().map(|(_, payload)| payload).collect();
    assert_eq!(check_places(&file), expected, "the last value of each key, in the order of the file");
    if found.is_empty() && expected.is_empty() { Reached::Refused } else { Reached::Read }
}

/// The longest payload that an input describes.
const MAX_PIECE: usize = 200;

/// The payloads that the input describes.
fn pieces(bytes: &[u8], most: usize) -> Vec<Vec<u8>> {
    let (mut payloads, mut rest) = (Vec::new(), bytes);
    while let Some((length, behind)) = rest.split_first() {
        let length = (1 + usize::from(*length) % most).min(behind.len());
        let (payload, next) = behind.split_at(length);
        rest = next;
        // A frame holds something.
        if !payload.is_empty() {
            payloads.push(payload.to_vec());
        }
    }
    payloads
}

fn framed(payloads: &[Vec<u8>]) -> Vec<u8> {
    let mut framed = Vec::new();
    payloads.iter().for_each(|payload| push_frame(payload, &mut framed));
    framed
}

/// The same payload under one of four keys.
fn keyed(payload: &[u8]) -> Vec<u8> {
    let (first, value) = payload.split_first().unwrap_or((&0, &[]));
    match first % 8 {
        // Too short for a key.
        7 => value.iter().copied().take(KEY - 1).chain([1]).collect(),
        key => [&[key % 4; KEY][..], value].concat(),
    }
}

/// What was read of a journal.
struct Journal {
    payloads: Vec<Vec<u8>>,
    damaged: usize,
    torn: usize,
    end: usize,
}

fn read_all(bytes: &[u8]) -> Journal {
    let mut frames = Frames::new(bytes, 0);
    let mut read = Journal { payloads: Vec::new(), damaged: 0, torn: 0, end: 0 };
    // Each step uses up a byte at least.
    for _ in 0..=bytes.len() {
        match frames.next_step().expect("memory is read without errors") {
            Step::Frame(payload) => read.payloads.push(payload),
            Step::Damaged => read.damaged += 1,
            Step::Torn { from, bytes: rest } => {
                read.torn = rest.len();
                read.end = usize::try_from(from).expect("a place in the input");
                assert!(bytes[read.end..].starts_with(&rest), "what is torn is said as it stands");
                return read;
            }
            Step::End { at } => {
                read.end = usize::try_from(at).expect("a place in the input");
                assert!(bytes[read.end..].iter().all(|byte| *byte == 0), "nothing but zeros is behind the end");
                let most: usize = read.payloads.iter().map(|payload| FRAME_HEADER + payload.len()).sum();
                assert!(most <= read.end);
                return read;
            }
        }
    }
    panic!("reading does not end");
}

/// Whether all of these are among those, in this order.
fn is_part(some: &[Vec<u8>], all: &[Vec<u8>]) -> bool {
    let mut all = all.iter();
    some.iter().all(|wanted| all.any(|payload| payload == wanted))
}

/// The payloads that hold in a file of rows.
fn check_places(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (places, end) = last::places(bytes);
    assert!(end >= HEADER && usize::try_from(end).is_ok_and(|end| end <= bytes.len()));
    assert!(places.iter().all(|place| place.to > place.from + KEY && place.to as u64 <= end));
    assert!(places.windows(2).all(|pair| pair[0].to + FRAME_HEADER <= pair[1].from), "in the order of the file");
    places.iter().map(|place| bytes[place.from..place.to].to_vec()).collect()
}

/// Journals to begin with: frames, and what describes some.
pub(super) fn journals() -> Seeds {
    let mut whole = Vec::new();
    [&b"one"[..], b"two and more", &[7; 90]].iter().for_each(|payload| push_frame(payload, &mut whole));
    let cut = whole[..whole.len() - 4].to_vec();
    let flipped = whole.iter().enumerate().map(|(at, byte)| if at == 20 { !byte } else { *byte }).collect();
    let seeds = [
        ("frames", whole.clone()),
        ("frames-cut", cut),
        ("frames-flipped", flipped),
        ("frames-and-zeros", [whole, vec![0; 30]].concat()),
        ("lengths", [&[2_u8][..], b"one", &[0], b"x", &[39], &[9; 40]].concat()),
    ];
    seeds.map(|(name, bytes)| (name.to_owned(), bytes)).to_vec()
}

/// Files of rows to begin with.
pub(super) fn files_of_rows() -> Seeds {
    let key = |sort: u8| [sort; KEY];
    let mut whole = Vec::new();
    [(1, &b"first"[..]), (2, b"reach"), (1, b"later"), (2, b"")].iter().for_each(|(sort, value)| {
        push_frame(&[&key(*sort)[..], value].concat(), &mut whole);
    });
    let described = [&[3_u8, 0], &b"one"[..], &[3, 1], b"two", &[3, 0], b"new", &[0, 1], &[5, 7], b"short"].concat();
    let seeds = [("rows", whole.clone()), ("rows-cut", whole[..whole.len() - 7].to_vec()), ("values", described)];
    seeds.map(|(name, bytes)| (name.to_owned(), bytes)).to_vec()
}
