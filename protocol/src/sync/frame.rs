//! Frames: how messages lie on the wire.
//!
//! `[format: u8 = 1][packing: u8][payload]`, where packing 0 is plain and 1 is zstd. The unpacked size
//! is bounded before anything is unpacked, so a small frame can't claim a large memory.

use crate::codec::{self, DecodeError};
use crate::limits::MAX_FRAME;
use serde::{Serialize, de::DeserializeOwned};
use std::cell::RefCell;
use zstd::bulk::Compressor;

const FORMAT: u8 = 1;
const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
/// Below this many bytes packing gains nothing.
const PACK_FROM: usize = 256;
/// zstd's fastest ordinary level: the wire is seldom slower.
const LEVEL: i32 = 3;

/// A frame that holds no message. The sender is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Shorter than its own head.
    #[error("the frame is cut short")]
    Short,
    /// Of another format.
    #[error("the frame has format {found}, expected {FORMAT}")]
    Format {
        /// What stood there.
        found: u8,
    },
    /// Packed in an unknown way, or damaged.
    #[error("the frame does not unpack to the bytes that it says it holds")]
    Packing,
    /// Larger than the bound when unpacked.
    #[error("the frame holds {found} bytes, at most {bound} are looked at")]
    TooLarge {
        /// Bytes that it says it holds.
        found: u64,
        /// Bytes allowed.
        bound: usize,
    },
    /// Not the message that was expected.
    #[error("the frame holds no such message")]
    Message(#[from] DecodeError),
}

thread_local! {
    /// Making one costs more than packing a short message with it.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// Packs with zstd; none when that fails.
fn compress(plain: &[u8]) -> Option<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|kept| {
        let compressor = match kept {
            Some(compressor) => compressor,
            None => kept.insert(Compressor::new(LEVEL).ok()?),
        };
        compressor.compress(plain).ok()
    })
}

/// The frame of a message.
pub fn pack<T: Serialize>(message: &T) -> Vec<u8> {
    let plain = codec::encode(message);
    if plain.len() >= PACK_FROM
        && let Some(packed) = compress(&plain)
        && packed.len() < plain.len()
    {
        return framed(ZSTD, &packed);
    }
    framed(PLAIN, &plain)
}

/// The message of a frame.
///
/// # Errors
///
/// [`FrameError`].
pub fn unpack<T: Serialize + DeserializeOwned>(frame: &[u8]) -> Result<T, FrameError> {
    unpack_within(frame, MAX_FRAME)
}

/// The message of a frame that holds at most `limit` bytes, which is checked before anything is unpacked.
///
/// # Errors
///
/// [`FrameError`].
pub fn unpack_within<T: Serialize + DeserializeOwned>(frame: &[u8], limit: usize) -> Result<T, FrameError> {
    match frame {
        [FORMAT, PLAIN, payload @ ..] if payload.len() <= limit => Ok(codec::decode(payload)?),
        [FORMAT, ZSTD, payload @ ..] => {
            let claimed = zstd::zstd_safe::get_frame_content_size(payload).ok().flatten();
            let found = claimed.ok_or(FrameError::Packing)?;
            let capacity = usize::try_from(found).ok().filter(|size| *size <= limit);
            let capacity = capacity.ok_or(FrameError::TooLarge { found, bound: limit })?;
            let plain = zstd::bulk::decompress(payload, capacity).map_err(|_| FrameError::Packing)?;
            Ok(codec::decode(&plain)?)
        }
        [FORMAT, PLAIN, payload @ ..] => Err(FrameError::TooLarge { found: payload.len() as u64, bound: limit }),
        [FORMAT, _, ..] => Err(FrameError::Packing),
        [found, _, ..] => Err(FrameError::Format { found: *found }),
        _ => Err(FrameError::Short),
    }
}

fn framed(packing: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 2);
    frame.extend([FORMAT, packing]);
    frame.extend_from_slice(payload);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_back_plain_and_packed() {
        for message in [vec![1u8; 10], vec![2u8; 100_000]] {
            assert_eq!(unpack::<Vec<u8>>(&pack(&message)), Ok(message));
        }
    }

    #[test]
    fn a_frame_that_would_unpack_to_too_much_is_refused_unopened() {
        let bomb = zstd::bulk::compress(&vec![0u8; MAX_FRAME + 1], 19).unwrap();
        assert!(bomb.len() < 1000);
        let (found, bound) = (MAX_FRAME as u64 + 1, MAX_FRAME);
        // Its length stands before the bytes.
        let refused = unpack::<Vec<u8>>(&framed(ZSTD, &bomb));
        assert_eq!(refused, Err(FrameError::TooLarge { found, bound }));
        let plain = framed(PLAIN, &[0; 11]);
        assert_eq!(unpack_within::<Vec<u8>>(&plain, 10), Err(FrameError::TooLarge { found: 11, bound: 10 }));
    }

    #[test]
    fn another_format_is_named() {
        assert_eq!(unpack::<u8>(&[9, 0, 0]), Err(FrameError::Format { found: 9 }));
        assert_eq!(unpack::<u8>(&[1]), Err(FrameError::Short));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_frames_never_panic(bytes: Vec<u8>) {
            let _ = unpack::<crate::sync::Request>(&bytes);
            let _ = unpack::<crate::sync::Response>(&bytes);
            let _ = unpack::<crate::sync::Gossip>(&bytes);
        }
    }
}
