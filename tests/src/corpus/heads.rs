//! Changes whose bytes, head or bounds are not those of a change: the prescan refuses them before they enter a log.

use super::probes::{ENEMY, Outcome, Probe, STRANGER, enemy_first, enemy_second, inert, refused};
use super::{Change, Part, Row, make, number, set, signed, unsigned};
use grid_protocol::document::{Inert, LayoutError, PrescanError as Error};
use grid_protocol::id::{Actor, ChangeHash};
use grid_protocol::limits::{MAX_BODY, MAX_CHANGE_ITEMS, MAX_CHANGE_REFS, MAX_CHANGE_TIME, MAX_OP};

/// A run that claims so many of one item.
fn claim(items: u64, item: &[u8]) -> Vec<u8> {
    let mut run = vec![];
    signed(&mut run, items as i64);
    [run, item.to_vec()].concat()
}

/// The chunk with another type, and the checksum that its old type had.
fn of_type(bytes: &[u8], found: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[8] = found;
    bytes
}

/// Deflated, in a block that is merely stored: `stream` as a deflate stream.
fn deflated(stream: &[u8]) -> Vec<u8> {
    let length = (stream.len() as u16).to_le_bytes();
    [&[1][..], &length, &length.map(|byte| !byte), stream].concat()
}

/// So many zeros follow a change in [`bomb`], and inflate to as much.
pub const BOMB: usize = 256 << 20;

/// The bits of a deflate stream, the first one lowest.
#[derive(Default)]
struct Bits(Vec<u8>, u32);

impl Bits {
    /// A number, its lowest bit first.
    fn put(&mut self, value: u32, bits: u32) {
        for bit in (0..bits).map(|at| (value >> at & 1) as u8) {
            match self.1 % 8 {
                0 => self.0.push(bit),
                at => *self.0.last_mut().expect("a byte was begun") |= bit << at,
            }
            self.1 += 1;
        }
    }
}

/// The inside of a deflated chunk that inflates to `front` and [`BOMB`] zeros: first a block that is merely stored,
/// then one zero, and the longest repetition there is, at two bits each, until it is enough.
pub fn bomb(front: &[u8]) -> Vec<u8> {
    const LONGEST: usize = 258;
    let length = (front.len() as u16).to_le_bytes();
    let stored = [&[0][..], &length, &length.map(|byte| !byte), front].concat();
    let mut bits = Bits::default();
    // The last block, with codes of its own: 286 of them, one distance, and lengths of the codes for their lengths.
    bits.put(1, 1);
    bits.put(2, 2);
    bits.put(29, 5);
    bits.put(0, 5);
    bits.put(14, 4);
    // In the order 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1: one bit for 18, two for 1 and for 2.
    (0..18).for_each(|at| bits.put([0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2][at], 3));
    // Codes are written from their highest bit: `1` is 10 and `2` is 11, `18` is 0, with a number of unused codes.
    let (one, two) = (0b01, 0b11);
    let unused = |bits: &mut Bits, count: u32| {
        bits.put(0, 1);
        bits.put(count - 11, 7);
    };
    // Two bits for the zero, and for the end of the block; one for the longest repetition, and for the distance of one.
    bits.put(two, 2);
    unused(&mut bits, 138);
    unused(&mut bits, 117);
    bits.put(two, 2);
    unused(&mut bits, 28);
    bits.put(one, 2);
    bits.put(one, 2);
    // The zero is 10, the end 11, the repetition 0, and so is its distance.
    bits.put(0b01, 2);
    let (repetitions, rest) = ((BOMB - 1) / LONGEST, (BOMB - 1) % LONGEST);
    (0..repetitions).for_each(|_| bits.put(0, 2));
    (0..rest).for_each(|_| bits.put(0b01, 2));
    bits.put(0b11, 2);
    [stored, bits.0].concat()
}

fn sequence_of_bytes() -> Vec<Probe> {
    let plain = enemy_second(&[set("b")]);
    let bytes = plain.bytes();
    let body = plain.body();
    let layout = refused!(Error::Layout(LayoutError::Malformed(_)));
    let other_chunk = refused!(Error::Layout(LayoutError::OtherChunk { .. }));
    let length = refused!(Error::Layout(LayoutError::Length { .. }));
    let mut wrong_sum = bytes.clone();
    wrong_sum[4] ^= 255;
    let mut wrong_magic = bytes.clone();
    wrong_magic[0] ^= 1;
    let stored = deflated(&body);
    let packed = [&bytes[..8], &[2], &number(stored.len() as u64), &stored].concat();
    let inflating = bomb(&body);
    let bomb = [&bytes[..8], &[2], &number(inflating.len() as u64), &inflating].concat();
    let overlong = [&bytes[..9], &[bytes[9] | 0x80, 0], &body].concat();
    let huge = [&bytes[..9], &[0xff; 9], &[1], &body].concat();
    let texts: Vec<Row> = (0..17).map(|_| Row { value: (6, vec![b'x'; 4_000]), ..set("b") }).collect();
    vec![
        Probe::new("nothing at all", vec![], layout),
        Probe::new("a chunk that is cut short by a byte", bytes[..bytes.len() - 1].to_vec(), length),
        Probe::new("a chunk that is cut short within its head", bytes[..8].to_vec(), layout),
        Probe::new("other magic bytes", wrong_magic, layout),
        // T9: Automerge takes it, with the same hash and other bytes.
        Probe::new("a wrong checksum", wrong_sum, refused!(Error::Checksum { .. })),
        Probe::new("a deflated chunk", packed, other_chunk),
        // T6: takes 512 MiB. Automerge inflates before it looks at the checksum.
        Probe::new(
            "a deflated chunk of 261 kB that inflates to 256 MiB",
            bomb,
            refused!(Error::TooLarge { .. } | Error::Layout(LayoutError::OtherChunk { .. })),
        ),
        Probe::new("a chunk that says it is deflated and is not", of_type(&bytes, 2), other_chunk),
        Probe::new("a whole document for a change", of_type(&bytes, 0), other_chunk),
        Probe::new("a chunk of a type that nobody knows", of_type(&bytes, 9), other_chunk),
        Probe::new("a length that is written in more bytes than it needs", overlong, layout),
        Probe::new("a length of almost 2^64", huge, length),
        Probe::new("bytes after the chunk", [bytes.clone(), vec![0]].concat(), length),
        Probe::new("two changes in one", [bytes.clone(), bytes].concat(), length),
        Probe::new(
            "bytes after the last column",
            Change { extra: vec![0], ..plain }.bytes(),
            refused!(Error::Layout(LayoutError::ExtraBytes { found: 1 })),
        ),
        Probe::new(
            "more bytes than a body may have",
            enemy_second(&texts).bytes(),
            refused!(Error::TooLarge { found: MAX_BODY.. }),
        ),
    ]
}

fn numbers_in_the_head() -> Vec<Probe> {
    let plain = enemy_second(&[set("b")]);
    let layout = refused!(Error::Layout(LayoutError::Malformed(_)));
    let counter = refused!(Error::Counter { .. });
    let refs = refused!(Error::Layout(LayoutError::TooManyRefs { .. }));
    let with = |name, part, bytes: &[u8], outcome| Probe::new(name, plain.bytes_with(part, bytes), outcome);
    let timed = |name, time: i64, outcome| {
        let mut bytes = vec![];
        signed(&mut bytes, time);
        with(name, Part::Time, &bytes, outcome)
    };
    let starting = |name, start_op| Probe::new(name, Change { start_op, ..plain.clone() }.bytes(), counter);
    let deps = |count: usize| (0..count).map(|n| ChangeHash([n as u8; 32])).collect();
    let others = |count: usize| {
        let actor = |n: usize| Actor([&(n as u16).to_be_bytes()[..], &[0x80; 30]].concat().try_into().expect("32"));
        (0..count).map(actor).collect()
    };
    let sixteen = [&[16][..], &[0x66; 16]].concat();
    let sixty_four = [&[64][..], &[0x66; 64]].concat();
    vec![
        with("a sequence number of zero", Part::Seq, &[0], counter),
        with("a sequence number beyond any", Part::Seq, &number(MAX_OP + 1), counter),
        // T16: saves, then loading fails.
        with("a sequence number in more bytes than it needs", Part::Seq, &[0x82, 0], layout),
        with("a start op in more bytes than it needs", Part::StartOp, &[0x84, 0], layout),
        with("a time in more bytes than it needs", Part::Time, &[0x80, 0], layout),
        with("a number of dependencies in more bytes than it needs", Part::Dependencies, &[0x80, 0], layout),
        with("a number that does not end", Part::StartOp, &[0xff; 12], layout),
        with("a message that is no text", Part::Message, &[2, 0xc3, 0x28], layout),
        with("a message longer than the change", Part::Message, &number(1 << 40), layout),
        // Differences of times overflow: a panic, or not, by how Automerge was compiled.
        timed("a time before all times", i64::MIN, refused!(Error::Time { .. })),
        timed("a time after all times", i64::MAX, refused!(Error::Time { .. })),
        timed("the first time there is", -MAX_CHANGE_TIME, Outcome::Effective),
        timed("the last time there is", MAX_CHANGE_TIME, Outcome::Effective),
        // T8: the victim's own next write panics.
        starting("a start op of zero", 0),
        starting("a start op just below 2^32", u64::from(u32::MAX) - 1),
        starting("a start op of 2^32", 1 << 32),
        starting("a start op of 2^64", u64::MAX),
        starting("a start op whose operations end beyond the bound", MAX_OP),
        // T1: Automerge takes actors of any length.
        with("a writer named in 16 bytes", Part::Author, &sixteen, layout),
        with("a writer named in 64 bytes", Part::Author, &sixty_four, layout),
        with("another actor named in 16 bytes", Part::Others, &[&[1][..], &sixteen].concat(), layout),
        Probe::new("a change as somebody else", enemy_second(&[set("b")]).bytes(), refused!(Error::Actor { .. }))
            .by(STRANGER),
        Probe::new("a dependency too many", Change { deps: deps(MAX_CHANGE_REFS + 1), ..plain.clone() }.bytes(), refs),
        Probe::new(
            "as many dependencies as allowed, all unknown",
            Change { deps: deps(MAX_CHANGE_REFS), ..plain.clone() }.bytes(),
            Outcome::Waiting,
        ),
        with("2^60 dependencies", Part::Dependencies, &number(1 << 60), refs),
        Probe::new("an actor too many", Change { others: others(MAX_CHANGE_REFS + 1), ..plain.clone() }.bytes(), refs),
        Probe::new(
            "as many actors as allowed, none of them named",
            Change { others: others(MAX_CHANGE_REFS), ..plain.clone() }.bytes(),
            inert!(Inert::NotCanonical(_)),
        ),
    ]
}

fn columns() -> Vec<Probe> {
    let plain = enemy_second(&[Row { predecessors: vec![(0, 1)], ..set("a") }]);
    let column = refused!(Error::Layout(LayoutError::Column { .. }));
    let layout = refused!(Error::Layout(LayoutError::Malformed(_)));
    let malformed = refused!(Error::Column(_));
    let with = |name, spec, bytes, outcome| Probe::new(name, plain.clone().with_column(spec, bytes).bytes(), outcome);
    let mut packed = plain.clone();
    packed.columns[0].0 |= 8;
    packed.columns[0].1 = deflated(&packed.columns[0].1);
    let mut backwards = plain.clone();
    backwards.columns.swap(0, 1);
    let mut twice = plain.clone();
    twice.columns.insert(1, twice.columns[0].clone());
    let claimed = |spec: u64, length: u64| [&number(1)[..], &number(spec), &number(length)].concat();
    let mut probes = vec![
        // T6 again: only chunks of whole documents have columns that are deflated.
        Probe::new("a deflated column", packed.bytes(), column),
        Probe::new("columns out of order", backwards.bytes(), column),
        Probe::new("a column that is there twice", twice.bytes(), column),
        with("a column that nobody knows", 0xf3, vec![1, 1], column),
        with("a column with the number of another type", 0x43, vec![1, 1], column),
        Probe::new("2^60 columns", plain.bytes_with(Part::Specifications, &number(1 << 60)), column),
        Probe::new(
            "a column longer than the change",
            plain.bytes_with(Part::Specifications, &claimed(0x42, 1 << 50)),
            layout,
        ),
        with("a run without its item", 0x42, vec![2], malformed),
        with("a literal run that ends early", 0x42, vec![0x7e, 1], malformed),
        with("a run of nulls without its length", 0x42, vec![0], malformed),
        with("a key that is no text", 0x15, vec![0x7f, 2, 0xc3, 0x28], malformed),
        with("a key longer than its column", 0x15, vec![0x7f, 0xff, 0xff, 3, b'a'], malformed),
        with(
            "a run of -2^63 items",
            0x42,
            vec![0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f],
            refused!(Error::TooManyItems { .. }),
        ),
    ];
    // T7, T17: seconds of time for 80 bytes, in any of the columns.
    let long = MAX_CHANGE_ITEMS + 1;
    let bombs: [(&'static str, u64, Vec<u8>); 15] = [
        ("five million operations in a run", 0x42, claim(5_000_000, &[1])),
        ("five million predecessors in a run", 0x71, claim(5_000_000, &[0])),
        ("an operation too many", 0x42, claim(long, &[1])),
        ("an object's actor too many", 0x01, claim(long, &[0])),
        ("an object's counter too many", 0x02, claim(long, &[2])),
        ("an element's actor too many", 0x11, claim(long, &[0])),
        ("an element's counter too many", 0x13, claim(long, &[1])),
        ("a key too many", 0x15, claim(long, &[1, b'a'])),
        ("an insertion too many", 0x34, number(long)),
        ("a value too many", 0x56, claim(long, &[0])),
        ("a number of predecessors too many", 0x70, claim(long, &[0])),
        ("a predecessor's counter too many", 0x73, claim(long, &[0])),
        ("an expansion too many", 0x94, [number(1), number(long)].concat()),
        ("a name of a mark too many", 0xa5, claim(long, &[1, b'b'])),
        ("a run of nulls too many", 0x01, [&[0][..], &number(long)].concat()),
    ];
    probes
        .extend(bombs.into_iter().map(|(name, spec, run)| with(name, spec, run, refused!(Error::TooManyItems { .. }))));
    let endless: Vec<u8> = (0..40).flat_map(|_| [&[0][..], &number(1 << 63)].concat()).collect();
    probes.push(with("runs whose sum overflows", 0x01, endless, refused!(Error::TooManyItems { .. })));
    let empty_runs: Vec<u8> = vec![0; 20_000];
    probes.push(with("ten thousand empty runs", 0x01, empty_runs, inert!(Inert::NotCanonical(_))));
    let mut claims = vec![];
    unsigned(&mut claims, u64::from(u32::MAX));
    let claims = [vec![0x7f], claims].concat();
    probes.push(with("more predecessors than are named", 0x70, claims, inert!(Inert::NotCanonical(_))));
    probes
}

/// What of the largest size that is allowed is taken, and costs no more than that.
fn as_much_as_allowed() -> Vec<Probe> {
    let at_most = usize::try_from(MAX_CHANGE_ITEMS).expect("a small number");
    let rows = vec![make("n", 0); at_most];
    let texts: Vec<Row> = (0..16).map(|_| Row { value: (6, vec![b'x'; 4_000]), ..set("b") }).collect();
    let again = Change { seq: 2, ..enemy_first() };
    vec![
        Probe::new("as many operations as allowed", enemy_second(&rows).bytes(), Outcome::Effective),
        Probe::new("almost as many bytes as allowed", enemy_second(&texts).bytes(), Outcome::Effective),
        Probe::new("the first change with another number", again.bytes(), inert!(Inert::Sequence { expected: 1, .. })),
        Probe::new("a first change of somebody else", Change::first(STRANGER, &[set("b")]).bytes(), Outcome::Effective)
            .by(STRANGER),
        Probe::new("the enemy's own first change", enemy_first().bytes(), Outcome::Effective).by(ENEMY),
    ]
}

pub(super) fn probes() -> Vec<Probe> {
    [sequence_of_bytes(), numbers_in_the_head(), columns(), as_much_as_allowed()].concat()
}
