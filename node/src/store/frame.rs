//! Frames of the journal, and of other plain files: how items lie in them, and how they are found again.
//!
//! ```text
//! file   "grid journal" | format u32 LE | frame ...
//! frame  length of the payload u32 LE | first 8 bytes of BLAKE3(payload) | payload
//! ```
//!
//! Numbers are little-endian. The checksum is keyed with a purpose of its own, so that no piece of some
//! other data passes for a frame by chance. Behind the last frame zeros may follow: space that was reserved.
//! In a journal of format 2 each payload is sealed under the key of the home; the checksum is of the sealed one,
//! so that damage and a wrong key are told apart.
//!
//! This file needs nothing of the store: it is fuzzed on its own.

use grid_protocol::{domain, id::derive};
use std::io::{self, Read};

/// Length of what a file begins with, in bytes.
const MAGIC: usize = 12;
/// Length of the header in bytes.
pub(super) const HEADER: u64 = 16;
/// Bytes in front of a payload.
pub(super) const FRAME_HEADER: usize = 12;
/// The longest payload that is taken for one: no record is longer, nor the entries up to a signature.
pub(super) const MAX_PAYLOAD: usize = 2 * 1024 * 1024;

/// What stands at one place of a journal.
pub(super) enum Step {
    /// A sound frame.
    Frame(Vec<u8>),
    /// Bytes that are no frame; a sound one follows.
    Damaged,
    /// Bytes that are no frame, up to the end of what was written.
    Torn { from: u64, bytes: Vec<u8> },
    /// The end of what was written, at this place of the file.
    End { at: u64 },
}

/// Reads frames one after the other and finds the way past damaged ones.
pub(super) struct Frames<R> {
    input: R,
    // Read ahead, and not yet used up: filled only where a frame doesn't read.
    ahead: Vec<u8>,
    used: usize,
    position: u64,
}

/// The header of a file that begins with `magic` and lies in this format.
pub(super) fn header_of(magic: &[u8; MAGIC], format: u32) -> [u8; HEADER as usize] {
    let mut bytes = [0; HEADER as usize];
    let (front, back) = bytes.split_at_mut(magic.len());
    front.copy_from_slice(magic);
    back.copy_from_slice(&format.to_le_bytes());
    bytes
}

/// Adds a frame with this payload to `out`.
pub(super) fn push_frame(payload: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(payload.len()).expect("payloads are bounded far below 4 GiB");
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&checksum(payload));
    out.extend_from_slice(payload);
}

fn checksum(payload: &[u8]) -> [u8; 8] {
    let hash = derive(domain::JOURNAL, payload);
    let mut sum = [0; 8];
    sum.copy_from_slice(hash.split_at(8).0);
    sum
}

/// The payload of the frame that `bytes` begins with.
pub(super) fn first_frame(bytes: &[u8]) -> Option<&[u8]> {
    let (header, rest) = bytes.split_first_chunk::<FRAME_HEADER>()?;
    let (length, sum) = split_header(header);
    let payload = rest.get(..length?)?;
    (checksum(payload) == sum).then_some(payload)
}

/// Length, where it is plausible, and checksum.
fn split_header(header: &[u8; FRAME_HEADER]) -> (Option<usize>, [u8; 8]) {
    let mut length = [0; 4];
    let mut sum = [0; 8];
    let (front, back) = header.split_at(4);
    length.copy_from_slice(front);
    sum.copy_from_slice(back);
    let length = usize::try_from(u32::from_le_bytes(length)).ok();
    (length.filter(|length| (1..=MAX_PAYLOAD).contains(length)), sum)
}

impl<R: Read> Frames<R> {
    /// Reads frames from `input`, which stands at `position` of the file.
    pub(super) fn new(input: R, position: u64) -> Self {
        Self { input, ahead: Vec::new(), used: 0, position }
    }

    /// The next step.
    pub(super) fn next_step(&mut self) -> io::Result<Step> {
        if self.used < self.ahead.len() {
            return Ok(self.step_ahead());
        }
        let mut header = [0; FRAME_HEADER];
        let mut read = read_up_to(&mut self.input, &mut header)?;
        if read == 0 {
            return Ok(Step::End { at: self.position });
        }
        let mut seen = header.get(..read).unwrap_or_default().to_vec();
        if read == FRAME_HEADER
            && let (Some(length), sum) = split_header(&header)
        {
            let mut payload = vec![0; length];
            read = read_up_to(&mut self.input, &mut payload)?;
            if read == length && checksum(&payload) == sum {
                self.position += (FRAME_HEADER + length) as u64;
                return Ok(Step::Frame(payload));
            }
            seen.extend_from_slice(payload.get(..read).unwrap_or_default());
        }
        // Frames that are damaged are rare, so that the rest may be read at once.
        self.input.read_to_end(&mut seen)?;
        (self.ahead, self.used) = (seen, 0);
        Ok(self.step_ahead())
    }

    fn step_ahead(&mut self) -> Step {
        let rest = self.ahead.get(self.used..).unwrap_or_default();
        if let Some(payload) = first_frame(rest) {
            let payload = payload.to_vec();
            self.advance(FRAME_HEADER + payload.len());
            return Step::Frame(payload);
        }
        let sound = (1..rest.len()).find(|start| rest.get(*start..).and_then(first_frame).is_some());
        match sound {
            Some(start) => {
                self.advance(start);
                Step::Damaged
            }
            None => {
                let from = self.position;
                let written = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                let bytes = rest.get(..written).unwrap_or_default().to_vec();
                self.used = self.ahead.len();
                match bytes.is_empty() {
                    true => Step::End { at: from },
                    false => Step::Torn { from, bytes },
                }
            }
        }
    }

    fn advance(&mut self, bytes: usize) {
        self.used += bytes;
        self.position += bytes as u64;
    }
}

/// Reads until `buffer` is full or the input ends.
fn read_up_to(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
